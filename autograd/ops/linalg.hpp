#pragma once
#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

/// Ops on the matrices on the last two axes, for every element of the axes before them (batch dimensions). float32 or float64, else
/// DtypeError; ShapeError unless the operand is a (square) matrix. Matrices of size 0 are allowed: the inverse of 0 x 0 is 0 x 0, its
/// determinant 1.
namespace reel {

/// A⁻¹. Throws Error for a singular matrix, naming it and its first row that depends on the rows before it. As in NumPy and PyTorch,
/// singular means that elimination meets a pivot of exactly 0; where rounding leaves a small pivot instead, the result is large and has no
/// accurate digits.
Tensor inverse(Operand a);

/// Solves A X = B for X, where B is (..., n, columns) or vectors (..., n); the axes before them broadcast. As in PyTorch, b is a vector if
/// it has one axis, (n,), or if its shape is a's without the last axis. Throws Error as inverse() does, ShapeError unless B has as many
/// rows as A.
Tensor solve(Operand a, Operand b);

struct TriangularOptions {
  /// Whether A is upper triangular.
  bool upper = false;
  /// Solve Aᵀ X = B.
  bool transposed = false;
};

/// solve() for a triangular A, by substitution. The other triangle is not read and gets no gradient. Throws Error for a 0 on the diagonal.
Tensor solve_triangular(Operand a, Operand b, TriangularOptions options = {});
REEL_NO_SUCH_OPTION(TriangularOptions, Tensor solve_triangular(Operand, Operand, ...));

/// The lower triangular L with L Lᵀ = A, for a symmetric, positive definite A. Of another matrix the symmetric part (A + Aᵀ)/2 is taken, so
/// that the gradient is symmetric. If that is not positive definite, throws Error naming the matrix and the first pivot that is not
/// positive. The rule is from I. Murray, arXiv:1602.07527.
Tensor cholesky(Operand a);

/// The determinant. Its gradient, the cofactors of A, is correct for singular matrices too. If all matrices of the batch are
/// well-conditioned (|A| |A⁻¹| up to 1e6, in float32 1e3), the gradient is y·A⁻ᵀ, with derivatives of every order. Otherwise it is computed
/// from the singular values without dividing by any, and has derivatives up to second order; the third throws GradientError.
Tensor det(Operand a);

/// log det A: NaN where the determinant is negative; -inf where it is 0, and differentiating that throws Error.
Tensor logdet(Operand a);

struct Slogdet {
  Tensor sign, logabsdet;
};
/// The determinant's sign (-1, 0 or 1), through which no gradient flows, and the logarithm of its magnitude (-inf for 0, which has no
/// gradient).
Slogdet slogdet(Operand a);

/// The sum of the diagonal; the matrices need not be square.
Tensor trace(Operand a);

}  // namespace reel
