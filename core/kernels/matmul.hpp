#pragma once
#include <reel/core/array.hpp>

namespace reel::kernels {

/// Which matrices are read transposed (their last two axes swapped), without a copy.
struct Transposed {
  bool a = false, b = false;
};

/// Matrix products of (..., m, k) by (..., k, n) of one floating dtype; the batch axes before the last two broadcast. A vector (k,) on the
/// left counts as one row, on the right as one column; this axis is dropped from the result. The bits are the same for any number of
/// threads.
Array matmul(const Array& a, const Array& b, Transposed transposed = {});
/// The products of matmul(), summed or repeated to the batch axes `batch`. Both arrays have at least two axes.
Array matmul_to(const Array& a, const Array& b, const Shape& batch, Transposed transposed);
/// The batch axes of matmul()'s result. Both arrays have at least two axes.
Shape matmul_batch(const Array& a, const Array& b);
/// x Wᵀ + b for x (..., in), weight (out, in), bias (out,) or null.
Array linear(const Array& x, const Array& weight, const Array* bias);
/// The gradients of linear(): dy W, dyᵀ x and the sum of dy's rows. Only the wanted ones are computed.
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
