#include <reel/autograd/debug/page/picture.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace reel::debug {

namespace {

/// Each cell is the element of largest magnitude in its block, so that a single spike is visible, or NaN.
template <class Element>
void draw(Picture& picture, std::size_t rows, std::size_t columns, std::size_t size, std::size_t edge, const Element& element) {
  picture.rows = std::min(rows, edge);
  picture.columns = std::min(columns, edge);
  picture.cells.assign(picture.rows * picture.columns, 0.0);
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t row = i / columns * picture.rows / rows, column = i % columns * picture.columns / columns;
    double& cell = picture.cells[row * picture.columns + column];
    const double x = element(i);
    if (!std::isfinite(x)) cell = std::numeric_limits<double>::quiet_NaN();
    if (std::abs(x) > std::abs(cell)) cell = x;  // never true of NaN
  }
}

std::size_t columns_of(const Shape& shape, std::size_t size) {
  if (shape.rank() == 0) return 1;
  if (shape.rank() == 1) return static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(size))));
  return shape[shape.rank() - 1];
}

}  // namespace

Picture picture_of(const Array& array, std::size_t most_numbers, std::size_t edge) {
  Picture picture;
  picture.statistics = statistics(array);
  const std::size_t size = array.size();
  if (size <= most_numbers) {
    for (std::size_t i = 0; i < size; ++i) picture.numbers.push_back(array.as_double(i));
    return picture;
  }
  if (edge == 0) return picture;
  const std::size_t columns = columns_of(array.shape(), size), rows = (size + columns - 1) / columns;
  visit(array.dtype(), [&](auto t) {
    const auto elements = array.span<decltype(t)>();
    draw(picture, rows, columns, size, edge, [&](std::size_t i) { return static_cast<double>(elements[i]); });
  });
  return picture;
}

Picture shrunk(const Picture& picture, const Shape& shape, std::size_t most_numbers, std::size_t edge) {
  Picture smaller;
  smaller.statistics = picture.statistics;
  const std::size_t size = picture.numbers.size();
  if (size > 0 && size <= most_numbers) {
    smaller.numbers = picture.numbers;
  } else if (size > 0 && edge > 0) {
    const std::size_t columns = columns_of(shape, size);
    draw(smaller, (size + columns - 1) / columns, columns, size, edge, [&](std::size_t i) { return picture.numbers[i]; });
  } else if (!picture.cells.empty() && edge > 0) {
    draw(smaller, picture.rows, picture.columns, picture.cells.size(), edge, [&](std::size_t i) { return picture.cells[i]; });
  }
  return smaller;
}

}  // namespace reel::debug
