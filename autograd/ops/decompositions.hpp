#pragma once
#include <reel/autograd/record.hpp>

/// Factorizations of the matrices on the last two axes, for every element of the axes before them (batch dimensions). float32 or float64,
/// else DtypeError; ShapeError unless x is a (square) matrix; Error for NaN and infinity.
///
/// Gradients exist where the factors are unique up to signs: the eigenvalues or singular values differ; for the vectors of svd() none is 0
/// either (if A is square, one may be); for qr() the columns are linearly independent (the first m of them, if there are more columns than
/// rows). There they are correct to every order. At equal values the vectors can be any basis of a subspace: whatever depends on them gets
/// infinities or NaN, since the formulas divide by the difference of the values, and large, ill-conditioned gradients where values are
/// close. A function of the values alone that treats equal ones alike keeps its first-order gradient. Signs are fixed as stated below, so a
/// function may depend on them.
namespace reel {

struct Eigh {
  Tensor values, vectors;
};
/// Eigenvalues (..., n), ascending, and unit eigenvectors, the columns of (..., n, n), of a symmetric A = V diag(w) Vᵀ. Of another matrix
/// the symmetric part (A + Aᵀ)/2 is taken, so that the gradient is symmetric. Sign: of the elements of a vector whose magnitude is at least
/// 0.7 of the largest, the first is positive. The rule is from M. Giles, "Collected matrix derivative results", 2008.
Eigh eigh(Operand a);

struct Svd {
  Tensor u, s, vt;
};
/// A = U diag(s) Vᵀ for A of m x n and k = min(m, n): u (..., m, k), s (..., k) descending, vt (..., k, n) (PyTorch's full_matrices=false).
/// The signs of u's columns are as in eigh(). The rule is from J. Townsend, "Differentiating the singular value decomposition", 2016.
Svd svd(Operand a);

struct Qr {
  Tensor q, r;
};
/// A = Q R for A of m x n and k = min(m, n): q (..., m, k) with orthonormal columns, r (..., k, n) upper triangular ("reduced" in NumPy and
/// PyTorch); signs as LAPACK's. The gradient throws Error where the columns are linearly dependent. The rule is from Walter and Lehmann,
/// arXiv:1009.6112; for more columns than rows, from Roberts and Roberts, arXiv:2009.10071.
Qr qr(Operand a);

}  // namespace reel
