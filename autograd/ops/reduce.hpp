#pragma once
#include <type_traits>

#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

struct ReduceOptions {
  /// Keep the reduced axes, with length 1. Default false.
  bool keepdims = false;
};

/// The sum over all axes, or the named ones; negative axes count from the back. Throws ShapeError for an axis that is out of range or named
/// twice; so do all reductions.
Tensor sum(Operand x);
Tensor sum(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor sum(Operand, Ints, ...));
/// The arithmetic mean; x must be floating. The mean of no elements is NaN.
Tensor mean(Operand x);
Tensor mean(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor mean(Operand, Ints, ...));
/// The largest element; equal ones share the gradient equally. If there is a NaN, the result is NaN (and the NaNs share the gradient). An
/// empty axis throws ShapeError.
Tensor max(Operand x);
Tensor max(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor max(Operand, Ints, ...));
/// The smallest element; otherwise as max.
Tensor min(Operand x);
Tensor min(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor min(Operand, Ints, ...));

/// The larger (smaller) of two plain numbers, as std::max and std::min, also under `using namespace reel`.
template <Number A, Number B>
constexpr std::common_type_t<A, B> max(A a, B b) {
  using T = std::common_type_t<A, B>;
  return static_cast<T>(a) < static_cast<T>(b) ? static_cast<T>(b) : static_cast<T>(a);
}
template <Number A, Number B>
constexpr std::common_type_t<A, B> min(A a, B b) {
  using T = std::common_type_t<A, B>;
  return static_cast<T>(b) < static_cast<T>(a) ? static_cast<T>(b) : static_cast<T>(a);
}

/// Whether all (any) elements are nonzero, as bool; for no elements true (false). No gradient.
Tensor all(Operand x);
Tensor all(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor all(Operand, Ints, ...));
Tensor any(Operand x);
Tensor any(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor any(Operand, Ints, ...));
/// Number of nonzero elements, int64. No gradient.
Tensor count_nonzero(Operand x);
Tensor count_nonzero(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor count_nonzero(Operand, Ints, ...));

/// Sums x down to `shape`, which must broadcast to x's shape: the transpose of broadcast_to.
Tensor sum_to(Operand x, const Shape& shape);
/// Repeats x to `shape`, by the rules of broadcasting.
Tensor broadcast_to(Operand x, const Shape& shape);

/// exp(x) / Σ exp(x) along one axis, without overflow; x must be floating.
Tensor softmax(Operand x, std::ptrdiff_t axis = -1);
/// x - log Σ exp(x) along one axis, without overflow; x must be floating.
Tensor log_softmax(Operand x, std::ptrdiff_t axis = -1);

}  // namespace reel
