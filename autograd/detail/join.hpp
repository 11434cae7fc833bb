#pragma once
#include <vector>

#include <reel/autograd/tensor.hpp>

namespace reel::detail {

/// Joins the pieces along an axis in a tree, a few at a time. With one op of n inputs, a jvp or a gradient of a gradient would cost n times
/// the whole result; the tree costs log n times.
Tensor join(std::vector<Tensor> pieces, std::ptrdiff_t axis);

}  // namespace reel::detail
