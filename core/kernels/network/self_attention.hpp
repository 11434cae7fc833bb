#pragma once
#include <reel/core/array.hpp>
#include <reel/core/kernels/network/attention.hpp>

namespace reel::kernels {

/// Attention within sequences: qkv (..., T, 3·D) holds queries, keys and values side by side, each of `heads` heads side by side; the
/// result is (..., T, D). Scores exist for a block of queries at a time, so memory grows with T, not T².
Array self_attention(const Array& qkv, std::size_t heads, AttentionScale options);
/// Its gradient with respect to qkv. The weights are computed again.
Array self_attention_backward(const Array& qkv, const Array& dy, std::size_t heads, AttentionScale options);

}  // namespace reel::kernels
