#pragma once
#include <optional>
#include <vector>

#include <reel/autograd/ops/activations.hpp>
#include <reel/core/mistake.hpp>
#include <reel/nn/layers/attention.hpp>
#include <reel/nn/layers/normalization.hpp>

namespace reel::nn {

struct TransformerOptions {
  /// The width of the layer between linear1 and linear2.
  Integer dim_feedforward = 2048;
  /// While training: of attention weights, and of what attention, the activation and linear2 give.
  double dropout = 0.1;
  /// Of attention weights, where it is another. Without it, attention is one fused op, which keeps no weights.
  std::optional<double> attention_dropout = {};
  /// relu, gelu, or any function of a tensor.
  Tensor (*activation)(Operand) = relu;
  double layer_norm_eps = 1e-5;
  /// x is (N, length, features) instead of (length, N, features).
  bool batch_first = false;
  /// Normalize what goes into attention and the feed-forward part, instead of the sums after them.
  bool norm_first = false;
  Dtype dtype = float32;
};

/// What a transformer is called with besides x; masks as in AttentionInput.
struct TransformerInput {
  Tensor mask = {};                  ///< (L, L), or (N·heads, L, L)
  Tensor src_key_padding_mask = {};  ///< (N, L)
  bool causal = false;
};

/// Self-attention and a feed-forward network, each with a sum and a normalization around it (Vaswani et al. 2017; norm_first: Xiong et al.
/// 2020). Names, layouts and defaults are PyTorch's.
class TransformerEncoderLayer : public Module {
 public:
  MultiheadAttention self_attn;
  Linear linear1, linear2;
  LayerNorm norm1, norm2;
  REEL_MEMBERS(self_attn, linear1, linear2, norm1, norm2)

  /// Throws as MultiheadAttention.
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

/// Encoder layers one after the other, and then, where there is one, a normalization.
class TransformerEncoder : public Module {
 public:
  std::vector<TransformerEncoderLayer> layers;
  std::optional<LayerNorm> norm;
  REEL_MEMBERS(layers, norm)

  /// So many copies of a layer, which begin with the same weights, as in PyTorch.
  TransformerEncoder(const TransformerEncoderLayer& layer, Integer num_layers, std::optional<LayerNorm> norm = {},
                     SourceLocation at = SourceLocation::here());
  /// Of layers that were made one by one, with weights of their own.
  explicit TransformerEncoder(std::vector<TransformerEncoderLayer> layers, std::optional<LayerNorm> norm = {});

  Tensor operator()(const Tensor& x, const TransformerInput& input = {}, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override { return run(x, {}); }
  std::string description() const override;

 private:
  Tensor run(const Tensor& x, const TransformerInput& input);
};

}  // namespace reel::nn
