#pragma once
#include <reel/core/array.hpp>

/// Softmax along one axis, which may be negative. The functions throw ShapeError for an axis out of range, or if y and dy differ in shape;
/// DtypeError for arrays that are not floating, or if y and dy differ in dtype.
namespace reel::kernels {

/// exp(x - max) / Σ exp(x - max).
Array softmax(const Array& x, Integer axis);
/// x - max - log Σ exp(x - max).
Array log_softmax(const Array& x, Integer axis);

/// scale·y·(dy - Σ dy·y): the gradient of softmax(), from its result y, times `scale`.
Array softmax_backward(const Array& y, const Array& dy, Integer axis, double scale = 1);
/// dy - exp(y)·Σ dy: the gradient of log_softmax(), from its result y.
Array log_softmax_backward(const Array& y, const Array& dy, Integer axis);

}  // namespace reel::kernels
