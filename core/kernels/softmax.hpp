#pragma once
#include <reel/core/array.hpp>

namespace reel::kernels {

/// exp(x - max) / Σ exp(x - max) along one normalized axis. Floating.
Array softmax(const Array& x, std::size_t axis);
/// x - max - log Σ exp(x - max) along one normalized axis. Floating.
Array log_softmax(const Array& x, std::size_t axis);

/// scale·y·(dy - Σ dy·y) along one normalized axis: softmax's gradient, from its result.
Array softmax_backward(const Array& y, const Array& dy, std::size_t axis, double scale = 1);
/// dy - exp(y)·Σ dy along one normalized axis: log_softmax's gradient, from its result.
Array log_softmax_backward(const Array& y, const Array& dy, std::size_t axis);

}  // namespace reel::kernels
