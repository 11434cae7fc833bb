#pragma once
// Special functions on SIMD vectors.
#include <reel/core/kernels/simd/special.hpp>
#include <reel/core/kernels/simd/vec_math.hpp>

namespace reel::kernels {

/// The error function: xsimd's for float; for double, xsimd's is accurate to 1e-14 only, and NaN for large x.
template <class T, unsigned A>
Vec<T, A> erf(Vec<T, A> x) {
  if constexpr (detail::is_double<T>) {
    return by_lane([](T v) { return std::erf(v); }, x);
  } else {
    return xsimd::erf(x.v);
  }
}

/// Returns x² - y, the rounding error of y = x².
template <class T, unsigned A>
Vec<T, A> lost_in_square(Vec<T, A> x, Vec<T, A> y) {
#if XSIMD_WITH_AVX512F  // where xsimd's fma() is a product and a sum, which the compiler fuses at -O3 only
  if constexpr (detail::is_double<T>) {
    return xsimd::batch<T>(_mm512_fmsub_pd(x.v, x.v, y.v));
  } else {
    return xsimd::batch<T>(_mm512_fmsub_ps(x.v, x.v, y.v));
  }
#elif defined(__FMA__)
  return xsimd::fma(x.v, x.v, (-y).v);
#else  // Dekker's exact product (Numerische Mathematik 18, 1971), which a compiler that fuses products and sums would spoil
  const Vec<T, A> scaled = x * T(4097), high = scaled - (scaled - x), low = x - high;
  return ((high * high - y) + T(2) * high * low) + low * low;
#endif
}

/// exp(-x²) for float, corrected for the rounding error of x², which costs digits where x² is large.
template <class T, unsigned A>
Vec<T, A> exp_minus_square(Vec<T, A> x) {
  const Vec<T, A> square = x * x, y = exp(-square);
  return y - y * lost_in_square(x, square);
}

/// 1 - erf(x), with all digits where x is large. In float: exp(-x²)/(1 + 2|x|) times a polynomial in (|x| - 2)/(|x| + 2), fitted to
/// exp(x²)·erfc(x)·(1 + 2x) at Chebyshev's points (the transformation is Shepherd's and Laframboise's, Mathematics of Computation 36,
/// 1981), within 1.7e-8; subtracted from 2 where x < 0.
template <class T, unsigned A>
Vec<T, A> erfc(Vec<T, A> x) {
  if constexpr (detail::is_double<T>) {
    return by_lane([](T v) { return std::erfc(v); }, x);
  } else {
    constexpr T coefficients[] = {-4.0772018e-4f, -1.2379992e-3f, 1.3207770e-3f,  8.6401385e-3f,  -8.0625098e-3f,
                                  -5.4207083e-2f, 1.6405577e-1f,  -1.6603113e-1f, -9.2764003e-2f, 1.2769784f};
    const Vec<T, A> far = abs(x), capped = where(far < T(11), far, where(far == far, Vec<T, A>(11), far));
    // One division for both quotients: it costs as much as the rest.
    const Vec<T, A> a = capped + T(2), b = T(1) + T(2) * capped, inverse = T(1) / (a * b), u = (capped - T(2)) * (b * inverse);
    Vec<T, A> sum(coefficients[0]);
    for (std::size_t i = 1; i < std::size(coefficients); ++i) sum = xsimd::fma(sum.v, u.v, Vec<T, A>(coefficients[i]).v);
    const Vec<T, A> tail = where(far >= T(11), Vec<T, A>(0), exp_minus_square(capped) * sum * (a * inverse));
    return where(x < T(0), T(2) - tail, tail);
  }
}

/// log |Γ(x)|
template <class T, unsigned A>
Vec<T, A> lgamma(Vec<T, A> x) {
  return by_lane([](T v) { return log_gamma(v); }, x);
}
/// The derivative of log |Γ(x)|.
template <class T, unsigned A>
Vec<T, A> digamma(Vec<T, A> x) {
  return by_lane([](T v) { return static_cast<T>(polygamma(0, static_cast<double>(v))); }, x);
}
/// The n-th derivative of digamma.
template <class T, unsigned A>
Vec<T, A> polygamma(int n, Vec<T, A> x) {
  return by_lane([n](T v) { return static_cast<T>(polygamma(n, static_cast<double>(v))); }, x);
}

}  // namespace reel::kernels
