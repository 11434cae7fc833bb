#include <string>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <reel/reel.hpp>

#include "message.hpp"

using namespace reel;
using reel::test::expect;

namespace {

Tensor floats(const Shape& shape) { return variable(zeros(shape)); }
Tensor doubles(const Shape& shape) { return variable(zeros(shape, {.dtype = float64})); }
Tensor integers(const Shape& shape) { return zeros(shape, {.dtype = int64}); }

}  // namespace

// A place is that of the operand, so each case has its call and its __LINE__ on one line; the text follows below.
// clang-format off

TEST_CASE("convolutions name what does not fit") {
  const Tensor x = floats({2, 3, 5, 5}), w = floats({4, 3, 3, 3}), b = floats({4});
  expect<ShapeError>(__LINE__, [&] { conv2d(x, floats({4, 2, 3, 3})); },
                     "conv2d: x is (2, 3, 5, 5), weight is (4, 2, 3, 3) and groups is 1; x needs 2 channels (weight's second axis times groups)");
  expect<ShapeError>(__LINE__, [&] { conv2d(floats({2, 4, 5, 5}), floats({4, 1, 3, 3}), {.groups = 2}); },
                     "conv2d: x is (2, 4, 5, 5), weight is (4, 1, 3, 3) and groups is 2; x needs 2 channels (weight's second axis times groups)");
  expect<ShapeError>(__LINE__, [&] { conv2d(x, w, b, {.groups = 3}); },
                     "conv2d: weight is (4, 3, 3, 3) and groups is 3; weight's first axis (out) needs to be a multiple of groups");
  expect<Error>(__LINE__, [&] { conv2d(x, w, {.groups = 0}); }, "conv2d: groups is 0; it needs to be 1 or more");
  expect<ShapeError>(__LINE__, [&] { conv2d(x, w, floats({3})); }, "conv2d: weight is (4, 3, 3, 3) and bias is (3,); bias needs shape (4,)");
  expect<ShapeError>(__LINE__, [&] { conv2d(floats({2, 3, 2, 5}), w); },
                     "conv2d: x is (2, 3, 2, 5) and weight is (4, 3, 3, 3) with padding (0,) and dilation (1,); the kernel spans 3 and the padded axis 2 has only 2");
  expect<ShapeError>(__LINE__, [&] { conv2d(x, w, {.padding = {1, 0}, .dilation = 3}); },
                     "conv2d: x is (2, 3, 5, 5) and weight is (4, 3, 3, 3) with padding (1, 0) and dilation (3,); the kernel spans 7 and the padded axis 3 has only 5");
  expect<Error>(__LINE__, [&] { conv2d(x, w, {.stride = 0}); }, "conv2d: stride is (0,); it needs numbers of 1 or more");
  expect<Error>(__LINE__, [&] { conv2d(x, w, {.padding = {0, -1}}); }, "conv2d: padding is (0, -1); it needs numbers of 0 or more");
  expect<Error>(__LINE__, [&] { conv2d(x, w, {.dilation = 0}); }, "conv2d: dilation is (0,); it needs numbers of 1 or more");
  expect<ShapeError>(__LINE__, [&] { conv2d(x, w, {.stride = {1, 1, 1}}); },
                     "conv2d: stride is (1, 1, 1); it needs one number, or one for each of the 2 spatial axes");
  expect<Error>(__LINE__, [&] { conv2d(x, w, {.stride = 2, .same = true}); },
                "conv2d: same padding with stride (2,) and padding (0,); it needs stride 1 and no other padding");
  expect<ShapeError>(__LINE__, [&] { conv2d(x, floats({4, 3, 0, 3})); },
                     "conv2d: weight is (4, 3, 0, 3); the kernel needs a length of 1 or more on every axis");
}

TEST_CASE("convolutions name the axes that they need") {
  const Tensor x = floats({2, 3, 5, 5}), w = floats({4, 3, 3, 3});
  expect<ShapeError>(__LINE__, [&] { conv1d(x, floats({4, 3, 3})); }, "conv1d: x is (2, 3, 5, 5); it needs the axes (N, C, length) or (C, length)");
  expect<ShapeError>(__LINE__, [&] { conv2d(floats({5, 5}), w); },
                     "conv2d: x is (5, 5); it needs the axes (N, C, height, width) or (C, height, width)");
  expect<ShapeError>(__LINE__, [&] { conv3d(floats({5, 5, 5}), w); },
                     "conv3d: x is (5, 5, 5); it needs the axes (N, C, depth, height, width) or (C, depth, height, width)");
  expect<ShapeError>(__LINE__, [&] { conv2d(x, floats({4, 3, 3})); },
                     "conv2d: weight is (4, 3, 3); it needs the axes (out, in/groups, height, width)");
  expect<ShapeError>(__LINE__, [&] { conv_transpose2d(x, floats({4, 3, 3})); },
                     "conv_transpose2d: weight is (4, 3, 3); it needs the axes (in, out/groups, height, width)");
}

