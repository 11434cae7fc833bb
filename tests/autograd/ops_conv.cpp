#include <cmath>
#include <limits>

#include <catch2/catch.hpp>
#include <reel/core/parallel.hpp>
#include <reel/reel.hpp>

#include "message.hpp"

using namespace reel;
using test::doubles;

namespace {

/// The results of f with 1 and with 4 threads.
template <class F>
void check_threads(const F& f) {
  const std::size_t before = num_threads();
  set_num_threads(1);
  const std::vector<Tensor> one = f();
  set_num_threads(4);
  const std::vector<Tensor> four = f();
  set_num_threads(before);
  for (std::size_t i = 0; i < one.size(); ++i) CHECK(identical(one[i].value(), four[i].value()));
}

/// That f(x, w, b) is, for a batch x and for its gradients, what it is for each image by itself, which takes other kernels.
template <class F>
void check_images(const F& f, const Tensor& x, const Tensor& w, const Tensor& b) {
  const double error = x.dtype() == float32 ? 2e-4 : 1e-12;
  const Tensor y = f(x, w, b), dy = random::normal(y.shape(), {.dtype = x.dtype()});
  const auto all = gradients(y, {x, w, b}, {.seed = dy});
  std::vector<Tensor> parts, dx;
  Tensor dw = zeros_like(w);
  for (std::ptrdiff_t n = 0; n < static_cast<std::ptrdiff_t>(x.shape()[0]); ++n) {
    const Tensor image = variable(slice(x, {Slice(n, n + 1)}).detach());
    parts.push_back(f(image, w, b));
    const auto gradient = gradients(parts.back(), {image, w}, {.seed = slice(dy, {Slice(n, n + 1)})});
    dx.push_back(gradient[0]);
    dw += gradient[1];
  }
  CHECK(allclose(y.value(), concatenate(parts, 0).value(), error, error));
  CHECK(allclose(all[0].value(), concatenate(dx, 0).value(), error, error));
  CHECK(allclose(all[1].value(), dw.value(), error, 10 * error));
}

}  // namespace

TEST_CASE("conv1d is a cross-correlation") {
  const Tensor x = reshape(doubles({1, 2, 3, 4}), {1, 4}), w = reshape(doubles({1, 10}), {1, 1, 2});
  CHECK(test::is_same(conv1d(x, w), reshape(doubles({21, 32, 43}), {1, 3})));
  CHECK(test::is_same(conv1d(x, w, doubles({0.5}), {.stride = 2, .padding = 1}), reshape(doubles({10.5, 32.5, 4.5}), {1, 3})));
}

TEST_CASE("same padding puts the odd zero at the end") {
  const Tensor x = reshape(doubles({1, 2, 3}), {1, 3}), w = reshape(doubles({1, 10}), {1, 1, 2});
  CHECK(test::is_same(conv1d(x, w, {.same = true}), reshape(doubles({21, 32, 3}), {1, 3})));
}

TEST_CASE("a convolution is unfold and a matrix product") {
  const SeedScope fixed(3);
  const Tensor x = random::normal({2, 3, 6, 5}, {.dtype = float64}), w = random::normal({4, 3, 2, 3}, {.dtype = float64});
  const Tensor columns = unfold(x, {2, 3}, {.dilation = {2, 1}, .padding = {1, 2}, .stride = {1, 2}});
  const Tensor y = conv2d(x, w, {.stride = {1, 2}, .padding = {1, 2}, .dilation = {2, 1}});
  CHECK(allclose(reshape(matmul(reshape(w, {4, -1}), columns), y.shape()).value(), y.value(), 1e-12, 1e-12));
}

TEST_CASE("a convolution of many images is that of each") {
  const SeedScope fixed(6);
  const Tensor x = variable(random::normal({5, 16, 90, 91}, {.dtype = float64})),
               w = variable(random::normal({8, 16, 3, 3}, {.dtype = float64}));
  const Tensor y = conv2d(x, w, {.padding = 1}), dy = random::normal(y.shape(), {.dtype = float64});
  const auto all = gradients(y, {x, w}, {.seed = dy});
  Tensor dw = zeros_like(w);
  for (int n = 0; n < 5; ++n) {
    const Tensor image = variable(slice(x, {n}).detach()), part = conv2d(image, w, {.padding = 1});
    const auto gradient = gradients(part, {image, w}, {.seed = slice(dy, {n})});
    CHECK(test::is_same(slice(y, {n}), part));
    CHECK(test::is_same(slice(all[0], {n}), gradient[0]));
    dw += gradient[1];
  }
  CHECK(allclose(dw.value(), all[1].value(), 1e-11, 1e-11));
}

