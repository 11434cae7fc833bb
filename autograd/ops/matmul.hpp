#pragma once
#include <reel/autograd/record.hpp>
#include <reel/core/kernels/matmul.hpp>

namespace reel {

using kernels::Transposed;

/// Matrix product of (..., m, k) and (..., k, n), with shape (..., m, n); the axes before the last two broadcast. As in NumPy, a vector
/// (k,) on the left is a matrix of one row and on the right of one column, and the result does not have that axis: (k,) by (k,) gives a
/// scalar. `{.b = true}` reads b transposed, without a copy. Both must be floating and of one dtype. Throws ShapeError unless a has as many
/// columns as b has rows, and for scalars.
Tensor matmul(Operand a, Operand b, Transposed transposed = {});
/// The same, summed (or repeated) to the batch dimensions `batch` (the axes before the last two): the gradient of a product that
/// broadcasts, without the array that would be summed. Throws ShapeError unless the three batches broadcast with each other.
Tensor matmul_to(Operand a, Operand b, const Shape& batch, Transposed transposed = {});
/// Σ a·b of two vectors of equal length, a scalar. Throws ShapeError for other shapes.
Tensor dot(Operand a, Operand b);
/// Outer product: all products of an element of a and an element of b; (m,) and (n,) give (m, n). Throws ShapeError unless both are
/// vectors.
Tensor outer(Operand a, Operand b);
/// x Wᵀ + b for x (..., in), weight (out, in) and bias (out,): what nn::Linear computes.
Tensor linear(Operand x, Operand weight, Operand bias);
Tensor linear(Operand x, Operand weight);

}  // namespace reel
