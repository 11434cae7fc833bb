#pragma once
// LAPACK by its Fortran symbols: xtensor-blas on top of it would copy every matrix to a column-major one, allocate at each call, know no
// batches and lose which pivot failed, and cost two seconds of compile time per source file.
//
// The functions work on contiguous matrices, on one thread. LAPACK is column-major: it sees a row-major matrix as its transpose. They
// return LAPACK's `info`: 0 for success, the number (from 1) of the pivot that failed, or a positive number for an iteration that did not
// converge.
#include <vector>

namespace reel::kernels::lapack {

/// Scratch memory of the functions below, which grows as needed. T is float or double everywhere.
template <class T>
using Work = std::vector<T>;

/// Factorizes A = P L U in place.
template <class T>
int getrf(int n, T* a, int* pivots);
/// Computes A⁻¹ from getrf's factors, in place.
template <class T>
int getri(int n, T* a, const int* pivots, Work<T>& work);
/// Replaces B (n x columns) by A⁻¹ B or A⁻ᵀ B, from getrf's factors of A.
template <class T>
void getrs(bool transposed, int n, int columns, const T* factors, const int* pivots, T* b);
/// Factorizes A = Uᵀ U in place; reads and writes the upper triangle only.
template <class T>
int potrf(int n, T* a);
/// Replaces B (rows x n) by B op(A)⁻¹; A is triangular.
template <class T>
void trsm_right(bool upper, bool transposed, int rows, int n, const T* a, T* b);
/// Computes the eigenvalues of the symmetric A in ascending order; the columns of A become the eigenvectors.
template <class T>
int syevd(int n, T* a, T* values, Work<T>& work);
/// Factorizes A = U diag(s) Vᵀ with k = min(m, n) columns of U and rows of Vᵀ; overwrites A.
template <class T>
int gesdd(int m, int n, T* a, T* s, T* u, T* vt, Work<T>& work);
/// Factorizes A = Q R in place: R in the upper triangle, the reflections that Q consists of below it and in tau (k elements).
template <class T>
void geqrf(int m, int n, T* a, T* tau, Work<T>& work);
/// Replaces geqrf's A by the first k columns of Q.
template <class T>
void orgqr(int m, int k, T* a, const T* tau, Work<T>& work);

}  // namespace reel::kernels::lapack
