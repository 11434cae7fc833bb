#pragma once
// The parts that reductions share.
#include <reel/autograd/ops/reduce.hpp>
#include <reel/autograd/ops/shape.hpp>

namespace reel::detail {

/// The options that a reduction captures: plain data.
struct Reduction {
  Ints axes;
  bool keepdims;

  Reduction(Literal op, const Operand& x, const Ints& axes_, ReduceOptions options)
      : axes(located(op, x, [&] { return normalize_axes(op.text, axes_, x.rank()); })), keepdims(options.keepdims) {}

  /// A gradient of the output, with the reduced axes back as length 1 so that it broadcasts over the input.
  Tensor spread(const Tensor& reduced, const Shape& input) const {
    return keepdims ? reduced : reshape(reduced, reduced_shape(input, axes, true));
  }
  Array spread(const Array& reduced, const Shape& input) const { return reduced.with_shape(reduced_shape(input, axes, true)); }
  std::string text() const { return "axis=" + to_string(axes) + (keepdims ? ", keepdims" : ""); }
};

/// For each element the sum of all others along an axis: for probabilities y this is 1 - y, without loss of digits where y is near 1.
Tensor sum_of_others(const Tensor& x, std::size_t axis);

/// x/√(Σ x²) along axes, and 0 where all x are 0: the derivative of the norm. Its own derivative does not cancel where one x is nearly the
/// whole norm.
Tensor unit_vector(const Tensor& x, const Ints& axes);

/// Applies f(x, axis) along several axes, which are merged into one first.
template <class F>
Tensor along_joined(const Tensor& x, const Ints& axes, const F& f) {
  if (axes.size() == 1) return f(x, static_cast<std::size_t>(axes[0]));
  Ints order, back;
  Shape lengths;
  for (std::size_t i = 0, next = 0; i < x.rank(); ++i) {
    if (next < axes.size() && axes[next] == static_cast<std::ptrdiff_t>(i)) {
      ++next;
    } else {
      order.push_back(static_cast<std::ptrdiff_t>(i));
      lengths.push_back(x.shape()[i]);
    }
  }
  const std::size_t kept = order.size();
  std::size_t n = 1;
  for (const std::ptrdiff_t axis : axes) {
    order.push_back(axis);
    n *= x.shape()[static_cast<std::size_t>(axis)];
  }
  lengths.push_back(n);
  back = order;
  for (std::size_t i = 0; i < order.size(); ++i) back[static_cast<std::size_t>(order[i])] = static_cast<std::ptrdiff_t>(i);
  const Tensor together = permute(x, order);
  return permute(reshape(f(reshape(together, lengths), kept), together.shape()), back);
}

/// An axis of x, counted from the front.
inline std::size_t axis_of(Literal op, const Operand& x, std::ptrdiff_t axis) {
  return located(op, x, [&] { return normalize_axis(op.text, axis, x.rank()); });
}

}  // namespace reel::detail
