#pragma once
#include <reel/core/array.hpp>

/// Factorizations of the matrices on the last two axes, one for every element of the batch axes before them; float32 or float64. Each
/// function returns one array whose rows hold the parts that belong together, because an op has one output. The bits are the same for any
/// number of threads. They throw ShapeError or DtypeError for an array that is not of (square) matrices, and Error for NaN or infinity.
namespace reel::kernels {

/// The eigenvalues of (A + Aᵀ)/2 in ascending order, each followed by its unit eigenvector, shape (..., n, 1 + n). In each vector, the
/// first element whose magnitude is at least 0.7 of the largest is positive.
Array eigh(const Array& a);
/// The singular values of A (m x n) in descending order, each between its left and its right singular vector: shape (..., k, m + 1 + n)
/// with k = min(m, n). The signs of the left vectors are chosen as in eigh().
Array svd(const Array& a);
/// The columns of Q, each followed by the row of R, shape (..., k, m + n). The signs are those of LAPACK's Householder reflections.
Array qr(const Array& a);

}  // namespace reel::kernels
