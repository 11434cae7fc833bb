#include <cmath>

#include <catch2/catch.hpp>

#include "error_text.hpp"
#include "models.hpp"

using namespace reel;
using Catch::Contains;
namespace init = nn::init;

namespace {

struct Moments {
  double mean = 0, std = 0, low = 0, high = 0;
};

Moments moments(const Tensor& t) {
  const Tensor x = astype(t, float64);
  const Tensor m = mean(x);
  return {m.item<double>(), std::sqrt(mean(square(x - m)).item<double>()), min(x).item<double>(), max(x).item<double>()};
}

/// Even over ±limit: bounds that are nearly reached, and the deviation that this gives.
void check_uniform(const Tensor& t, double limit) {
  const Moments m = moments(t);
  CHECK(m.low >= -limit * (1 + 1e-6));
  CHECK(m.high <= limit * (1 + 1e-6));
  CHECK(m.low < -0.999 * limit);
  CHECK(m.high > 0.999 * limit);
  CHECK(m.std == Approx(limit / std::sqrt(3.0)).epsilon(0.01));
  CHECK(std::abs(m.mean) < 5 * m.std / std::sqrt(static_cast<double>(t.size())));
}

void check_normal(const Tensor& t, double std) {
  const Moments m = moments(t);
  CHECK(m.std == Approx(std).epsilon(0.01));
  CHECK(std::abs(m.mean) < 5 * std / std::sqrt(static_cast<double>(t.size())));
  CHECK(m.high > 3.5 * std);
  CHECK(m.low < -3.5 * std);
}

const Shape wide{400, 200};          // fan_in 200, fan_out 400
const Shape kernel{40, 20, 10, 10};  // fan_in 2000, fan_out 4000

}  // namespace

TEST_CASE("initializers have the width that their formulas give") {
  manual_seed(8);
  for (const Dtype dtype : {float32, float64}) {
    check_uniform(init::glorot_uniform(wide, {.dtype = dtype}), std::sqrt(6.0 / 600));
    check_uniform(init::glorot_uniform(wide, {.dtype = dtype, .gain = 5.0 / 3}), 5.0 / 3 * std::sqrt(6.0 / 600));
    check_normal(init::glorot_normal(wide, {.dtype = dtype}), std::sqrt(2.0 / 600));
    check_uniform(init::kaiming_uniform(wide, {.dtype = dtype}), std::sqrt(6.0 / 200));
    check_normal(init::kaiming_normal(wide, {.dtype = dtype}), std::sqrt(2.0 / 200));
    check_normal(init::normal(wide, 0, 3, dtype), 3);
    CHECK(init::glorot_uniform({2, 2}, {.dtype = dtype}).dtype() == dtype);
  }
  check_uniform(init::kaiming_uniform(wide, {.gain = 1}), std::sqrt(3.0 / 200));
  check_normal(init::kaiming_normal(wide, {.gain = 1}), std::sqrt(1.0 / 200));
  check_uniform(init::glorot_uniform(kernel), std::sqrt(6.0 / 6000));
  check_uniform(init::kaiming_uniform(kernel), std::sqrt(6.0 / 2000));
}

TEST_CASE("uniform, normal, zeros and constant") {
  manual_seed(9);
  const Moments even = moments(init::uniform({100000}, 2, 6)), gauss = moments(init::normal({100000}, -3, 0.5));
  CHECK(even.low >= 2);
  CHECK(even.high < 6);
  CHECK(even.mean == Approx(4).epsilon(0.01));
  CHECK(gauss.mean == Approx(-3).epsilon(0.01));
  CHECK(gauss.std == Approx(0.5).epsilon(0.01));
  CHECK(identical(init::zeros({2, 3}).value(), Array::zeros({2, 3})));
  CHECK(identical(init::constant({2}, 7, float64).value(), Array::full({2}, 7, float64)));
}

TEST_CASE("initializers by name") {
  manual_seed(10);
  check_uniform(init::weight_by_name("pytorch", wide), 1 / std::sqrt(200.0));
  check_uniform(init::weight_by_name("keras", wide), std::sqrt(6.0 / 600));
  check_uniform(init::weight_by_name("glorot_uniform", wide), std::sqrt(6.0 / 600));
  check_normal(init::weight_by_name("glorot_normal", wide), std::sqrt(2.0 / 600));
  check_uniform(init::weight_by_name("kaiming_uniform", wide), std::sqrt(6.0 / 200));
  check_normal(init::weight_by_name("kaiming_normal", wide), std::sqrt(2.0 / 200));
  CHECK(moments(init::weight_by_name("zeros", wide, float64)).std == 0);
  check_uniform(init::bias_by_name("pytorch", {40000, 100}), 0.1);
  CHECK(init::bias_by_name("keras", {4, 3}, float64).shape() == Shape{4});
  CHECK(moments(init::bias_by_name("keras", {4, 3})).std == 0);
  CHECK_THAT(error_text([] {
               init::weight_by_name("he", {2, 2});
             }),
             Catch::StartsWith("there is no initializer 'he'; there are pytorch, keras, glorot_uniform, glorot_normal, kaiming_uniform, "
                               "kaiming_normal, zeros, ones, xavier_uniform"));
}

TEST_CASE("initializers refuse shapes without fans and dtypes that are not floating") {
  CHECK(placed_text<ShapeError>([] { init::glorot_uniform({3}); }) ==
        "init: a weight of shape (3,) has no fan in and out; it needs at least the axes (out, in)");
  CHECK_THROWS_AS(init::kaiming_normal({2, 2}, {.dtype = int64}), DtypeError);
  CHECK(init::glorot_uniform({0, 0}).size() == 0);
  CHECK(init::weight_by_name("pytorch", {3, 0}).shape() == Shape{3, 0});
}

TEST_CASE("manual_seed repeats initial weights, and without it each draw is new") {
  manual_seed(11);
  const State first = highway_model().state(), second = highway_model().state();
  manual_seed(11);
  CHECK(same_bits(highway_model().state(), first));
  CHECK_FALSE(same_bits(first, second));
  manual_seed(12);
  CHECK_FALSE(same_bits(highway_model().state(), first));
}
