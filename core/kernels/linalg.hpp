#pragma once
#include <reel/core/array.hpp>

/// Linear algebra of the matrices on the last two axes, for every element of the axes before them; float32 or float64. The bits are the
/// same for any number of threads. ShapeError or DtypeError for what is no (square) matrix; an Error that names the matrix of the batch and
/// the pivot where there is no result.
namespace reel::kernels {

/// Throws DtypeError or ShapeError unless x, which `op` calls `name`, has matrices of real numbers.
void require_matrices(const char* op, const char* name, const Array& x);
void require_square(const char* op, const char* name, const Array& x);

Array inverse(const Array& a);
/// A⁻¹ B, or A⁻ᵀ B; the axes before the matrices broadcast.
Array solve(const Array& a, const Array& b, bool transposed);
/// Whether solve() takes b for vectors (..., n) and not for matrices: a single one, or as many as a has matrices.
bool are_vectors(const Shape& a, const Shape& b);
/// The same for a triangular A, of which the other triangle is not read.
Array solve_triangular(const Array& a, const Array& b, bool upper, bool transposed);
/// The lower triangular L with L Lᵀ = (A + Aᵀ)/2.
Array cholesky(const Array& a);

Array det(const Array& a);
/// (..., 2): the determinant's sign (-1, 0 or 1) and the logarithm of its magnitude.
Array slogdet(const Array& a);
/// NaN where the determinant is negative, -inf where it is 0.
Array logdet(const Array& a);
/// The largest |A| |A⁻¹| of all matrices (of the largest sums of a row's magnitudes), given the inverses; 0 if there are none.
double condition(const Array& a, const Array& inverse);
/// The sum of the diagonal, of any dtype.
Array trace(const Array& a);

}  // namespace reel::kernels
