#include <cmath>
#include <string>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <reel/reel.hpp>

#include "message.hpp"

using namespace reel;
using reel::test::dtype_error;
using reel::test::expect;
using reel::test::shape_error;

namespace {

Tensor floats(const Shape& shape) { return variable(zeros(shape)); }
Tensor doubles(const Shape& shape) { return variable(zeros(shape, {.dtype = float64})); }
Tensor integers(const Shape& shape) { return zeros(shape, {.dtype = int64}); }
Tensor booleans(const Shape& shape) { return zeros(shape, {.dtype = boolean}); }

std::string misfit(const char* op) {
  return std::string(op) + ": shapes (2, 3) and (2, 4) do not broadcast; axis 1 from the back has length 3 and 4, and neither is 1";
}
std::string needs_floating(const char* op, const char* dtype = "int64") {
  return fmt::format("{}: x is {}; it needs float32 or float64 (astype converts)", op, dtype);
}

}  // namespace

// A place is that of the operand, so each case has its call and its __LINE__ on one line; the text follows below.
// clang-format off

TEST_CASE("elementwise ops of two tensors name both shapes") {
  const Tensor a = floats({2, 3}), b = floats({2, 4});
  shape_error(__LINE__, [&] { add(a, b); }, misfit("add"));
  shape_error(__LINE__, [&] { sub(a, b); }, misfit("sub"));
  shape_error(__LINE__, [&] { mul(a, b); }, misfit("mul"));
  shape_error(__LINE__, [&] { div(a, b); }, misfit("div"));
  shape_error(__LINE__, [&] { pow(a, b); }, misfit("pow"));
  shape_error(__LINE__, [&] { maximum(a, b); }, misfit("maximum"));
  shape_error(__LINE__, [&] { minimum(a, b); }, misfit("minimum"));
  shape_error(__LINE__, [&] { equal(a, b); }, misfit("equal"));
  shape_error(__LINE__, [&] { not_equal(a, b); }, misfit("not_equal"));
  shape_error(__LINE__, [&] { less(a, b); }, misfit("less"));
  shape_error(__LINE__, [&] { less_equal(a, b); }, misfit("less_equal"));
  shape_error(__LINE__, [&] { greater(a, b); }, misfit("greater"));
  shape_error(__LINE__, [&] { greater_equal(a, b); }, misfit("greater_equal"));
}

TEST_CASE("operators name their line as functions do") {
  const Tensor a = floats({2, 3}), b = floats({2, 4});
  shape_error(__LINE__, [&] { a + b; }, misfit("add"));
  shape_error(__LINE__, [&] { a - b; }, misfit("sub"));
  shape_error(__LINE__, [&] { a * b; }, misfit("mul"));
  shape_error(__LINE__, [&] { a / b; }, misfit("div"));
  shape_error(__LINE__, [&] { static_cast<void>(a == b); }, misfit("equal"));
  shape_error(__LINE__, [&] { static_cast<void>(a != b); }, misfit("not_equal"));
  shape_error(__LINE__, [&] { static_cast<void>(a < b); }, misfit("less"));
  shape_error(__LINE__, [&] { static_cast<void>(a <= b); }, misfit("less_equal"));
  shape_error(__LINE__, [&] { static_cast<void>(a > b); }, misfit("greater"));
  shape_error(__LINE__, [&] { static_cast<void>(a >= b); }, misfit("greater_equal"));
  Tensor c = a;
  shape_error(__LINE__, [&] { c += b; }, misfit("add"));
  shape_error(__LINE__, [&] { c -= b; }, misfit("sub"));
  shape_error(__LINE__, [&] { c *= b; }, misfit("mul"));
  shape_error(__LINE__, [&] { c /= b; }, misfit("div"));
  CHECK(identical(c.value(), a.value()));
}

TEST_CASE("broadcasting errors name the axis that does not fit") {
  shape_error(__LINE__, [] { floats({2, 3, 4}) + floats({5, 1, 4}); },
              "add: shapes (2, 3, 4) and (5, 1, 4) do not broadcast; axis 3 from the back has length 2 and 5, and neither is 1");
  shape_error(__LINE__, [] { floats({3}) + floats({2, 4}); },
              "add: shapes (3,) and (2, 4) do not broadcast; axis 1 from the back has length 3 and 4, and neither is 1");
  shape_error(__LINE__, [] { floats({0, 3}) + floats({2, 3}); },
              "add: shapes (0, 3) and (2, 3) do not broadcast; axis 2 from the back has length 0 and 2, and neither is 1");
}

