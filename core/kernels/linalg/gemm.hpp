#pragma once
#include <cstddef>
#include <limits>

namespace reel::kernels {

/// A matrix product C = op(A) op(B) (+ bias on each row, unless it is null) of row-major matrices: op(A) is m x k, op(B) is k x n; A and B
/// are stored transposed where the flags say so. `accumulate` adds the product to C instead (and no bias). The steps are the distances
/// between rows, in elements, for a matrix that is part of a wider one; 0 means a contiguous matrix.
template <class T>
struct Gemm {
  bool a_transposed, b_transposed;
  std::size_t m, n, k;
  const T* a;
  const T* b;
  T* c;
  const T* bias = nullptr;
  bool accumulate = false;
  std::size_t a_step = 0, b_step = 0, c_step = 0;
};

void gemm(const Gemm<float>& g);
void gemm(const Gemm<double>& g);

/// The largest length and the largest step that a BLAS with 32-bit integers accepts.
inline constexpr std::size_t blas_limit = std::numeric_limits<int>::max();

/// gemm() with a BLAS that accepts lengths up to `limit`: longer sums are split, and products with other longer sides are computed without
/// BLAS.
void gemm_within(std::size_t limit, const Gemm<float>& g);
void gemm_within(std::size_t limit, const Gemm<double>& g);

/// Makes BLAS use one thread; call it before BLAS or LAPACK. OpenBLAS splits a product or a factorization differently for each number of
/// threads, which changes the bits; Reel splits by rows and by matrices instead.
void keep_blas_single_threaded();

}  // namespace reel::kernels
