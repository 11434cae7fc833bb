#pragma once
// Partial loads and stores of SIMD vectors, and sums over their lanes, for short runs of elements: a library call per run would cost more
// than the move.
#include <cstddef>

#include <reel/core/kernels/simd/xsimd.hpp>

namespace reel::kernels {

#if XSIMD_WITH_AVX512F

namespace detail {
inline __mmask16 mask_of(std::size_t count) { return static_cast<__mmask16>((1u << count) - 1); }
inline void store_masked(float* to, __m512 v, __mmask16 mask) { _mm512_mask_storeu_ps(to, mask, v); }
inline void store_masked(double* to, __m512d v, __mmask16 mask) { _mm512_mask_storeu_pd(to, static_cast<__mmask8>(mask), v); }
inline __m512 load_masked(const float* from, __mmask16 mask) { return _mm512_maskz_loadu_ps(mask, from); }
inline __m512d load_masked(const double* from, __mmask16 mask) { return _mm512_maskz_loadu_pd(static_cast<__mmask8>(mask), from); }
}  // namespace detail

/// Stores `count` lanes from `lane` on at to, to + 1, ...
template <class T>
void store_lanes(const xsimd::batch<T>& v, std::size_t lane, std::size_t count, T* to) {
  detail::store_masked(to - lane, v.data, static_cast<__mmask16>(detail::mask_of(count) << lane));
}
/// from[0], ..., from[count - 1] in the lanes from `lane` on, 0 in the others.
template <class T>
xsimd::batch<T> load_lanes(std::size_t lane, std::size_t count, const T* from) {
  return detail::load_masked(from - lane, static_cast<__mmask16>(detail::mask_of(count) << lane));
}

#else

template <class T>
void store_lanes(const xsimd::batch<T>& v, std::size_t lane, std::size_t count, T* to) {
  alignas(64) T buffer[xsimd::batch<T>::size];
  v.store_aligned(buffer);
  for (std::size_t i = 0; i < count; ++i) to[i] = buffer[lane + i];
}
template <class T>
xsimd::batch<T> load_lanes(std::size_t lane, std::size_t count, const T* from) {
  alignas(64) T buffer[xsimd::batch<T>::size] = {};
  for (std::size_t i = 0; i < count; ++i) buffer[lane + i] = from[i];
  return xsimd::batch<T>::load_aligned(buffer);
}

#endif

/// Sets n elements to 0, as std::fill_n does.
template <class T>
void zero_run(std::size_t n, T* to) {
  using Batch = xsimd::batch<T>;
  std::size_t i = 0;
  for (; i + Batch::size <= n; i += Batch::size) Batch(T(0)).store_unaligned(to + i);
  if (i < n) store_lanes(Batch(T(0)), 0, n - i, to + i);
}

/// Halves each of n runs of 2·Half numbers by adding its second half to its first.
template <std::size_t Half, class T>
void add_halves(const T* __restrict from, std::size_t n, T* __restrict to) {
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i < Half; ++i) to[j * Half + i] = from[j * 2 * Half + i] + from[j * 2 * Half + Half + i];
}

/// Returns the sums of n runs of N numbers each, which lie in one of the two buffers. Each run is summed as a tree; all runs go through the
/// tree together, because a single one would wait for latency.
template <std::size_t N, class T>
const T* totals(T* runs, std::size_t n, T* other) {
  if constexpr (N == 1) {
    return runs;
  } else {
    add_halves<N / 2>(runs, n, other);
    return totals<N / 2>(other, n, runs);
  }
}

}  // namespace reel::kernels
