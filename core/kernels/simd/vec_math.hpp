#pragma once
// Functions of one variable on SIMD vectors: xsimd's functions where they are accurate over the whole range (a few units in the last place,
// measured against long double), corrected versions or the C library's functions elsewhere. The result of a lane depends on that lane
// alone, not on the others in its vector.
#include <limits>

#include <reel/core/kernels/simd/vec.hpp>

namespace reel::kernels {

namespace detail {

template <class T>
inline constexpr bool is_double = sizeof(T) == 8;

/// Where xsimd's exp begins to flush to 0 and to overflow too early.
template <class T>
inline constexpr T exp_limit = is_double<T> ? T(708) : T(87);

#if XSIMD_WITH_AVX512F
/// exp(x) = 2^k·exp(r) with xsimd's polynomial for exp(r), where |r| = |x - k·log 2| is at most log(2)/2. The one instruction that
/// multiplies by 2^k also overflows and underflows gradually, as exp does.
[[gnu::always_inline]] inline xsimd::batch<float> exp_of(xsimd::batch<float> x) {
  using Batch = xsimd::batch<float>;
  x = xsimd::min(Batch(89), x);  // infinity from there on; if x is NaN, min returns it as its second argument
  const Batch k = xsimd::nearbyint(x * Batch(1.44269504f));
  const Batch r = xsimd::fnma(k, Batch(-2.12194440e-4f), xsimd::fnma(k, Batch(0.693359375f), x));
  Batch sum(1.3997796e-3f);
  for (const float c : {8.3955629e-3f, 4.1665401e-2f, 1.6666277e-1f, 5.0000000e-1f, 1.0f, 1.0f}) sum = xsimd::fma(sum, r, Batch(c));
  // Lanes below -104 are masked out and are 0 at once: a result below the normal range takes a hundred times as long.
  return _mm512_maskz_scalef_ps(_mm512_cmp_ps_mask(x, Batch(-104), _CMP_NLT_UQ), sum, k);
}
#endif

}  // namespace detail

/// exp(x), always inlined: it is part of most formulas, which would have to spill all their SIMD vectors to memory around a call.
template <class T, unsigned A>
[[gnu::always_inline]] inline Vec<T, A> exp(Vec<T, A> x) {
#if XSIMD_WITH_AVX512F
  if constexpr (!detail::is_double<T>) return detail::exp_of(x.v);
#endif
  const Vec<T, A> y = xsimd::exp(x.v);
  const Mask<T, A> far = abs(x) > detail::exp_limit<T>;
  if (!any(far)) return y;
  const Vec<T, A> half = xsimd::exp((x * T(0.5)).v);
  return where(far, half * half, y);
}

template <class T, unsigned A>
Vec<T, A> expm1(Vec<T, A> x) {
  const Vec<T, A> y = where(x == 0, x, Vec<T, A>(xsimd::expm1(x.v)));
  const Mask<T, A> far = abs(x) > detail::exp_limit<T>;
  return any(far) ? where(far, exp(x) - 1, y) : y;
}

/// A logarithm log_of(x), for which x below the normal range is scaled up first: xsimd's log loses its exponent. `of_scale` is the
/// logarithm of the scale.
template <class T, unsigned A, class F>
Vec<T, A> scaled_log(Vec<T, A> x, T of_scale, const F& log_of) {
  const Mask<T, A> tiny = x < std::numeric_limits<T>::min();
  if (!any(tiny)) return log_of(x.v);
  const T scale = detail::is_double<T> ? T(0x1p54) : T(0x1p25);
  return Vec<T, A>(log_of(where(tiny, x * scale, x).v)) - where(tiny, Vec<T, A>(of_scale), Vec<T, A>(0));
}
template <class T, unsigned A>
Vec<T, A> log(Vec<T, A> x) {
  const T of_scale = T((detail::is_double<T> ? 54 : 25) * 0.693147180559945309417);
  return scaled_log(x, of_scale, [](auto v) { return xsimd::log(v); });
}
template <class T, unsigned A>
Vec<T, A> log2(Vec<T, A> x) {
  const T of_scale = detail::is_double<T> ? 54 : 25;
  return scaled_log(x, of_scale, [](auto v) { return xsimd::log2(v); });
}
template <class T, unsigned A>
Vec<T, A> log1p(Vec<T, A> x) {
  return where(x == 0, x, Vec<T, A>(xsimd::log1p(x.v)));
}

namespace detail {

/// π/2 in four parts, the first three so short that multiples of them are exact (Cody and Waite's reduction), and the limit up to which the
/// reduction holds.
template <class T>
struct HalfPi;
template <>
struct HalfPi<double> {
  static constexpr double parts[] = {0x1.921fb544p+0, 0x1.0b4611a6p-34, 0x1.3198a2ep-69, 0x1.b839a252049c1p-104};
  static constexpr double limit = 1e6;
};
template <>
struct HalfPi<float> {
  static constexpr float parts[] = {0x1.92p+0f, 0x1.fb4p-12f, 0x1.444p-24f, 0x1.68c234p-39f};
  static constexpr float limit = 6000;
};

/// sin and cos of the remainder of x after a whole number of quarter turns, and this number modulo 4.
template <class P>
struct Turned {
  P sine, cosine, quarter;
};

template <class T, unsigned A>
Turned<Vec<T, A>> turned(Vec<T, A> x) {
  using P = Vec<T, A>;
  const P k = xsimd::nearbyint((x * T(0.636619772367581343076)).v);
  P r = x;
  for (const T part : HalfPi<T>::parts) r = r - k * part;
  // Taylor's series; |r| is at most π/4, where the first term left out is below half a unit in the last place.
  const P z = r * r;
  P s, c;
  if constexpr (is_double<T>) {
    s = P(1 / 355687428096000.0);
    for (const double n : {-1 / 1307674368000.0, 1 / 6227020800.0, -1 / 39916800.0, 1 / 362880.0, -1 / 5040.0, 1 / 120.0, -1 / 6.0})
      s = s * z + n;
    c = P(-1 / 6402373705728000.0);
    for (const double n : {1 / 20922789888000.0, -1 / 87178291200.0, 1 / 479001600.0, -1 / 3628800.0, 1 / 40320.0, -1 / 720.0, 1 / 24.0})
      c = c * z + n;
  } else {
    s = P(1 / 362880.0f);
    for (const float n : {-1 / 5040.0f, 1 / 120.0f, -1 / 6.0f}) s = s * z + n;
    c = P(-1 / 3628800.0f);
    for (const float n : {1 / 40320.0f, -1 / 720.0f, 1 / 24.0f}) c = c * z + n;
  }
  return {r + r * z * s, 1 - (z * T(0.5) - z * z * c), k - 4 * P(xsimd::floor((k * T(0.25)).v))};
}

/// Returns `near`, but f (the C library's function), lane by lane, for infinities and beyond the limit of the reduction.
template <class T, unsigned A, class F>
Vec<T, A> or_far(Vec<T, A> x, Vec<T, A> near, const F& f) {
  const Mask<T, A> far = abs(x) > HalfPi<T>::limit;
  return any(far) ? where(far, by_lane(f, x), near) : near;
}

}  // namespace detail

template <class T, unsigned A>
Vec<T, A> sin(Vec<T, A> x) {
  const auto t = detail::turned(x);
  const Vec<T, A> size = where(t.quarter == 1 || t.quarter == 3, t.cosine, t.sine);
  return detail::or_far(x, where(x == 0, x, where(t.quarter >= 2, -size, size)), [](T v) { return std::sin(v); });
}
template <class T, unsigned A>
Vec<T, A> cos(Vec<T, A> x) {
  const auto t = detail::turned(x);
  const Vec<T, A> size = where(t.quarter == 1 || t.quarter == 3, t.sine, t.cosine);
  return detail::or_far(x, where(t.quarter == 1 || t.quarter == 2, -size, size), [](T v) { return std::cos(v); });
}
template <class T, unsigned A>
Vec<T, A> tan(Vec<T, A> x) {
  const auto t = detail::turned(x);
  const Mask<T, A> odd = t.quarter == 1 || t.quarter == 3;
  const Vec<T, A> y = where(odd, -t.cosine, t.sine) / where(odd, t.sine, t.cosine);
  return detail::or_far(x, where(x == 0, x, y), [](T v) { return std::tan(v); });
}

template <class T, unsigned A>
Vec<T, A> asin(Vec<T, A> x) {
  return xsimd::asin(x.v);
}
template <class T, unsigned A>
Vec<T, A> acos(Vec<T, A> x) {
  return xsimd::acos(x.v);
}
template <class T, unsigned A>
Vec<T, A> atan(Vec<T, A> x) {
  return xsimd::atan(x.v);
}
template <class T, unsigned A>
Vec<T, A> sinh(Vec<T, A> x) {
  return xsimd::sinh(x.v);
}
template <class T, unsigned A>
Vec<T, A> cosh(Vec<T, A> x) {
  return xsimd::cosh(x.v);
}
namespace detail {

/// tanh as the fraction above/below, for float: a rational function x·p(x²)/q(x²), half as long as xsimd's, whose relative error on [0,
/// 9.1] is fitted and below 1.2e-9; from 9.1 on tanh is 1.
template <unsigned A>
struct TanhFraction {
  Vec<float, A> above, below;

