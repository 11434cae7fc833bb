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

TEST_CASE("Dropout refuses a p below 0 or not below 1") {
  CHECK(error_text([] { nn::Dropout(1.0); }) == "Dropout: p is 1; it has to be at least 0 and below 1");
  CHECK(error_text([] { nn::Dropout(-0.1); }) == "Dropout: p is -0.1; it has to be at least 0 and below 1");
  CHECK_THROWS_AS(nn::Dropout(std::nan("")), Error);
}
