#pragma once
#include <optional>
#include <vector>

#include <reel/autograd/ops/activations.hpp>
#include <reel/core/mistake.hpp>
#include <reel/nn/layers/attention.hpp>
#include <reel/nn/layers/normalization.hpp>

namespace reel::nn {

struct TransformerOptions {
  /// Number of features between linear1 and linear2.
  Integer dim_feedforward = 2048;
  /// Probability of dropout in training, at least 0 and below 1: of attention weights, and of the results of attention, the activation and
  /// linear2.
  double dropout = 0.1;
  /// Probability of dropout of attention weights, by default `dropout`. With 0, attention is one fused op in training, too, which keeps no
  /// weights.
  std::optional<double> attention_dropout = {};
  /// Activation of the feed-forward part: relu, gelu, or any function of a tensor.
  Tensor (*activation)(Operand) = relu;
  double layer_norm_eps = 1e-5;
  /// Whether x is (N, length, features) instead of (length, N, features).
  bool batch_first = false;
  /// Whether to normalize the inputs of attention and of the feed-forward part (pre-norm) instead of the sums after them.
  bool norm_first = false;
  Dtype dtype = float32;
};

/// Further arguments of a transformer; masks are as in AttentionInput.
struct TransformerInput {
  Tensor mask = {};                  ///< (L, L), or (N·heads, L, L)
  Tensor src_key_padding_mask = {};  ///< (N, L)
  bool causal = false;
};

/// Transformer encoder layer: self-attention and a feed-forward network, each with a residual connection and a layer normalization (Vaswani
/// et al. 2017; norm_first: Xiong et al. 2020). The result has x's shape. Names, layouts and defaults are PyTorch's.
class TransformerEncoderLayer : public Module {
 public:
  MultiheadAttention self_attn;
  Linear linear1, linear2;
  LayerNorm norm1, norm2;
  REEL_MEMBERS(self_attn, linear1, linear2, norm1, norm2)

  /// Throws the errors of MultiheadAttention.
  TransformerEncoderLayer(Integer features, Integer heads, TransformerOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(TransformerOptions, TransformerEncoderLayer(Integer, Integer, ...));

  Tensor operator()(const Tensor& x, const TransformerInput& input = {}, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override { return run(x, {}); }
  std::string description() const override;

 private:
  Tensor run(const Tensor& x, const TransformerInput& input);
  Tensor dropped(const Tensor& x) const;
  Tensor attended(const Tensor& x, const TransformerInput& input);
  Tensor fed_forward(const Tensor& x);

  Tensor (*activation_)(Operand);
  double dropout_;
  bool norm_first_;
};

/// A stack of encoder layers, followed by an optional layer normalization. The result has x's shape.
class TransformerEncoder : public Module {
 public:
  std::vector<TransformerEncoderLayer> layers;
  std::optional<LayerNorm> norm;
  REEL_MEMBERS(layers, norm)

  /// num_layers copies of a layer, which start with the same weights, as in PyTorch.
  TransformerEncoder(const TransformerEncoderLayer& layer, Integer num_layers, std::optional<LayerNorm> norm = {},
                     SourceLocation at = SourceLocation::here());
  /// A stack of the given layers, each with weights of its own.
  explicit TransformerEncoder(std::vector<TransformerEncoderLayer> layers, std::optional<LayerNorm> norm = {});

  Tensor operator()(const Tensor& x, const TransformerInput& input = {}, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override { return run(x, {}); }
  std::string description() const override;

 private:
  Tensor run(const Tensor& x, const TransformerInput& input);
};

}  // namespace reel::nn
