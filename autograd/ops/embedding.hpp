#pragma once
#include <optional>

#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

struct EmbeddingOptions {
  /// Row that stands for padding: it is looked up like any other row, and gets no gradient. Negative numbers count from the back. Default:
  /// none.
  std::optional<std::ptrdiff_t> padding_idx = {};
};
/// Looks up rows of weight (rows, ...) by int64 indices of any shape; the result has shape indices.shape + weight.shape[1:]. The gradients
/// of a row that was looked up several times are added in the order of the indices. Throws ShapeError naming the position of an index that
/// is out of range.
Tensor embedding(Operand indices, Operand weight, EmbeddingOptions options = {});
REEL_NO_SUCH_OPTION(EmbeddingOptions, Tensor embedding(Operand, Operand, ...));

}  // namespace reel
