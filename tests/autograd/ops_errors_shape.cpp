#include <cmath>

#include <fmt/format.h>

#include "message.hpp"

using namespace reel;
using reel::test::expect;
using reel::test::shape_error;

namespace {

Tensor floats(const Shape& shape) { return variable(zeros(shape)); }
Tensor integers(const Shape& shape) { return zeros(shape, {.dtype = int64}); }

std::string out_of_range(const char* op, int axis = 2) {
  return fmt::format("{}: axis {} is out of range for 2 axes (allowed: -2 to 1)", op, axis);
}

}  // namespace

// A place is that of the operand, so each case has its call and its __LINE__ on one line; the text follows below.
// clang-format off

TEST_CASE("reductions, scans and sorting name an axis that is not there") {
  const Tensor x = floats({2, 3});
  shape_error(__LINE__, [&] { prod(x, 2); }, out_of_range("prod"));
  shape_error(__LINE__, [&] { var(x, 2); }, out_of_range("var"));
  shape_error(__LINE__, [&] { reel::std(x, 2); }, out_of_range("std"));
  shape_error(__LINE__, [&] { logsumexp(x, 2); }, out_of_range("logsumexp"));
  shape_error(__LINE__, [&] { norm(x, {2}); }, out_of_range("norm"));
  shape_error(__LINE__, [&] { all(x, 2); }, out_of_range("all"));
  shape_error(__LINE__, [&] { any(x, 2); }, out_of_range("any"));
  shape_error(__LINE__, [&] { count_nonzero(x, 2); }, out_of_range("count_nonzero"));
  shape_error(__LINE__, [&] { argmax(x, 2); }, out_of_range("argmax"));
  shape_error(__LINE__, [&] { argmin(x, -3); }, out_of_range("argmin", -3));
  shape_error(__LINE__, [&] { cumsum(x, 2); }, out_of_range("cumsum"));
  shape_error(__LINE__, [&] { cumprod(x, 2); }, out_of_range("cumprod"));
  shape_error(__LINE__, [&] { sort(x, {.axis = 2}); }, out_of_range("sort"));
  shape_error(__LINE__, [&] { argsort(x, {.axis = 2}); }, out_of_range("argsort"));
  shape_error(__LINE__, [&] { topk(x, 1, {.axis = 2}); }, out_of_range("topk"));
  shape_error(__LINE__, [&] { prod(x, {0, 0}); }, "prod: axis 0 is named twice in (0, 0)");
  shape_error(__LINE__, [&] { sort(floats({})); }, "sort: axis -1 of a scalar, which has no axes");
}

TEST_CASE("choosing from nothing names the empty axis") {
  shape_error(__LINE__, [] { argmax(floats({2, 0}), 1); }, "argmax: axis 1 of shape (2, 0) is empty, so there is nothing to choose from");
  shape_error(__LINE__, [] { argmin(floats({2, 0})); }, "argmin: axis 0 of shape (0,) is empty, so there is nothing to choose from");
  shape_error(__LINE__, [] { norm(floats({0}), {}, {.p = -INFINITY}); }, "norm: axis 0 of shape (0,) is empty, so there is nothing to choose from");
  shape_error(__LINE__, [] { topk(floats({2, 3}), 4); }, "topk: k is 4, and axis 1 of shape (2, 3) has only 3");
}

TEST_CASE("statistics refuse integers, and norm a p that is no number") {
  expect<DtypeError>(__LINE__, [] { var(integers({2})); }, "var: x is int64; it needs float32 or float64 (astype converts)");
  expect<DtypeError>(__LINE__, [] { logsumexp(integers({2})); }, "logsumexp: x is int64; it needs float32 or float64 (astype converts)");
  expect<DtypeError>(__LINE__, [] { norm(integers({2})); }, "norm: x is int64; it needs float32 or float64 (astype converts)");
  expect<Error>(__LINE__, [] { norm(floats({2}), {}, {.p = std::nan("")}); }, "norm: p is nan; it has to be a number, or an infinity");
}

