#pragma once
#include <reel/autograd/ops/join.hpp>
#include <reel/autograd/record.hpp>
#include <reel/core/kernels/slicing.hpp>

namespace reel {

/// The same elements in another shape, without a copy; one length may be -1, which is then computed. Throws ShapeError when the number of
/// elements does not fit.
Tensor reshape(Operand x, Ints shape);
/// Merges the axes from `first` to `last` (inclusive) into one, by default all; a scalar becomes a vector of one element.
Tensor flatten(Operand x, std::ptrdiff_t first = 0, std::ptrdiff_t last = -1);
/// Removes the named axes, or all axes of length 1. Throws ShapeError when a named axis has another length.
Tensor squeeze(Operand x);
Tensor squeeze(Operand x, Ints axes);
/// Inserts an axis of length 1 at this position of the result.
Tensor unsqueeze(Operand x, std::ptrdiff_t axis);
/// Swaps two axes, by default the last two. Throws ShapeError for a tensor of fewer than two axes.
Tensor transpose(Operand x, std::ptrdiff_t axis_a = -2, std::ptrdiff_t axis_b = -1);
/// Reorders the axes: axis i of the result is axis axes[i] of x.
Tensor permute(Operand x, Ints axes);
/// Moves one axis to another position of the result; the others keep their order.
Tensor movedim(Operand x, std::ptrdiff_t from, std::ptrdiff_t to);
/// Part of a tensor: `slice(x, {{}, {0, 3}, -1})` takes all of the first axis, columns 0 to 2, and the last element of the third axis,
/// which is dropped. `slice(x, {ellipsis, 0})` takes the first element of the last axis, `slice(x, {newaxis})` inserts an axis of length 1
/// in front; see Slice.
Tensor slice(Operand x, Slices slices);

}  // namespace reel
