#pragma once
#include <reel/core/array.hpp>

namespace reel::kernels {

/// Sums over axes, which may be negative; no axes stand for all (see normalize_axes, which throws for what is out of range). int64 and bool
/// give int64. Summed in blocks, so that the error of n terms grows as log n. Nothing to sum gives 0.
Array sum(const Array& x, const Ints& axes, bool keepdims);
/// Products; the rest as sum(). Nothing gives 1.
Array prod(const Array& x, const Ints& axes, bool keepdims);
/// Whether all, or any, elements are not zero (NaN is not), as bool. Of nothing: true, and false.
Array all(const Array& x, const Ints& axes, bool keepdims);
Array any(const Array& x, const Ints& axes, bool keepdims);
/// The largest element; NaN if there is one. Throws ShapeError when there is nothing to choose from.
Array max(const Array& x, const Ints& axes, bool keepdims);
Array min(const Array& x, const Ints& axes, bool keepdims);
/// Sums x down to `shape`, which broadcasts to x's: what undoes a broadcast. Throws ShapeError if it does not.
Array sum_to(const Array& x, const Shape& shape);

}  // namespace reel::kernels
