#pragma once
#include <optional>

#include <reel/core/array.hpp>

namespace reel::kernels {

/// Rows of `weight` (along axis 0) by int64 indices of any shape: shape indices.shape + weight.shape[1:]. Rows of index `zero`, if it is
/// given, are 0. Throws Error for an index out of range, DtypeError for indices that are not int64.
Array embedding(const Array& indices, const Array& weight, std::optional<std::size_t> zero);

/// The transpose of embedding(): zeros of `shape`, with each row of dy added to the row of its index, in order. Rows of index `zero` are
/// left out.
Array embedding_backward(const Array& indices, const Array& dy, const Shape& shape, std::optional<std::size_t> zero);

}  // namespace reel::kernels
