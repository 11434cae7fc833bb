#pragma once
#include <reel/autograd/ops/reduce.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

/// Cumulative sum along an axis: y[i] = x[0] + ... + x[i]. int64 and bool give int64.
Tensor cumsum(Operand x, std::ptrdiff_t axis);
/// Cumulative product along an axis. Derivatives of every order are correct also where elements are 0.
Tensor cumprod(Operand x, std::ptrdiff_t axis);
/// The product over all axes, or the named ones; 1 for no elements. Derivatives of every order are correct also where elements are 0.
Tensor prod(Operand x);
Tensor prod(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor prod(Operand, Ints, ...));

}  // namespace reel
