#include <string>
#include <typeinfo>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <reel/reel.hpp>

using namespace reel;

namespace {

Tensor floats(const Shape& shape) { return variable(zeros(shape)); }
Tensor doubles(const Shape& shape) { return variable(zeros(shape, {.dtype = float64})); }
Tensor integers(const Shape& shape) { return zeros(shape, {.dtype = int64}); }

/// call() has to throw exactly an E, whose text is `text` and then this file's name and the line.
template <class E, class F>
void expect(int line, const F& call, const std::string& text) {
  const std::string wanted = fmt::format("{} (ops_errors_linalg.cpp:{})", text, line);
  try {
    call();
    FAIL_CHECK("nothing was thrown; expected: " << wanted);
  } catch (const E& e) {
    CHECK(std::string(e.what()) == wanted);
    CHECK(typeid(e) == typeid(E));
  } catch (const std::exception& e) {
    FAIL_CHECK("an error of another class: " << e.what() << "; expected: " << wanted);
  }
}

template <class F>
void shape_error(int line, const F& call, const std::string& text) {
  expect<ShapeError>(line, call, text);
}
template <class F>
void dtype_error(int line, const F& call, const std::string& text) {
  expect<DtypeError>(line, call, text);
}

}  // namespace

// A place is that of the operand, so each case has its call and its __LINE__ on one line; the text follows below.
// clang-format off

TEST_CASE("matmul names both shapes and what they need") {
  shape_error(__LINE__, [] { matmul(floats({2, 3}), floats({2, 3})); },
              "matmul: a is (2, 3) and b is (2, 3); a needs as many columns as b has rows");
  shape_error(__LINE__, [] { matmul(floats({2, 3}), floats({3, 2}), {.a = true}); },
              "matmul: a is (2, 3) transposed and b is (3, 2); a needs as many columns as b has rows");
  shape_error(__LINE__, [] { matmul(floats({2, 3}), floats({3, 2}), {.b = true}); },
              "matmul: a is (2, 3) and b is (3, 2) transposed; a needs as many columns as b has rows");
  shape_error(__LINE__, [] { matmul(floats({3}), floats({2, 3})); },
              "matmul: a is (3,) and b is (2, 3); a needs as many elements as b has rows");
  shape_error(__LINE__, [] { matmul(floats({2, 3}), floats({2})); },
              "matmul: a is (2, 3) and b is (2,); a needs as many columns as b has elements");
  shape_error(__LINE__, [] { matmul(floats({3}), floats({3, 2}), {.a = true}); },
              "matmul: a is (3,) transposed and b is (3, 2); a vector has no transpose");
  shape_error(__LINE__, [] { matmul(floats({3, 2}), floats({2}), {.b = true}); },
              "matmul: a is (3, 2) and b is (2,) transposed; a vector has no transpose");
  shape_error(__LINE__, [] { matmul(floats({3, 2}), 2); },
              "matmul: a is (3, 2) and b is (); a number is no matrix and no vector (* multiplies by numbers)");
  shape_error(__LINE__, [] { matmul(floats({2, 2, 3}), floats({3, 3, 2})); },
              "matmul: a is (2, 2, 3) and b is (3, 3, 2); the axes before the last two do not broadcast");
  dtype_error(__LINE__, [] { matmul(floats({2, 3}), doubles({3, 2})); },
              "matmul: a is float32 and b is float64; both need float32, or both float64 (astype converts)");
  dtype_error(__LINE__, [] { matmul(integers({2, 3}), integers({3, 2})); },
              "matmul: a is int64 and b is int64; both need float32, or both float64 (astype converts)");
}

TEST_CASE("dot and outer name both shapes") {
  shape_error(__LINE__, [] { dot(floats({3}), floats({2})); }, "dot: a is (3,) and b is (2,); both need one length");
  shape_error(__LINE__, [] { dot(floats({2, 3}), floats({3})); }, "dot: a is (2, 3) and b is (3,); both need one axis");
  shape_error(__LINE__, [] { outer(floats({3}), floats({3, 2})); }, "outer: a is (3,) and b is (3, 2); both need one axis");
  dtype_error(__LINE__, [] { dot(floats({3}), doubles({3})); },
              "dot: a is float32 and b is float64; both need float32, or both float64 (astype converts)");
  dtype_error(__LINE__, [] { outer(integers({3}), integers({3})); },
              "outer: a is int64 and b is int64; both need float32, or both float64 (astype converts)");
}