TEST_CASE("slices name what does not fit") {
  const Tensor x = floats({2, 3});
  shape_error(__LINE__, [&] { x[{0, 3}]; }, "slice: index 3 is out of range for axis 1 of shape (2, 3)");
  shape_error(__LINE__, [&] { x[{ellipsis, 5}]; }, "slice: index 5 is out of range for axis 1 of shape (2, 3)");
  shape_error(__LINE__, [&] { x[{ellipsis, 0, ellipsis}]; }, "slice: [..., 0, ...] has 2 ellipses; one is enough");
  shape_error(__LINE__, [&] { x[{newaxis, 0, 0, 0}]; }, "slice: 3 slices for shape (2, 3), which has 2 axes");
  CHECK(test::message_of<ShapeError>([] { Slices{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}; }) == "13 slices; one list holds at most 12");
}

TEST_CASE("ops that add, drop and move axes name them") {
  const Tensor x = floats({2, 3});
  shape_error(__LINE__, [&] { flatten(x, 1, 0); }, "flatten: axis 1 comes after axis 0; the first may not");
  shape_error(__LINE__, [&] { flatten(x, 2); }, out_of_range("flatten"));
  shape_error(__LINE__, [&] { squeeze(x, 1); }, "squeeze: axis 1 of shape (2, 3) has length 3; only an axis of length 1 can be dropped");
  shape_error(__LINE__, [&] { squeeze(x, 2); }, out_of_range("squeeze"));
  shape_error(__LINE__, [&] { unsqueeze(x, 3); }, "unsqueeze: axis 3 is out of range for 3 axes (allowed: -3 to 2)");
  shape_error(__LINE__, [&] { unsqueeze(floats({1, 1, 1, 1, 1, 1, 1, 1}), 0); }, "a shape of 9 axes; Reel's arrays have at most 8");
  shape_error(__LINE__, [&] { movedim(x, 0, 2); }, out_of_range("movedim"));
  shape_error(__LINE__, [&] { flip(x, 2); }, out_of_range("flip"));
}

TEST_CASE("roll, tile and pad need their numbers an axis") {
  const Tensor x = floats({2, 3});
  shape_error(__LINE__, [&] { roll(x, {1, 2}, 0); }, "roll: shifts (1, 2) for axes (0,); both need one number an axis");
  shape_error(__LINE__, [&] { roll(x, {1, 2}); }, "roll: shifts (1, 2) for axes (); both need one number an axis");
  shape_error(__LINE__, [&] { roll(x, 1, 2); }, out_of_range("roll"));
  shape_error(__LINE__, [&] { roll(x, {1, 1}, {0, -2}); }, "roll: axis -2 is named twice in (0, -2)");
  shape_error(__LINE__, [&] { tile(x, {2, -1}); }, "tile: repeats are (2, -1); none may be negative");
  shape_error(__LINE__, [&] { pad(x, 1, {0, 0}); }, "pad: (1,) before and (0, 0) after, for shape (2, 3); both need one number an axis");
  shape_error(__LINE__, [&] { pad(x, {0, -1}, {0, 0}); }, "pad: -1 on axis 1 is negative (a slice cuts off)");
  shape_error(__LINE__, [&] { pad(x, {0, 0}, {2, 0}, {.mode = PadMode::reflect}); }, "pad: 2 on axis 0 of shape (2, 3); to reflect, it has to be less than the length");
  shape_error(__LINE__, [&] { pad(floats({0}), 1, 0, {.mode = PadMode::edge}); }, "pad: axis 0 of shape (0,) is empty, so there is nothing to pad with");
}

TEST_CASE("triangles and diagonals need matrices") {
  shape_error(__LINE__, [] { tril(floats({3})); }, "tril: x is (3,); it needs at least two axes");
  shape_error(__LINE__, [] { triu(floats({})); }, "triu: x is (); it needs at least two axes");
  shape_error(__LINE__, [] { diagonal(floats({3})); }, "diagonal: axis -2 is out of range for 1 axes (allowed: -1 to 0)");
  shape_error(__LINE__, [] { diagonal(floats({3, 3}), {.axis_a = 1}); }, "diagonal: axis -1 is named twice");
  shape_error(__LINE__, [] { diag(floats({2, 2, 2})); }, "diag: x is (2, 2, 2); it needs one axis, or two (diagonal takes more)");
}

