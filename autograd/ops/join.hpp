#pragma once
#include <vector>

#include <reel/autograd/record.hpp>

namespace reel {

/// Joins tensors along an axis; the other lengths and the dtypes must agree. Throws Error for an empty list.
Tensor concatenate(const std::vector<Tensor>& tensors, std::ptrdiff_t axis = 0, SourceLocation at = SourceLocation::here());
/// Joins tensors along a new axis; shapes and dtypes must agree. Throws Error for an empty list.
Tensor stack(const std::vector<Tensor>& tensors, std::ptrdiff_t axis = 0, SourceLocation at = SourceLocation::here());
/// Splits x along an axis into parts of the given lengths, which must add up to the axis's length (ShapeError); or into parts of one
/// length, where the last part may be shorter.
std::vector<Tensor> split(Operand x, const std::vector<std::size_t>& lengths, std::ptrdiff_t axis = 0);
std::vector<Tensor> split(Operand x, std::size_t length, std::ptrdiff_t axis = 0);
/// Splits x along an axis into at most `count` parts, all of one length except the last, which may be shorter.
std::vector<Tensor> chunk(Operand x, std::size_t count, std::ptrdiff_t axis = 0);

}  // namespace reel
