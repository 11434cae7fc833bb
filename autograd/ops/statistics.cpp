#include <reel/autograd/ops/statistics.hpp>

#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/detail/reduction.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/reduce.hpp>
#include <reel/core/kernels/simd/map.hpp>
#include <reel/core/kernels/statistics.hpp>

namespace reel {

namespace {

using detail::Reduction;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// x - mean of x over axes. A projection: its own transpose.
Tensor center(const Tensor& x, const Ints& axes) {
  return record(
      "center", "dx = dy - mean of dy", {x}, [axes](const Inputs& in) { return kernels::center(in[0], axes); },
      [axes](const Pullback& p) { return Gradients{center(p.dy(), axes)}; }, [axes] { return "axis=" + to_string(axes); });
}

/// 1 / max(0, n - correction); 0 for no elements, because an infinity would make the gradient of dy NaN.
double share_of(const Shape& shape, const Ints& axes, double correction) {
  double n = 1;
  for (const std::ptrdiff_t axis : axes) n *= static_cast<double>(shape[static_cast<std::size_t>(axis)]);
  return n > 0 ? 1 / std::max(0.0, n - correction) : 0;
}

bool is_finite(const Array& x) { return kernels::all(kernels::isfinite(x), normalize_axes("all", Ints(), x.rank()), false).item<bool>(); }

std::string text_of(const Reduction& r, double correction) { return fmt::format("{}, correction={}", r.text(), correction); }

/// t where x > 0, -t where x < 0, else 0.
Tensor with_sign_of(const Tensor& x, const Tensor& t) { return where(greater(x, 0.0), t, where(less(x, 0.0), -t, 0.0)); }

/// a / b, and 0 with derivative 0 where b is 0.
Tensor divided(const Tensor& a, const Tensor& b) {
  const Tensor is_zero = equal(b, 0.0);
  return where(is_zero, 0.0, a / where(is_zero, 1.0, b));
}

/// d|x|_p/dx · dy, for y and dy that broadcast over x.
Tensor norm_pullback(const Tensor& x, const Tensor& y, const Tensor& dy, double p, const Ints& axes) {
  if (p == 0) return zeros_like(x);
  if (p == 1) return with_sign_of(x, broadcast_to(dy, x.shape()));
  if (p == 2) return dy * detail::unit_vector(x, axes);
  if (std::isinf(p)) {
    const Tensor chosen = equal(abs(x), y);
    const Tensor count = sum(astype(chosen, x.dtype()), axes, {.keepdims = true});
    return with_sign_of(x, where(chosen, dy / count, 0.0));
  }
  const Tensor is_zero = equal(x, 0.0);
  const Tensor ratio = where(is_zero, 0.0, pow(where(is_zero, 1.0, divided(abs(x), y)), p - 1));
  return with_sign_of(x, dy * ratio);
}

}  // namespace

/// With u = x/|x|, whose squares' sum is 1, dy - u·Σ u·dy is the sum of u[j]·(u[j]·dy - u·dy[j]) over the others.
Tensor detail::unit_vector(const Tensor& x, const Ints& axes) {
  return reel::record(
      "unit_vector", "dx = (dy·Σ other y² - y·Σ other y·dy)/|x|", {x},
      [axes](const Inputs& in) {
        const Array size = kernels::norm(in[0], 2, axes, true);
        return kernels::map_to(
            in[0].shape(), in[0].dtype(), [](auto v, auto length) { return v / where(length == 0, 1, length); }, in[0], size);
      },
      [axes](const Pullback& p) {
        const Tensor u = p.output();
        const auto others = [&](const Tensor& t) { return axes.empty() ? zeros_like(t) : along_joined(t, axes, sum_of_others); };
        const Tensor length = norm(p.input(0), axes, {.keepdims = true});
        return Gradients{divided(p.dy() * others(square(u)) - u * others(u * p.dy()), length)};
      },
      [axes] { return "axis=" + to_string(axes); });
}

Tensor var(Operand x) { return var(x, Ints()); }

Tensor var(Operand x, Ints axes, VarOptions options) {
  const Reduction r("var", x, axes, {options.keepdims});
  return record(
      "var", "dx = dy·2(x - mean)/(n - correction)", {x},
      [r, c = options.correction](const Inputs& in) { return kernels::var(in[0], r.axes, r.keepdims, c); },
      [r, c = options.correction](const Pullback& p) {
        const Tensor& v = p.input(0);
        return Gradients{r.spread(p.dy(), v.shape()) * (2 * share_of(v.shape(), r.axes, c)) * center(v, r.axes)};
      },
      [r, c = options.correction] { return text_of(r, c); });
}

Tensor std(Operand x) { return std(x, Ints()); }

Tensor std(Operand x, Ints axes, VarOptions options) {
  const Reduction r("std", x, axes, {options.keepdims});
  return record(
      "std", "dx = dy·(x - mean)/(y·(n - correction))", {x},
      [r, c = options.correction](const Inputs& in) { return kernels::deviation(in[0], r.axes, r.keepdims, c); },
      [r, c = options.correction](const Pullback& p) {
        const Tensor& v = p.input(0);
        const Tensor slope = p.dy() * std::sqrt(share_of(v.shape(), r.axes, c));
        return Gradients{r.spread(slope, v.shape()) * detail::unit_vector(center(v, r.axes), r.axes)};
      },
      [r, c = options.correction] { return text_of(r, c); });
}

Tensor logsumexp(Operand x) { return logsumexp(x, Ints()); }

Tensor logsumexp(Operand x, Ints axes, ReduceOptions options) {
  const Reduction r("logsumexp", x, axes, options);
  return record(
      "logsumexp", "dx = dy·exp(x - y)", {x}, [r](const Inputs& in) { return kernels::logsumexp(in[0], r.axes, r.keepdims); },
      [r](const Pullback& p) {
        const Tensor &v = p.input(0), y = p.output();
        if (p.differentiable() && !r.axes.empty() && is_finite(y.value())) {  // loses no digits where one element is nearly all of y
          const auto shares = [](const Tensor& t, std::size_t axis) { return softmax(t, static_cast<std::ptrdiff_t>(axis)); };
          return Gradients{r.spread(p.dy(), v.shape()) * detail::along_joined(v, r.axes, shares)};
        }
        const Tensor shift = where(equal(y, -infinity), 0.0, y);  // exp(-∞ - 0) is 0, where -∞ - (-∞) would be NaN
        return Gradients{r.spread(p.dy(), v.shape()) * exp(v - r.spread(shift, v.shape()))};
      },
      [r] { return r.text(); });
}

Tensor norm(Operand x) { return norm(x, Ints()); }

Tensor norm(Operand x, Ints axes, VectorNormOptions options) {
  const Reduction r("norm", x, axes, {options.keepdims});
  const double p = options.p;
  located("norm", x, [&] {
    if (std::isnan(p)) throw Error("norm: p is nan; it has to be a number, or an infinity");
  });
  return record(
      "norm", "dx = dy·sign(x)·(|x|/y)^(p-1)", {x}, [r, p](const Inputs& in) { return kernels::norm(in[0], p, r.axes, r.keepdims); },
      [r, p](const Pullback& pull) {
        const Tensor& v = pull.input(0);
        return Gradients{norm_pullback(v, r.spread(pull.output(), v.shape()), r.spread(pull.dy(), v.shape()), p, r.axes)};
      },
      [r, p] { return fmt::format("p={}, {}", p, r.text()); });
}

}  // namespace reel
