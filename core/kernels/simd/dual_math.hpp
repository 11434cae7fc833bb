#pragma once
// Functions of one variable on dual numbers: the function of the value, and the derivative from derivatives.hpp.
#include <reel/core/kernels/simd/dual.hpp>

namespace reel::kernels {

template <class X, std::size_t M>
Dual<X, M> exp(const Dual<X, M>& x) {
  return detail::chain(x, exp(x.v), derivatives::of_exp);
}
template <class X, std::size_t M>
Dual<X, M> expm1(const Dual<X, M>& x) {
  return detail::chain(x, expm1(x.v), derivatives::of_expm1);
}
template <class X, std::size_t M>
Dual<X, M> log(const Dual<X, M>& x) {
  return detail::chain(x, log(x.v), derivatives::of_log);
}
template <class X, std::size_t M>
Dual<X, M> log1p(const Dual<X, M>& x) {
  return detail::chain(x, log1p(x.v), derivatives::of_log1p);
}
template <class X, std::size_t M>
Dual<X, M> log2(const Dual<X, M>& x) {
  return detail::chain(x, log2(x.v), derivatives::of_log2);
}
template <class X, std::size_t M>
Dual<X, M> sqrt(const Dual<X, M>& x) {
  return detail::chain(x, sqrt(x.v), derivatives::of_sqrt);
}
template <class X, std::size_t M>
Dual<X, M> rsqrt(const Dual<X, M>& x) {
  return detail::chain(x, rsqrt(x.v), derivatives::of_rsqrt);
}
template <class X, std::size_t M>
Dual<X, M> sin(const Dual<X, M>& x) {
  return detail::chain(x, sin(x.v), derivatives::of_sin);
}
template <class X, std::size_t M>
Dual<X, M> cos(const Dual<X, M>& x) {
  return detail::chain(x, cos(x.v), derivatives::of_cos);
}
template <class X, std::size_t M>
Dual<X, M> tan(const Dual<X, M>& x) {
  return detail::chain(x, tan(x.v), derivatives::of_tan);
}
template <class X, std::size_t M>
Dual<X, M> asin(const Dual<X, M>& x) {
  return detail::chain(x, asin(x.v), derivatives::of_asin);
}
template <class X, std::size_t M>
Dual<X, M> acos(const Dual<X, M>& x) {
  return detail::chain(x, acos(x.v), derivatives::of_acos);
}
template <class X, std::size_t M>
Dual<X, M> atan(const Dual<X, M>& x) {
  return detail::chain(x, atan(x.v), derivatives::of_atan);
}
template <class X, std::size_t M>
Dual<X, M> sinh(const Dual<X, M>& x) {
  return detail::chain(x, sinh(x.v), derivatives::of_sinh);
}
template <class X, std::size_t M>
Dual<X, M> cosh(const Dual<X, M>& x) {
  return detail::chain(x, cosh(x.v), derivatives::of_cosh);
}

/// tanh and its derivative sech²: each occurs in the derivatives of the other, so computing both together takes one evaluation for every
/// order.
template <class X, std::size_t M>
[[gnu::always_inline]] inline TanhPair<Dual<X, M>> tanh_pair(const Dual<X, M>& x) {
  const TanhPair<X> y = tanh_pair(x.v);
  const X bend = derivatives::of_sech2_by_tanh(y.tanh, y.slope);
  return {detail::dual<Dual<X, M>>(y.tanh, [&](std::size_t i) { return y.slope * x.d[i]; }),
          detail::dual<Dual<X, M>>(y.slope, [&](std::size_t i) { return bend * x.d[i]; })};
}

template <class X, std::size_t M>
[[gnu::always_inline]] inline Dual<X, M> tanh(const Dual<X, M>& x) {
  return tanh_pair(x).tanh;
}
template <class X, std::size_t M>
[[gnu::always_inline]] inline Dual<X, M> sech2(const Dual<X, M>& x) {
  return tanh_pair(x).slope;
}
template <class X, std::size_t M>
Dual<X, M> asinh(const Dual<X, M>& x) {
  return detail::chain(x, asinh(x.v), derivatives::of_asinh);
}
template <class X, std::size_t M>
Dual<X, M> acosh(const Dual<X, M>& x) {
  return detail::chain(x, acosh(x.v), derivatives::of_acosh);
}
template <class X, std::size_t M>
Dual<X, M> atanh(const Dual<X, M>& x) {
  return detail::chain(x, atanh(x.v), derivatives::of_atanh);
}
template <class X, std::size_t M>
Dual<X, M> erf(const Dual<X, M>& x) {
  return detail::chain(x, erf(x.v), derivatives::of_erf);
}
template <class X, std::size_t M>
Dual<X, M> erfc(const Dual<X, M>& x) {
  return detail::chain(x, erfc(x.v), derivatives::of_erfc);
}
template <class X, std::size_t M>
Dual<X, M> lgamma(const Dual<X, M>& x) {
  return detail::chain(x, lgamma(x.v), derivatives::of_lgamma);
}
template <class X, std::size_t M>
Dual<X, M> digamma(const Dual<X, M>& x) {
  return detail::chain(x, digamma(x.v), derivatives::of_digamma);
}
template <class X, std::size_t M>
Dual<X, M> sigmoid(const Dual<X, M>& x) {
  return detail::chain(x, sigmoid(x.v), derivatives::of_sigmoid);
}
template <class X, std::size_t M>
Dual<X, M> softplus(const Dual<X, M>& x) {
  return detail::chain(x, softplus(x.v), derivatives::of_softplus);
}
template <class X, std::size_t M>
Dual<X, M> abs(const Dual<X, M>& x) {
  return detail::chain(x, abs(x.v), derivatives::of_abs);
}
template <class X, std::size_t M>
Dual<X, M> polygamma(int n, const Dual<X, M>& x) {
  return detail::chain(x, polygamma(n, x.v), [n](const X& v, const X& y) { return derivatives::of_polygamma(n, v, y); });
}

// Step functions: the derivative is 0, also at the jumps by convention.
template <class X, std::size_t M>
Dual<X, M> floor(const Dual<X, M>& x) {
  return floor(x.v);
}
template <class X, std::size_t M>
Dual<X, M> ceil(const Dual<X, M>& x) {
  return ceil(x.v);
}
template <class X, std::size_t M>
Dual<X, M> round(const Dual<X, M>& x) {
  return round(x.v);
}
template <class X, std::size_t M>
Dual<X, M> trunc(const Dual<X, M>& x) {
  return trunc(x.v);
}
template <class X, std::size_t M>
Dual<X, M> sign(const Dual<X, M>& x) {
  return sign(x.v);
}

}  // namespace reel::kernels
