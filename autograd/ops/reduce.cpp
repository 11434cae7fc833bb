#include <reel/autograd/ops/reduce.hpp>

#include <limits>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/detail/reduction.hpp>
#include <reel/autograd/ops/functions.hpp>
#include <reel/core/kernels/arg_reduce.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/manipulation.hpp>
#include <reel/core/kernels/reduce.hpp>
#include <reel/core/kernels/softmax.hpp>

namespace reel {

namespace {

using detail::axis_of;
using detail::Reduction;
using detail::sum_of_others;

/// Gives dy to the chosen elements, in equal shares.
Gradients amax_backward(const Reduction& r, const Pullback& p) {
  const Tensor& x = p.input(0);
  const Shape& shape = x.shape();
  if (!p.differentiable())
    return Gradients{
        Tensor(kernels::amax_backward(x.value(), r.spread(p.output().value(), shape), r.spread(p.dy().value(), shape), r.axes))};
  const Tensor y = r.spread(p.output().detach(), shape);
  const Tensor chosen = where(equal(y, y), equal(x, y), not_equal(x, x));  // where y is NaN, the elements that are NaN
  const Tensor count = sum(astype(chosen, x.dtype()), r.axes, {.keepdims = true});
  return Gradients{where(chosen, r.spread(p.dy(), shape) / count, 0.0)};
}

/// A reduction without a derivative.
template <class F>
Tensor counted(Literal op, const Operand& x, const Ints& axes, ReduceOptions options, F kernel) {
  const Reduction r(op, x, axes, options);
  return record(
      op, "none: a step has no slope", {x}, [r, kernel](const Inputs& in) { return kernel(in[0], r.axes, r.keepdims); },
      [](const Pullback&) { return Gradients{none}; }, [r] { return r.text(); });
}

}  // namespace

Tensor sum(Operand x) { return sum(x, Ints()); }

Tensor sum(Operand x, Ints axes, ReduceOptions options) {
  const Reduction r("sum", x, axes, options);
  return record(
      "sum", "dx = dy, repeated", {x}, [r](const Inputs& in) { return kernels::sum(in[0], r.axes, r.keepdims); },
      [r](const Pullback& p) {
        const Shape& shape = p.input(0).shape();
        return Gradients{broadcast_to(r.spread(p.dy(), shape), shape)};
      },
      [r] { return r.text(); });
}

Tensor mean(Operand x) { return mean(x, Ints()); }

Tensor mean(Operand x, Ints axes, ReduceOptions options) {
  const Reduction r("mean", x, axes, options);
  return record(
      "mean", "dx = dy/n, repeated", {x},
      [r](const Inputs& in) {
        kernels::require_floating("mean", in[0]);
        const Array total = kernels::sum(in[0], r.axes, r.keepdims);
        const double n = static_cast<double>(in[0].size()) / static_cast<double>(total.size());
        return kernels::mul(total, Array::scalar(in[0].size() == 0 ? std::numeric_limits<double>::quiet_NaN() : 1 / n, total.dtype()));
      },
      [r](const Pullback& p) {
        const Shape& shape = p.input(0).shape();
        const double n = static_cast<double>(p.input(0).size()) / static_cast<double>(p.dy().size());
        const double share = n > 0 ? 1 / n : 0;  // n = 0: an infinity here would make the gradient of dy NaN
        return Gradients{broadcast_to(r.spread(p.dy() * share, shape), shape)};
      },
      [r] { return r.text(); });
}

Tensor max(Operand x) { return max(x, Ints()); }

Tensor max(Operand x, Ints axes, ReduceOptions options) {
  const Reduction r("max", x, axes, options);
  return record(
      "max", "dx = dy where x = y, shared equally", {x}, [r](const Inputs& in) { return kernels::max(in[0], r.axes, r.keepdims); },
      [r](const Pullback& p) { return amax_backward(r, p); }, [r] { return r.text(); });
}

Tensor min(Operand x) { return min(x, Ints()); }

Tensor min(Operand x, Ints axes, ReduceOptions options) {
  const Reduction r("min", x, axes, options);
  return record(
      "min", "dx = dy where x = y, shared equally", {x}, [r](const Inputs& in) { return kernels::min(in[0], r.axes, r.keepdims); },
      [r](const Pullback& p) { return amax_backward(r, p); }, [r] { return r.text(); });
}

Tensor all(Operand x) { return all(x, Ints()); }

Tensor all(Operand x, Ints axes, ReduceOptions options) { return counted("all", x, axes, options, kernels::all); }

Tensor any(Operand x) { return any(x, Ints()); }

Tensor any(Operand x, Ints axes, ReduceOptions options) { return counted("any", x, axes, options, kernels::any); }

Tensor count_nonzero(Operand x) { return count_nonzero(x, Ints()); }

Tensor count_nonzero(Operand x, Ints axes, ReduceOptions options) {
  return counted("count_nonzero", x, axes, options,
                 [](const Array& a, const Ints& over, bool keepdims) { return kernels::sum(a.astype(boolean), over, keepdims); });
}

Tensor sum_to(Operand x, const Shape& shape) {
  return record(
      "sum_to", "dx = dy, repeated", {x},
      [shape](const Inputs& in) {
        if (!broadcasts_to(shape, in[0].shape()))
          throw ShapeError(fmt::format("sum_to: x is {} and the target is {}; the target has to broadcast to x", in[0].shape(), shape));
        return kernels::sum_to(in[0], shape);
      },
      [](const Pullback& p) { return Gradients{broadcast_to(p.dy(), p.input(0).shape())}; }, [shape] { return to_string(shape); });
}

Tensor broadcast_to(Operand x, const Shape& shape) {
  return record(
      "broadcast_to", "dx = dy, summed over the repeats", {x}, [shape](const Inputs& in) { return kernels::broadcast_to(in[0], shape); },
      [](const Pullback& p) { return Gradients{sum_to(p.dy(), p.input(0).shape())}; }, [shape] { return to_string(shape); });
}

Tensor softmax(Operand x, std::ptrdiff_t axis) {
  const std::size_t along = axis_of("softmax", x, axis);
  return record(
      "softmax", "dx = y·(dy - Σ dy·y)", {x}, [along](const Inputs& in) { return kernels::softmax(in[0], along); },
      [along](const Pullback& p) {
        const Tensor y = p.output();
        if (!p.differentiable()) return Gradients{Tensor(kernels::softmax_backward(y.value(), p.dy().value(), along))};
        return Gradients{y * (p.dy() * sum_of_others(y, along) - sum_of_others(p.dy() * y, along))};
      },
      [along] { return fmt::format("axis={}", along); });
}

Tensor log_softmax(Operand x, std::ptrdiff_t axis) {
  const std::size_t along = axis_of("log_softmax", x, axis);
  return record(
      "log_softmax", "dx = dy - exp(y)·Σ dy", {x}, [along](const Inputs& in) { return kernels::log_softmax(in[0], along); },
      [along](const Pullback& p) {
        if (!p.differentiable()) return Gradients{Tensor(kernels::log_softmax_backward(p.output().value(), p.dy().value(), along))};
        return Gradients{-(p.dy() * expm1(p.output())) - exp(p.output()) * sum_of_others(p.dy(), along)};
      },
      [along] { return fmt::format("axis={}", along); });
}

}  // namespace reel