TEST_CASE("stack, split and chunk name what does not fit") {
  const Tensor x = floats({2, 3});
  shape_error(__LINE__, [&] { stack({x, floats({3})}); }, "stack: tensor 0 is (2, 3) and tensor 1 is (3,); all need one shape");
  shape_error(__LINE__, [&] { stack({x, x}, 3); }, "stack: axis 3 is out of range for 3 axes (allowed: -3 to 2)");
  expect<DtypeError>(__LINE__, [&] { stack({x, integers({2, 3})}); }, "stack: tensor 0 is float32 and tensor 1 is int64; all need one dtype (astype converts)");
  expect<Error>(__LINE__, [&] { stack({}); }, "stack: there is nothing to join");
  expect<Error>(__LINE__, [&] { stack({x, Tensor()}); }, "stack: an input is not defined (a Tensor without a value)");
  shape_error(__LINE__, [&] { split(x, {1, 3}, 1); }, "split: the lengths add up to 4, but axis 1 of shape (2, 3) has length 3");
  shape_error(__LINE__, [&] { split(x, 0); }, "split: the parts' length is 0; it is 1 or more");
  shape_error(__LINE__, [&] { split(x, 1, 2); }, out_of_range("split"));
  const auto minus = static_cast<std::size_t>(-1), huge = std::size_t{1} << 62;
  expect<Error>(__LINE__, [&] { split(x, minus); }, "split: the parts' length is -1; it has to be 0 or more");
  expect<Error>(__LINE__, [&] { split(x, {minus, 4}, 1); }, "split: a length is -1; it has to be 0 or more");
  shape_error(__LINE__, [&] { split(x, {huge, huge, huge, huge, 3}, 1); }, "split: the lengths add up to 2^64 or more");
  expect<Error>(__LINE__, [&] { chunk(x, minus); }, "chunk: the number of parts is -1; it has to be 0 or more");
  CHECK(chunk(x, huge).size() == 2);
  CHECK(split(x, huge).size() == 1);
  expect<Error>(__LINE__, [&] { topk(x, minus); }, "topk: k is -1; it has to be 0 or more");
  shape_error(__LINE__, [&] { topk(x, huge); }, "topk: k is 4611686018427387904, and axis 1 of shape (2, 3) has only 3");
  expect<Error>(__LINE__, [&] { one_hot(tensor({0}), minus); }, "one_hot: classes is -1; it has to be 0 or more");
  shape_error(__LINE__, [&] { one_hot(tensor({0}), huge); }, "an array of shape (1, 4611686018427387904) and dtype float32 is too large for the address space");
  shape_error(__LINE__, [&] { group_norm(x, minus); }, "group_norm: x is (2, 3) and groups is 18446744073709551615; groups has to divide the 3 channels (axis 1)");
  shape_error(__LINE__, [&] { chunk(x, 0); }, "chunk: the number of parts is 0; it is 1 or more");
  shape_error(__LINE__, [&] { chunk(x, 1, 2); }, out_of_range("chunk"));
}

TEST_CASE("an index that is out of range is named with its position") {
  const Tensor x = floats({2, 3});
  shape_error(__LINE__, [&] { take(x, tensor({{0, 1}, {2, 0}})); }, "take: index 2 at position (1, 0) is out of range for axis 0 of shape (2, 3)");
  shape_error(__LINE__, [&] { take(x, -4, 1); }, "take: index -4 at position () is out of range for axis 1 of shape (2, 3)");
  shape_error(__LINE__, [&] { take(x, 0, 2); }, out_of_range("take"));
  shape_error(__LINE__, [&] { gather(x, tensor({{0, 1, 2}}), 0); }, "gather: index 2 at position (0, 2) is out of range for axis 0 of shape (2, 3)");
  shape_error(__LINE__, [&] { scatter_add(x, tensor({{0, 1, 5}}), floats({1, 3}), 0); }, "scatter_add: index 5 at position (0, 2) is out of range for axis 0 of shape (2, 3)");
  shape_error(__LINE__, [&] { index(x, {tensor({0, 1}), tensor({0, 3})}); }, "index: index 3 at position (1,) is out of range for axis 1 of shape (2, 3)");
  shape_error(__LINE__, [&] { one_hot(tensor({0, 3}), 3); }, "one_hot: class 3 at position 1 is out of range for 3 classes");
  shape_error(__LINE__, [&] { one_hot(tensor({-1}), 3); }, "one_hot: class -1 at position 0 is out of range for 3 classes");
}

