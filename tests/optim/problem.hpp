#pragma once
#include <reel/reel.hpp>

/// y = 2 a - b + 1/2 for n random points, float32.
inline reel::data::Dataset line_problem(std::size_t n, std::uint64_t seed = 1) {
  using namespace reel;
  const SeedScope scope(seed);
  const Tensor x = random::normal({n, 2});
  const Tensor y = 2 * x.column(0) - x.column(1) + 0.5;
  return {x, reshape(y, {-1, 1})};
}

/// A model that can solve it exactly, with the same start each time.
inline reel::nn::Sequential line_model() {
  const reel::SeedScope scope(2);
  return {reel::nn::Linear(2, 1)};
}

/// The mean of prediction - target.
inline const reel::metrics::Metric bias{"bias", [](const reel::Tensor& p, const reel::Tensor& t) { return mean(p - t).item<double>(); }};
