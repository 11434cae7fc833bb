#pragma once
// Strided copies, which permute, broadcast, slice and diagonal are made of.
#include <reel/core/array.hpp>

namespace reel::kernels {

/// A strided view of memory: the first element, and a length and a signed stride per axis, in elements. Neighbouring axes with compatible
/// strides are merged.
struct Walk {
  std::ptrdiff_t first = 0;
  std::size_t rank = 0;
  std::size_t lengths[max_rank] = {};
  std::ptrdiff_t strides[max_rank] = {};

  void axis(std::size_t length, std::ptrdiff_t stride);
  /// Elements [begin, end) of the outermost axis.
  Walk part(std::size_t begin, std::size_t end) const;
};

/// Returns an array of `shape` with the elements of x in the order of the walk.
Array read_walk(const Array& x, const Walk& walk, const Shape& shape);
/// Writes the elements of x, in order, to the places of y that the walk visits; no place may be visited twice.
void write_walk(const Array& x, const Walk& walk, Array& y);

}  // namespace reel::kernels