TEST_CASE("indices and masks need their dtype") {
  const Tensor x = floats({2, 3});
  expect<DtypeError>(__LINE__, [&] { take(x, tensor({0.0})); }, "take: indices are float32; they need int64 (astype converts)");
  expect<DtypeError>(__LINE__, [&] { gather(x, floats({2, 3}), 0); }, "gather: indices are float32; they need int64 (astype converts)");
  expect<DtypeError>(__LINE__, [&] { index(x, {tensor({0.0})}); }, "index: indices are float32; they need int64 (astype converts)");
  expect<DtypeError>(__LINE__, [&] { scatter_add(x, integers({2, 3}), integers({2, 3}), 0); }, "scatter_add: x is float32 and source is int64; both need one dtype (astype converts)");
  expect<DtypeError>(__LINE__, [&] { masked_fill(x, integers({3}), 0); }, "masked_fill: the mask is int64; it needs bool (a comparison makes one)");
  expect<DtypeError>(__LINE__, [&] { masked_select(x, integers({3})); }, "masked_select: the mask is int64; it needs bool (a comparison makes one)");
  expect<DtypeError>(__LINE__, [&] { one_hot(tensor({1.0}), 3); }, "one_hot: labels are float32; they need int64");
}

TEST_CASE("indices and masks whose shapes do not fit are named with x's") {
  const Tensor x = floats({2, 3});
  shape_error(__LINE__, [&] { gather(x, integers({2}), 0); }, "gather: x is (2, 3) and indices are (2,); they need as many axes, and on all but axis 0 at most x's lengths");
  shape_error(__LINE__, [&] { gather(x, integers({2, 4}), 0); }, "gather: x is (2, 3) and indices are (2, 4); they need as many axes, and on all but axis 0 at most x's lengths");
  shape_error(__LINE__, [&] { scatter_add(x, integers({3, 3}), floats({3, 3}), 1); }, "scatter_add: x is (2, 3) and indices are (3, 3); they need as many axes, and on all but axis 1 at most x's lengths");
  shape_error(__LINE__, [&] { scatter_add(x, integers({2, 3}), floats({2, 2}), 1); }, "scatter_add: indices are (2, 3) and source is (2, 2); source needs as many axes, each at least as long");
  shape_error(__LINE__, [&] { index(x, {tensor({0, 1}), tensor({0, 1, 2})}); }, "index: shapes (2,) and (3,) do not broadcast; axis 1 from the back has length 2 and 3, and neither is 1");
  shape_error(__LINE__, [&] { index(x, {none, none, tensor({0})}); }, "index: 3 indices for shape (2, 3), which has 2 axes");
  shape_error(__LINE__, [&] { index(x, {zeros({3}, {.dtype = boolean})}); }, "index: x is (2, 3) and a mask is (3,) from axis 0 on; it needs x's lengths there");
  expect<Error>(__LINE__, [&] { index(x, {none}); }, "index: there is no index, only whole axes");
  shape_error(__LINE__, [&] { masked_fill(x, zeros({4, 2, 3}, {.dtype = boolean}), 0); }, "masked_fill: x is (2, 3) and the mask is (4, 2, 3); the mask has to broadcast to x");
  shape_error(__LINE__, [&] { masked_select(x, zeros({2}, {.dtype = boolean})); }, "masked_select: shapes (2, 3) and (2,) do not broadcast; axis 1 from the back has length 3 and 2, and neither is 1");
}

TEST_CASE("shape and index ops name inputs that are not defined") {
  const std::string undefined = "an input is not defined (a Tensor without a value)";
  expect<Error>(__LINE__, [] { squeeze(Tensor()); }, "squeeze: " + undefined);
  expect<Error>(__LINE__, [] { flip(Tensor()); }, "flip: " + undefined);
  expect<Error>(__LINE__, [] { tile(Tensor(), 2); }, "tile: " + undefined);
  expect<Error>(__LINE__, [] { pad(Tensor(), {}, {}); }, "pad: " + undefined);
  expect<Error>(__LINE__, [] { take(floats({2}), Tensor()); }, "take: " + undefined);
  expect<Error>(__LINE__, [] { masked_fill(Tensor(), Tensor(), 0); }, "masked_fill: " + undefined);
  expect<Error>(__LINE__, [] { split(Tensor(), 1); }, "split: " + undefined);
  expect<Error>(__LINE__, [] { sort(Tensor()); }, "sort: " + undefined);
  expect<Error>(__LINE__, [] { argmax(Tensor()); }, "argmax: " + undefined);
}
