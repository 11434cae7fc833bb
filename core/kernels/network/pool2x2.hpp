#pragma once
#include <reel/core/kernels/pool.hpp>

namespace reel::kernels {

/// Whether the windows are 2 x 2 without gaps or overlaps. Most networks pool by such windows; the functions below have SIMD loops for
/// them. A last odd row or column belongs to no window.
bool pools_halves(const Pool& pool);

/// y[i, j] = the mean of x[2i, 2j], x[2i, 2j + 1], x[2i + 1, 2j] and x[2i + 1, 2j + 1].
Array average_halves(const Pool& pool, const Array& x);
/// The transpose of average_halves(): each y, divided by 4, in four places.
Array average_halves_backward(const Pool& pool, const Array& y);
/// The largest of the four elements, NaN if there is one.
Array max_halves(const Pool& pool, const Array& x);
/// The gradient of max_halves() with respect to x: dy at the largest element y of each window (the first of equal ones), 0 elsewhere.
Array max_halves_backward(const Pool& pool, const Array& x, const Array& y, const Array& dy);

}  // namespace reel::kernels
