#pragma once
#include <vector>

#include <reel/autograd/record.hpp>

namespace reel {

/// Joined along an axis; the other lengths and the dtypes have to agree. Throws Error for an empty list.
Tensor concatenate(const std::vector<Tensor>& tensors, std::ptrdiff_t axis = 0, SourceLocation at = SourceLocation::here());
/// Side by side along a new axis; shapes and dtypes have to agree. Throws Error for an empty list.
Tensor stack(const std::vector<Tensor>& tensors, std::ptrdiff_t axis = 0, SourceLocation at = SourceLocation::here());
/// Parts of the given lengths along an axis, which add up to its length (else ShapeError); or parts of one length, the last one what is
/// left.
std::vector<Tensor> split(Operand x, const std::vector<std::size_t>& lengths, std::ptrdiff_t axis = 0);
std::vector<Tensor> split(Operand x, std::size_t length, std::ptrdiff_t axis = 0);
/// At most `count` parts along an axis, all of one length but the last, which may be shorter.
std::vector<Tensor> chunk(Operand x, std::size_t count, std::ptrdiff_t axis = 0);

}  // namespace reel