TEST_CASE("a convolution of many small images is that of each") {
  const SeedScope fixed(8);
  const Dtype dtype = GENERATE(float32, float64);
  const auto normal = [&](const Shape& shape) { return variable(random::normal(shape, {.dtype = dtype})); };
  const auto with = [](auto options) { return [options](const auto&... in) { return conv2d(in..., options); }; };
  check_images(with(ConvOptions{.padding = 2}), normal({60, 1, 12, 13}), normal({6, 1, 5, 5}), normal({6}));
  check_images(with(ConvOptions{}), normal({61, 6, 9, 8}), normal({16, 6, 5, 5}), normal({16}));
  check_images(with(ConvOptions{.same = true}), normal({32, 3, 7, 7}), normal({4, 3, 4, 4}), normal({4}));
  check_images(with(ConvOptions{.stride = {2, 3}, .padding = {1, 3}}), normal({63, 3, 9, 11}), normal({7, 3, 3, 5}), normal({7}));
  check_images(with(ConvOptions{.padding = 3, .dilation = {1, 2}}), normal({32, 5, 6, 7}), normal({3, 5, 3, 3}), normal({3}));
  check_images(with(ConvOptions{.padding = 1, .groups = 2}), normal({32, 4, 5, 5}), normal({26, 2, 3, 3}), normal({26}));
  check_images([](const auto&... in) { return conv1d(in..., ConvOptions{.padding = 4}); }, normal({64, 12, 9}), normal({5, 12, 4}),
               normal({5}));
  check_images([](const auto&... in) { return conv3d(in..., ConvOptions{.padding = 1}); }, normal({32, 2, 3, 4, 5}),
               normal({3, 2, 3, 2, 3}), normal({3}));
  check_images([](const auto&... in) { return conv_transpose2d(in..., ConvTransposeOptions{.stride = 2, .output_padding = 1}); },
               normal({64, 5, 3, 4}), normal({5, 2, 3, 4}), normal({2}));
}

TEST_CASE("a convolution with more weights than the cache holds") {
  const SeedScope fixed(7);
  const Tensor x = variable(random::normal({2, 128, 5, 4}, {.dtype = float64})),
               w = variable(random::normal({96, 128, 3, 3}, {.dtype = float64}));
  const Tensor y = conv2d(x, w, {.padding = 1}), same = reshape(matmul(reshape(w, {96, -1}), unfold(x, 3, {.padding = 1})), y.shape());
  CHECK(allclose(y.value(), same.value(), 1e-11, 1e-11));
  const auto ours = gradients(sum(square(y)), {x, w}), theirs = gradients(sum(square(same)), {x, w});
  CHECK(allclose(ours[0].value(), theirs[0].value(), 1e-10, 1e-10));
  CHECK(allclose(ours[1].value(), theirs[1].value(), 1e-10, 1e-10));
}

TEST_CASE("a transposed convolution is the gradient of a convolution") {
  const SeedScope fixed(4);
  const Tensor x = variable(random::normal({2, 4, 7, 6}, {.dtype = float64})), w = random::normal({6, 2, 3, 2}, {.dtype = float64});
  const Tensor y = conv2d(x, w, {.stride = 2, .padding = 1, .groups = 2}), dy = random::normal(y.shape(), {.dtype = float64});
  const Tensor dx = conv_transpose2d(dy, w, {.stride = 2, .padding = 1, .output_padding = {0, 0}, .groups = 2});
  CHECK(dx.shape() == Shape{2, 4, 7, 6});
  CHECK(test::is_same(gradients(y, {x}, {.seed = dy})[0], dx));
}

TEST_CASE("convolutions have the same bits with any number of threads") {
  const SeedScope fixed(5);
  const Tensor x = variable(random::normal({9, 12, 20, 21})), w = variable(random::normal({10, 12, 3, 3}));
  check_threads([&] {
    const Tensor y = conv2d(x, w, {.stride = {1, 2}, .padding = 1});
    const auto gradient = gradients(sum(square(y)), {x, w});
    return std::vector<Tensor>{y, gradient[0], gradient[1]};
  });
  const Tensor small = variable(random::normal({60, 12, 9, 10})), kernel = variable(random::normal({10, 12, 5, 5}));
  check_threads([&] {
    const Tensor y = conv2d(small, kernel, {.padding = 1});
    const auto gradient = gradients(sum(square(y)), {small, kernel});
    return std::vector<Tensor>{y, gradient[0], gradient[1]};
  });
  check_threads([&] {
    const Tensor a = max_pool2d(x, 3, {.stride = 2}), b = avg_pool2d(x, 3, {.stride = 1, .padding = 1});
    const auto gradient = gradients(sum(square(a)) + sum(square(b)), {x});
    return std::vector<Tensor>{a, b, gradient[0], interpolate(x, {.size = 31, .mode = Interpolation::bilinear}), unfold(x, 3)};
  });
}

