#pragma once
// Runs a C++ lambda over arrays: `map(f, a, b)` calls it with packs of lanes, so it is compiled to one SIMD pass.
#include <array>
#include <cstring>
#include <utility>

#include <reel/core/kernels/pack.hpp>
#include <reel/core/kernels/tiles.hpp>

namespace reel::kernels {

/// The TileFunction of a formula from N packs of T to one. The last, partial pack goes through a padded copy: the same
/// instructions as all others, so an element's bits do not depend on where it lies.
template <class T, std::size_t N, class F>
void tile_of(const void* formula, const void* const* in, void* const* out, std::size_t n) {
  const F& f = *static_cast<const F*>(formula);
  auto* const y = static_cast<T*>(out[0]);
  constexpr std::size_t lanes = Pack<T>::lanes;
  const auto apply = [&]<std::size_t... I>(std::index_sequence<I...>, const T* const* from, T* to) {
    Pack<T>(f(Pack<T>::load(from[I])...)).store(to);
  };
  const T* from[N];
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (std::size_t k = 0; k < N; ++k) from[k] = static_cast<const T*>(in[k]) + i;
    apply(std::make_index_sequence<N>{}, from, y + i);
  }
  if (i == n) return;
  alignas(64) T padded[N][lanes];
  alignas(64) T result[lanes];
  for (std::size_t k = 0; k < N; ++k) {
    const T* const rest = static_cast<const T*>(in[k]) + i;
    for (std::size_t lane = 0; lane < lanes; ++lane) padded[k][lane] = rest[lane < n - i ? lane : 0];
    from[k] = padded[k];
  }
  apply(std::make_index_sequence<N>{}, from, result);
  std::memcpy(y + i, result, (n - i) * sizeof(T));
}

/// y = f(x...) over floating arrays of one dtype that broadcast to `shape`.
template <class F, class... X>
Array map_to(const Shape& shape, Dtype dtype, const F& f, const X&... x) {
  static_assert(sizeof...(X) <= max_operands);
  Array y(shape, dtype);
  const Array* const in[] = {&x...};
  Array* const out[] = {&y};
  map_tiles(dtype == float32 ? tile_of<float, sizeof...(X), F> : tile_of<double, sizeof...(X), F>, &f, in, out);
  return y;
}

}  // namespace reel::kernels
