#pragma once
#include <cstddef>
#include <span>
#include <utility>

#include <reel/core/array.hpp>

namespace reel::kernels {

/// One elementwise formula over n contiguous elements of each input, writing n elements of each output.
using TileFunction = void (*)(const void* formula, const void* const* in, void* const* out, std::size_t n);

/// The largest number of inputs, and of outputs, of a formula.
inline constexpr std::size_t max_operands = 8;

/// A formula with one result: its compiled function and the object with its captures.
struct Formula {
  TileFunction tile;
  const void* object;
};

[[noreturn]] void throw_mixed_dtypes(std::span<const Array* const> inputs, Dtype wanted);
/// Throws DtypeError for an array of another dtype: a kernel compiled for `wanted` would misread its elements, and read past their end.
inline void check_dtypes(std::span<const Array* const> inputs, Dtype wanted) {
  for (const Array* const x : inputs)
    if (x->dtype() != wanted) [[unlikely]]
      throw_mixed_dtypes(inputs, wanted);
}

/// Runs a formula over all elements of `outputs` (one shape, already allocated). Inputs of other shapes broadcast to it; throws ShapeError
/// for one that does not. For all shapes, a formula is called with short contiguous tiles only: that keeps its compiled code small, and the
/// bits of an element independent of its position and of the number of threads.
void map_tiles(TileFunction tile, const void* formula, std::span<const Array* const> inputs, std::span<Array* const> outputs);

[[noreturn]] void throw_not_floating(Dtype dtype);

/// Throws DtypeError unless the dtype is floating, since formulas on SIMD vectors compute in float32 or float64.
inline void check_floating(Dtype dtype) {
  if (!is_floating(dtype)) [[unlikely]]
    throw_not_floating(dtype);
}

/// Returns the result of a formula for inputs that broadcast to `shape`.
inline Array map_formula(const Formula& formula, const Shape& shape, Dtype dtype, std::span<const Array* const> inputs) {
  Array y(shape, dtype);
  Array* const out[] = {&y};
  map_tiles(formula.tile, formula.object, inputs, out);
  return y;
}

/// map_formula() whose first input has the shape and dtype of the result and is overwritten unless another Array shares it: its elements
/// are in the cache already. `inputs` begins with `first`.
inline Array map_formula_over(Array& first, const Formula& formula, std::span<const Array* const> inputs) {
  if (first.is_shared()) return map_formula(formula, first.shape(), first.dtype(), inputs);
  Array* const out[] = {&first};
  map_tiles(formula.tile, formula.object, inputs, out);
  return std::move(first);
}

}  // namespace reel::kernels
