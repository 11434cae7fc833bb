#pragma once
#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

/// Ops of the matrices on the last two axes, for every element of the axes before them. float32 or float64; DtypeError for others,
/// ShapeError for what is no (square) matrix. Matrices without rows are fine: the inverse of 0 x 0 is 0 x 0, its determinant 1.
namespace reel {

/// A⁻¹. Throws Error for a singular matrix: names it, and the first row that depends on those before it. As in NumPy and PyTorch, that is
/// one for which elimination meets a pivot of exactly 0; where rounding leaves a little instead, the result is large and has no digits.
Tensor inverse(Operand a);

/// X with A X = B, for B of (..., n, columns) or vectors (..., n); the axes before them broadcast. As PyTorch has it, b is taken for
/// vectors when it is a single one, (n,), or its shape is a's without the last axis. Throws Error as inverse() does, ShapeError unless B
/// has as many rows as A.
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

/// The lower triangular L with L Lᵀ = A, for a symmetric, positive definite A; of another matrix the symmetric part (A + Aᵀ)/2 is taken,
/// so that the gradient is symmetric. Throws Error where that is not positive definite: names the matrix and the first pivot that is not
/// above 0. The rule is that of I. Murray, arXiv:1602.07527.
Tensor cholesky(Operand a);

/// The determinant. Its gradient, the cofactors of A, is right for singular matrices too: where A is well-conditioned (|A| |A⁻¹| up to 1e6,
/// in float32 1e3, for all matrices of the batch) it is y·A⁻ᵀ, with derivatives of every order; otherwise it is made from singular
/// values without dividing by any, and there are derivatives of first and second order; asking for the third throws GradientError.
Tensor det(Operand a);

/// log det A: NaN where the determinant is negative, -inf where it is 0, which has no gradient (Error).
Tensor logdet(Operand a);

struct Slogdet {
  Tensor sign, logabsdet;
};
/// The determinant's sign (-1, 0 or 1), through which no gradient flows, and the logarithm of its magnitude (-inf for 0, without gradient).
Slogdet slogdet(Operand a);

/// The sum of the diagonal; matrices need not be square.
Tensor trace(Operand a);

}  // namespace reel
