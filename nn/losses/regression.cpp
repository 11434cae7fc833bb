#include <reel/nn/losses/regression.hpp>

#include <cmath>
#include <numbers>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/nn/losses/checks.hpp>
#include <reel/nn/losses/pointwise.hpp>

namespace reel::nn {

using namespace detail;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

/// Huber's function: d²·scale/2 up to |d| = bend, and beyond it the line that continues the parabola.
template <class A>
Tensor bent_square(Literal op, RuleText rule, const Operand& prediction, const Operand& target, double bend, double scale, A describe) {
  const auto inner = [bend](auto d) { return where(d > bend, bend, where(d < -bend, -bend, d)); };
  // With c = d clamped to ±bend, c·(d - c/2) is d²/2 inside, and bend·(|d| - bend/2) outside.
  return pointwise(
      op, rule, {prediction, target}, describe,
      [inner, scale](auto p, auto t) {
        const auto d = p - t;
        const auto c = inner(d);
        return scale * c * (d - 0.5 * c);
      },
      [inner, scale](auto p, auto t) { return scale * inner(p - t); }, [inner, scale](auto p, auto t) { return -scale * inner(p - t); });
}

/// log(2πt)/2, of Stirling's t log t - t + log(2πt)/2; the rest belongs to the terms that it nearly cancels.
const auto stirling = [](auto t) { return 0.5 * log(2 * std::numbers::pi * t); };
const auto stirling_slope = [](auto t) {
  const auto u = where(t > 1, t, 1);
  return where(t > 1, log(u) + 0.5 / u, 0);
};

/// exp(x) - t·x, and where Stirling's series counts (t > 1) the sum of both as t·(exp(d) - 1 - d) + log(2πt)/2 with d = x - log t.
Tensor poisson_of_logs(const Operand& prediction, const Operand& target, double full) {
  return pointwise(
      "poisson_nll_loss", "dx = dy·(exp(x) - t)   dt = -dy·x", {prediction, target}, no_attributes,
      [full](auto x, auto t) {
        const auto plain = exp(x) - t * x;
        if (full == 0) return plain;
        const auto u = where(t > 1, t, 1), d = x - log(u);
        return where(t > 1, u * (expm1(d) - d) + stirling(u), plain);
      },
      [](auto x, auto t) { return exp(x) - t; }, [full](auto x, auto t) { return full * stirling_slope(t) - x; });
}

Tensor poisson_of_rates(const Operand& prediction, const Operand& target, double full, double eps) {
  return pointwise(
      "poisson_nll_loss", "dx = dy·(1 - t/(x + eps))   dt = -dy·log(x + eps)", {prediction, target},
      [eps] { return fmt::format("eps={}", eps); },
      [full, eps](auto x, auto t) {
        const auto plain = x - t * log(x + eps);
        if (full == 0) return plain;
        const auto u = where(t > 1, t, 1);
        return where(t > 1, (x - u) - u * log1p((x - u + eps) / u) + stirling(u), plain);
      },
      [eps](auto x, auto t) { return 1 - t / (x + eps); }, [full, eps](auto x, auto t) { return full * stirling_slope(t) - log(x + eps); });
}

/// The variance, reshaped so that it broadcasts to the prediction.
Tensor spread_variance(const Operand& prediction, const Operand& variance) {
  constexpr const char* loss = "gaussian_nll_loss";
  const Tensor x = prediction.as_tensor(), v = variance.as_tensor(x.dtype());
  located("gaussian_nll_loss", prediction, [&] {
    if (v.dtype() != x.dtype())
      throw DtypeError(fmt::format("{}: prediction is {} and variance is {}; both need one dtype (astype converts)", loss,
                                   name_of(x.dtype()), name_of(v.dtype())));
  });
  check_range("gaussian_nll_loss", prediction, "variance", v.value(), 0, infinite, "it needs 0 or more");
  Shape whole = x.shape(), one = whole, cut;
  if (v.shape() == whole) return v;
  if (one.rank() > 0) one[one.rank() - 1] = 1;
  for (std::size_t i = 0; i + 1 < whole.rank(); ++i) cut.push_back(whole[i]);
  if (v.shape() == one) return v;
  return located("gaussian_nll_loss", prediction, [&] {
    if (v.shape() != cut)
      throw ShapeError(fmt::format("{}: prediction is {} and variance is {}; variance needs shape {}, {} or {}", loss, whole, v.shape(),
                                   whole, one, cut));
    return reshape(v, one);
  });
}

/// max(v, eps), whose derivative is taken as 1 everywhere.
template <class T>
kernels::Vec<T> at_least(kernels::Vec<T> v, double eps) {
  return max(v, eps);
}
Tensor at_least(const Tensor& v, double eps) { return v + (maximum(v, eps) - v).detach(); }

}  // namespace

