#include <reel/nn/layers/transformer.hpp>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/random.hpp>
#include <reel/nn/layers/checks.hpp>

namespace reel::nn {

TransformerEncoderLayer::TransformerEncoderLayer(Integer features, Integer heads, TransformerOptions o, SourceLocation at)
    : self_attn(features, heads, {.dropout = o.attention_dropout.value_or(o.dropout), .batch_first = o.batch_first, .dtype = o.dtype}, at),
      linear1(features, o.dim_feedforward, {.dtype = o.dtype}, at),
      linear2(o.dim_feedforward, features, {.dtype = o.dtype}, at),
      norm1(features.value, {.eps = o.layer_norm_eps, .dtype = o.dtype}, at),
      norm2(features.value, {.eps = o.layer_norm_eps, .dtype = o.dtype}, at),
      activation_(o.activation),
      dropout_(o.dropout),
      norm_first_(o.norm_first) {}

Tensor TransformerEncoderLayer::dropped(const Tensor& x) const { return is_training() && dropout_ > 0 ? dropout(x, dropout_) : x; }

Tensor TransformerEncoderLayer::attended(const Tensor& x, const TransformerInput& in) {
  return dropped(self_attn(x, {.key_padding_mask = in.src_key_padding_mask, .attn_mask = in.mask, .causal = in.causal}).output);
}

Tensor TransformerEncoderLayer::fed_forward(const Tensor& x) { return dropped(linear2(dropped(activation_(linear1(x))))); }

Tensor TransformerEncoderLayer::run(const Tensor& x, const TransformerInput& in) {
  const CallSite site(called_at());
  if (norm_first_) {
    const Tensor y = x + attended(norm1(x), in);
    return y + fed_forward(norm2(y));
  }
  const Tensor y = norm1(x + attended(x, in));
  return norm2(y + fed_forward(y));
}

Tensor TransformerEncoderLayer::operator()(const Tensor& x, const TransformerInput& input, SourceLocation at) {
  return call(
      at, [&](const Tensor& sequences) { return run(sequences, input); }, x);
}

std::string TransformerEncoderLayer::description() const {
  return fmt::format("TransformerEncoderLayer({}, {}, dim_feedforward={}, dropout={}{})", self_attn.features(), self_attn.heads(),
                     linear1.weight.shape()[0], dropout_, norm_first_ ? ", norm_first" : "");
}

TransformerEncoder::TransformerEncoder(const TransformerEncoderLayer& layer, Integer num_layers, std::optional<LayerNorm> final_norm,
                                       SourceLocation at)
    : layers(detail::size_of("TransformerEncoder", "num_layers", num_layers, at), layer), norm(std::move(final_norm)) {}

TransformerEncoder::TransformerEncoder(std::vector<TransformerEncoderLayer> list, std::optional<LayerNorm> final_norm)
    : layers(std::move(list)), norm(std::move(final_norm)) {}

Tensor TransformerEncoder::run(const Tensor& x, const TransformerInput& input) {
  const SourceLocation at = called_at();
  Tensor y = x;
  for (TransformerEncoderLayer& layer : layers) y = layer(y, input, at);
  return norm ? (*norm)(y, at) : y;
}

Tensor TransformerEncoder::operator()(const Tensor& x, const TransformerInput& input, SourceLocation at) {
  return call(
      at, [&](const Tensor& sequences) { return run(sequences, input); }, x);
}

std::string TransformerEncoder::description() const { return fmt::format("TransformerEncoder({})", layers.size()); }

}  // namespace reel::nn
