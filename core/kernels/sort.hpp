#pragma once
#include <reel/core/array.hpp>

/// Sorting along one axis, which may be negative; an axis out of range throws ShapeError. Equal elements keep their order. NaN counts as
/// larger than all numbers, so it comes last, or first when descending.
namespace reel::kernels {

/// The sorted elements.
Array sort(const Array& x, Integer axis, bool descending);
/// The positions that sort() takes its elements from, int64.
Array argsort(const Array& x, Integer axis, bool descending);
/// The first k positions of argsort(): those of the k largest elements (in descending order) or of the k smallest. Throws ShapeError for k
/// above the axis's length, Error for a negative one.
Array topk_positions(const Array& x, Integer k, Integer axis, bool largest);

}  // namespace reel::kernels
