#pragma once
#include <cstddef>
#include <span>
#include <utility>

#include <reel/core/array.hpp>
#include <reel/core/deferral.hpp>

namespace reel::kernels {

/// One elementwise formula over n contiguous elements of each input, writing n elements of each output.
using TileFunction = void (*)(const void* formula, const void* const* in, void* const* out, std::size_t n);

/// The most inputs and outputs that one formula has.
inline constexpr std::size_t max_operands = 8;

/// A formula with one result, and what it captured, which is copied by its bytes where the formula outlives the call.
struct Formula {
  TileFunction tile;
  const void* object;
  std::size_t bytes;

  /// The most that a formula may capture to be kept.
  static constexpr std::size_t most_bytes = 64;
};

/// Runs a formula over all elements of `outputs` (one shape, already allocated). Inputs whose shape differs are repeated to
/// it, so each must broadcast to it. A formula sees short contiguous tiles only, whatever the shapes: that keeps its compiled
/// code small, and the bits of an element the same wherever it lies and however many threads there are.
void map_tiles(TileFunction tile, const void* formula, std::span<const Array* const> inputs, std::span<Array* const> outputs);

/// Whether an elementwise result of this size is deferred.
inline bool is_deferred(std::size_t elements, Dtype dtype) { return elements * size_of(dtype) >= deferral_bytes() && elements > 0; }

/// What a formula gives for inputs that broadcast to `shape`, to be computed when it is read; see deferred.hpp. An input that `spent`
/// points to is taken over, so that the result may be written over it.
Array defer(const Formula& formula, const Shape& shape, Dtype dtype, std::span<const Array* const> inputs, Array* spent = nullptr);

/// The same, computed at once unless it is large.
inline Array map_formula(const Formula& formula, const Shape& shape, Dtype dtype, std::span<const Array* const> inputs) {
  if (is_deferred(shape.elements(), dtype) && formula.bytes <= Formula::most_bytes) [[unlikely]]
    return defer(formula, shape, dtype, inputs);
  Array y(shape, dtype);
  Array* const out[] = {&y};
  map_tiles(formula.tile, formula.object, inputs, out);
  return y;
}

/// map_formula() whose first input has the result's shape and dtype, and is written over unless somebody else has it, too: of what is in
/// the cache already, no second copy is brought there. `inputs` begins with it.
inline Array map_formula_over(Array& first, const Formula& formula, std::span<const Array* const> inputs) {
  if (is_deferred(first.size(), first.dtype()) && formula.bytes <= Formula::most_bytes) [[unlikely]]
    return defer(formula, Shape(first.shape()), first.dtype(), inputs, &first);
  if (first.is_shared()) return map_formula(formula, first.shape(), first.dtype(), inputs);
  Array* const out[] = {&first};
  map_tiles(formula.tile, formula.object, inputs, out);
  return std::move(first);
}

}  // namespace reel::kernels
