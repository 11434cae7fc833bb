#pragma once
#include <reel/core/array.hpp>

/// Along one axis, which may be negative; ShapeError for one out of range. Equal elements keep their order; NaN counts as larger than all
/// numbers, so it comes last, and first when descending.
namespace reel::kernels {

Array sort(const Array& x, Integer axis, bool descending);
/// The positions that sort() takes its elements from, int64.
Array argsort(const Array& x, Integer axis, bool descending);
/// The first k of argsort(): the k largest (descending) or smallest. Throws ShapeError for a k above the axis's length, Error
/// for a negative one.
Array topk_positions(const Array& x, Integer k, Integer axis, bool largest);

}  // namespace reel::kernels
