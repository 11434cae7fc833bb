#pragma once
#include <optional>

#include <reel/core/mistake.hpp>
#include <reel/nn/layers/linear.hpp>

namespace reel::nn {

struct MultiheadAttentionOptions {
  /// Whether the projections have biases.
  bool bias = true;
  /// Probability, at least 0 and below 1, with which an attention weight is dropped in training.
  double dropout = 0;
  /// Number of features of keys and of values; by default that of queries.
  std::optional<Integer> kdim = {}, vdim = {};
  /// Whether sequences are (N, length, features) instead of (length, N, features).
  bool batch_first = false;
  Dtype dtype = float32;
};

/// Further arguments of attention. Masks are PyTorch's: a bool mask hides keys where it is *true* (unlike that of
/// scaled_dot_product_attention), a floating mask is added to the scores. All given masks apply. A query that sees no key gives out_proj's
/// bias (PyTorch: NaN). L is the number of queries, S that of keys.
struct AttentionInput {
  Tensor key_padding_mask = {};  ///< (N, S): marks keys that are padding
  Tensor attn_mask = {};         ///< (L, S), or (N·heads, L, S)
  bool causal = false;           ///< query i sees keys 0 to i
  /// Whether to return the attention weights, too; attention is then not computed by the fused op.
  bool need_weights = false;
  /// Whether the returned weights are averaged over the heads; otherwise there is one matrix per head.
  bool average_attn_weights = true;
};

struct AttentionResult {
  Tensor output;
  /// The attention weights after dropout, (N, L, S) or (N, heads, L, S); undefined unless need_weights asked for them.
  Tensor weights = {};
};

/// Multi-head attention (Vaswani et al. 2017): queries (L, N, features), keys (S, N, kdim) and values (S, N, vdim) to (L, N, features).
/// Names and layouts are PyTorch's. Weights are initialized Glorot-uniform, biases to 0, out_proj as Linear. Called as a Module it is
/// self-attention and returns the output alone.
///
///     attention(x, {.causal = true}).output        attention(query, key, value, {.key_padding_mask = padding})
class MultiheadAttention : public Module {
 public:
  std::optional<Parameter> in_proj_weight;                               ///< (3·features, features): of queries, keys and values
  std::optional<Parameter> q_proj_weight, k_proj_weight, v_proj_weight;  ///< instead, where kdim or vdim differs from features
  std::optional<Parameter> in_proj_bias;                                 ///< (3·features,)
  Linear out_proj;
  REEL_MEMBERS(in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias, out_proj)

  /// Throws ShapeError for sizes below 1, Error unless heads divides features and dropout is in [0, 1).
  MultiheadAttention(Integer features, Integer heads, MultiheadAttentionOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(MultiheadAttentionOptions, MultiheadAttention(Integer, Integer, ...));

  /// Throws ShapeError or DtypeError, naming the argument that does not fit.
  AttentionResult operator()(const Tensor& query, const Tensor& key, const Tensor& value, const AttentionInput& input = {},
                             SourceLocation at = SourceLocation::here());
  /// Self-attention: x is query, key and value.
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
