#pragma once
// Softmax of one row, shared by the kernels of this folder.
#include <algorithm>
#include <limits>

#include <reel/core/kernels/detail/largest_apart.hpp>
#include <reel/core/kernels/detail/pairwise_sum.hpp>
#include <reel/core/kernels/simd/vec_math.hpp>

namespace reel::kernels {

/// Returns join(a, b) over all lanes, pairwise, which avoids a chain of one step per lane.
template <class T, class Join>
T reduce_lanes(Vec<T> pack, const Join& join) {
  alignas(64) T lane[Vec<T>::lanes];
  pack.store(lane);
#pragma GCC unroll 4
  for (std::size_t half = Vec<T>::lanes / 2; half > 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) lane[i] = join(lane[i], lane[i + half]);
  return lane[0];
}

/// Returns the largest of n elements, -inf if there are none. NaN is ignored unless no element is above -inf: the exponentials show it
/// anyway.
template <class T>
T largest(const T* x, std::size_t n) {
  constexpr std::size_t lanes = Vec<T>::lanes, chains = 4;
  const auto larger = [](T a, T b) { return b > a ? b : a; };
  Vec<T> most[chains];
  for (Vec<T>& m : most) m = Vec<T>(-std::numeric_limits<T>::infinity());
  // For a NaN and a number, this one instruction returns its second argument.
  const auto join = [](Vec<T> a, Vec<T> b) { return Vec<T>(xsimd::max(b.v, a.v)); };
  std::size_t i = 0;
  for (; i + chains * lanes <= n; i += chains * lanes)
    for (std::size_t chain = 0; chain < chains; ++chain) most[chain] = join(most[chain], Vec<T>::load(x + i + chain * lanes));
  for (; i + lanes <= n; i += lanes) most[0] = join(most[0], Vec<T>::load(x + i));
  T result = reduce_lanes(join(join(most[0], most[1]), join(most[2], most[3])), larger);
  for (; i < n; ++i) result = larger(result, x[i]);
  if (result > -std::numeric_limits<T>::infinity()) return result;
  const T* const nan = std::find_if(x, x + n, [](T v) { return v != v; });
  return nan == x + n ? result : *nan;
}

/// Returns the sum of all elements but x[i].
template <class T>
T sum_without(const T* x, std::size_t n, std::size_t i) {
  const auto sum = [](const T* from, std::size_t count) {
    return sums_of<1>(
        count, [](auto a) { return std::array{a}; }, from)[0];
  };
  return static_cast<T>(sum(x, i) + sum(x + i + 1, n - i - 1));
}

/// Computes y = exp(x - shift) and returns its sum; y may be x. The last, partial SIMD vector is padded so that the further terms are 0.
template <class T>
T exponentials(const T* x, T shift, std::size_t n, T* y) {
  constexpr std::size_t lanes = Vec<T>::lanes;
  Vec<T> sum(0);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const Vec<T> e = exp(Vec<T>::load(x + i) - shift);
    e.store(y + i);
    sum = sum + e;
  }
  alignas(64) T rest[lanes];
  if (i < n) {
    std::fill_n(rest, lanes, -std::numeric_limits<T>::infinity());
    for (std::size_t k = i; k < n; ++k) rest[k - i] = x[k] - shift;
    const Vec<T> e = exp(Vec<T>::load(rest));
    e.store(rest);
    std::copy_n(rest, n - i, y + i);
    sum = sum + e;
  }
  return reduce_lanes(sum, [](T a, T b) { return a + b; });
}

template <class T>
void softmax_row(const T* x, T shift, std::size_t n, T* y) {
  const T scale = 1 / exponentials(x, shift, n, y);
  for (std::size_t i = 0; i < n; ++i) y[i] *= scale;
}
template <class T>
void softmax_row(const T* x, std::size_t n, T* y) {
  softmax_row(x, largest(x, n), n, y);
}

/// The softmax of the first `visible` of n numbers, in place, and 0 behind them; all are 0 if the visible ones are all -inf.
template <class T>
void visible_softmax(T* y, std::size_t n, std::size_t visible) {
  const T shift = largest(y, visible);
  if (shift == -std::numeric_limits<T>::infinity()) visible = 0;
  softmax_row(y, shift, visible, y);
  std::fill(y + visible, y + n, T(0));
}

/// Whether one of several shares that sum to 1 may be above 0.7; `squares` is the sum of their squares.
inline bool may_be_nearly_all(double squares) { return squares > 0.5; }

/// Computes dx = scale·y·(dy - Σ dy·y); dx may be dy. Where a y is near 1, its dy is nearly the sum, so the sum is computed twice: the sum
/// of the differences holds the digits that the first sum lost.
template <class T>
void softmax_backward_row(const T* y, const T* dy, std::size_t n, T scale, T* dx) {
  const auto [sum, squares] = sums_of<2>(
      n,
      [](auto a, auto b) {
        return std::array{a * b, a * a};
      },
      y, dy);
  const T total = static_cast<T>(sum);
  if (!may_be_nearly_all(squares)) {
    for (std::size_t i = 0; i < n; ++i) dx[i] = scale * y[i] * (dy[i] - total);
    return;
  }
  const auto rest = static_cast<T>(sums_of<1>(
      n, [total](auto a, auto b) { return std::array{a * (b - total)}; }, y, dy)[0]);
  for (std::size_t i = 0; i < n; ++i) dx[i] = scale * y[i] * ((dy[i] - total) - rest);
}

}  // namespace reel::kernels