  explicit TanhFraction(Vec<float, A> x) {
    const float end = 9.1f;
    const Vec<float, A> v = where(x > end, Vec<float, A>(end), where(x < -end, Vec<float, A>(-end), x)), z = v * v;
    Vec<float, A> p(5.05296633762e-8), q(7.32632295505e-10);
    for (const double c : {3.15259764216e-5, 4.00569384379e-3, 0.137831775921, 1.0}) p = p * z + c;
    for (const double c : {1.61248408131e-6, 4.20225409906e-4, 2.77274077377e-2, 0.471165102583, 1.0}) q = q * z + c;
    above = v * p;
    below = q;
  }
};

/// Limits y to [-1, 1], which rounding may exceed by the last digit.
template <class T, unsigned A>
Vec<T, A> at_most_1(Vec<T, A> y) {
  return where(y > 1, Vec<T, A>(1), where(y < -1, Vec<T, A>(-1), y));
}

}  // namespace detail

template <class T, unsigned A>
Vec<T, A> tanh(Vec<T, A> x) {
  if constexpr (detail::is_double<T>) {
    return xsimd::tanh(x.v);
  } else {
    const detail::TanhFraction<A> y(x);
    return detail::at_most_1(y.above / y.below);
  }
}
template <class T, unsigned A>
Vec<T, A> asinh(Vec<T, A> x) {
  return xsimd::asinh(x.v);
}
template <class T, unsigned A>
Vec<T, A> acosh(Vec<T, A> x) {
  return where(x < 1, Vec<T, A>(std::numeric_limits<T>::quiet_NaN()), Vec<T, A>(xsimd::acosh(x.v)));  // far below 0 xsimd's is not NaN
}
template <class T, unsigned A>
Vec<T, A> atanh(Vec<T, A> x) {
  return xsimd::atanh(x.v);
}

template <class T, unsigned A>
Vec<T, A> floor(Vec<T, A> x) {
  return xsimd::floor(x.v);
}
template <class T, unsigned A>
Vec<T, A> ceil(Vec<T, A> x) {
  return xsimd::ceil(x.v);
}
/// Rounds to the nearest whole number, halves to the even one.
template <class T, unsigned A>
Vec<T, A> round(Vec<T, A> x) {
  return xsimd::nearbyint(x.v);
}
template <class T, unsigned A>
Vec<T, A> trunc(Vec<T, A> x) {
  return where(x < 0, ceil(x), floor(x));
}
/// -1, 0 or 1; NaN stays.
template <class T, unsigned A>
Vec<T, A> sign(Vec<T, A> x) {
  return where(x > 0, Vec<T, A>(1), where(x < 0, Vec<T, A>(-1), x));
}
template <class T, unsigned A>
Vec<T, A> rsqrt(Vec<T, A> x) {
  return 1 / sqrt(x);
}

template <class T, unsigned A>
Mask<T, A> isnan(Vec<T, A> x) {
  return x != x;
}
template <class T, unsigned A>
Mask<T, A> isinf(Vec<T, A> x) {
  return abs(x) == std::numeric_limits<T>::infinity();
}
template <class T, unsigned A>
Mask<T, A> isfinite(Vec<T, A> x) {
  return abs(x) < std::numeric_limits<T>::infinity();
}

/// 1 / (1 + exp(-x))
template <class T, unsigned A>
Vec<T, A> sigmoid(Vec<T, A> x) {
  return 1 / (1 + exp(-x));
}
/// log(1 + exp(x)), without overflow and with all digits on both sides.
template <class T, unsigned A>
Vec<T, A> softplus(Vec<T, A> x) {
  return max(x, 0) + log1p(exp(-abs(x)));
}

}  // namespace reel::kernels
