#pragma once
#include <reel/core/array.hpp>

/// Along one axis, which may be negative. ShapeError for an axis out of range, or a y and dy of two shapes; DtypeError for what is not
/// floating, or of two dtypes.
namespace reel::kernels {

/// exp(x - max) / Σ exp(x - max).
Array softmax(const Array& x, Integer axis);
/// x - max - log Σ exp(x - max).
Array log_softmax(const Array& x, Integer axis);

/// scale·y·(dy - Σ dy·y): softmax's gradient, from its result.
Array softmax_backward(const Array& y, const Array& dy, Integer axis, double scale = 1);
/// dy - exp(y)·Σ dy: log_softmax's gradient, from its result.
Array log_softmax_backward(const Array& y, const Array& dy, Integer axis);

}  // namespace reel::kernels
