#pragma once
#include <reel/core/array.hpp>

/// Positions of the largest and smallest elements.
namespace reel::kernels {

/// The positions (int64) of the largest or smallest elements along an axis, which may be negative: the first of equal ones, and the first
/// NaN where there is one. Throws ShapeError when the axis is empty or out of range.
Array argmax(const Array& x, Integer axis, bool keepdims);
Array argmin(const Array& x, Integer axis, bool keepdims);
/// The gradient with respect to x of the largest or smallest elements y of x over `axes`, which y keeps. dy goes in equal shares to the
/// elements of x that equal y (or are NaN where y is NaN); all others get 0. Throws ShapeError unless y and dy have x's shape with length 1
/// on the axes, DtypeError unless all are of one floating dtype.
Array amax_backward(const Array& x, const Array& y, const Array& dy, const Ints& axes);

}  // namespace reel::kernels
