#include <reel/autograd/ops/sort.hpp>

#include <fmt/format.h>
#include <reel/autograd/ops/detail/reduction.hpp>
#include <reel/autograd/ops/index.hpp>
#include <reel/core/kernels/arg_reduce.hpp>
#include <reel/core/kernels/index.hpp>
#include <reel/core/kernels/sort.hpp>

namespace reel {

namespace {

using detail::axis_of;

using Choose = Array (*)(const Array& x, Integer axis, bool keepdims);

constexpr Literal no_slope = "none: a step has no slope";

Tensor choose(Literal op, const Operand& x, std::ptrdiff_t axis, bool keepdims, Choose kernel) {
  const std::size_t along = axis_of(op, x, axis);
  return record(
      op, no_slope, {x}, [=](const Inputs& in) { return kernel(in[0], along, keepdims); }, [](const Pullback&) { return Gradients{none}; },
      [along] { return fmt::format("axis={}", along); });
}

/// In row-major order.
Tensor choose(Literal op, const Operand& x, Choose kernel) {
  return record(
      op, no_slope, {x}, [kernel](const Inputs& in) { return kernel(in[0].with_shape({in[0].size()}), 0, false); },
      [](const Pullback&) { return Gradients{none}; });
}

/// The elements of x at the positions along an axis that `choose` returns, no position twice. The positions are computed again for the
/// rule, and when a tape runs again with other values: being int64, they keep no history.
template <class F>
Tensor picked(Literal op, const Operand& x, std::size_t axis, const F& choose) {
  return record(
      op, "dx = dy, put back", {x}, [=](const Inputs& in) { return kernels::gather(op.text, in[0], choose(in[0]), axis); },
      [=](const Pullback& p) {
        const Tensor positions(choose(p.input(0).value()));
        return Gradients{scatter_add(zeros_like(p.input(0)), positions, p.dy(), static_cast<std::ptrdiff_t>(axis))};
      },
      [axis] { return fmt::format("axis={}", axis); });
}

}  // namespace

Tensor argmax(Operand x) { return choose("argmax", x, kernels::argmax); }

Tensor argmax(Operand x, std::ptrdiff_t axis, ReduceOptions options) {
  return choose("argmax", x, axis, options.keepdims, kernels::argmax);
}

Tensor argmin(Operand x) { return choose("argmin", x, kernels::argmin); }

Tensor argmin(Operand x, std::ptrdiff_t axis, ReduceOptions options) {
  return choose("argmin", x, axis, options.keepdims, kernels::argmin);
}

Tensor sort(Operand x, SortOptions options) {
  const std::size_t axis = axis_of("sort", x, options.axis);
  return picked("sort", x, axis, [axis, down = options.descending](const Array& in) { return kernels::argsort(in, axis, down); });
}

Tensor argsort(Operand x, SortOptions options) {
  const std::size_t axis = axis_of("argsort", x, options.axis);
  return record(
      "argsort", no_slope, {x}, [axis, down = options.descending](const Inputs& in) { return kernels::argsort(in[0], axis, down); },
      [](const Pullback&) { return Gradients{none}; }, [axis] { return fmt::format("axis={}", axis); });
}

TopK topk(Operand x, std::size_t k, TopKOptions options) {
  const std::size_t axis = axis_of("topk", x, options.axis);
  located("topk", x, [&] {
    const Shape shape = x.as_tensor().shape();
    if (require_count("topk", "k", k) > shape[axis])
      throw ShapeError(fmt::format("topk: k is {}, and axis {} of shape {} has only {}", k, axis, shape, shape[axis]));
  });
  const auto positions = [k, axis, largest = options.largest](const Array& in) { return kernels::topk_positions(in, k, axis, largest); };
  const Tensor indices = record(
      "topk_positions", no_slope, {x}, [positions](const Inputs& in) { return positions(in[0]); },
      [](const Pullback&) { return Gradients{none}; }, [k, axis] { return fmt::format("k={}, axis={}", k, axis); });
  return {picked("topk", x, axis, positions), indices};
}

}  // namespace reel