TEST_CASE("a convolution without images, channels or filters") {
  CHECK(conv2d(zeros({0, 3, 5, 5}), zeros({4, 3, 3, 3})).shape() == Shape{0, 4, 3, 3});
  CHECK(conv2d(zeros({2, 3, 5, 5}), zeros({0, 3, 3, 3})).shape() == Shape{2, 0, 3, 3});
  CHECK(identical(conv2d(zeros({1, 0, 2, 2}), zeros({1, 0, 1, 1}), full({1}, 7)).value(), full({1, 1, 2, 2}, 7).value()));
  const Tensor w = variable(zeros({4, 3, 3, 3}));
  CHECK(identical(gradients(sum(conv2d(zeros({0, 3, 5, 5}), w)), {w})[0].value(), zeros({4, 3, 3, 3}).value()));
}

TEST_CASE("of equal elements the first in a window gets max pooling's gradient") {
  const Tensor x = variable(reshape(doubles({1, 3, 3, 2, 3, 0, 3, 1, 1}), {1, 3, 3}));
  const Tensor dx = gradients(sum(max_pool2d(x, 2, {.stride = 1})), {x})[0];
  CHECK(test::is_same(dx, reshape(doubles({0, 2, 0, 0, 2, 0, 0, 0, 0}), {1, 3, 3})));
}

TEST_CASE("padding is never the largest element of a window") {
  const Tensor x = variable(reshape(doubles({-5, -7, -9}), {1, 3}));
  const Tensor y = max_pool1d(x, 2, {.padding = 1});
  CHECK(test::is_same(y, reshape(doubles({-5, -7}), {1, 2})));
  CHECK(test::is_same(gradients(sum(y), {x})[0], reshape(doubles({1, 1, 0}), {1, 3})));
  const double lowest = -std::numeric_limits<double>::infinity();
  CHECK(test::is_same(max_pool1d(full({1, 2}, lowest, {.dtype = float64}), 2), full({1, 1}, lowest, {.dtype = float64})));
}

TEST_CASE("pooling by halves leaves a last row and column out, and gives the first of equal ones the gradient") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = variable(reshape(doubles({1,   5,   7, 2, 9,  //
                                             5,   3,   2, 7, 9,  //
                                             4,   nan, 6, 6, 9,  //
                                             nan, 8,   6, 6, 9,  //
                                             9,   9,   9, 9, 9}),
                                    {1, 5, 5}));
  const Tensor y = max_pool2d(x, 2);
  CHECK((test::number(y[{0, 0, 0}]) == 5 && test::number(y[{0, 0, 1}]) == 7 && std::isnan(test::number(y[{0, 1, 0}])) &&
         test::number(y[{0, 1, 1}]) == 6));
  const Tensor dx = gradients(y, {x}, {.seed = reshape(doubles({1, 2, 3, 4}), {1, 2, 2})})[0];
  CHECK(test::is_same(dx, reshape(doubles({0, 1, 2, 0, 0,  //
                                           0, 0, 0, 0, 0,  //
                                           0, 3, 4, 0, 0,  //
                                           0, 0, 0, 0, 0,  //
                                           0, 0, 0, 0, 0}),
                                  {1, 5, 5})));
  const Tensor means = gradients(avg_pool2d(x, 2), {x}, {.seed = reshape(doubles({4, 8, 12, 16}), {1, 2, 2})})[0];
  CHECK(test::is_same(means, reshape(doubles({1, 1, 2, 2, 0,  //
                                              1, 1, 2, 2, 0,  //
                                              3, 3, 4, 4, 0,  //
                                              3, 3, 4, 4, 0,  //
                                              0, 0, 0, 0, 0}),
                                     {1, 5, 5})));
  CHECK(test::number(avg_pool2d(x, 2)[{0, 0, 0}]) == 3.5);
}

TEST_CASE("pooling by halves is a reduction over pairs of rows and columns") {
  const SeedScope fixed(6);
  for (const Shape& shape : {Shape{2, 3, 28, 28}, Shape{3, 7, 9}, Shape{1, 1, 2, 3}, Shape{2, 2, 4, 66}}) {
    CAPTURE(shape);
    const Tensor x = variable(random::normal(shape, {.dtype = float64}));
    const auto rows = static_cast<std::ptrdiff_t>(shape[shape.rank() - 2] / 2), columns = static_cast<std::ptrdiff_t>(shape.back() / 2);
    const Tensor pairs = reshape(slice(x, {ellipsis, {0, 2 * rows}, {0, 2 * columns}}), {-1, rows, 2, columns, 2});
    const auto agree = [&](const Tensor& y, const Tensor& wanted) {
      const Tensor seed = random::normal(y.shape(), {.dtype = float64});
      CHECK(allclose(y.value(), reshape(wanted, y.shape()).value(), 1e-15));
      CHECK(allclose(gradients(y, {x}, {.seed = seed})[0].value(), gradients(reshape(wanted, y.shape()), {x}, {.seed = seed})[0].value(),
                     1e-15));
    };
    agree(max_pool2d(x, 2), max(pairs, {2, 4}));
    agree(avg_pool2d(x, 2), mean(pairs, {2, 4}));
  }
}