Tensor mse_loss(Operand prediction, Operand target, LossOptions options) {
  check_alike("mse_loss", prediction, target);
  const CallSite site(prediction.location());
  return reduced(square(prediction - target), options.reduction);
}

Tensor l1_loss(Operand prediction, Operand target, LossOptions options) {
  check_alike("l1_loss", prediction, target);
  const CallSite site(prediction.location());
  return reduced(abs(prediction - target), options.reduction);
}

Tensor huber_loss(Operand prediction, Operand target, HuberOptions options) {
  check_alike("huber_loss", prediction, target);
  require("huber_loss", prediction, options.delta > 0, fmt::format("delta is {}; it needs to be above 0", options.delta));
  const CallSite site(prediction.location());
  return reduced(bent_square("huber_loss", "dx = dy·clamp(x - t, ±delta)   dt = -dx", prediction, target, options.delta, 1,
                             [delta = options.delta] { return fmt::format("delta={}", delta); }),
                 options.reduction);
}

Tensor smooth_l1_loss(Operand prediction, Operand target, SmoothL1Options options) {
  check_alike("smooth_l1_loss", prediction, target);
  const double beta = options.beta;
  require("smooth_l1_loss", prediction, beta >= 0, fmt::format("beta is {}; it needs to be 0 or more", beta));
  const CallSite site(prediction.location());
  if (beta == 0) return l1_loss(prediction, target, {options.reduction});
  return reduced(bent_square("smooth_l1_loss", "dx = dy·clamp((x - t)/beta, ±1)   dt = -dx", prediction, target, beta, 1 / beta,
                             [beta] { return fmt::format("beta={}", beta); }),
                 options.reduction);
}

Tensor poisson_nll_loss(Operand prediction, Operand target, PoissonNllOptions options) {
  check_alike("poisson_nll_loss", prediction, target);
  if (!options.log_input)
    check_range("poisson_nll_loss", prediction, "prediction", prediction.as_tensor().value(), 0, infinite,
                "a rate is 0 or more (log_input takes its logarithm)");
  const CallSite site(prediction.location());
  const double full = options.full ? 1 : 0;
  return reduced(options.log_input ? poisson_of_logs(prediction, target, full) : poisson_of_rates(prediction, target, full, options.eps),
                 options.reduction);
}

Tensor gaussian_nll_loss(Operand prediction, Operand target, Operand variance, GaussianNllOptions options) {
  check_alike("gaussian_nll_loss", prediction, target);
  const double eps = options.eps, constant = options.full ? 0.5 * std::log(2 * std::numbers::pi) : 0;
  require("gaussian_nll_loss", prediction, eps > 0, fmt::format("eps is {}; it needs to be above 0", eps));
  const CallSite site(prediction.location());
  const Tensor spread = spread_variance(prediction, variance);
  const auto by_prediction = [eps](auto x, auto t, auto v) { return (x - t) / at_least(v, eps); };
  const Tensor losses = pointwise(
      "gaussian_nll_loss", "dx = dy·(x - t)/v   dt = -dx   dv = dy·(1 - (x - t)²/v)/(2v)", {prediction, target, spread},
      [eps] { return fmt::format("eps={}", eps); },
      [eps, constant](auto x, auto t, auto v) {
        const auto d = x - t, w = at_least(v, eps);
        return 0.5 * (log(w) + d * d / w) + constant;
      },
      by_prediction, [by_prediction](auto x, auto t, auto v) { return -by_prediction(x, t, v); },
      [eps](auto x, auto t, auto v) {
        const auto d = x - t, w = at_least(v, eps);
        return 0.5 * (1 - d * d / w) / w;
      });
  return reduced(losses, options.reduction);
}

Tensor mse_loss(Operand prediction, Operand target) { return mse_loss(prediction, target, {}); }
Tensor l1_loss(Operand prediction, Operand target) { return l1_loss(prediction, target, {}); }
Tensor huber_loss(Operand prediction, Operand target) { return huber_loss(prediction, target, {}); }
Tensor smooth_l1_loss(Operand prediction, Operand target) { return smooth_l1_loss(prediction, target, {}); }
Tensor poisson_nll_loss(Operand prediction, Operand target) { return poisson_nll_loss(prediction, target, {}); }

}  // namespace reel::nn
