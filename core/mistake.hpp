#pragma once
#include <cstddef>

namespace reel::detail {

/// A text as a template argument, because g++ prints template arguments in its errors.
template <std::size_t N>
struct Says {
  char text[N];
  consteval Says(const char (&literal)[N]) {
    for (std::size_t i = 0; i < N; ++i) text[i] = literal[i];
  }
};

}  // namespace reel::detail

/// Declares an overload that only a mistaken call selects, such as one for arguments of the wrong type: the call does not compile, and the
/// first lines of the compiler's message contain the text. The overload is a template, so any other function that fits is preferred.
#ifdef __clang__
#define REEL_MISTAKE(says, ...) \
  template <class = void>       \
  __attribute__((unavailable(says))) __VA_ARGS__
#else
#define REEL_MISTAKE(says, ...)                  \
  template <::reel::detail::Says Mistake = says> \
  __VA_ARGS__ = delete
#endif

/// The overload for a call whose braces name an option that Options does not have, or give an option a value of another type. The signature
/// has an ellipsis in place of the options, because a list in braces fits nothing else.
#define REEL_NO_SUCH_OPTION(Options, ...)                                                                                           \
  REEL_MISTAKE(#Options " has no such option, or not of this type: write " #Options "{...} for {...}, and the compiler says which", \
               __VA_ARGS__)
