#pragma once
// Special functions on packs.
#include <reel/core/kernels/pack_functions.hpp>
#include <reel/core/kernels/special.hpp>

namespace reel::kernels {

/// xsimd's for float; its double has only 1e-14, and NaN far out.
template <class T, unsigned A>
Pack<T, A> erf(Pack<T, A> x) {
  if constexpr (detail::is_double<T>) {
    return by_lane([](T v) { return std::erf(v); }, x);
  } else {
    return xsimd::erf(x.v);
  }
}

/// 1 - erf(x), with all digits where x is large. In float, xsimd's factor exp(-x²) suffers from the rounding of x², which is made good.
template <class T, unsigned A>
Pack<T, A> erfc(Pack<T, A> x) {
  if constexpr (detail::is_double<T>) {
    return by_lane([](T v) { return std::erfc(v); }, x);
  } else {
    const Pack<T, A> y = xsimd::erfc(x.v), tail = where(x >= 11, Pack<T, A>(0), y);
    const Pack<T, A> lost = by_lane([](T v) { return static_cast<T>(static_cast<double>(v) * v - static_cast<double>(v * v)); }, x);
    return where(x > T(2.0 / 3) && x < 11, y - y * lost, tail);
  }
}

/// log |Γ(x)|
template <class T, unsigned A>
Pack<T, A> lgamma(Pack<T, A> x) {
  return by_lane([](T v) { return log_gamma(v); }, x);
}
/// The derivative of log |Γ(x)|.
template <class T, unsigned A>
Pack<T, A> digamma(Pack<T, A> x) {
  return by_lane([](T v) { return static_cast<T>(polygamma(0, static_cast<double>(v))); }, x);
}
/// The n-th derivative of digamma.
template <class T, unsigned A>
Pack<T, A> polygamma(int n, Pack<T, A> x) {
  return by_lane([n](T v) { return static_cast<T>(polygamma(n, static_cast<double>(v))); }, x);
}

}  // namespace reel::kernels
