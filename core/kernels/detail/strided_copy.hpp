#pragma once
// Strided copies: what permuting, repeating, slicing and diagonals have in common. Not installed.
#include <reel/core/array.hpp>

namespace reel::kernels {

/// A way to walk over memory: a first element, and per axis a length and a signed stride, in elements. Neighbouring axes that are
/// walked as one become one.
struct Walk {
  std::ptrdiff_t first = 0;
  std::size_t rank = 0;
  std::size_t lengths[max_rank] = {};
  std::ptrdiff_t strides[max_rank] = {};

  void axis(std::size_t length, std::ptrdiff_t stride);
  /// Elements [begin, end) of the outermost axis.
  Walk part(std::size_t begin, std::size_t end) const;
};

/// An array of `shape`: x's elements in the walk's order.
Array read_walk(const Array& x, const Walk& walk, const Shape& shape);
/// x's elements, in order, to the places of y that the walk visits; no place is visited twice.
void write_walk(const Array& x, const Walk& walk, Array& y);

}  // namespace reel::kernels
