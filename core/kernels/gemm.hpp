#pragma once
#include <cstddef>

namespace reel::kernels {

/// One product C = op(A) op(B) (+ bias on each row, where there is one) of contiguous row-major matrices: op(A) is m x k, op(B) is
/// k x n; A and B are stored transposed where the flags say so.
template <class T>
struct Gemm {
  bool a_transposed, b_transposed;
  std::size_t m, n, k;
  const T* a;
  const T* b;
  T* c;
  const T* bias = nullptr;
};

void gemm(const Gemm<float>& g);
void gemm(const Gemm<double>& g);

}  // namespace reel::kernels
