#include <reel/autograd/ops/embedding.hpp>

#include <fmt/format.h>
#include <reel/core/kernels/network/embedding.hpp>

namespace reel {

namespace {

using Row = std::optional<std::size_t>;

Tensor embedding_backward(const Tensor& dy, const Tensor& indices, const Shape& shape, Row left_out);

/// The rows of weight. With `zero`, the row that gets no gradient is read as 0, which makes the op the transpose of embedding_backward.
Tensor embedding_of(const Operand& indices, const Operand& weight, Row left_out, bool zero) {
  return record(
      "embedding", "dweight = dy, added up in the rows that were taken", {indices, weight},
      [left_out, zero](const Inputs& in) {
        if (!is_floating(in[1].dtype()))
          throw DtypeError(fmt::format("embedding: weight is {}; it needs float32 or float64 (astype converts)", name_of(in[1].dtype())));
        return kernels::embedding(in[0], in[1], zero ? left_out : Row());
      },
      [left_out](const Pullback& p) {
        return Gradients{none, embedding_backward(p.dy(), p.input(0), p.input(1).shape(), left_out)};
      },
      [left_out] { return left_out ? fmt::format("padding_idx={}", *left_out) : std::string(); });
}

Tensor embedding_backward(const Tensor& dy, const Tensor& indices, const Shape& shape, Row left_out) {
  return record(
      "embedding_backward", "dx = the rows of dy", {dy, indices},
      [shape, left_out](const Inputs& in) { return kernels::embedding_backward(in[1], in[0], shape, left_out); },
      [left_out](const Pullback& p) {
        return Gradients{embedding_of(p.input(1), p.dy(), left_out, true), none};
      },
      [shape] { return to_string(shape); });
}

}  // namespace

Tensor embedding(Operand indices, Operand weight, EmbeddingOptions o) {
  const Row padding = located("embedding", indices, [&]() -> Row {
    const Shape shape = weight.as_tensor().shape();
    if (!o.padding_idx || shape.rank() == 0) return {};
    const auto rows = static_cast<std::ptrdiff_t>(shape[0]), row = *o.padding_idx;
    if (row < -rows || row >= rows)
      throw ShapeError(fmt::format("embedding: padding_idx is {} and weight is {}; it has to be one of the {} rows", row, shape, rows));
    return static_cast<std::size_t>(row < 0 ? row + rows : row);
  });
  return embedding_of(indices, weight, padding, false);
}

}  // namespace reel
