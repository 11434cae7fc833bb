#pragma once
#include <optional>

#include <reel/core/mistake.hpp>
#include <reel/nn/module.hpp>

namespace reel::nn {

struct EmbeddingLayerOptions {
  /// Index of the row that stands for padding: it is initialized to zeros and gets no gradient. Negative indices count from the back.
  std::optional<std::ptrdiff_t> padding_idx = {};
  Dtype dtype = float32;
};

struct PretrainedOptions {
  /// Whether the weight is a constant, which is not trained.
  bool freeze = true;
  /// As in EmbeddingLayerOptions, but the row keeps its value.
  std::optional<std::ptrdiff_t> padding_idx = {};
};

/// Looks up rows of a weight by int64 indices of any shape: (...) to (..., dim).
class Embedding : public Module {
 public:
  Parameter weight;  ///< (count, dim), initialized from the standard normal distribution
  REEL_MEMBERS(weight)

  /// Throws ShapeError for sizes below 1 and for a padding_idx out of range.
  Embedding(Integer count, Integer dim, EmbeddingLayerOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(EmbeddingLayerOptions, Embedding(Integer, Integer, ...));
  /// An embedding with a given weight, (count, dim), such as one that was trained elsewhere.
  static Embedding from_pretrained(const Tensor& weight, PretrainedOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(PretrainedOptions, static Embedding from_pretrained(const Tensor&, ...));

  Tensor forward(const Tensor& indices) override;
  std::string description() const override;

 private:
  Embedding(const Tensor& weight, PretrainedOptions options, SourceLocation at);

  std::optional<std::ptrdiff_t> padding_idx_;
};

}  // namespace reel::nn