TEST_CASE("where names its condition's shape and dtype") {
  shape_error(__LINE__, [] { where(booleans({2}), floats({2, 3}), floats({2, 4})); }, misfit("where"));
  shape_error(__LINE__, [] { where(booleans({2, 3}), floats({2, 4}), 0.0); }, misfit("where"));
  dtype_error(__LINE__, [] { where(floats({2}), floats({2}), floats({2})); },
              "where: the condition is float32; it needs bool (a comparison makes one)");
  dtype_error(__LINE__, [] { where(integers({2}), doubles({2}), floats({2})); },
              "where: the condition is int64; it needs bool (a comparison makes one)");
}

TEST_CASE("functions of real numbers refuse int64 and bool") {
  dtype_error(__LINE__, [] { exp(integers({2})); }, needs_floating("exp"));
  dtype_error(__LINE__, [] { log(integers({2})); }, needs_floating("log"));
  dtype_error(__LINE__, [] { sqrt(integers({2})); }, needs_floating("sqrt"));
  dtype_error(__LINE__, [] { tanh(integers({2})); }, needs_floating("tanh"));
  dtype_error(__LINE__, [] { sigmoid(booleans({2})); }, needs_floating("sigmoid", "bool"));
  dtype_error(__LINE__, [] { relu(integers({2})); }, needs_floating("relu"));
  dtype_error(__LINE__, [] { abs(booleans({2})); }, needs_floating("abs", "bool"));
  dtype_error(__LINE__, [] { softplus(integers({2})); }, needs_floating("softplus"));
  dtype_error(__LINE__, [] { clamp(booleans({2}), 0, 1); }, needs_floating("clamp", "bool"));
  dtype_error(__LINE__, [] { mean(integers({2})); }, needs_floating("mean"));
  dtype_error(__LINE__, [] { softmax(integers({2})); }, needs_floating("softmax"));
  dtype_error(__LINE__, [] { log_softmax(booleans({2})); }, needs_floating("log_softmax", "bool"));
  dtype_error(__LINE__, [] { dropout(integers({2}), 0.5); }, needs_floating("dropout"));
}

TEST_CASE("clamp and dropout name the numbers that are out of range") {
  expect<Error>(__LINE__, [] { clamp(floats({2}), 1, 0); }, "clamp: low is 1 and high is 0; low may not be above high");
  expect<Error>(__LINE__, [] { clamp(floats({2}), std::nan(""), 0); }, "clamp: low is nan and high is 0; low may not be above high");
  expect<Error>(__LINE__, [] { dropout(floats({2}), 1); }, "dropout: p is 1; it has to be at least 0 and below 1");
  expect<Error>(__LINE__, [] { dropout(floats({2}), -0.5); }, "dropout: p is -0.5; it has to be at least 0 and below 1");
}

TEST_CASE("linear names its arguments' shapes and dtypes") {
  shape_error(__LINE__, [] { linear(floats({4, 2}), floats({5, 3}), floats({5})); },
              "linear: x is (4, 2) and weight is (5, 3); x needs 3 features (weight's columns) on its last axis");
  shape_error(__LINE__, [] { linear(floats({}), floats({5, 3})); },
              "linear: x is () and weight is (5, 3); x needs 3 features (weight's columns) on its last axis");
  shape_error(__LINE__, [] { linear(floats({4, 3}), floats({3})); }, "linear: weight is (3,); it needs two axes (out, in)");
  shape_error(__LINE__, [] { linear(floats({4, 3}), floats({5, 3}), floats({3})); },
              "linear: weight is (5, 3) and bias is (3,); bias needs shape (5,)");
  shape_error(__LINE__, [] { linear(floats({4, 3}), floats({5, 3}), floats({1, 5})); },
              "linear: weight is (5, 3) and bias is (1, 5); bias needs shape (5,)");
  dtype_error(__LINE__, [] { linear(floats({4, 3}), doubles({5, 3})); },
              "linear: x is float32 and weight is float64; both need float32, or both float64 (astype converts)");
  dtype_error(__LINE__, [] { linear(floats({4, 3}), floats({5, 3}), doubles({5})); },
              "linear: weight is float32 and bias is float64; both need float32, or both float64 (astype converts)");
}

