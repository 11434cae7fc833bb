#pragma once
// What formulas compute with: a pack of float or double lanes. A wrapper around xsimd's batch, so that a formula's vocabulary
// (operators, exp, tanh, where, ...) is the same for packs, dual numbers and tensors, and constants of any C++ type fit in. The
// instruction set is part of each type: code that was compiled for different ones can be linked into one program.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <reel/core/dtype.hpp>
#include <reel/core/kernels/xsimd.hpp>

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
struct Pack {
  using Element = T;
  using Batch = xsimd::batch<T, xsimd::default_arch>;
  static constexpr std::size_t lanes = Batch::size;

  Batch v;

  Pack() = default;
  Pack(Batch batch) : v(batch) {}
  template <Number U>
  Pack(U value) : v(static_cast<T>(value)) {}

  static Pack load(const T* from) { return Batch::load_unaligned(from); }
  void store(T* to) const { v.store_unaligned(to); }

  friend Pack operator+(Pack a, Pack b) { return a.v + b.v; }
  friend Pack operator-(Pack a, Pack b) { return a.v - b.v; }
  friend Pack operator*(Pack a, Pack b) { return a.v * b.v; }
  friend Pack operator/(Pack a, Pack b) { return a.v / b.v; }
  friend Pack operator-(Pack a) { return -a.v; }
  friend Pack operator+(Pack a) { return a; }
  friend Pack& operator+=(Pack& a, Pack b) { return a = a + b; }
  friend Pack& operator-=(Pack& a, Pack b) { return a = a - b; }
  friend Pack& operator*=(Pack& a, Pack b) { return a = a * b; }
  friend Pack& operator/=(Pack& a, Pack b) { return a = a / b; }

  friend Mask<T, A> operator<(Pack a, Pack b) { return {a.v < b.v}; }
  friend Mask<T, A> operator<=(Pack a, Pack b) { return {a.v <= b.v}; }
  friend Mask<T, A> operator>(Pack a, Pack b) { return {a.v > b.v}; }
  friend Mask<T, A> operator>=(Pack a, Pack b) { return {a.v >= b.v}; }
  friend Mask<T, A> operator==(Pack a, Pack b) { return {a.v == b.v}; }
  friend Mask<T, A> operator!=(Pack a, Pack b) { return {!(a.v == b.v)}; }  // xsimd's own is false for NaN with AVX2
  /// a where the mask is set, else b.
  friend Pack where(Mask<T, A> mask, Pack a, Pack b) { return xsimd::select(mask.v, a.v, b.v); }

  friend Pack sqrt(Pack a) { return xsimd::sqrt(a.v); }
  friend Pack abs(Pack a) { return xsimd::abs(a.v); }
  /// NaN in either gives NaN, as NumPy's maximum does.
  friend Pack max(Pack a, Pack b) { return where(!(a == a) || a > b, a, b); }
  friend Pack min(Pack a, Pack b) { return where(!(a == a) || a < b, a, b); }
  friend Pack pow(Pack a, Pack b) { return power(a, b); }
  friend Pack atan2(Pack y, Pack x) { return angle(y, x); }
  friend Pack hypot(Pack a, Pack b) { return length(a, b); }
  friend Pack fmod(Pack a, Pack b) { return remainder_of(a, b); }
};

/// where() between two constants, which say nothing of T themselves.
template <class T, unsigned A, Number U, Number V>
Pack<T, A> where(Mask<T, A> mask, U a, V b) {
  return where(mask, Pack<T, A>(a), Pack<T, A>(b));
}

/// A function of the C library, lane by lane.
template <class T, unsigned A, class F, class... Q>
Pack<T, A> by_lane(const F& f, Pack<T, A> a, Q... more) {
  constexpr std::size_t lanes = Pack<T, A>::lanes;
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
  return Pack<T, A>::load(x[0]);
}

/// Lane by lane: xsimd's exp(b log a) loses digits with the size of the result, and makes 0^0 NaN.
template <class T, unsigned A>
Pack<T, A> power(Pack<T, A> a, Pack<T, A> b) {
  return by_lane([](T x, T y) { return std::pow(x, y); }, a, b);
}
template <class T, unsigned A>
Pack<T, A> angle(Pack<T, A> y, Pack<T, A> x) {
  return by_lane([](T p, T q) { return std::atan2(p, q); }, y, x);
}
template <class T, unsigned A>
Pack<T, A> length(Pack<T, A> a, Pack<T, A> b) {
  return by_lane([](T x, T y) { return std::hypot(x, y); }, a, b);
}
/// a - b·trunc(a/b), exactly.
template <class T, unsigned A>
Pack<T, A> remainder_of(Pack<T, A> a, Pack<T, A> b) {
  return by_lane([](T x, T y) { return std::fmod(x, y); }, a, b);
}

}  // namespace reel::kernels
