#pragma once
// Functions on SIMD vectors that only derivatives need.
#include <reel/core/kernels/simd/vec_math.hpp>

namespace reel::kernels {

/// 1/cosh² x, with all digits where it is small.
template <class T, unsigned A>
Vec<T, A> sech2(Vec<T, A> x) {
  const Vec<T, A> e = exp(T(-2) * abs(x)), r = 1 / (1 + e);
  return T(4) * e * r * r;
}

/// tanh and its derivative 1/cosh².
template <class X>
struct TanhPair {
  X tanh, slope;
};
/// Computes both with one division, since divisions take most of the time. Always inlined: a call would spill all SIMD vectors to memory.
template <class T, unsigned A>
[[gnu::always_inline]] inline TanhPair<Vec<T, A>> tanh_pair(const Vec<T, A>& x) {
  if constexpr (detail::is_double<T>) {
    return {tanh(x), sech2(x)};
  } else {
    const detail::TanhFraction<A> y(x);
    const Vec<T, A> e = exp(T(-2) * abs(x)), sum = 1 + e, r = 1 / (y.below * sum), of_sum = y.below * r;
    return {detail::at_most_1(y.above * sum * r), T(4) * e * of_sum * of_sum};
  }
}

/// Returns a/y, where y is the length of (a, b); 0 at the origin.
template <class T, unsigned A>
Vec<T, A> share_of_length(Vec<T, A> a, Vec<T, A>, Vec<T, A> y) {
  return a / where(y == 0, Vec<T, A>(1), y);
}

}  // namespace reel::kernels
