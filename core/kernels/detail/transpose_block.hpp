#pragma once
#include <cstddef>
#include <cstring>
#include <utility>

#include <reel/core/kernels/simd/vec.hpp>

namespace reel::kernels {

namespace detail {

template <class T>
struct Register {
  static constexpr std::size_t lanes = xsimd::batch<T>::size;
  using Type [[gnu::vector_size(sizeof(xsimd::batch<T>))]] = T;
};

/// a0 b0 a1 b1 ..., from lane `First` on.
template <std::size_t First, class V, std::size_t... I>
V interleave(V a, V b, std::index_sequence<I...>) {
  return __builtin_shufflevector(a, b, (First + I / 2 + I % 2 * sizeof...(I))...);
}

}  // namespace detail

/// Transposes a square block that has one row per lane of a register, by log2(lanes) perfect shuffles of the rows. (xsimd 8's zip_lo works
/// within the 128-bit parts of a wider register only.)
template <class T>
void transpose_block(const T* from, std::size_t from_step, T* to, std::size_t to_step) {
  using V = typename detail::Register<T>::Type;
  constexpr std::size_t n = detail::Register<T>::lanes;
  constexpr auto lanes = std::make_index_sequence<n>();
  V rows[n], shuffled[n];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < n; ++i) std::memcpy(&rows[i], from + i * from_step, sizeof(V));
#pragma GCC unroll 4
  for (std::size_t stage = 1; stage < n; stage *= 2) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < n / 2; ++i) {
      shuffled[2 * i] = detail::interleave<0>(rows[i], rows[i + n / 2], lanes);
      shuffled[2 * i + 1] = detail::interleave<n / 2>(rows[i], rows[i + n / 2], lanes);
    }
#pragma GCC unroll 16
    for (std::size_t i = 0; i < n; ++i) rows[i] = shuffled[i];
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < n; ++i) std::memcpy(to + i * to_step, &rows[i], sizeof(V));
}

}  // namespace reel::kernels
