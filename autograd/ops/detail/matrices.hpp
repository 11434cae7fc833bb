#pragma once
// What the rules of linear algebra share.
#include <reel/autograd/record.hpp>

namespace reel::detail {

/// The axes before the last two.
Shape batch_of(const Tensor& x);
/// The same elements with an axis of length 1 at `axis`, which counts as in the result.
Tensor with_axis(const Tensor& x, std::ptrdiff_t axis);
/// A constant matrix: `below`, `on` and `above` the diagonal.
Tensor triangles(std::size_t rows, std::size_t columns, double below, double on, double above, Dtype dtype);
/// Columns [from, to) of the last axis; or one column, whose axis is dropped.
Tensor columns(const Tensor& x, std::size_t from, std::size_t to);
Tensor column(const Tensor& x, std::size_t i);

}  // namespace reel::detail
