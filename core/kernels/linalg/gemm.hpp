#pragma once
#include <cstddef>
#include <limits>

namespace reel::kernels {

/// One product C = op(A) op(B) (+ bias on each row, where there is one) of row-major matrices: op(A) is m x k, op(B) is k x n; A and B are
/// stored transposed where the flags say so. `accumulate` adds the product to C instead (and no bias). A matrix that is a part of a
/// wider one says how far apart its rows are, in elements; 0 stands for a matrix without gaps.
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

/// The largest length and the largest step that a BLAS with 32-bit integers can be told.
inline constexpr std::size_t blas_limit = std::numeric_limits<int>::max();

/// gemm() as with a BLAS whose lengths end at `limit`: longer sums are split, and products with other long sides do without BLAS.
void gemm_within(std::size_t limit, const Gemm<float>& g);
void gemm_within(std::size_t limit, const Gemm<double>& g);

/// OpenBLAS splits a product, or a factorization, differently for each number of threads, and its bits with it; Reel gives it one thread
/// and splits by rows and by matrices instead. To be called before BLAS or LAPACK.
void keep_blas_single_threaded();

}  // namespace reel::kernels
