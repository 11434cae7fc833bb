#pragma once
// What reductions have in common. Not installed.
#include <reel/autograd/ops/reduce.hpp>
#include <reel/autograd/ops/shape.hpp>

namespace reel::detail {

/// What a reduction captures: plain data.
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

/// An axis of x, counted from the front.
inline std::size_t axis_of(Literal op, const Operand& x, std::ptrdiff_t axis) {
  return located(op, x, [&] { return normalize_axis(op.text, axis, x.rank()); });
}

}  // namespace reel::detail
