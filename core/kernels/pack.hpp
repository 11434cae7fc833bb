#pragma once
// What formulas compute with: a pack of float or double lanes. A wrapper around xsimd's batch, so that a formula's vocabulary
// (operators, exp, tanh, where, ...) is the same for packs and for tensors, and constants of any C++ type fit in.
#include <cmath>
#include <cstddef>
#include <type_traits>

#include <reel/core/dtype.hpp>
#include <xsimd/xsimd.hpp>

namespace reel::kernels {

template <class T>
struct Mask {
  typename xsimd::batch<T>::batch_bool_type v;

  friend Mask operator&&(Mask a, Mask b) { return {a.v & b.v}; }
  friend Mask operator||(Mask a, Mask b) { return {a.v | b.v}; }
  friend Mask operator!(Mask a) { return {!a.v}; }
};

template <class T>
struct Pack {
  using Batch = xsimd::batch<T>;
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

  friend Mask<T> operator<(Pack a, Pack b) { return {a.v < b.v}; }
  friend Mask<T> operator<=(Pack a, Pack b) { return {a.v <= b.v}; }
  friend Mask<T> operator>(Pack a, Pack b) { return {a.v > b.v}; }
  friend Mask<T> operator>=(Pack a, Pack b) { return {a.v >= b.v}; }
  friend Mask<T> operator==(Pack a, Pack b) { return {a.v == b.v}; }
  friend Mask<T> operator!=(Pack a, Pack b) { return {a.v != b.v}; }
  /// a where the mask is set, else b.
  friend Pack where(Mask<T> mask, Pack a, Pack b) { return xsimd::select(mask.v, a.v, b.v); }

  friend Pack exp(Pack a) { return xsimd::exp(a.v); }
  friend Pack log(Pack a) { return xsimd::log(a.v); }
  friend Pack sqrt(Pack a) { return xsimd::sqrt(a.v); }
  friend Pack tanh(Pack a) { return xsimd::tanh(a.v); }
  friend Pack abs(Pack a) { return xsimd::abs(a.v); }
  /// Lane by lane in the C library: xsimd's exp(b log a) loses digits with the size of the result, and makes 0^0 NaN.
  friend Pack pow(Pack a, Pack b) {
    alignas(64) T base[lanes], power[lanes];
    a.store(base);
    b.store(power);
    for (std::size_t i = 0; i < lanes; ++i) base[i] = std::pow(base[i], power[i]);
    return load(base);
  }
  /// NaN in either gives NaN, as NumPy's maximum does.
  friend Pack max(Pack a, Pack b) { return where(!(a == a) || a > b, a, b); }
  friend Pack min(Pack a, Pack b) { return where(!(a == a) || a < b, a, b); }
};

/// where() between two constants, which say nothing of T themselves.
template <class T, Number A, Number B>
Pack<T> where(Mask<T> mask, A a, B b) {
  return where(mask, Pack<T>(a), Pack<T>(b));
}

}  // namespace reel::kernels
