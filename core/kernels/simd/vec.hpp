#pragma once
// Vec, a SIMD vector of float or double lanes, which formulas compute with. It wraps xsimd's batch, so that formulas use the same functions
// (operators, exp, tanh, where, ...) for SIMD vectors, dual numbers and tensors, and accept constants of any C++ type. The instruction set
// is part of each type, so code that was compiled for different ones can be linked into one program.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <reel/core/dtype.hpp>
#include <reel/core/kernels/simd/xsimd.hpp>

namespace reel::kernels {

/// The instruction set that this translation unit is compiled for, as a number (FNV-1a of its name): xsimd's own type as a template
/// argument would bring its functions of the same names into a formula (argument-dependent lookup).
constexpr unsigned native = [](const char* name) {
  std::uint32_t hash = 2166136261;
  for (; *name != '\0'; ++name) hash = (hash ^ static_cast<unsigned char>(*name)) * 16777619;
  return hash;
}(xsimd::default_arch::name());

/// The result of a comparison, lane by lane.
template <class T, unsigned A = native>
struct Mask {
  typename xsimd::batch<T, xsimd::default_arch>::batch_bool_type v;

  friend Mask operator&&(Mask a, Mask b) { return {a.v & b.v}; }
  friend Mask operator||(Mask a, Mask b) { return {a.v | b.v}; }
  friend Mask operator!(Mask a) { return {!a.v}; }
  friend Mask operator&(Mask a, Mask b) { return {a.v & b.v}; }
  friend Mask operator|(Mask a, Mask b) { return {a.v | b.v}; }
  friend Mask operator^(Mask a, Mask b) { return {a.v ^ b.v}; }
  friend bool any(Mask a) { return xsimd::any(a.v); }
};

template <class T, unsigned A = native>
struct Vec {
  using Element = T;
  using Batch = xsimd::batch<T, xsimd::default_arch>;
  static constexpr std::size_t lanes = Batch::size;

  Batch v;

  Vec() = default;
  Vec(Batch batch) : v(batch) {}
  template <Number U>
  Vec(U value) : v(static_cast<T>(value)) {}

  static Vec load(const T* from) { return Batch::load_unaligned(from); }
  void store(T* to) const { v.store_unaligned(to); }

  friend Vec operator+(Vec a, Vec b) { return a.v + b.v; }
  friend Vec operator-(Vec a, Vec b) { return a.v - b.v; }
  friend Vec operator*(Vec a, Vec b) { return a.v * b.v; }
  friend Vec operator/(Vec a, Vec b) { return a.v / b.v; }
  friend Vec operator-(Vec a) { return -a.v; }
  friend Vec operator+(Vec a) { return a; }
  friend Vec& operator+=(Vec& a, Vec b) { return a = a + b; }
  friend Vec& operator-=(Vec& a, Vec b) { return a = a - b; }
  friend Vec& operator*=(Vec& a, Vec b) { return a = a * b; }
  friend Vec& operator/=(Vec& a, Vec b) { return a = a / b; }

  friend Mask<T, A> operator<(Vec a, Vec b) { return {a.v < b.v}; }
  friend Mask<T, A> operator<=(Vec a, Vec b) { return {a.v <= b.v}; }
  friend Mask<T, A> operator>(Vec a, Vec b) { return {a.v > b.v}; }
  friend Mask<T, A> operator>=(Vec a, Vec b) { return {a.v >= b.v}; }
  friend Mask<T, A> operator==(Vec a, Vec b) { return {a.v == b.v}; }
  friend Mask<T, A> operator!=(Vec a, Vec b) { return {!(a.v == b.v)}; }  // xsimd's own is false for NaN with AVX2
  /// a where the mask is set, else b.
  friend Vec where(Mask<T, A> mask, Vec a, Vec b) { return xsimd::select(mask.v, a.v, b.v); }

  friend Vec sqrt(Vec a) { return xsimd::sqrt(a.v); }
  friend Vec abs(Vec a) { return xsimd::abs(a.v); }
  /// The larger (min: smaller) lane; NaN if either is NaN, as in NumPy's maximum.
  friend Vec max(Vec a, Vec b) { return where(!(a == a) || a > b, a, b); }
  friend Vec min(Vec a, Vec b) { return where(!(a == a) || a < b, a, b); }
  friend Vec pow(Vec a, Vec b) { return power(a, b); }
  friend Vec atan2(Vec y, Vec x) { return angle(y, x); }
  friend Vec hypot(Vec a, Vec b) { return length(a, b); }
  friend Vec fmod(Vec a, Vec b) { return remainder_of(a, b); }
};

/// where() between two constants, from which T cannot be deduced.
template <class T, unsigned A, Number U, Number V>
Vec<T, A> where(Mask<T, A> mask, U a, V b) {
  return where(mask, Vec<T, A>(a), Vec<T, A>(b));
}

/// Applies a function of the C library lane by lane.
template <class T, unsigned A, class F, class... Q>
Vec<T, A> by_lane(const F& f, Vec<T, A> a, Q... more) {
  constexpr std::size_t lanes = Vec<T, A>::lanes;
  alignas(64) T x[1 + sizeof...(Q)][lanes];
  std::size_t k = 0;
  a.store(x[k++]);
  (more.store(x[k++]), ...);
  for (std::size_t i = 0; i < lanes; ++i) {
    if constexpr (sizeof...(Q) == 0) {
      x[0][i] = f(x[0][i]);
    } else {
      x[0][i] = f(x[0][i], x[1][i]);
    }
  }
  return Vec<T, A>::load(x[0]);
}

/// a to the power b, lane by lane: xsimd's exp(b log a) loses digits as the result grows, and gives NaN for 0^0.
template <class T, unsigned A>
Vec<T, A> power(Vec<T, A> a, Vec<T, A> b) {
  return by_lane([](T x, T y) { return std::pow(x, y); }, a, b);
}
template <class T, unsigned A>
Vec<T, A> angle(Vec<T, A> y, Vec<T, A> x) {
  return by_lane([](T p, T q) { return std::atan2(p, q); }, y, x);
}
template <class T, unsigned A>
Vec<T, A> length(Vec<T, A> a, Vec<T, A> b) {
  return by_lane([](T x, T y) { return std::hypot(x, y); }, a, b);
}
/// a - b·trunc(a/b), exactly.
template <class T, unsigned A>
Vec<T, A> remainder_of(Vec<T, A> a, Vec<T, A> b) {
  return by_lane([](T x, T y) { return std::fmod(x, y); }, a, b);
}

}  // namespace reel::kernels
