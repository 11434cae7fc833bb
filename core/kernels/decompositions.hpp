#pragma once
#include <reel/core/array.hpp>

/// Factors of the matrices on the last two axes, for every element of the axes before them; float32 or float64. Each gives one array in
/// which a row holds what belongs together, so that an op can have it as its one output. The bits are the same for any number of threads.
/// Throws ShapeError or DtypeError for what is no (square) matrix, Error for NaN or infinity.
namespace reel::kernels {

/// (..., n, 1 + n): the eigenvalues of (A + Aᵀ)/2, rising, each with its unit eigenvector behind it. Of the elements that are at least 0.7
/// of a vector's largest, the first is positive.
Array eigh(const Array& a);
/// (..., k, m + 1 + n) for A of m x n and k = min(m, n): a left singular vector, its singular value, and the right singular vector; the
/// values fall. The left vectors' signs are as eigh's.
Array svd(const Array& a);
/// (..., k, m + n): a column of Q, and the row of R; signs as LAPACK's Householder reflections give them.
Array qr(const Array& a);

}  // namespace reel::kernels
