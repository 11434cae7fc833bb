#pragma once
#include <reel/core/array.hpp>
#include <reel/core/kernels/network/attention.hpp>

namespace reel::kernels {

/// Attention within sequences: qkv (..., T, 3·D) holds queries, keys and values side by side, each of `heads` heads side by side; the
/// result is (..., T, D). Scores are computed for one block of queries at a time, so memory grows with T, not T².
Array self_attention(const Array& qkv, std::size_t heads, AttentionScale options);
/// The gradient of self_attention() with respect to qkv. The attention weights are recomputed.
Array self_attention_backward(const Array& qkv, const Array& dy, std::size_t heads, AttentionScale options);

}  // namespace reel::kernels
