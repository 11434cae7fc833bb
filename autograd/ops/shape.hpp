#pragma once
#include <vector>

#include <reel/autograd/record.hpp>
#include <reel/core/kernels/movement.hpp>

namespace reel {

/// The same elements in another shape, without a copy; one length may be -1. Throws ShapeError when the count does not fit.
Tensor reshape(Operand x, Ints shape);
/// Two axes swapped; by default the last two. A tensor of fewer than two axes is a ShapeError.
Tensor transpose(Operand x, std::ptrdiff_t axis_a = -2, std::ptrdiff_t axis_b = -1);
/// Axis i of the result is axis axes[i] of x.
Tensor permute(Operand x, Ints axes);
/// Part of a tensor: `slice(x, {{}, {0, 3}, -1})` takes columns 0 to 2 of all rows and the last of the third axis, which is dropped.
Tensor slice(Operand x, Slices slices);
/// Joined along an axis; the other lengths and the dtypes have to agree. Throws Error for an empty list.
Tensor concatenate(const std::vector<Tensor>& tensors, std::ptrdiff_t axis = 0, SourceLocation at = SourceLocation::here());

}  // namespace reel
