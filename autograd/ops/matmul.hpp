#pragma once
#include <reel/autograd/record.hpp>
#include <reel/core/kernels/matmul.hpp>

namespace reel {

using kernels::Transposed;

/// Matrix products of (..., m, k) by (..., k, n); the axes before the last two broadcast. `{.b = true}` reads b transposed, without
/// a copy. Both floating and of one dtype. Throws ShapeError unless a has as many columns as b has rows.
Tensor matmul(Operand a, Operand b, Transposed transposed = {});
/// x Wᵀ + b for x (..., in), weight (out, in) and bias (out,): what nn::Linear computes.
Tensor linear(Operand x, Operand weight, Operand bias);
Tensor linear(Operand x, Operand weight);

}  // namespace reel
