#pragma once
#include <vector>

#include <reel/autograd/debug/statistics.hpp>

namespace reel::debug {

/// An array as the page shows it: all numbers if they are few, else a thumbnail; and its statistics.
struct Picture {
  Statistics statistics;
  std::vector<double> numbers;
  std::size_t rows = 0, columns = 0;  // of the thumbnail
  std::vector<double> cells;          // of each block the number of largest magnitude; NaN where one of them is not finite
};

/// The picture of an array: rows are those of the last axis; a vector is broken into rows like a text.
Picture picture_of(const Array& array, std::size_t most_numbers, std::size_t edge);
/// The same with fewer numbers; `shape` is that of the array.
Picture shrunk(const Picture& picture, const Shape& shape, std::size_t most_numbers, std::size_t edge);

}  // namespace reel::debug
