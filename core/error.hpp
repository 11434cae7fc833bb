#pragma once
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace reel {

/// A place in the user's source. Taken by default arguments, because clang 14 has no std::source_location.
struct SourceLocation {
  const char* file = "";
  int line = 0;

  static constexpr SourceLocation here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) { return {file, line}; }
  /// The file's name without its folders.
  std::string_view file_name() const;
};

/// "train.cpp:54", or an empty text for an unknown place.
std::string to_string(SourceLocation location);

/// The root of all errors that Reel throws. The text names the op, the shapes, the rule that was broken, and the place.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;

  /// The exception that the user's code threw (a rule, a hook, an op's function), when this error reports that the code failed; null
  /// otherwise. std::rethrow_exception() throws it again.
  const std::exception_ptr& cause() const { return cause_; }
  /// Sets cause(); for the engine.
  void set_cause(std::exception_ptr cause) { cause_ = std::move(cause); }

 private:
  std::exception_ptr cause_;
};

/// Shapes that do not fit each other or the op, an axis or an index out of range.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// An element type that the op cannot work on.
class DtypeError : public Error {
 public:
  using Error::Error;
};

/// A gradient that cannot be computed: released history, a rule that gives the wrong shape, nothing to differentiate.
class GradientError : public Error {
 public:
  using Error::Error;
};

/// The machine has not enough memory. The text says for what: an array's shape, dtype and number of bytes. MemoryError does not derive from
/// std::bad_alloc: both bases would bring a std::exception, and `catch (const std::exception&)` would find neither.
class MemoryError : public Error {
 public:
  using Error::Error;
};

/// A file that cannot be read or written; names the file and the place in it.
class IoError : public Error {
 public:
  using Error::Error;
};

namespace detail {

/// Rethrows the error that is being handled, as the same class, with " (place)" at the end of its text and "op: " at the beginning; each is
/// added only if the text does not have it yet.
[[noreturn]] void rethrow_at(const std::string& place, std::string_view op = {});

/// For a catch block around a call of the user's code: throws an E with the text "FAILURE: WHAT (place)", whose cause() is the original
/// exception. FAILURE says which code failed; WHAT is the original's text, or its class if it is not a std::exception. Two kinds are
/// rethrown unchanged: std::bad_alloc and MemoryError, because the code is not wrong when memory runs out, and the exception that ends a
/// thread.
template <class E>
[[noreturn]] void rethrow_failed(const std::string& failure, const std::string& place);

/// Returns f(). An Error that f throws is rethrown with the place at the end of its text.
template <class F>
decltype(auto) placed(SourceLocation at, const F& f) {
  try {
    return f();
  } catch (const Error&) {
    rethrow_at(to_string(at));
  }
}

/// The same, and the text begins with the name of the function.
template <class F>
decltype(auto) placed(std::string_view function, SourceLocation at, const F& f) {
  try {
    return f();
  } catch (const Error&) {
    rethrow_at(to_string(at), function);
  }
}

}  // namespace detail

}  // namespace reel
