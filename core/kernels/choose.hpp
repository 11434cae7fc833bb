#pragma once
#include <reel/core/array.hpp>

/// Where elements are, rather than what they are.
namespace reel::kernels {

/// The position of the largest (or smallest) element along an axis, the first of several; NaN is taken before all numbers. int64.
/// Throws ShapeError when the axis is empty.
Array argmax(const Array& x, std::size_t axis, bool keepdims);
Array argmin(const Array& x, std::size_t axis, bool keepdims);
/// For y, the largest or smallest elements of x over (normalized) axes, kept: dy goes to the elements of x that equal y (or are NaN, where
/// y is), in equal shares; all others get 0.
Array share_chosen(const Array& x, const Array& y, const Array& dy, const Ints& axes);

}  // namespace reel::kernels
