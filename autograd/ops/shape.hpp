#pragma once
#include <reel/autograd/ops/join.hpp>
#include <reel/autograd/record.hpp>
#include <reel/core/kernels/slicing.hpp>

namespace reel {

/// The same elements in another shape, without a copy; one length may be -1. Throws ShapeError when the count does not fit.
Tensor reshape(Operand x, Ints shape);
/// The axes from `first` to `last` made one, by default all; a scalar becomes a vector of one.
Tensor flatten(Operand x, std::ptrdiff_t first = 0, std::ptrdiff_t last = -1);
/// Without the named axes, or without all that have length 1. Throws ShapeError when one of those named has another length.
Tensor squeeze(Operand x);
Tensor squeeze(Operand x, Ints axes);
/// With an axis of length 1 more, at that place of the result.
Tensor unsqueeze(Operand x, std::ptrdiff_t axis);
/// Two axes swapped; by default the last two. A tensor of fewer than two axes is a ShapeError.
Tensor transpose(Operand x, std::ptrdiff_t axis_a = -2, std::ptrdiff_t axis_b = -1);
/// Axis i of the result is axis axes[i] of x.
Tensor permute(Operand x, Ints axes);
/// One axis put to another place of the result; the others keep their order.
Tensor movedim(Operand x, std::ptrdiff_t from, std::ptrdiff_t to);
/// Part of a tensor: `slice(x, {{}, {0, 3}, -1})` takes columns 0 to 2 of all rows and the last of the third axis, which is dropped.
/// `slice(x, {ellipsis, 0})` takes the first of the last axis, `slice(x, {newaxis})` puts an axis of length 1 in front; see Slice.
Tensor slice(Operand x, Slices slices);

}  // namespace reel
