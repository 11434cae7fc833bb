#pragma once
#include <vector>

#include <reel/autograd/record.hpp>

/// Reading and adding at positions given by int64 tensors or masks. Negative indices count from the back; an index out of range throws
/// ShapeError naming it and its position. An element that is read several times gets the sum of the gradients, added in the order of the
/// indices: the same bits for any number of threads.
namespace reel {

/// The elements of x at `indices` (int64, any shape, or a number) along an axis; that axis is replaced by the axes of `indices`.
Tensor take(Operand x, Operand indices, std::ptrdiff_t axis = 0);

/// y[i, j] = x[i, indices[i, j]] for axis 1, and so on: one index per element of the result, which has the shape of `indices`. `indices`
/// has as many axes as x; on the other axes it may be shorter than x, whose remaining elements are not used.
Tensor gather(Operand x, Operand indices, std::ptrdiff_t axis);
/// x with source[i, j] added at [i, indices[i, j]] for axis 1, and so on. `indices` is as in gather(); source is at least as long on every
/// axis, and its remaining elements are not used.
Tensor scatter_add(Operand x, Operand indices, Operand source, std::ptrdiff_t axis);

/// NumPy's indexing by arrays: one array per axis of x, from the first on; `none` for a whole axis. int64 arrays broadcast, and y[k] =
/// x[i[k], j[k]]; a bool array stands for as many axes as it has, and selects where it is true. The axes of the selected elements replace
/// the indexed axes, or come first if those are not adjacent.
Tensor index(Operand x, const std::vector<Tensor>& indices);

/// x with its elements replaced by `value` where the mask (bool, broadcast to x) is true.
Tensor masked_fill(Operand x, Operand mask, Scalar value);
/// The elements at which the mask (bool) is true, in row-major order, as a vector. x and the mask broadcast.
Tensor masked_select(Operand x, Operand mask);

/// One-hot vectors of labels (int64, any shape): shape (..., classes). Throws DtypeError for another dtype, ShapeError for a label below 0
/// or not below `classes`. No gradient.
Tensor one_hot(Operand labels, std::size_t classes, Dtype dtype = float32);

}  // namespace reel
