#pragma once
#include <cstddef>

namespace reel::detail {

/// A text among template arguments, which g++ prints.
template <std::size_t N>
struct Says {
  char text[N];
  consteval Says(const char (&literal)[N]) {
    for (std::size_t i = 0; i < N; ++i) text[i] = literal[i];
  }
};

}  // namespace reel::detail

/// Declares a function that is found by a mistake only, such as an overload for arguments of the wrong type: a program that calls it
/// does not compile, and the compiler's first lines carry the text. It is a template, so any other function that fits goes first.
#ifdef __clang__
#define REEL_MISTAKE(says, ...) \
  template <class = void>       \
  __attribute__((unavailable(says))) __VA_ARGS__
#else
#define REEL_MISTAKE(says, ...)                  \
  template <::reel::detail::Says Mistake = says> \
  __VA_ARGS__ = delete
#endif

/// What a call finds whose braces name an option that Options does not have, or give one a value of another type. The signature has an
/// ellipsis where the function that is meant has its options: a list in braces fits nothing else.
#define REEL_NO_SUCH_OPTION(Options, ...)                                                                                           \
  REEL_MISTAKE(#Options " has no such option, or not of this type: write " #Options "{...} for {...}, and the compiler says which", \
               __VA_ARGS__)
