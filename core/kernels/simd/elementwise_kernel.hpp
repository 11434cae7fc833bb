#pragma once
#include <cstddef>
#include <span>
#include <utility>

#include <reel/core/array.hpp>

namespace reel::kernels {

/// One elementwise formula over n contiguous elements of each input, writing n elements of each output.
using TileFunction = void (*)(const void* formula, const void* const* in, void* const* out, std::size_t n);

/// The most inputs and outputs that one formula has.
inline constexpr std::size_t max_operands = 8;

/// A formula with one result, and what it captured.
struct Formula {
  TileFunction tile;
  const void* object;
};

[[noreturn]] void throw_mixed_dtypes(std::span<const Array* const> inputs, Dtype wanted);
/// What is compiled for one dtype reads other arrays as what they are not, and past their ends. Throws DtypeError for an array of another.
inline void check_dtypes(std::span<const Array* const> inputs, Dtype wanted) {
  for (const Array* const x : inputs)
    if (x->dtype() != wanted) [[unlikely]]
      throw_mixed_dtypes(inputs, wanted);
}

/// Runs a formula over all elements of `outputs` (one shape, already allocated). Inputs whose shape differs are repeated to
/// it; throws ShapeError for one that does not broadcast to it. A formula sees short contiguous tiles only, whatever the shapes: that keeps
/// its compiled code small, and the bits of an element the same wherever it lies and however many threads there are.
void map_tiles(TileFunction tile, const void* formula, std::span<const Array* const> inputs, std::span<Array* const> outputs);

[[noreturn]] void throw_not_floating(Dtype dtype);

/// Throws DtypeError for a dtype that formulas on packs do not compute in.
inline void check_floating(Dtype dtype) {
  if (!is_floating(dtype)) [[unlikely]]
    throw_not_floating(dtype);
}

/// A formula's result for inputs that broadcast to `shape`.
inline Array map_formula(const Formula& formula, const Shape& shape, Dtype dtype, std::span<const Array* const> inputs) {
  Array y(shape, dtype);
  Array* const out[] = {&y};
  map_tiles(formula.tile, formula.object, inputs, out);
  return y;
}

/// map_formula() whose first input has the result's shape and dtype, and is written over unless somebody else has it, too: of what is in
/// the cache already, no second copy is brought there. `inputs` begins with it.
inline Array map_formula_over(Array& first, const Formula& formula, std::span<const Array* const> inputs) {
  if (first.is_shared()) return map_formula(formula, first.shape(), first.dtype(), inputs);
  Array* const out[] = {&first};
  map_tiles(formula.tile, formula.object, inputs, out);
  return std::move(first);
}

}  // namespace reel::kernels