TEST_CASE("convolutions need one floating dtype") {
  const Tensor x = floats({2, 3, 5, 5}), w = floats({4, 3, 3, 3});
  expect<DtypeError>(__LINE__, [&] { conv2d(x, doubles({4, 3, 3, 3})); },
                     "conv2d: x is float32 and weight is float64; both need float32, or both float64 (astype converts)");
  expect<DtypeError>(__LINE__, [&] { conv2d(integers({2, 3, 5, 5}), integers({4, 3, 3, 3})); },
                     "conv2d: x is int64 and weight is int64; both need float32, or both float64 (astype converts)");
  expect<DtypeError>(__LINE__, [&] { conv2d(x, w, doubles({4})); },
                     "conv2d: x is float32 and bias is float64; both need one dtype (astype converts)");
}

TEST_CASE("transposed convolutions name what does not fit") {
  const Tensor x = floats({2, 4, 5, 5}), w = floats({4, 3, 3, 3});
  expect<ShapeError>(__LINE__, [&] { conv_transpose2d(floats({2, 3, 5, 5}), w); },
                     "conv_transpose2d: x is (2, 3, 5, 5) and weight is (4, 3, 3, 3); x needs 4 channels (weight's first axis)");
  expect<ShapeError>(__LINE__, [&] { conv_transpose2d(x, w, floats({4})); },
                     "conv_transpose2d: weight is (4, 3, 3, 3) and bias is (4,); bias needs shape (3,)");
  expect<ShapeError>(__LINE__, [&] { conv_transpose2d(x, w, {.groups = 3}); },
                     "conv_transpose2d: weight is (4, 3, 3, 3) and groups is 3; weight's first axis (in) needs to be a multiple of groups");
  expect<Error>(__LINE__, [&] { conv_transpose2d(x, w, {.stride = 2, .output_padding = 2}); },
                "conv_transpose2d: output_padding is (2,) with stride (2,) and dilation (1,); it needs to be less than one of them");
  expect<ShapeError>(__LINE__, [&] { conv_transpose2d(floats({2, 4, 1, 5}), w, {.padding = 2}); },
                     "conv_transpose2d: x is (2, 4, 1, 5) and weight is (4, 3, 3, 3) with padding (2,); the padding leaves no output on axis 2");
}

TEST_CASE("poolings name what does not fit") {
  const Tensor x = floats({2, 3, 5, 4});
  expect<ShapeError>(__LINE__, [&] { max_pool2d(floats({5, 4}), 2); },
                     "max_pool2d: x is (5, 4); it needs the axes (N, C, height, width) or (C, height, width)");
  expect<DtypeError>(__LINE__, [&] { max_pool2d(integers({2, 3, 5, 4}), 2); }, "max_pool2d: x is int64; it needs float32 or float64 (astype converts)");
  expect<ShapeError>(__LINE__, [&] { max_pool2d(x, 5); },
                     "max_pool2d: x is (2, 3, 5, 4) with kernel (5,) and padding (0,); the kernel spans 5 and the padded axis 3 has only 4");
  expect<Error>(__LINE__, [&] { max_pool2d(x, 2, {.padding = 2}); },
                "max_pool2d: padding is (2,) and kernel is (2,); padding may be at most half of the kernel");
  expect<Error>(__LINE__, [&] { max_pool2d(x, 2, {.stride = -1}); }, "max_pool2d: stride is (-1,); it needs numbers of 1 or more");
  expect<Error>(__LINE__, [&] { max_pool2d(x, 0); }, "max_pool2d: kernel is (0,); it needs numbers of 1 or more");
  expect<ShapeError>(__LINE__, [&] { max_pool2d(x, {}); }, "max_pool2d: kernel is (); it needs one number, or one for each of the 2 spatial axes");
  expect<ShapeError>(__LINE__, [&] { max_pool1d(floats({1, 1}), 2, {.padding = 1, .dilation = 2}); },
                     "max_pool1d: x is (1, 1) with kernel (2,), padding (1,) and dilation (2,); a window on axis 1 has no element of x");
  expect<ShapeError>(__LINE__, [&] { avg_pool3d(x, 5); },
                     "avg_pool3d: x is (2, 3, 5, 4) with kernel (5,) and padding (0,); the kernel spans 5 and the padded axis 1 has only 3");
  expect<Error>(__LINE__, [&] { avg_pool1d(floats({3, 8}), 3, {.padding = 2}); },
                "avg_pool1d: padding is (2,) and kernel is (3,); padding may be at most half of the kernel");
  expect<ShapeError>(__LINE__, [&] { adaptive_avg_pool2d(floats({2, 3, 0, 4}), 2); },
                     "adaptive_avg_pool2d: x is (2, 3, 0, 4); it needs 1 or more elements on every spatial axis");
  expect<Error>(__LINE__, [&] { adaptive_max_pool2d(x, {2, -1}); }, "adaptive_max_pool2d: output is (2, -1); it needs numbers of 0 or more");
  expect<ShapeError>(__LINE__, [&] { global_avg_pool(floats({2, 3})); }, "global_avg_pool: x is (2, 3); it needs axes N, C and 1 to 3 spatial ones");
  expect<ShapeError>(__LINE__, [&] { global_max_pool(floats({2, 3})); }, "global_max_pool: x is (2, 3); it needs axes N, C and 1 to 3 spatial ones");
}

