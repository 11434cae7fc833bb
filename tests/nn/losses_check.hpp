#pragma once
// What the tests of losses have in common.
#include <cmath>
#include <string>

#include <catch2/catch.hpp>
#include <reel/reel.hpp>

#include "error_text.hpp"

inline reel::Tensor doubles(const reel::Values& values) { return reel::tensor(values, {.dtype = reel::float64}); }

inline bool all_finite(const reel::Tensor& t) {
  for (std::size_t i = 0; i < t.size(); ++i)
    if (!std::isfinite(t.value().as_double(i))) return false;
  return true;
}

/// f(reduction) has these losses, their sum and their mean.
template <class F>
void check_reductions(const F& f, const reel::Values& each) {
  using reel::nn::Reduction;
  const reel::Tensor losses = doubles(each);
  const reel::Tensor single = f(Reduction::none), total = f(Reduction::sum), average = f(Reduction::mean);
  INFO(fmt::format("{}", single));
  CHECK(allclose(single, losses, 1e-12, 1e-14));
  CHECK(total.item<double>() == Approx(reel::sum(losses).item<double>()).epsilon(1e-12));
  CHECK(average.item<double>() == Approx(reel::mean(losses).item<double>()).epsilon(1e-12));
  CHECK(average.shape() == reel::Shape{});
}

/// First and second derivatives, in a form that says whether they are finite: Σ gradient² and its gradient.
template <class F>
void check_finite(const F& f, const reel::Tensor& at) {
  const reel::Tensor x = reel::variable(at);
  const reel::Tensor loss = f(x), fused = reel::gradients(reel::sum(loss), {x})[0];
  const reel::Tensor first = reel::gradients(reel::sum(loss), {x}, {.differentiable = true})[0];
  INFO(fmt::format("loss {}, gradient {}, in ops {}", loss, fused, first));
  CHECK(all_finite(loss));
  CHECK(all_finite(fused));
  CHECK(allclose(fused, first, 1e-5, 1e-30));
  if (!first.has_history()) return;
  const reel::Tensor second = reel::gradients(reel::sum(first * reel::full(first.shape(), 0.5, {.dtype = first.dtype()})), {x})[0];
  INFO(fmt::format("second {}", second));
  CHECK(all_finite(second));
}
