#include <cmath>

#include <catch2/catch.hpp>

#include "error_text.hpp"
#include "models.hpp"

using namespace reel;

TEST_CASE("Dropout in training drops a share p, and keeps the mean") {
  manual_seed(6);
  nn::Dropout dropout(0.25);
  const Tensor y = dropout(ones({40000}));
  std::size_t dropped = 0;
  bool only_two_values = true;
  for (const float v : y.value().span<float>()) {
    dropped += v == 0;
    only_two_values = only_two_values && (v == 0 || v == static_cast<float>(1 / 0.75));
  }
  CHECK(only_two_values);
  const double deviation = std::sqrt(40000 * 0.25 * 0.75);
  CHECK(std::abs(static_cast<double>(dropped) - 10000) < 5 * deviation);
  CHECK_FALSE(identical(dropout(ones({100})).value(), dropout(ones({100})).value()));
}

TEST_CASE("Dropout in evaluation, and with p = 0, is the identity and draws nothing") {
  const Tensor x = random::normal({10});
  nn::Dropout dropout(0.9), nothing(0);
  dropout.eval();
  const Generator before = default_generator();
  CHECK(identical(dropout(x).value(), x.value()));
  CHECK(identical(nothing(x).value(), x.value()));
  CHECK(default_generator() == before);
}

TEST_CASE("Dropout repeats itself after manual_seed, and its gradient meets the same elements") {
  nn::Dropout dropout(0.5);
  manual_seed(7);
  const Tensor x = variable(ones({50}, {.dtype = float64}));
  const Tensor y = dropout(x);
  manual_seed(7);
  CHECK(identical(dropout(x).value(), y.value()));
  CHECK(identical(gradients(sum(y), {x})[0].value(), y.value()));
}

TEST_CASE("Dropout refuses a p below 0 or not below 1, where it is made") {
  const std::string line = " (dropout.cpp:" + std::to_string(__LINE__ + 1) + ")";
  CHECK(error_text([] { nn::Dropout(1.0); }) == "Dropout: p is 1; it has to be at least 0 and below 1" + line);
  CHECK_THAT(error_text([] { nn::Dropout(-0.1); }),
             Catch::StartsWith("Dropout: p is -0.1; it has to be at least 0 and below 1 (dropout.cpp:"));
  CHECK_THROWS_AS(nn::Dropout(std::nan("")), Error);
  CHECK_THAT(error_text([] { nn::Dropout2d(1); }), Catch::StartsWith("Dropout2d: p is 1;"));
  CHECK_THAT(error_text([] { nn::AlphaDropout(2); }), Catch::StartsWith("AlphaDropout: p is 2;"));
}

TEST_CASE("Dropout2d drops whole channels, each of each image by itself") {
  manual_seed(8);
  const Tensor y = nn::Dropout2d(0.25)(ones({100, 20, 2, 3}));
  const Tensor sums = sum(y, {2, 3});
  std::size_t dropped = 0;
  for (const float v : sums.value().span<float>()) {
    CHECK((v == 0 || v == Approx(6 / 0.75)));
    dropped += v == 0;
  }
  CHECK(std::abs(static_cast<double>(dropped) - 500) < 5 * std::sqrt(2000 * 0.25 * 0.75));
  CHECK_FALSE(identical(sum(y, {1, 2, 3}).value(), full({100}, sum(y, {1, 2, 3}).at<double>({0})).value()));
}

TEST_CASE("AlphaDropout keeps mean 0 and variance 1") {
  manual_seed(9);
  const Tensor x = random::normal({200000}, {.dtype = float64});
  for (const double p : {0.1, 0.5}) {
    const Tensor y = nn::AlphaDropout(p)(x);
    CHECK(std::abs(mean(y).item<double>()) < 0.02);
    CHECK(mean(square(y)).item<double>() == Approx(1).epsilon(0.02));
    const double lowest = min(y).item<double>();  // what is dropped lies at one value
    CHECK(mean(astype(y == lowest, float64)).item<double>() < p + 0.01);
  }
}