TEST_CASE("interpolations name what does not fit") {
  const Tensor x = floats({2, 3, 5, 4});
  expect<ShapeError>(__LINE__, [&] { interpolate(x, {.size = 3, .mode = Interpolation::trilinear}); },
                     "interpolate: x is (2, 3, 5, 4) and the mode trilinear; it needs axes N, C and 3 spatial ones");
  expect<ShapeError>(__LINE__, [&] { interpolate(floats({2, 3}), {.size = 3}); },
                     "interpolate: x is (2, 3) and the mode nearest; it needs axes N, C and 1 to 3 spatial ones");
  expect<Error>(__LINE__, [&] { interpolate(x, {}); }, "interpolate: it needs either a size or a scale_factor");
  expect<Error>(__LINE__, [&] { interpolate(x, {.size = 3, .scale_factor = 2}); }, "interpolate: it needs either a size or a scale_factor");
  expect<Error>(__LINE__, [&] { interpolate(x, {.scale_factor = -2}); }, "interpolate: scale_factor is -2; it needs to be above 0");
  expect<Error>(__LINE__, [&] { interpolate(x, {.size = {3, 0}}); }, "interpolate: size is (3, 0); it needs numbers of 1 or more");
  expect<Error>(__LINE__, [&] { interpolate(x, {.size = 3, .align_corners = true}); }, "interpolate: align_corners is not for the mode nearest");
  expect<ShapeError>(__LINE__, [&] { interpolate(x, {.scale_factor = 0.2}); },
                     "interpolate: x is (2, 3, 5, 4) and axis 3 would have length 0; both need 1 or more elements on every spatial axis");
  expect<DtypeError>(__LINE__, [&] { interpolate(integers({2, 3, 5, 4}), {.size = 3}); },
                     "interpolate: x is int64; it needs float32 or float64 (astype converts)");
}

TEST_CASE("unfold and fold name what does not fit") {
  expect<ShapeError>(__LINE__, [&] { unfold(floats({5, 4}), 2); }, "unfold: x is (5, 4); it needs the axes (N, C, height, width) or (C, height, width)");
  expect<ShapeError>(__LINE__, [&] { unfold(floats({2, 5, 2}), 3); }, "unfold: an image is (5, 2); the kernel spans 3 and the padded axis 1 has only 2");
  expect<Error>(__LINE__, [&] { unfold(floats({2, 5, 2}), 2, {.stride = 0}); }, "unfold: stride is (0,); it needs numbers of 1 or more");
  expect<ShapeError>(__LINE__, [&] { fold(floats({6}), 2, 1); }, "fold: x is (6,); it needs the axes (N, C·kernel, windows) or (C·kernel, windows)");
  expect<ShapeError>(__LINE__, [&] { fold(floats({2, 6, 4}), 3, 2); }, "fold: x is (2, 6, 4) and the kernel (2,); x's axis of channels needs to be a multiple of 4");
  expect<ShapeError>(__LINE__, [&] { fold(floats({2, 8, 5}), 3, 2); }, "fold: x is (2, 8, 5); an output (3, 3) has 4 windows, so x's last axis needs to be as long");
}
