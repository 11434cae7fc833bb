#pragma once
#include <reel/autograd/ops/reduce.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

/// Running sums along an axis: y[i] = x[0] + ... + x[i]. int64 and bool give int64.
Tensor cumsum(Operand x, std::ptrdiff_t axis);
/// Running products along an axis. Derivatives of every order are right where elements are 0, too.
Tensor cumprod(Operand x, std::ptrdiff_t axis);
/// Products over all axes, or those named; of nothing 1. Derivatives of every order are right where elements are 0, too.
Tensor prod(Operand x);
Tensor prod(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor prod(Operand, Ints, ...));

}  // namespace reel