TEST_CASE("reductions name the axis and those that are allowed") {
  const Tensor x = floats({2, 3});
  shape_error(__LINE__, [&] { sum(x, 2); }, "sum: axis 2 is out of range for 2 axes (allowed: -2 to 1)");
  shape_error(__LINE__, [&] { sum(x, {0, -2}); }, "sum: axis -2 is named twice in (0, -2)");
  shape_error(__LINE__, [&] { mean(x, -3); }, "mean: axis -3 is out of range for 2 axes (allowed: -2 to 1)");
  shape_error(__LINE__, [&] { mean(x, {1, 1}); }, "mean: axis 1 is named twice in (1, 1)");
  shape_error(__LINE__, [&] { max(x, 2); }, "max: axis 2 is out of range for 2 axes (allowed: -2 to 1)");
  shape_error(__LINE__, [&] { min(x, 2); }, "min: axis 2 is out of range for 2 axes (allowed: -2 to 1)");
  shape_error(__LINE__, [&] { softmax(x, 2); }, "softmax: axis 2 is out of range for 2 axes (allowed: -2 to 1)");
  shape_error(__LINE__, [&] { log_softmax(x, 2); }, "log_softmax: axis 2 is out of range for 2 axes (allowed: -2 to 1)");
  shape_error(__LINE__, [&] { sum(floats({}), 0); }, "sum: axis 0 of a scalar, which has no axes");
  shape_error(__LINE__, [&] { softmax(floats({})); }, "softmax: axis -1 of a scalar, which has no axes");
}

TEST_CASE("max and min of nothing name the empty axis") {
  shape_error(__LINE__, [] { max(floats({2, 0})); }, "max: axis 1 of shape (2, 0) is empty, so there is nothing to choose from");
  shape_error(__LINE__, [] { min(floats({0, 3}), 0); }, "min: axis 0 of shape (0, 3) is empty, so there is nothing to choose from");
}

TEST_CASE("sum_to and broadcast_to name both shapes") {
  shape_error(__LINE__, [] { sum_to(floats({2, 3}), {2, 2}); },
              "sum_to: x is (2, 3) and the target is (2, 2); the target has to broadcast to x");
  shape_error(__LINE__, [] { sum_to(floats({3}), {1, 3}); },
              "sum_to: x is (3,) and the target is (1, 3); the target has to broadcast to x");
  shape_error(__LINE__, [] { broadcast_to(floats({2, 3}), {2, 4}); },
              "broadcast_to: (2, 3) does not repeat to (2, 4); each axis, counted from the back, needs one length or 1");
  shape_error(__LINE__, [] { broadcast_to(floats({1, 3}), {3}); },
              "broadcast_to: (1, 3) does not repeat to (3,); each axis, counted from the back, needs one length or 1");
}

TEST_CASE("reshape names both shapes and what is wrong") {
  const Tensor x = floats({2, 3});
  shape_error(__LINE__, [&] { reshape(x, {4, 2}); },
              "reshape: (2, 3) with 6 elements does not reshape to (4, 2); both need the same number of elements");
  shape_error(__LINE__, [&] { reshape(x, {4, -1}); },
              "reshape: (2, 3) with 6 elements does not reshape to (4, -1); the elements do not divide evenly");
  shape_error(__LINE__, [&] { reshape(x, {-1, -1}); },
              "reshape: (2, 3) with 6 elements does not reshape to (-1, -1); only one length can be -1");
  shape_error(__LINE__, [&] { reshape(x, {-2}); },
              "reshape: (2, 3) with 6 elements does not reshape to (-2,); a length is 0 or more, or -1 for the one to be worked out");
  shape_error(__LINE__, [&] { reshape(floats({0, 3}), {0, -1}); },
              "reshape: (0, 3) with 0 elements does not reshape to (0, -1); -1 cannot be worked out beside a length of 0");
  shape_error(__LINE__, [&] { reshape(x, {1L << 62, 8}); },
              "reshape: (2, 3) with 6 elements does not reshape to (4611686018427387904, 8); the lengths are too large for the address space");
}

TEST_CASE("transpose and permute name the axes") {
  const Tensor x = floats({2, 3});
  shape_error(__LINE__, [&] { transpose(x, 0, 2); }, "transpose: axis 2 is out of range for 2 axes (allowed: -2 to 1)");
  shape_error(__LINE__, [&] { transpose(floats({3})); }, "transpose: axis -2 is out of range for 1 axes (allowed: -1 to 0)");
  shape_error(__LINE__, [&] { permute(x, {0}); }, "permute: (0,) axes for shape (2, 3); each axis is named once");
  shape_error(__LINE__, [&] { permute(x, {0, 0}); }, "permute: axis 0 is named twice in (0, 0)");
  shape_error(__LINE__, [&] { permute(x, {0, 5}); }, "permute: axis 5 is out of range for 2 axes (allowed: -2 to 1)");
}

