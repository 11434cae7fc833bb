#pragma once
#include <cstddef>
#include <span>

#include <reel/core/array.hpp>

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

/// y = formula(inputs), which broadcast to `shape`. A large y is computed when it is read (deferred.hpp). An input that `spent` points to
/// may be written over, unless somebody else has it, too: of what is in the cache already, no second copy is brought there.
Array map_formula(const Formula& formula, const Shape& shape, Dtype dtype, std::span<const Array* const> inputs, Array* spent = nullptr);

/// Runs a formula over all elements of `outputs` (one shape, already allocated). Inputs whose shape differs are repeated to
/// it, so each must broadcast to it. A formula sees short contiguous tiles only, whatever the shapes: that keeps its compiled
/// code small, and the bits of an element the same wherever it lies and however many threads there are.
void map_tiles(TileFunction tile, const void* formula, std::span<const Array* const> inputs, std::span<Array* const> outputs);

}  // namespace reel::kernels
