#include <reel/optim/clip.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <reel/autograd/detail/node.hpp>
#include <reel/core/kernels/detail/pairwise_reduction.hpp>
#include <reel/core/kernels/elementwise.hpp>

namespace reel::optim {

namespace {

/// Reads a gradient without marking it as read by the user, since all gradients are clipped, also those that nobody uses.
const Array& gradient_of(const ParameterRef& parameter) { return parameter.state()->grad.value(); }

constexpr std::size_t piece = std::size_t{1} << 15;

template <class T, class F>
double sum_of_piece(const T* x, std::size_t n, const F& term) {
  constexpr std::size_t lanes = 16;
  double partial[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (std::size_t lane = 0; lane < lanes; ++lane) partial[lane] += term(static_cast<double>(x[i + lane]));
  for (; i < n; ++i) partial[0] += term(static_cast<double>(x[i]));
  return kernels::reduce_run<kernels::Sum>(partial, lanes);
}

/// Σ term(x) in double precision, in pieces that do not depend on the number of threads.
template <class T, class F>
double sum_of(const T* x, std::size_t n, const F& term) {
  if (n <= piece) return sum_of_piece(x, n, term);
  const std::size_t pieces = (n + piece - 1) / piece;
  std::vector<double> sums(pieces);
  parallel_for(pieces, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) sums[i] = sum_of_piece(x + i * piece, std::min(piece, n - i * piece), term);
  });
  return kernels::reduce_run<kernels::Sum>(sums.data(), pieces);
}

template <class F>
double sum_of(const Array& x, const F& term) {
  return x.dtype() == float32 ? sum_of(x.data<float>(), x.size(), term) : sum_of(x.data<double>(), x.size(), term);
}

double largest_of(const Array& x) {
  double largest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double size = std::abs(x.as_double(i));
    if (std::isnan(size)) return size;
    largest = std::max(largest, size);
  }
  return largest;
}

/// The p-th power of the p-norm; the largest absolute value for an infinite p.
double power_of(const Array& x, double p) {
  if (std::isinf(p)) return largest_of(x);
  if (p == 2) return sum_of(x, [](double v) { return v * v; });
  if (p == 1) return sum_of(x, [](double v) { return std::abs(v); });
  return sum_of(x, [p](double v) { return std::pow(std::abs(v), p); });
}

double norm_of(const std::vector<ParameterRef>& parameters, const ClipNormOptions& options) {
  const double p = options.norm_type;
  double total = 0;
  for (const ParameterRef& parameter : parameters) {
    if (!parameter.has_grad()) continue;
    const double power = power_of(gradient_of(parameter), p);
    if (options.error_if_nonfinite && !std::isfinite(power))
      throw GradientError(fmt::format("clip_grad_norm: the gradient of parameter {} has a norm that is {}", parameter.name(),
                                      std::isnan(power) ? "NaN" : "infinite"));
    total = !std::isinf(p) ? total + power : std::isnan(total) || power <= total ? total : power;
  }
  return std::isinf(p) ? total : p == 2 ? std::sqrt(total) : std::pow(total, 1 / p);
}

}  // namespace

double clip_grad_norm(const std::vector<ParameterRef>& parameters, double max_norm, const ClipNormOptions& options, SourceLocation at) {
  return reel::detail::placed(at, [&] {
    if (!(max_norm >= 0)) throw Error(fmt::format("clip_grad_norm: max_norm is {}; it has to be 0 or more", max_norm));
    if (!(options.norm_type > 0)) throw Error(fmt::format("clip_grad_norm: norm_type is {}; it has to be above 0", options.norm_type));
    const double norm = norm_of(parameters, options), factor = max_norm / (norm + 1e-6);
    if (!(factor >= 1)) scale_grad(parameters, factor, {});
    return norm;
  });
}

void scale_grad(const std::vector<ParameterRef>& parameters, double factor, SourceLocation at) {
  reel::detail::placed(at, [&] {
    for (ParameterRef parameter : parameters)
      if (parameter.has_grad())
        parameter.set_grad(Tensor(kernels::mul(gradient_of(parameter), Array::scalar(factor, parameter.dtype()))), {});
  });
}

void clip_grad_value(const std::vector<ParameterRef>& parameters, double clip_value, SourceLocation at) {
  reel::detail::placed(at, [&] {
    if (!(clip_value >= 0)) throw Error(fmt::format("clip_grad_value: clip_value is {}; it has to be 0 or more", clip_value));
    for (ParameterRef parameter : parameters)
      if (parameter.has_grad()) parameter.set_grad(Tensor(kernels::clamp(gradient_of(parameter), -clip_value, clip_value)), {});
  });
}

}  // namespace reel::optim