TEST_CASE("slice names the axis, the index and the shape") {
  const Tensor x = floats({2, 3});
  shape_error(__LINE__, [&] { slice(x, {0, 3}); }, "slice: index 3 is out of range for axis 1 of shape (2, 3)");
  shape_error(__LINE__, [&] { slice(x, {-3}); }, "slice: index -3 is out of range for axis 0 of shape (2, 3)");
  shape_error(__LINE__, [&] { slice(x, {{0, 1, 0}}); }, "slice: the step of axis 0 is 0");
  shape_error(__LINE__, [&] { slice(x, {{}, {}, {}}); }, "slice: 3 slices for shape (2, 3), which has 2 axes");
  shape_error(__LINE__, [&] { x.row(2); }, "slice: index 2 is out of range for axis 0 of shape (2, 3)");
  shape_error(__LINE__, [&] { x.column(3); }, "slice: index 3 is out of range for axis 1 of shape (2, 3)");
  shape_error(__LINE__, [&] { floats({2}).column(0); }, "slice: 2 slices for shape (2,), which has 1 axes");
}

TEST_CASE("concatenate names the tensors that do not fit") {
  const Tensor x = floats({2, 3});
  shape_error(__LINE__, [&] { concatenate({x, x, floats({2, 4})}); },
              "concatenate: tensor 0 is (2, 3) and tensor 2 is (2, 4); along axis 0 the other axes have to agree");
  shape_error(__LINE__, [&] { concatenate({x, floats({3})}, -1); },
              "concatenate: tensor 0 is (2, 3) and tensor 1 is (3,); along axis 1 the other axes have to agree");
  shape_error(__LINE__, [&] { concatenate({x, x}, 2); }, "concatenate: axis 2 is out of range for 2 axes (allowed: -2 to 1)");
  shape_error(__LINE__, [&] { concatenate({floats({}), floats({})}); }, "concatenate: axis 0 of a scalar, which has no axes");
  dtype_error(__LINE__, [&] { concatenate({x, doubles({2, 3})}); },
              "concatenate: tensor 0 is float32 and tensor 1 is float64; all need one dtype (astype converts)");
  expect<Error>(__LINE__, [&] { concatenate({}); }, "concatenate: there is nothing to join");
}

TEST_CASE("a tensor that is not defined is named before it is read") {
  expect<Error>(__LINE__, [] { exp(Tensor()); }, "exp: an input is not defined (a Tensor without a value)");
  expect<Error>(__LINE__, [] { neg(Tensor()); }, "neg: an input is not defined (a Tensor without a value)");
  expect<Error>(__LINE__, [] { floats({2}) + Tensor(); }, "add: an input is not defined (a Tensor without a value)");
  expect<Error>(__LINE__, [] { Tensor() * 2.0; }, "mul: an input is not defined (a Tensor without a value)");
  expect<Error>(__LINE__, [] { matmul(Tensor(), floats({2, 2})); }, "matmul: an input is not defined (a Tensor without a value)");
  expect<Error>(__LINE__, [] { equal(floats({2}), Tensor()); }, "equal: an input is not defined (a Tensor without a value)");
  expect<Error>(__LINE__, [] { where(booleans({2}), Tensor(), 0.0); }, "where: an input is not defined (a Tensor without a value)");
  expect<Error>(__LINE__, [] { sum(Tensor()); }, "sum: an input is not defined (a Tensor without a value)");
  expect<Error>(__LINE__, [] { softmax(Tensor()); }, "softmax: an input is not defined (a Tensor without a value)");
  expect<Error>(__LINE__, [] { reshape(Tensor(), -1); }, "reshape: an input is not defined (a Tensor without a value)");
  expect<Error>(__LINE__, [] { transpose(Tensor()); }, "transpose: an input is not defined (a Tensor without a value)");
  expect<Error>(__LINE__, [] { permute(Tensor(), {}); }, "permute: an input is not defined (a Tensor without a value)");
  expect<Error>(__LINE__, [] { astype(Tensor(), float32); }, "astype: an input is not defined (a Tensor without a value)");
  expect<Error>(__LINE__, [] { concatenate({floats({2}), Tensor()}); }, "concatenate: an input is not defined (a Tensor without a value)");
  expect<Error>(__LINE__, [] { dropout(Tensor(), 0.5); }, "dropout: an input is not defined (a Tensor without a value)");
  expect<Error>(__LINE__, [] { Tensor().row(0); }, "slice: an input is not defined (a Tensor without a value)");
}
