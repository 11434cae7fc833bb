#pragma once
#include <reel/autograd/record.hpp>

/// Factors of the matrices on the last two axes, for every element of the axes before them. float32 or float64; DtypeError for others,
/// ShapeError for what is no (square) matrix, Error for NaN and infinity.
///
/// Gradients exist where the factors are unique up to signs: eigenvalues or singular values that differ, for the vectors of svd() also none
/// that is 0 (unless A is square, where one may be), for qr() linearly independent columns (the first m of them, if there are more columns
/// than rows). There they hold to every order. At equal values the vectors can be any of a whole space and turn by any amount: what depends
/// on them gets infinities or NaN, as the formulas divide by the difference, and large, ill-conditioned gradients where values are close;
/// what depends on the values only, and treats equal ones alike, keeps its gradient of first order. Signs are fixed as said below, so a
/// function may depend on them.
namespace reel {

struct Eigh {
  Tensor values, vectors;
};
/// Eigenvalues (..., n), rising, and unit eigenvectors, the columns of (..., n, n), of a symmetric A = V diag(w) Vᵀ; of another matrix the
/// symmetric part (A + Aᵀ)/2 is taken, so that the gradient is symmetric. Of the elements of a vector that are at least 0.7 of its largest,
/// the first is positive. The rule is that of M. Giles, "Collected matrix derivative results", 2008.
Eigh eigh(Operand a);

struct Svd {
  Tensor u, s, vt;
};
/// A = U diag(s) Vᵀ for A of m x n and k = min(m, n): u (..., m, k), s (..., k) falling, vt (..., k, n) (what PyTorch calls
/// full_matrices=false). The signs of u's columns are as those of eigh(). The rule is that of J. Townsend, "Differentiating the singular
/// value decomposition", 2016.
Svd svd(Operand a);

struct Qr {
  Tensor q, r;
};
/// A = Q R for A of m x n and k = min(m, n): q (..., m, k) with orthonormal columns, r (..., k, n) upper triangular (what NumPy and
/// PyTorch call "reduced"); signs as LAPACK's. The gradient throws Error where the columns depend on each other. The rule is that of Walter
/// and Lehmann, arXiv:1009.6112, for more columns than rows of Roberts and Roberts, arXiv:2009.10071.
Qr qr(Operand a);

}  // namespace reel
