#pragma once
#include <string>
#include <typeinfo>

#include <catch2/catch.hpp>
#include <reel/reel.hpp>

namespace reel::test {

/// The text of the E that f throws; anything else that happens is said instead.
template <class E, class F>
std::string message_of(const F& f) {
  try {
    f();
  } catch (const E& e) {
    return typeid(e) == typeid(E) ? e.what() : std::string("an error of a derived class: ") + e.what();
  } catch (const std::exception& e) {
    return std::string("an error of another class: ") + e.what();
  }
  return "no error";
}

/// call() has to throw exactly an E, whose text is `text` and then the caller's file and this line.
template <class E, class F>
void expect(int line, const F& call, const std::string& text, const char* file = __builtin_FILE()) {
  CAPTURE(line);
  CHECK(message_of<E>(call) == text + " (" + to_string(SourceLocation{file, line}) + ")");
}
template <class F>
void shape_error(int line, const F& call, const std::string& text, const char* file = __builtin_FILE()) {
  expect<ShapeError>(line, call, text, file);
}
template <class F>
void dtype_error(int line, const F& call, const std::string& text, const char* file = __builtin_FILE()) {
  expect<DtypeError>(line, call, text, file);
}

inline Tensor doubles(const Values& values) { return tensor(values, {.dtype = float64}); }

inline double number(const Tensor& t) { return t.item<double>(); }

inline bool is_same(const Tensor& a, const Tensor& b) { return identical(a.value(), b.value()); }

/// What a module's call does: while one lives, ops are recorded under this path.
class ModuleScope {
 public:
  explicit ModuleScope(const std::string& path) : frame_{detail::context.module, this, detail::intern(path), {}} {
    detail::context.module = &frame_;
  }
  ~ModuleScope() { detail::context.module = frame_.outer; }
  ModuleScope(const ModuleScope&) = delete;
  ModuleScope& operator=(const ModuleScope&) = delete;

 private:
  detail::ModuleFrame frame_;
};

}  // namespace reel::test
