#include <reel/autograd/ops/scan.hpp>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/detail/reduction.hpp>
#include <reel/core/kernels/reduce.hpp>
#include <reel/core/kernels/scan.hpp>
#include <reel/core/kernels/slicing.hpp>

namespace reel {

namespace {

using detail::axis_of;
using detail::Reduction;

/// The axis of the scan, and its direction.
struct Scan {
  std::size_t axis;
  bool reversed;

  Scan back() const { return {axis, !reversed}; }
  std::string text() const { return fmt::format("axis={}{}", axis, reversed ? ", reversed" : ""); }
};

/// The element before each in the order of the scan, and `start` before the first.
Tensor previous(const Tensor& x, Scan scan, double start) {
  return record(
      "previous", "dx = dy of the next", {x},
      [scan, start](const Inputs& in) {
        const Shape& shape = in[0].shape();
        if (in[0].size() == 0) return in[0];
        const auto n = static_cast<std::ptrdiff_t>(shape[scan.axis]);
        Slices from = Slices::whole(shape.rank()), to = from;
        from[scan.axis] = scan.reversed ? Slice(1, n) : Slice(0, n - 1);
        to[scan.axis] = scan.reversed ? Slice(0, n - 1) : Slice(1, n);
        return kernels::slice_backward(kernels::slice(in[0], from), shape, to, start);
      },
      [scan](const Pullback& p) { return Gradients{previous(p.dy(), scan.back(), 0)}; }, [scan] { return scan.text(); });
}

Tensor running_sum(const Operand& x, Scan scan) {
  return record(
      "cumsum", "dx = cumsum of dy, from the end", {x},
      [scan](const Inputs& in) { return kernels::cumsum(in[0], scan.axis, scan.reversed); },
      [scan](const Pullback& p) { return Gradients{running_sum(p.dy(), scan.back())}; }, [scan] { return scan.text(); });
}

/// y[i] = b[i] + a[i] y[i - 1]. Its rule is such a recurrence again, in reverse order: with g = dL/db, g[i] = dy[i] + a[i + 1] g[i + 1],
/// and da[i] = g[i] y[i - 1]. No division, so that zeros in `a` do no harm.
Tensor linear_recurrence(const Tensor& a, const Tensor& b, Scan scan) {
  return record(
      "linear_recurrence", "db = recurrence of dy, from the end   da = db·y before", {a, b},
      [scan](const Inputs& in) { return kernels::linear_recurrence(in[0], in[1], scan.axis, scan.reversed); },
      [scan](const Pullback& p) {
        const Tensor db = linear_recurrence(previous(p.input(0), scan.back(), 0), p.dy(), scan.back());
        return Gradients{p.needs(0) ? db * previous(p.output(), scan, 0) : none, db};
      },
      [scan] { return scan.text(); });
}

/// y[i] = x[0] ... x[i]. With g[i] = dy[i] + x[i + 1] g[i + 1], the gradient that reaches x[i] from y[i] on, dx[i] = y[i - 1] g[i].
Tensor running_product(const Operand& x, Scan scan) {
  return record(
      "cumprod", "dx = y before·(recurrence of dy by x, from the end)", {x},
      [scan](const Inputs& in) { return kernels::cumprod(in[0], scan.axis, scan.reversed); },
      [scan](const Pullback& p) {
        const Tensor reached = linear_recurrence(previous(p.input(0), scan.back(), 0), p.dy(), scan.back());
        return Gradients{previous(p.output(), scan, 1) * reached};
      },
      [scan] { return scan.text(); });
}

/// For each element the product of all others on its axis: of those before it and those behind it.
Tensor product_of_others(const Tensor& x, std::size_t axis) {
  const Scan forward{axis, false}, backward{axis, true};
  return previous(running_product(x, forward), forward, 1) * previous(running_product(x, backward), backward, 1);
}

/// The same for several axes.
Tensor product_of_others(const Tensor& x, const Ints& axes) {
  if (axes.empty()) return ones_like(x);
  return detail::along_joined(x, axes, [](const Tensor& t, std::size_t axis) { return product_of_others(t, axis); });
}

}  // namespace

/// Its own transpose.
Tensor detail::sum_of_others(const Tensor& x, std::size_t axis) {
  return reel::record(
      "sum_of_others", "dx = sum of the other dy", {x}, [axis](const Inputs& in) { return kernels::sum_of_others(in[0], axis); },
      [axis](const Pullback& p) { return Gradients{sum_of_others(p.dy(), axis)}; }, [axis] { return fmt::format("axis={}", axis); });
}

Tensor cumsum(Operand x, std::ptrdiff_t axis) { return running_sum(x, {axis_of("cumsum", x, axis), false}); }

Tensor cumprod(Operand x, std::ptrdiff_t axis) { return running_product(x, {axis_of("cumprod", x, axis), false}); }

Tensor prod(Operand x) { return prod(x, Ints()); }

Tensor prod(Operand x, Ints axes, ReduceOptions options) {
  const Reduction r("prod", x, axes, options);
  return record(
      "prod", "dx = dy·(product of all others)", {x}, [r](const Inputs& in) { return kernels::prod(in[0], r.axes, r.keepdims); },
      [r](const Pullback& p) {
        const Tensor& v = p.input(0);
        return Gradients{r.spread(p.dy(), v.shape()) * product_of_others(v, r.axes)};
      },
      [r] { return r.text(); });
}

}  // namespace reel
