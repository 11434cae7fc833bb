#pragma once
#include <optional>

#include <reel/core/mistake.hpp>
#include <reel/nn/layers/linear.hpp>

namespace reel::nn {

struct MultiheadAttentionOptions {
  bool bias = true;
  /// The probability with which an attention weight is dropped while training.
  double dropout = 0;
  /// How many features keys and values have; by default as many as queries.
  std::optional<Integer> kdim = {}, vdim = {};
  /// Sequences are (N, length, features) instead of (length, N, features).
  bool batch_first = false;
  Dtype dtype = float32;
};

/// What attention is called with besides sequences. Masks are PyTorch's: bool ones hide where they are *true* (unlike those of
/// scaled_dot_product_attention), floating ones are added to the scores. All that are given apply. A query that sees no key gives
/// out_proj's bias (PyTorch: NaN).
struct AttentionInput {
  Tensor key_padding_mask = {};  ///< (N, S): keys that are padding
  Tensor attn_mask = {};         ///< (L, S), or (N·heads, L, S)
  bool causal = false;           ///< query i sees keys 0 to i
  /// Whether the result has the attention weights, which takes them out of the fused computation.
  bool need_weights = false;
  /// Averaged over the heads, or one for each.
  bool average_attn_weights = true;
};

struct AttentionResult {
  Tensor output;
  /// (N, L, S), or (N, heads, L, S), after dropout; undefined unless it was asked for.
  Tensor weights = {};
};

/// Attention of several heads (Vaswani et al. 2017): queries (L, N, features), keys (S, N, kdim), values (S, N, vdim) to (L, N, features).
/// Names and layouts are PyTorch's. Weights begin Glorot-uniform, biases 0, out_proj as Linear. As a Module it is self-attention, and the
/// result is the output alone.
///
///     attention(x, {.causal = true}).output        attention(query, key, value, {.key_padding_mask = padding})
class MultiheadAttention : public Module {
 public:
  std::optional<Parameter> in_proj_weight;                               ///< (3·features, features): of queries, keys and values
  std::optional<Parameter> q_proj_weight, k_proj_weight, v_proj_weight;  ///< instead of it where kdim or vdim is another
  std::optional<Parameter> in_proj_bias;                                 ///< (3·features,)
  Linear out_proj;
  REEL_MEMBERS(in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias, out_proj)

  /// Throws ShapeError for sizes below 1, Error unless heads divides features and dropout is in [0, 1).
  MultiheadAttention(Integer features, Integer heads, MultiheadAttentionOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(MultiheadAttentionOptions, MultiheadAttention(Integer, Integer, ...));

  /// Throws ShapeError and DtypeError naming what does not fit.
  AttentionResult operator()(const Tensor& query, const Tensor& key, const Tensor& value, const AttentionInput& input = {},
                             SourceLocation at = SourceLocation::here());
  AttentionResult operator()(const Tensor& x, const AttentionInput& input = {}, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  std::string description() const override;
  std::size_t features() const { return features_; }
  std::size_t heads() const { return heads_; }

 private:
  struct Sizes;
  Sizes sizes_of(const Tensor& q, const Tensor& k, const Tensor& v) const;
  Tensor hidden(const AttentionInput& input, const Sizes& sizes, Dtype dtype) const;
  Tensor project(const Tensor& x, std::size_t part) const;
  Tensor heads_of(const Tensor& x) const;
  bool is_fused(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionInput& input) const;
  Tensor attend_to_itself(const Tensor& x, bool causal) const;
  AttentionResult attend(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionInput& input);

  std::size_t features_, heads_;
  double dropout_;
  bool batch_first_;
};

}  // namespace reel::nn
