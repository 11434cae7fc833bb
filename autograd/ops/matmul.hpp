#pragma once
#include <reel/autograd/record.hpp>
#include <reel/core/kernels/matmul.hpp>

namespace reel {

using kernels::Transposed;

/// Matrix products of (..., m, k) by (..., k, n); the axes before the last two broadcast. As NumPy's, a vector (k,) on the left is one row,
/// on the right one column, which the result does not have: (k,) by (k,) is a number. `{.b = true}` reads b transposed, without a
/// copy. Both floating and of one dtype. Throws ShapeError unless a has as many columns as b has rows, and for numbers.
Tensor matmul(Operand a, Operand b, Transposed transposed = {});
/// The same of arrays of matrices, summed down to the batch axes `batch` (those before the last two), or repeated to them: the gradient of
/// a product that broadcasts, without the array that would be summed. ShapeError unless the three batches broadcast with each other.
Tensor matmul_to(Operand a, Operand b, const Shape& batch, Transposed transposed = {});
/// Σ a·b of two vectors of one length, a number. Throws ShapeError for other shapes.
Tensor dot(Operand a, Operand b);
/// All products of an element of a with one of b: (m,) and (n,) give (m, n). Throws ShapeError unless both are vectors.
Tensor outer(Operand a, Operand b);
/// x Wᵀ + b for x (..., in), weight (out, in) and bias (out,): what nn::Linear computes.
Tensor linear(Operand x, Operand weight, Operand bias);
Tensor linear(Operand x, Operand weight);

}  // namespace reel
