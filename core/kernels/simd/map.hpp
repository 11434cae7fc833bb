#pragma once
// Runs a C++ lambda over arrays: `map_to(shape, dtype, f, a, b)` calls f with SIMD vectors, so it is compiled to one SIMD pass.
#include <array>
#include <cstring>
#include <span>
#include <utility>

#include <reel/core/kernels/simd/elementwise_kernel.hpp>
#include <reel/core/kernels/simd/vec_special.hpp>

namespace reel::kernels {

/// Selects the wanted results of a formula: output i is result `of[i]`.
struct Wanted {
  std::uint8_t count = 0;
  std::uint8_t of[max_operands] = {};
};

/// A formula with several results, and the selection of the wanted ones.
template <class F>
struct Several {
  F f;
  Wanted wanted;
};

/// Runs a formula over SIMD vectors. The last, partial vector goes through a padded copy and the same instructions as all others, so the
/// bits of an element do not depend on its position. `compute(from, to)` reads the vectors that begin at from[0], from[1], ... and stores
/// result k at to[k].
template <class T, unsigned A, std::size_t N, class Compute>
void for_each_vec(const void* const* in, void* const* out, std::size_t outputs, std::size_t n, const Compute& compute) {
  constexpr std::size_t lanes = Vec<T, A>::lanes;
  alignas(64) T padded[N][lanes];
  alignas(64) T results[max_operands][lanes];
  const T* from[N];
  T* to[max_operands];
  // Whole vectors and the rest share one call: a formula is large, and the compiler inlines it into this loop only once.
  for (std::size_t i = 0; i < n; i += lanes) {
    const bool is_whole = n - i >= lanes;
    for (std::size_t k = 0; k < N; ++k) {
      from[k] = static_cast<const T*>(in[k]) + i;
      if (is_whole) continue;
      for (std::size_t lane = 0; lane < lanes; ++lane) padded[k][lane] = from[k][lane < n - i ? lane : 0];
      from[k] = padded[k];
    }
    for (std::size_t k = 0; k < outputs; ++k) to[k] = is_whole ? static_cast<T*>(out[k]) + i : results[k];
    compute(from, to);
    if (is_whole) continue;
    for (std::size_t k = 0; k < outputs; ++k) std::memcpy(static_cast<T*>(out[k]) + i, results[k], (n - i) * sizeof(T));
  }
}

/// The TileFunction of a formula from N SIMD vectors of T to one.
template <class T, unsigned A, std::size_t N, class F>
void tile_of(const void* formula, const void* const* in, void* const* out, std::size_t n) {
  const F& f = *static_cast<const F*>(formula);
  for_each_vec<T, A, N>(in, out, 1, n, [&f](const T* const* from, T* const* to) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { Vec<T, A>(f(Vec<T, A>::load(from[I])...)).store(to[0]); }
    (std::make_index_sequence<N>{});
  });
}

/// The same for a formula whose result is a std::array of SIMD vectors.
template <class T, unsigned A, std::size_t N, class F>
void tile_of_several(const void* formula, const void* const* in, void* const* out, std::size_t n) {
  const auto& [f, wanted] = *static_cast<const Several<F>*>(formula);
  const Wanted& w = wanted;
  const F& g = f;
  for_each_vec<T, A, N>(in, out, w.count, n, [&g, &w](const T* const* from, T* const* to) {
    const auto results = [&]<std::size_t... I>(std::index_sequence<I...>) { return g(Vec<T, A>::load(from[I])...); }
    (std::make_index_sequence<N>{});
    for (std::size_t k = 0; k < w.count; ++k) results[w.of[k]].store(to[k]);
  });
}

/// Returns f, a function from N SIMD vectors to one, as a Formula for arrays of this dtype. The Formula points to f, which must outlive it.
template <std::size_t N, class F>
Formula formula_of(Dtype dtype, const F& f) {
  static_assert(N <= max_operands);
  return {dtype == float32 ? tile_of<float, native, N, F> : tile_of<double, native, N, F>, &f};
}

/// y = f(x...) over floating arrays of this dtype that broadcast to `shape`; f maps SIMD vectors to a SIMD vector. Throws DtypeError for an
/// array of another dtype.
template <class F, std::size_t N>
Array map_all(const Shape& shape, Dtype dtype, const F& f, const std::array<const Array*, N>& in) {
  check_floating(dtype);
  check_dtypes(in, dtype);
  return map_formula(formula_of<N>(dtype, f), shape, dtype, in);
}

template <class F, class... X>
Array map_to(const Shape& shape, Dtype dtype, const F& f, const X&... x) {
  return map_all<F, sizeof...(X)>(shape, dtype, f, {&x...});
}

/// map_to() whose first array has the shape and dtype of the result and may be overwritten.
template <class F, class... X>
Array map_over(Array first, const F& f, const X&... x) {
  const Array* const in[] = {&first, &x...};
  check_floating(first.dtype());
  check_dtypes(in, first.dtype());
  return map_formula_over(first, formula_of<1 + sizeof...(X)>(first.dtype(), f), in);
}

/// Several results in one pass: f maps SIMD vectors to a std::array of SIMD vectors; y[i] gets result `wanted.of[i]`. The first array has
/// the shape and dtype of the results and may be overwritten by the first result, as in map_over().
template <class F, std::size_t N>
void map_several(Array first, const F& f, const std::array<const Array*, N>& more, const Wanted& wanted,
                 std::array<Array, max_operands>& y) {
  static_assert(N + 1 <= max_operands);
  const TileFunction tile = first.dtype() == float32 ? tile_of_several<float, native, N + 1, F> : tile_of_several<double, native, N + 1, F>;
  const Several<F> formula{f, wanted};
  const Array* in[N + 1] = {&first};
  for (std::size_t i = 0; i < N; ++i) in[1 + i] = more[i];
  check_floating(first.dtype());
  check_dtypes(in, first.dtype());
  if (wanted.count == 1) {
    y[0] = map_formula_over(first, {tile, &formula}, in);
    return;
  }
  const bool over = !first.is_shared();
  Array* out[max_operands] = {&first};
  for (std::size_t i = over ? 1 : 0; i < wanted.count; ++i) {
    y[i] = Array(first.shape(), first.dtype());
    out[i] = &y[i];
  }
  map_tiles(tile, &formula, in, {out, wanted.count});
  if (over) y[0] = std::move(first);
}

}  // namespace reel::kernels
