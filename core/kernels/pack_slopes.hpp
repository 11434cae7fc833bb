#pragma once
// Functions on packs that only slopes are made of.
#include <reel/core/kernels/pack_functions.hpp>

namespace reel::kernels {

/// 1/cosh² x, with all digits where it is small.
template <class T, unsigned A>
Pack<T, A> sech2(Pack<T, A> x) {
  const Pack<T, A> e = exp(T(-2) * abs(x)), r = 1 / (1 + e);
  return T(4) * e * r * r;
}
/// a/y, y being the length of (a, b), and 0 at the origin.
template <class T, unsigned A>
Pack<T, A> share_of_length(Pack<T, A> a, Pack<T, A>, Pack<T, A> y) {
  return a / where(y == 0, Pack<T, A>(1), y);
}

}  // namespace reel::kernels
