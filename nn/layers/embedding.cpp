#include <reel/nn/layers/embedding.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <reel/autograd/ops/embedding.hpp>
#include <reel/autograd/random.hpp>
#include <reel/nn/layers/checks.hpp>

namespace reel::nn {

namespace {

Tensor starting_weight(Integer count, Integer dim, const EmbeddingLayerOptions& o, SourceLocation at) {
  const Shape shape{detail::size_of("Embedding", "count", count, at), detail::size_of("Embedding", "dim", dim, at)};
  return random::normal(shape, {.dtype = o.dtype}, at);
}

}  // namespace

Embedding::Embedding(Integer count, Integer dim, EmbeddingLayerOptions o, SourceLocation at)
    : Embedding(starting_weight(count, dim, o, at), {.freeze = false, .padding_idx = o.padding_idx}, at) {
  if (!padding_idx_) return;
  weight.update([&](auto* p, std::size_t elements) {
    const std::size_t columns = weight.shape()[1];
    const std::ptrdiff_t row = *padding_idx_ < 0 ? *padding_idx_ + static_cast<std::ptrdiff_t>(elements / columns) : *padding_idx_;
    auto* const first = p + static_cast<std::size_t>(row) * columns;
    std::fill(first, first + columns, 0);
  });
}

Embedding::Embedding(const Tensor& w, PretrainedOptions o, SourceLocation at) : weight(w), padding_idx_(o.padding_idx) {
  reel::detail::placed(at, [&] {
    if (w.rank() != 2) throw ShapeError(fmt::format("Embedding: weight is {}; it needs two axes (count, dim)", w.shape()));
    const auto rows = static_cast<std::ptrdiff_t>(w.shape()[0]);
    if (padding_idx_ && (*padding_idx_ < -rows || *padding_idx_ >= rows))
      throw ShapeError(fmt::format("Embedding: padding_idx is {}; it has to be one of the {} rows", *padding_idx_, rows));
  });
  if (o.freeze) weight.set_requires_grad(false);
}

Embedding Embedding::from_pretrained(const Tensor& weight, PretrainedOptions options, SourceLocation at) {
  return Embedding(weight, options, at);
}

Tensor Embedding::forward(const Tensor& indices) {
  const CallSite site(called_at());
  return embedding(indices, weight, {.padding_idx = padding_idx_});
}

std::string Embedding::description() const {
  const std::string padding = padding_idx_ ? fmt::format(", padding_idx={}", *padding_idx_) : "";
  return fmt::format("Embedding({}, {}{})", weight.shape()[0], weight.shape()[1], padding);
}

}  // namespace reel::nn
