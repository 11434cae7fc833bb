#pragma once
#include <optional>

#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

struct AttentionOptions {
  /// Causal masking: query i attends to keys 0 to i only. The triangle is aligned at the top left, as PyTorch's is_causal. Default false.
  bool causal = false;
  /// Factor of q·kᵀ; default 1/√E, where E is the length of a query.
  std::optional<double> scale = {};
  /// Probability of dropping an attention weight, default 0. As with dropout(), the caller sets it in training only.
  double dropout_p = 0;
};
/// softmax(scale·q kᵀ + mask) v for q (..., L, E), k (..., S, E), v (..., S, Ev), whose leading axes broadcast; the result is (..., L, Ev).
/// The mask broadcasts to the scores (..., L, S): a bool mask is true where a query may attend to a key; any other mask is added to the
/// scores and has a gradient. With `causal` both apply. A query that may attend to no key gives 0, and gets no gradient. (Vaswani et al.,
/// "Attention is all you need", NeurIPS 2017.) Throws ShapeError and DtypeError naming the shapes and dtypes that do not fit.
Tensor scaled_dot_product_attention(Operand q, Operand k, Operand v, AttentionOptions options = {});
REEL_NO_SUCH_OPTION(AttentionOptions, Tensor scaled_dot_product_attention(Operand, Operand, Operand, ...));
Tensor scaled_dot_product_attention(Operand q, Operand k, Operand v, Operand mask, AttentionOptions options = {});

struct SelfAttentionOptions {
  /// Number of heads. Default 1.
  std::size_t heads = 1;
  /// Causal masking: step i attends to steps 0 to i only. Default false.
  bool causal = false;
  /// As AttentionOptions::scale; E is the width of one head.
  std::optional<double> scale = {};
};
/// Multi-head self-attention as one op: qkv (..., T, 3·D) holds the queries, keys and values of T steps side by side, as one linear layer
/// computes them, each with its heads side by side; the result is (..., T, D). Nothing is copied per head, and no (T, T) weights are kept:
/// the rule computes them again, a block of queries at a time. Throws ShapeError unless the last axis is a multiple of 3·heads, DtypeError
/// unless qkv is floating.
Tensor self_attention(Operand qkv, SelfAttentionOptions options = {});
REEL_NO_SUCH_OPTION(SelfAttentionOptions, Tensor self_attention(Operand, ...));

}  // namespace reel