TEST_CASE("NaN in a window is its largest element, and gets the gradient") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = variable(reshape(doubles({1, nan, 9, 2}), {1, 4}));
  const Tensor y = max_pool1d(x, 3, {.stride = 1});
  CHECK((std::isnan(y.value().as_double(0)) && std::isnan(y.value().as_double(1))));
  CHECK(test::is_same(gradients(y, {x}, {.seed = ones_like(y)})[0], reshape(doubles({0, 2, 0, 0}), {1, 4})));
}

TEST_CASE("averages count padding, or not") {
  const Tensor x = reshape(doubles({2, 4, 6}), {1, 3});
  CHECK(test::is_same(avg_pool1d(x, 2, {.padding = 1}), reshape(doubles({1, 5}), {1, 2})));
  CHECK(test::is_same(avg_pool1d(x, 2, {.padding = 1, .count_include_pad = false}), reshape(doubles({2, 5}), {1, 2})));
  CHECK(test::is_same(avg_pool1d(x, 2, {.ceil_mode = true}), reshape(doubles({3, 6}), {1, 2})));
  CHECK(test::is_same(avg_pool1d(x, 2), reshape(doubles({3}), {1, 1})));
}

TEST_CASE("adaptive and global pooling") {
  const Tensor x = reshape(doubles({1, 2, 3, 4, 5}), {1, 1, 5});
  CHECK(allclose(adaptive_avg_pool1d(x, 2).value(), reshape(doubles({2, 4}), {1, 1, 2}).value(), 1e-15));
  CHECK(test::is_same(adaptive_max_pool1d(x, 3), reshape(doubles({2, 4, 5}), {1, 1, 3})));
  CHECK(allclose(global_avg_pool(x).value(), reshape(doubles({3}), {1, 1, 1}).value(), 1e-15));
  CHECK(test::is_same(global_max_pool(x), reshape(doubles({5}), {1, 1, 1})));
  CHECK(adaptive_avg_pool2d(zeros({2, 3, 4, 4}), 0).shape() == Shape{2, 3, 0, 0});
}

TEST_CASE("interpolation between elements") {
  const Tensor x = reshape(doubles({0, 4}), {1, 1, 2});
  CHECK(test::is_same(interpolate(x, {.size = 4}), reshape(doubles({0, 0, 4, 4}), {1, 1, 4})));
  CHECK(test::is_same(interpolate(x, {.size = 4, .mode = Interpolation::linear}), reshape(doubles({0, 1, 3, 4}), {1, 1, 4})));
  CHECK(test::is_same(interpolate(x, {.size = 5, .mode = Interpolation::linear, .align_corners = true}),
                      reshape(doubles({0, 1, 2, 3, 4}), {1, 1, 5})));
  CHECK(test::is_same(interpolate(x, {.scale_factor = 2, .mode = Interpolation::linear}), reshape(doubles({0, 1, 3, 4}), {1, 1, 4})));
}

TEST_CASE("an infinite element does not spread to outputs that do not depend on it") {
  const double infinity = std::numeric_limits<double>::infinity();
  const Tensor x = reshape(doubles({1, 2, infinity}), {1, 1, 3});
  CHECK(test::is_same(interpolate(x, {.size = 5, .mode = Interpolation::linear, .align_corners = true}),
                      reshape(doubles({1, 1.5, 2, infinity, infinity}), {1, 1, 5})));
}

TEST_CASE("fold adds the windows that unfold takes") {
  const Tensor x = ones({1, 3, 3}, {.dtype = float64});
  const Tensor columns = unfold(x, 2);
  CHECK(columns.shape() == Shape{4, 4});
  CHECK(test::is_same(fold(columns, 3, 2), reshape(doubles({1, 2, 1, 2, 4, 2, 1, 2, 1}), {1, 3, 3})));
}

TEST_CASE("convolutions and poolings say their options on the tape, and run again on other inputs") {
  const Tensor x = variable(reshape(doubles({1, 5, 2, 4}), {1, 4})).named("x");
  const Tensor y = max_pool1d(x, 2);
  const Tape tape(y);
  CHECK(fmt::format("{}", tape).find("kernel=(2,), stride=(2,), padding=(0,), dilation=(1,)") != std::string::npos);
  CHECK(test::is_same(Tensor(tape.rerun({{tape.find("x"), reshape(doubles({9, 5, 2, 3}), {1, 4}).value()}}).back()),
                      reshape(doubles({9, 3}), {1, 2})));
}
