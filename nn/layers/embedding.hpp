#pragma once
#include <optional>

#include <reel/core/mistake.hpp>
#include <reel/nn/module.hpp>

namespace reel::nn {

struct EmbeddingLayerOptions {
  /// The row that stands for padding: it begins as zeros and gets no gradient. Negative ones count from the back.
  std::optional<std::ptrdiff_t> padding_idx = {};
  Dtype dtype = float32;
};

struct PretrainedOptions {
  /// Whether the weight is a constant.
  bool freeze = true;
  std::optional<std::ptrdiff_t> padding_idx = {};
};

/// Rows of weight by int64 indices of any shape: (...) to (..., dim).
class Embedding : public Module {
 public:
  Parameter weight;  ///< (count, dim), from a normal distribution
  REEL_MEMBERS(weight)

  /// Throws ShapeError for sizes below 1 and a padding_idx that is no row.
  Embedding(Integer count, Integer dim, EmbeddingLayerOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(EmbeddingLayerOptions, Embedding(Integer, Integer, ...));
  /// From a weight that was learned elsewhere, (count, dim); its padding row is taken as it is.
  static Embedding from_pretrained(const Tensor& weight, PretrainedOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(PretrainedOptions, static Embedding from_pretrained(const Tensor&, ...));

  Tensor forward(const Tensor& indices) override;
  std::string description() const override;

 private:
  Embedding(const Tensor& weight, PretrainedOptions options, SourceLocation at);

  std::optional<std::ptrdiff_t> padding_idx_;
};

}  // namespace reel::nn
