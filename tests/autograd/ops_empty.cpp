#include <catch2/catch.hpp>
#include <reel/reel.hpp>
#include <reel/testing/catch.hpp>

using namespace reel;

TEST_CASE("reductions of an array without elements keep its other axes") {
  const Tensor x = zeros({3, 0, 2});
  CHECK(sum(x, 0).shape() == Shape{0, 2});
  CHECK(mean(x, 0).shape() == Shape{0, 2});
  CHECK(max(x, 0, {.keepdims = true}).shape() == Shape{1, 0, 2});
  CHECK(identical(sum(x, 1).value(), zeros({3, 2}).value()));
}

TEST_CASE("the mean of nothing has a gradient of nothing, which depends on dy no more than on x") {
  const Tensor x = variable(zeros({0, 3}, {.dtype = float64})), dy = variable(1.0, {.dtype = float64});
  const Tensor dx = gradients(mean(x), {x}, {.differentiable = true, .seed = dy})[0];
  CHECK(dx.shape() == Shape{0, 3});
  CHECK(gradients(sum(dx), {dy})[0].item<double>() == 0);
}
