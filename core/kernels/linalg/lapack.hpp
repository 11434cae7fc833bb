#pragma once
// LAPACK by its Fortran symbols: xtensor-blas on top of it would copy every matrix to a column-major one, allocate at each call, know no
// batches and lose which pivot failed, for two seconds of compile time a source.
//
// For contiguous matrices, on one thread. LAPACK is column-major: a row-major matrix is its own transpose there. What is returned
// is LAPACK's `info`: 0, or which pivot (counted from 1) is 0, or for an iteration that it did not converge.
#include <vector>

namespace reel::kernels::lapack {

/// T is float or double, everywhere. `work` is scratch memory, grown as needed.
template <class T>
using Work = std::vector<T>;

/// A = P L U, in place.
template <class T>
int getrf(int n, T* a, int* pivots);
/// A⁻¹ from getrf's factors, in place.
template <class T>
int getri(int n, T* a, const int* pivots, Work<T>& work);
/// B becomes A⁻¹ B, or A⁻ᵀ B, for B of n x columns.
template <class T>
void getrs(bool transposed, int n, int columns, const T* factors, const int* pivots, T* b);
/// A = Uᵀ U of the upper triangle, in place; the rest is left alone.
template <class T>
int potrf(int n, T* a);
/// B becomes B op(A)⁻¹ for B of rows x n; A is triangular.
template <class T>
void trsm_right(bool upper, bool transposed, int rows, int n, const T* a, T* b);
/// Eigenvalues, rising, of the symmetric A, whose columns become the eigenvectors.
template <class T>
int syevd(int n, T* a, T* values, Work<T>& work);
/// A = U diag(s) Vᵀ with k = min(m, n) columns of U and rows of Vᵀ; overwrites A.
template <class T>
int gesdd(int m, int n, T* a, T* s, T* u, T* vt, Work<T>& work);
/// A = Q R: R in the upper triangle, what Q is made of below and in tau (k elements).
template <class T>
void geqrf(int m, int n, T* a, T* tau, Work<T>& work);
/// The first k columns of Q, in place of geqrf's A.
template <class T>
void orgqr(int m, int k, T* a, const T* tau, Work<T>& work);

}  // namespace reel::kernels::lapack
