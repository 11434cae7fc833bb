#pragma once
#include <optional>

#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

struct AttentionOptions {
  /// Query i sees keys 0 to i only: the lower triangle, aligned at the top left, as PyTorch's is_causal.
  bool causal = false;
  /// What q·kᵀ is multiplied by; by default 1/√E.
  std::optional<double> scale = {};
  /// The probability with which an attention weight is dropped. As in dropout(), the caller leaves it out where it does not train.
  double dropout_p = 0;
};
/// softmax(scale·q kᵀ + mask) v for q (..., L, E), k (..., S, E), v (..., S, Ev), whose leading axes broadcast: (..., L, Ev). The mask
/// broadcasts to the scores (..., L, S): bool ones let through where they are true; others are added, and have a gradient. With
/// `causal` both apply. A query that sees no key gives 0, and gets no gradient. (Vaswani et al., "Attention is all you need",
/// NeurIPS 2017.) Throws ShapeError and DtypeError naming the shapes and dtypes that do not fit.
Tensor scaled_dot_product_attention(Operand q, Operand k, Operand v, AttentionOptions options = {});
REEL_NO_SUCH_OPTION(AttentionOptions, Tensor scaled_dot_product_attention(Operand, Operand, Operand, ...));
Tensor scaled_dot_product_attention(Operand q, Operand k, Operand v, Operand mask, AttentionOptions options = {});

struct SelfAttentionOptions {
  std::size_t heads = 1;
  /// Step i sees steps 0 to i only.
  bool causal = false;
  /// As AttentionOptions' scale; E is the width of a head.
  std::optional<double> scale = {};
};
/// Attention of `heads` heads within sequences, as one op: qkv (..., T, 3·D) holds the queries, keys and values of T steps side by side, as
/// one linear layer gives them, each with its heads side by side; the result is (..., T, D). Nothing is copied into heads, and no (T, T)
/// weights are kept: the rule computes them again, a block of queries at a time. Throws ShapeError unless the last axis is a multiple
/// of 3·heads, DtypeError unless qkv is floating.
Tensor self_attention(Operand qkv, SelfAttentionOptions options = {});
REEL_NO_SUCH_OPTION(SelfAttentionOptions, Tensor self_attention(Operand, ...));

}  // namespace reel
