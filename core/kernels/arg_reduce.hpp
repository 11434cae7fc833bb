#pragma once
#include <reel/core/array.hpp>

/// Where elements are, rather than what they are.
namespace reel::kernels {

/// The position of the largest (or smallest) element along an axis, which may be negative, the first of several; NaN is taken before all
/// numbers. int64. Throws ShapeError when the axis is empty or out of range.
Array argmax(const Array& x, Integer axis, bool keepdims);
Array argmin(const Array& x, Integer axis, bool keepdims);
/// For y, the largest or smallest elements of x over axes, which are kept: dy goes to the elements of x that equal y (or are NaN, where y
/// is), in equal shares; all others get 0. Throws ShapeError unless y and dy have x's shape with length 1 on the axes, DtypeError unless
/// all are of one floating dtype.
Array amax_backward(const Array& x, const Array& y, const Array& dy, const Ints& axes);

}  // namespace reel::kernels
