#include <reel/core/kernels/slicing.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/detail/require.hpp>
#include <reel/core/kernels/detail/strided_copy.hpp>

namespace reel {

std::size_t Slices::checked(std::size_t size) {
  if (size > max_size) throw ShapeError(fmt::format("{} slices; one list holds at most {}", size, max_size));
  return size;
}

Slices::Slices(std::initializer_list<Slice> slices) {
  checked(slices.size());
  for (const Slice& s : slices) slices_[size_++] = s;
}

std::string to_string(const Slices& slices) {
  const auto end = [](const std::optional<std::ptrdiff_t>& e) { return e ? std::to_string(*e) : std::string(); };
  std::string text;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const Slice& s = slices[i];
    if (i > 0) text += ", ";
    if (s.is_ellipsis()) {
      text += "...";
    } else if (s.is_newaxis()) {
      text += "newaxis";
    } else if (s.is_index()) {
      text += end(s.start());
    } else {
      text += end(s.start()) + ":" + end(s.stop()) + (s.step() == 1 ? "" : ":" + std::to_string(s.step()));
    }
  }
  return "[" + text + "]";
}

namespace kernels {

namespace {

struct SlicedAxis {
  std::ptrdiff_t start, step;
  std::size_t length;
};

SlicedAxis resolve(const Slice& s, std::size_t axis, const Shape& shape) {
  const auto n = static_cast<std::ptrdiff_t>(shape[axis]);
  if (s.is_index()) {
    const std::ptrdiff_t i = *s.start();
    if (i < -n || i >= n) throw ShapeError(fmt::format("slice: index {} is out of range for axis {} of shape {}", i, axis, shape));
    return {i < 0 ? i + n : i, 1, 1};
  }
  if (s.step() == 0) throw ShapeError(fmt::format("slice: the step of axis {} is 0", axis));
  const std::ptrdiff_t low = s.step() > 0 ? 0 : -1, high = s.step() > 0 ? n : n - 1;
  const auto end = [&](const std::optional<std::ptrdiff_t>& given, std::ptrdiff_t otherwise) {
    return given ? std::clamp(*given < 0 ? *given + n : *given, low, high) : otherwise;
  };
  const std::ptrdiff_t start = end(s.start(), s.step() > 0 ? low : high), stop = end(s.stop(), s.step() > 0 ? high : low);
  // Counted without signs: a step may be as large as a number gets.
  const std::size_t span = s.step() > 0 ? (stop > start ? static_cast<std::size_t>(stop - start) : 0)
                                        : (start > stop ? static_cast<std::size_t>(start - stop) : 0);
  const std::size_t step = s.step() > 0 ? static_cast<std::size_t>(s.step()) : std::size_t{0} - static_cast<std::size_t>(s.step());
  const std::size_t length = span == 0 ? 0 : (span - 1) / step + 1;
  return {start, length > 1 ? s.step() : 1, length};
}

struct Sliced {
  Walk walk;
  Shape shape;
};

/// How many axes an ellipsis stands for; throws unless the slices fit the shape.
std::size_t axes_of_ellipsis(const Shape& shape, const Slices& slices) {
  std::size_t named = 0, ellipses = 0;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    ellipses += slices[i].is_ellipsis();
    named += !slices[i].is_ellipsis() && !slices[i].is_newaxis();
  }
  if (ellipses > 1) throw ShapeError(fmt::format("slice: {} has {} ellipses; one is enough", to_string(slices), ellipses));
  if (named > shape.rank()) throw ShapeError(fmt::format("slice: {} slices for shape {}, which has {} axes", named, shape, shape.rank()));
  return shape.rank() - named;
}

Sliced walk_of(const Shape& shape, const Slices& slices) {
  const std::size_t unnamed = axes_of_ellipsis(shape, slices);
  const Shape strides = strides_of(shape);
  Sliced result;
  std::size_t axis = 0;
  const auto take = [&](const Slice& s) {
    const auto stride = static_cast<std::ptrdiff_t>(strides[axis]);
    const SlicedAxis taken = resolve(s, axis, shape);
    if (taken.length > 0) result.walk.first += taken.start * stride;
    result.walk.axis(taken.length, taken.step * stride);
    if (!s.is_index()) result.shape.push_back(taken.length);
    ++axis;
  };
  for (std::size_t i = 0; i < slices.size(); ++i) {
    if (slices[i].is_newaxis()) {
      result.shape.push_back(1);
    } else if (slices[i].is_ellipsis()) {
      for (std::size_t k = 0; k < unnamed; ++k) take(Slice());
    } else {
      take(slices[i]);
    }
  }
  while (axis < shape.rank()) take(Slice());
  return result;
}

}  // namespace

Array slice(const Array& x, const Slices& slices) {
  const Sliced sliced = walk_of(x.shape(), slices);
  if (sliced.shape.elements() == x.size() && sliced.walk.first == 0 && sliced.walk.rank <= 1 &&
      (sliced.walk.rank == 0 || sliced.walk.strides[0] == 1))
    return x.with_shape(sliced.shape);
  return read_walk(x, sliced.walk, sliced.shape);
}

Array slice_backward(const Array& x, const Shape& shape, const Slices& slices, Scalar value) {
  const Sliced sliced = walk_of(shape, slices);
  require_shape("slice_backward", "x", x, sliced.shape);
  Array y = Array::full(shape, value, x.dtype());
  write_walk(x, sliced.walk, y);
  return y;
}

}  // namespace kernels
}  // namespace reel
