#pragma once
#include <reel/core/array.hpp>

namespace reel::kernels {

/// Which matrices are read transposed (their last two axes swapped), without a copy.
struct Transposed {
  bool a = false, b = false;
};

/// Matrix products of (..., m, k) by (..., k, n), floating, of one dtype; the axes before the last two broadcast. A vector (k,) on the
/// left is one row, on the right one column, which the result does not have. The bits are the same for any number of threads.
Array matmul(const Array& a, const Array& b, Transposed transposed = {});
/// The products, summed down to batch axes `batch`, or repeated to them. For arrays with matrices.
Array matmul_to(const Array& a, const Array& b, const Shape& batch, Transposed transposed);
/// The axes before the last two of matmul's result; for arrays with matrices.
Shape matmul_batch(const Array& a, const Array& b);
/// x Wᵀ + b for x (..., in), weight (out, in), bias (out,) or none.
Array linear(const Array& x, const Array& weight, const Array* bias);
/// Its gradients, each where it is wanted: dy W, dyᵀ x and the sum of dy's rows.
struct LinearGradients {
  Array x, weight, bias;
};
struct LinearWanted {
  bool x, weight, bias;
};
LinearGradients linear_backward(const Array& dy, const Array& x, const Array& weight, LinearWanted wanted);

/// Throws ShapeError or DtypeError, naming both shapes and the rule, unless matmul can be computed.
void check_matmul(const Array& a, const Array& b, Transposed transposed = {});
void check_matmul_to(const Array& a, const Array& b, const Shape& batch, Transposed transposed);
void check_linear(const Array& x, const Array& weight, const Array* bias);

}  // namespace reel::kernels
