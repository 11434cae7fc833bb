#pragma once
#include <reel/core/array.hpp>

namespace reel::kernels {

struct AttentionScale {
  double scale = 1;
  /// Query i sees keys 0 to i only.
  bool causal = false;
};

/// softmax(scale·scores + mask) along the last axis of scores (..., L, S). The mask, where there is one, broadcasts to the scores: added
/// where it is of their dtype; bool ones let through where they are true. A row in which nothing is let through (or all is -inf) is 0.
Array attention_weights(const Array& scores, const Array* mask, AttentionScale options);

}  // namespace reel::kernels
