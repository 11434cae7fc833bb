#pragma once
#include <type_traits>

#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

struct ReduceOptions {
  /// Keep the reduced axes, with length 1.
  bool keepdims = false;
};

/// Over all axes, or those named; negative axes count from the back. Throws ShapeError for an axis that is out of range or named twice.
Tensor sum(Operand x);
Tensor sum(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor sum(Operand, Ints, ...));
/// The mean of nothing is NaN. Floating.
Tensor mean(Operand x);
Tensor mean(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor mean(Operand, Ints, ...));
/// The largest element; elements that share it share the gradient equally. NaN if there is one (then the NaNs share). An empty axis is a
/// ShapeError.
Tensor max(Operand x);
Tensor max(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor max(Operand, Ints, ...));
/// The smallest element, as max.
Tensor min(Operand x);
Tensor min(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor min(Operand, Ints, ...));

/// Of two plain numbers the larger, and the smaller, as std::max and std::min, also under `using namespace reel`.
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

/// Whether all, or any, elements are not zero, as bool; of nothing: true, and false. No gradient.
Tensor all(Operand x);
Tensor all(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor all(Operand, Ints, ...));
Tensor any(Operand x);
Tensor any(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor any(Operand, Ints, ...));
/// How many elements are not zero, int64. No gradient.
Tensor count_nonzero(Operand x);
Tensor count_nonzero(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor count_nonzero(Operand, Ints, ...));

/// Summed down to `shape`, which broadcasts to x's: the transpose of broadcast_to.
Tensor sum_to(Operand x, const Shape& shape);
/// Repeated to `shape`, by the rules of broadcasting.
Tensor broadcast_to(Operand x, const Shape& shape);

/// Along one axis: exp(x) / Σ exp(x), without overflow. Floating.
Tensor softmax(Operand x, std::ptrdiff_t axis = -1);
/// Along one axis: x - log Σ exp(x), without overflow. Floating.
Tensor log_softmax(Operand x, std::ptrdiff_t axis = -1);

}  // namespace reel
