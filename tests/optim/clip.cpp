#include <cmath>
#include <limits>

#include <catch2/catch.hpp>
#include <reel/reel.hpp>

#include "../nn/error_text.hpp"

using namespace reel;

namespace {

struct Two {
  Parameter a{"a", zeros({2}, {.dtype = float64})}, b{"b", zeros({1}, {.dtype = float64})}, none{"none", zeros({4})};
  std::vector<ParameterRef> all{a.share(), none.share(), b.share()};
  Two(double x, double y, double z) {
    a.set_grad(tensor({x, y}, {.dtype = float64}));
    b.set_grad(tensor({z}, {.dtype = float64}));
  }
  std::vector<double> gradient() const {
    return {a.grad().value().as_double(0), a.grad().value().as_double(1), b.grad().value().as_double(0)};
  }
};

constexpr double inf = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("clip_grad_norm scales all gradients by one factor, and returns the norm before") {
  Two two(2, -3, 6);
  const Tensor before = two.a.grad();
  CHECK(optim::clip_grad_norm(two.all, 3.5) == Approx(7));
  CHECK(two.gradient()[0] == Approx(1));
  CHECK(two.gradient()[1] == Approx(-1.5));
  CHECK(two.gradient()[2] == Approx(3));
  CHECK_FALSE(two.none.has_grad());
  CHECK(before.value().as_double(0) == 2);  // a gradient that somebody keeps stays
  CHECK(optim::clip_grad_norm(two.all, 100) == Approx(3.5));
  CHECK(two.gradient()[2] == Approx(3));
}

TEST_CASE("clip_grad_norm takes any p") {
  CHECK(optim::clip_grad_norm(Two(2, -3, 6).all, 100, {.norm_type = 1}) == Approx(11));
  CHECK(optim::clip_grad_norm(Two(2, -3, -6).all, 100, {.norm_type = inf}) == 6);
  CHECK(optim::clip_grad_norm(Two(2, -3, 6).all, 100, {.norm_type = 3}) == Approx(std::cbrt(8 + 27 + 216)));
  Two two(2, -3, 6);
  optim::clip_grad_norm(two.all, 3, {.norm_type = inf});
  CHECK(two.gradient()[2] == Approx(3));
  CHECK(optim::clip_grad_norm({}, 1) == 0);
}

TEST_CASE("clip_grad_norm of many float32 elements is exact enough, on any number of threads") {
  Parameter p("p", zeros({300, 1001}));
  p.set_grad(full({300, 1001}, 0.5));
  const std::size_t threads = num_threads();
  set_num_threads(1);
  const double one = optim::clip_grad_norm({p.share()}, 1e9);
  set_num_threads(2);
  CHECK(optim::clip_grad_norm({p.share()}, 1e9) == one);
  set_num_threads(threads);
  CHECK(one == Approx(0.5 * std::sqrt(300.0 * 1001)).epsilon(1e-12));
}

TEST_CASE("a norm that is no number is an error when asked for") {
  Two nan(1, std::nan(""), 1), infinite(1, inf, 1);
  CHECK(placed_text<GradientError>([&] { optim::clip_grad_norm(nan.all, 1, {.error_if_nonfinite = true}); }) ==
        "clip_grad_norm: the gradient of parameter a has a norm that is NaN");
  CHECK(placed_text<GradientError>([&] { optim::clip_grad_norm(infinite.all, 1, {.norm_type = inf, .error_if_nonfinite = true}); }) ==
        "clip_grad_norm: the gradient of parameter a has a norm that is infinite");
  CHECK(infinite.gradient()[2] == 1);
  CHECK(std::isnan(optim::clip_grad_norm(nan.all, 1)));
  CHECK(std::isnan(nan.gradient()[2]));
  CHECK(optim::clip_grad_norm(infinite.all, 1) == inf);
  CHECK(infinite.gradient()[2] == 0);
  CHECK_THROWS_AS(optim::clip_grad_norm(nan.all, -1), Error);
  CHECK_THROWS_AS(optim::clip_grad_norm(nan.all, 1, {.norm_type = 0}), Error);
}

TEST_CASE("clip_grad_value limits each element") {
  Two two(2, -3, 0.25);
  optim::clip_grad_value(two.all, 0.5);
  CHECK(two.gradient() == std::vector<double>{0.5, -0.5, 0.25});
  CHECK(placed_text([&] { optim::clip_grad_value(two.all, -1); }) == "clip_grad_value: clip_value is -1; it has to be 0 or more");
}

TEST_CASE("the mean of micro-batches' gradients is the large batch's") {
  manual_seed(5);
  nn::Linear layer(3, 2), twin = layer;
  layer.to(float64);
  twin.to(float64);
  const Tensor x = random::normal({12, 3}, {.dtype = float64}), y = random::normal({12, 2}, {.dtype = float64});
  nn::mse_loss(twin(x), y).backward();
  for (std::ptrdiff_t i = 0; i < 12; i += 4) nn::mse_loss(layer(slice(x, {Slice(i, i + 4)})), slice(y, {Slice(i, i + 4)})).backward();
  optim::scale_grad(layer.parameters(), 1.0 / 3);
  CHECK(allclose(layer.weight.grad(), twin.weight.grad(), 1e-12));
  CHECK(allclose(layer.bias->grad(), twin.bias->grad(), 1e-12));
}
