#pragma once
#include <reel/core/array.hpp>

namespace reel::kernels {

/// exp(x - max) / Σ exp(x - max) along one normalized axis. Floating.
Array softmax(const Array& x, std::size_t axis);
/// x - max - log Σ exp(x - max) along one normalized axis. Floating.
Array log_softmax(const Array& x, std::size_t axis);

}  // namespace reel::kernels
