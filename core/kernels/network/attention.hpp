#pragma once
#include <reel/core/array.hpp>

namespace reel::kernels {

struct AttentionScale {
  double scale = 1;
  /// Whether query i sees only keys 0 to i.
  bool causal = false;
};

/// softmax(scale·scores + mask) along the last axis of scores (..., L, S). The mask, unless it is null, broadcasts to the scores: a mask of
/// their dtype is added; a bool mask keeps the scores where it is true. A row in which no score is kept (or all are -inf) is 0.
Array attention_weights(const Array& scores, const Array* mask, AttentionScale options);

}  // namespace reel::kernels
