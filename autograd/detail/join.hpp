#pragma once
// Internal; not installed.
#include <vector>

#include <reel/autograd/tensor.hpp>

namespace reel::detail {

/// One after another along an axis, a few at a time, which are then joined in turn: a jvp or a gradient of a gradient through one op of n
/// inputs takes n times the whole, this log n times.
Tensor join(std::vector<Tensor> pieces, std::ptrdiff_t axis);

}  // namespace reel::detail
