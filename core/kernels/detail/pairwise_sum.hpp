#pragma once
// Sums of a function of the elements over contiguous memory.
#include <array>
#include <cstddef>

#include <reel/core/kernels/simd/vec_math.hpp>

namespace reel::kernels {

/// Σ f(x[i], more[i]...) over n elements, for an f that returns N terms at once. f is generic: it is called with SIMD vectors, and with
/// single numbers for the last elements. Blocks are summed in T and added up in double, so that the error does not grow with n.
template <std::size_t N, class F, class T, class... More>
std::array<double, N> sums_of(std::size_t n, const F& f, const T* x, const More*... more) {
  constexpr std::size_t lanes = Vec<T>::lanes, chains = 4, block = 64 * chains * lanes;
  std::array<double, N> total{};
  for (std::size_t from = 0; from < n; from += block) {
    const std::size_t end = n - from < block ? n : from + block;
    Vec<T> partial[chains][N];
    for (auto& chain : partial)
      for (auto& p : chain) p = Vec<T>(0);
    std::size_t i = from;
    for (; i + chains * lanes <= end; i += chains * lanes)
      for (std::size_t chain = 0; chain < chains; ++chain) {
        const std::array<Vec<T>, N> terms = f(Vec<T>::load(x + i + chain * lanes), Vec<T>::load(more + i + chain * lanes)...);
        for (std::size_t k = 0; k < N; ++k) partial[chain][k] = partial[chain][k] + terms[k];
      }
    for (; i + lanes <= end; i += lanes) {
      const std::array<Vec<T>, N> terms = f(Vec<T>::load(x + i), Vec<T>::load(more + i)...);
      for (std::size_t k = 0; k < N; ++k) partial[0][k] = partial[0][k] + terms[k];
    }
    for (; i < end; ++i) {
      const std::array<T, N> terms = f(x[i], more[i]...);
      for (std::size_t k = 0; k < N; ++k) total[k] += static_cast<double>(terms[k]);
    }
    for (std::size_t k = 0; k < N; ++k) {
      const Vec<T> sum = (partial[0][k] + partial[1][k]) + (partial[2][k] + partial[3][k]);
      alignas(64) T lane[lanes];
      sum.store(lane);
      for (std::size_t width = lanes / 2; width > 0; width /= 2)
        for (std::size_t l = 0; l < width; ++l) lane[l] += lane[l + width];
      total[k] += static_cast<double>(lane[0]);
    }
  }
  return total;
}

}  // namespace reel::kernels
