#pragma once
#include <optional>

#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

struct EmbeddingOptions {
  /// The row that stands for padding: it is looked up as every other, and gets no gradient. Negative ones count from the back.
  std::optional<std::ptrdiff_t> padding_idx = {};
};
/// Rows of weight (rows, ...) by int64 indices of any shape: the result is indices.shape + weight.shape[1:]. Gradients of a row that was
/// taken several times are added up in the order of the indices. Throws ShapeError that names the place of an index out of range.
Tensor embedding(Operand indices, Operand weight, EmbeddingOptions options = {});
REEL_NO_SUCH_OPTION(EmbeddingOptions, Tensor embedding(Operand, Operand, ...));

}  // namespace reel
