#pragma once
// The op in the middle of attention.
#include <reel/autograd/record.hpp>
#include <reel/core/kernels/network/attention.hpp>

namespace reel::detail {

/// softmax(scale·scores + mask), 0 in rows where nothing is let through; see kernels::attention_weights. The mask may be undefined. The
/// rule is softmax's, which is 0 wherever the weight is.
Tensor attention_weights(const Tensor& scores, const Tensor& mask, kernels::AttentionScale options);

}  // namespace reel::detail
