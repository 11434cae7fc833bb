#pragma once
#include <reel/core/array.hpp>

namespace reel::kernels {

/// Sums over axes, which may be negative; an empty list means all axes (see normalize_axes(), which throws for an axis out of range). int64
/// and bool give int64. Terms are summed in blocks, so that the error of n terms grows as log n. The sum of no elements is 0.
Array sum(const Array& x, const Ints& axes, bool keepdims);
/// Products, otherwise as sum(). The product of no elements is 1.
Array prod(const Array& x, const Ints& axes, bool keepdims);
/// Whether all, or any, elements are nonzero (NaN is nonzero), as bool. For no elements, all() is true and any() is false.
Array all(const Array& x, const Ints& axes, bool keepdims);
Array any(const Array& x, const Ints& axes, bool keepdims);
/// The largest (min: smallest) element; NaN if there is one. Throws ShapeError when a reduced axis has length 0.
Array max(const Array& x, const Ints& axes, bool keepdims);
Array min(const Array& x, const Ints& axes, bool keepdims);
/// Sums x to `shape`, which must broadcast to x's shape: the transpose of broadcasting. Throws ShapeError if it does not.
Array sum_to(const Array& x, const Shape& shape);

}  // namespace reel::kernels
