#pragma once
#include <reel/core/array.hpp>

/// Linear algebra of the matrices on the last two axes, for every element of the batch axes before them; float32 or float64. The bits are
/// the same for any number of threads. They throw ShapeError or DtypeError for an array that is not of (square) matrices, and an Error that
/// names the matrix of the batch and the pivot where there is no result.
namespace reel::kernels {

/// Throws DtypeError or ShapeError unless x, the argument `name` of `op`, holds (square) matrices of floating numbers.
void require_matrices(const char* op, const char* name, const Array& x);
void require_square(const char* op, const char* name, const Array& x);

/// A⁻¹.
Array inverse(const Array& a);
/// A⁻¹ B, or A⁻ᵀ B where `transposed`; the batch axes broadcast.
Array solve(const Array& a, const Array& b, bool transposed);
/// Whether solve() takes b as vectors (..., n) rather than as matrices: b is a single vector, or one vector per matrix of a.
bool are_vectors(const Shape& a, const Shape& b);
/// solve() for a triangular A, whose other triangle is not read.
Array solve_triangular(const Array& a, const Array& b, bool upper, bool transposed);
/// The lower triangular L with L Lᵀ = (A + Aᵀ)/2.
Array cholesky(const Array& a);

/// The determinant.
Array det(const Array& a);
/// The sign of the determinant (-1, 0 or 1) and the logarithm of its magnitude, shape (..., 2).
Array slogdet(const Array& a);
/// The logarithm of the determinant: NaN where the determinant is negative, -inf where it is 0.
Array logdet(const Array& a);
/// The largest condition number ‖A‖·‖A⁻¹‖ of all matrices in the ∞-norm (largest row sum of magnitudes), given the inverses; 0 if there are
/// no matrices.
double condition(const Array& a, const Array& inverse);
/// The sum of each matrix's diagonal; x may have any dtype.
Array trace(const Array& a);

}  // namespace reel::kernels
