#pragma once
#include <reel/core/array.hpp>

namespace reel::kernels {

/// Cumulative sums along an axis, which may be negative; from the end where `reversed`. int64 and bool give int64. float32 is summed in
/// float64.
Array cumsum(const Array& x, Integer axis, bool reversed = false);
/// Cumulative products, otherwise as cumsum().
Array cumprod(const Array& x, Integer axis, bool reversed = false);
/// y[i] = b[i] + a[i] y[i - 1] along an axis, which may be negative, with y[-1] = 0; reversed: y[i] = b[i] + a[i] y[i + 1]. Throws
/// DtypeError or ShapeError unless a and b have one floating dtype and one shape.
Array linear_recurrence(const Array& a, const Array& b, Integer axis, bool reversed = false);

/// For each element, the sum of all others along one normalized axis. x must be floating.
Array sum_of_others(const Array& x, Integer axis);

}  // namespace reel::kernels
