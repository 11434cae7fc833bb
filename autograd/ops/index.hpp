#pragma once
#include <vector>

#include <reel/autograd/record.hpp>

/// Reading, and adding, at places that int64 tensors or masks name. Negative indices count from the back; one that is out of range is a
/// ShapeError naming it and its position. Elements that are read several times get the sum of the gradients, added in the order
/// of the indices: the same bits for any number of threads.
namespace reel {

/// The parts of x at `indices` (int64, any shape, or a number) along an axis; the axes of `indices` take that axis's place.
Tensor take(Operand x, Operand indices, std::ptrdiff_t axis = 0);

/// y[i, j] = x[i, indices[i, j]] for axis 1, and so on: one index for each element. `indices` has as many axes as x, and on the others
/// at most x's lengths: what is beyond them is left out.
Tensor gather(Operand x, Operand indices, std::ptrdiff_t axis);
/// x with source[i, j] added at [i, indices[i, j]] for axis 1, and so on. `indices` is as in gather(), and source at least as long on every
/// axis: what is beyond it is left out.
Tensor scatter_add(Operand x, Operand indices, Operand source, std::ptrdiff_t axis);

/// NumPy's indexing by arrays: one for each axis of x from the first on, `none` for a whole axis. int64 arrays broadcast, and y[k] =
/// x[i[k], j[k]]; a bool array stands for as many axes as it has, and picks where it is true. The picked elements' axes come where the
/// indexed ones were, or first when those are not neighbours.
Tensor index(Operand x, const std::vector<Tensor>& indices);

/// x, and `value` where the mask (bool, broadcast to x) is set.
Tensor masked_fill(Operand x, Operand mask, Scalar value);
/// The elements at which the mask (bool) is set, in row-major order, on one axis. Both broadcast.
Tensor masked_select(Operand x, Operand mask);

/// Classes (int64, any shape) as rows with a single 1: shape (..., classes). Throws DtypeError for another dtype, ShapeError for a class
/// below 0 or not below `classes`. No gradient.
Tensor one_hot(Operand labels, std::size_t classes, Dtype dtype = float32);

}  // namespace reel
