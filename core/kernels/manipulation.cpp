#include <reel/core/kernels/manipulation.hpp>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/detail/require.hpp>
#include <reel/core/kernels/detail/strided_copy.hpp>
#include <reel/core/kernels/reduce.hpp>

namespace reel::kernels {

namespace {

/// An array as `count` blocks of `length` neighbouring elements, each of which holds all of one axis and what comes after it.
struct Blocks {
  std::size_t count, length;
};

Blocks blocks_of(const Shape& shape, std::size_t axis) {
  Blocks blocks{1, 1};
  for (std::size_t i = 0; i < shape.rank(); ++i) (i < axis ? blocks.count : blocks.length) *= shape[i];
  return blocks;
}

struct Diagonal {
  Walk walk;
  Shape shape;
};

Diagonal diagonal_of(const char* op, const Shape& shape, std::ptrdiff_t offset, Integer first, Integer second) {
  const std::size_t axis_a = normalize_axis(op, first.value, shape.rank()), axis_b = normalize_axis(op, second.value, shape.rank());
  if (axis_a == axis_b) throw ShapeError(fmt::format("{}: axis {} is named twice", op, axis_a));
  const Shape strides = strides_of(shape);
  Diagonal result;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    if (axis == axis_a || axis == axis_b) continue;
    result.walk.axis(shape[axis], static_cast<std::ptrdiff_t>(strides[axis]));
    result.shape.push_back(shape[axis]);
  }
  const auto rows = static_cast<std::ptrdiff_t>(shape[axis_a]), columns = static_cast<std::ptrdiff_t>(shape[axis_b]);
  const std::ptrdiff_t across = std::clamp(offset, -rows, columns), row = across < 0 ? -across : 0, column = across < 0 ? 0 : across;
  const std::ptrdiff_t length = std::min(rows - row, columns - column);
  const auto row_stride = static_cast<std::ptrdiff_t>(strides[axis_a]), column_stride = static_cast<std::ptrdiff_t>(strides[axis_b]);
  if (length > 0) result.walk.first = row * row_stride + column * column_stride;
  result.walk.axis(static_cast<std::size_t>(length), row_stride + column_stride);
  result.shape.push_back(static_cast<std::size_t>(length));
  return result;
}

/// Counted from the front, in their order.
Ints axes_from_front(const char* op, const Ints& axes, std::size_t rank) {
  if (!axes.empty()) static_cast<void>(normalize_axes(op, axes, rank));
  Ints result = axes;
  for (std::size_t i = 0; i < axes.size(); ++i) result[i] = static_cast<std::ptrdiff_t>(normalize_axis(op, axes[i], rank));
  return result;
}

/// The shape of what tile() makes.
Shape tiled_shape(const char* op, const Shape& shape, const Ints& repeats) {
  if (repeats.size() != shape.rank())
    throw ShapeError(fmt::format("{}: repeats are {} for shape {}; it takes one an axis", op, to_string(repeats), shape));
  Shape result = shape;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    if (repeats[axis] < 0) throw ShapeError(fmt::format("{}: repeats are {}; none may be negative", op, to_string(repeats)));
    if (__builtin_mul_overflow(shape[axis], static_cast<std::size_t>(repeats[axis]), &result[axis]))
      throw ShapeError(fmt::format("{}: {} times {} is too large for the address space", op, to_string(repeats), shape));
  }
  return result;
}

}  // namespace

Array permute(const Array& x, const Ints& given) {
  const Ints axes = axes_from_front("permute", given, x.rank());
  if (axes.size() != x.rank())
    throw ShapeError(fmt::format("permute: axes are {} and x is {}; it needs every axis once", to_string(given), x.shape()));
  const Shape strides = strides_of(x.shape());
  Walk walk;
  Shape shape;
  for (const std::ptrdiff_t a : axes) {
    const auto axis = static_cast<std::size_t>(a);
    shape.push_back(x.shape()[axis]);
    walk.axis(x.shape()[axis], static_cast<std::ptrdiff_t>(strides[axis]));
  }
  if (walk.rank <= 1) return x.with_shape(shape);
  return read_walk(x, walk, shape);
}

Array broadcast_to(const Array& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  if (!broadcasts_to(x.shape(), shape))
    throw ShapeError(
        fmt::format("broadcast_to: {} does not repeat to {}; each axis, counted from the back, needs one length or 1", x.shape(), shape));
  if (x.size() == shape.elements()) return x.with_shape(shape);
  const std::size_t offset = shape.rank() - x.rank();
  const Shape strides = strides_of(x.shape());
  Walk walk;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    const bool repeats = axis < offset || x.shape()[axis - offset] == 1;
    walk.axis(shape[axis], repeats ? 0 : static_cast<std::ptrdiff_t>(strides[axis - offset]));
  }
  return read_walk(x, walk, shape);
}

Array concatenate(std::span<const Array* const> arrays, Integer along) {
  if (arrays.empty()) throw Error("concatenate: there is nothing to join");
  Shape shape = arrays[0]->shape();
  const std::size_t axis = normalize_axis("concatenate", along.value, shape.rank());
  for (const Array* a : arrays) {
    require_dtype("concatenate", "an array", *a, arrays[0]->dtype());
    require_same_elsewhere("concatenate", "an array", a->shape(), arrays[0]->shape(), axis);
  }
  shape[axis] = 0;
  for (const Array* a : arrays) shape[axis] += a->shape()[axis];
  Array y(shape, arrays[0]->dtype());
  std::size_t outer = 1, inner = size_of(y.dtype());
  for (std::size_t i = 0; i < shape.rank(); ++i) (i < axis ? outer : inner) *= i == axis ? 1 : shape[i];
  auto* to = static_cast<std::byte*>(y.mutable_raw());
  if (y.size() == 0) return y;
  for (std::size_t o = 0; o < outer; ++o) {
    for (const Array* a : arrays) {
      const std::size_t bytes = a->shape()[axis] * inner;
      if (bytes == 0) continue;
      std::memcpy(to, static_cast<const std::byte*>(a->raw()) + o * bytes, bytes);
      to += bytes;
    }
  }
  return y;
}

Array tile(const Array& x, const Ints& repeats) {
  static_cast<void>(tiled_shape("tile", x.shape(), repeats));
  Array y = x;
  Shape shape = x.shape();
  for (std::size_t axis = x.rank(); axis-- > 0;) {
    const auto times = static_cast<std::size_t>(repeats[axis]);
    if (times == 1) continue;
    const Blocks blocks = blocks_of(shape, axis);
    shape[axis] *= times;
    y = broadcast_to(y.with_shape({blocks.count, 1, blocks.length}), {blocks.count, times, blocks.length}).with_shape(shape);
  }
  return y;
}

Array tile_backward(const Array& x, const Shape& shape, const Ints& repeats) {
  require_shape("tile_backward", "x", x, tiled_shape("tile_backward", shape, repeats));
  Array y = x;
  Shape current = x.shape();
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    const auto times = static_cast<std::size_t>(repeats[axis]);
    if (times == 1) continue;
    current[axis] = shape[axis];
    const Blocks blocks = blocks_of(current, axis);
    y = sum(y.with_shape({blocks.count, times, blocks.length}), 1, false).with_shape(current);
  }
  return y;
}

Array roll(const Array& x, const Ints& shifts, const Ints& given) {
  const Ints axes = axes_from_front("roll", given, x.rank());
  if (shifts.size() != axes.size())
    throw ShapeError(fmt::format("roll: shifts {} for axes {}; both need one number an axis", to_string(shifts), to_string(given)));
  Array y = x;
  if (x.size() == 0) return y;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(axes[i]);
    const auto n = static_cast<std::ptrdiff_t>(x.shape()[axis]);
    const auto shift = static_cast<std::size_t>((shifts[i] % n + n) % n);
    if (shift == 0) continue;
    const Blocks blocks = blocks_of(x.shape(), axis);
    const std::size_t block = blocks.length * size_of(x.dtype());
    const std::size_t wrapped = block / static_cast<std::size_t>(n) * shift;
    Array rolled(x.shape(), x.dtype());
    const auto* const from = static_cast<const std::byte*>(y.raw());
    auto* const to = static_cast<std::byte*>(rolled.mutable_raw());
    for (std::size_t b = 0; b < blocks.count; ++b) {
      std::memcpy(to + b * block + wrapped, from + b * block, block - wrapped);
      std::memcpy(to + b * block, from + (b + 1) * block - wrapped, wrapped);
    }
    y = std::move(rolled);
  }
  return y;
}

Array diagonal(const Array& x, std::ptrdiff_t offset, Integer axis_a, Integer axis_b) {
  const Diagonal d = diagonal_of("diagonal", x.shape(), offset, axis_a, axis_b);
  return read_walk(x, d.walk, d.shape);
}

Array diagonal_backward(const Array& x, const Shape& shape, std::ptrdiff_t offset, Integer axis_a, Integer axis_b) {
  const Diagonal d = diagonal_of("diagonal_backward", shape, offset, axis_a, axis_b);
  require_shape("diagonal_backward", "x", x, d.shape);
  Array y = Array::zeros(shape, x.dtype());
  write_walk(x, d.walk, y);
  return y;
}

Array triangle(const Array& x, std::ptrdiff_t k, bool lower) {
  if (x.rank() < 2) throw ShapeError(fmt::format("triangle: x is {}; it needs two axes or more, with matrices on the last two", x.shape()));
  Array y = Array::zeros(x.shape(), x.dtype());
  if (x.size() == 0) return y;
  const std::size_t columns = x.shape().back(), rows = x.shape()[x.rank() - 2], bytes = size_of(x.dtype());
  const auto* const from = static_cast<const std::byte*>(x.raw());
  auto* const to = static_cast<std::byte*>(y.mutable_raw());
  const auto width = static_cast<std::ptrdiff_t>(columns);
  for (std::size_t row = 0; row < x.size() / columns; ++row) {
    // Clamped before it is added to, because k may be any number.
    const std::ptrdiff_t r = static_cast<std::ptrdiff_t>(row % rows), first = std::clamp(k, -r - 1, width) + r;
    const auto edge = static_cast<std::size_t>(std::clamp(lower ? first + 1 : first, std::ptrdiff_t{0}, width));
    const std::size_t begin = lower ? 0 : edge, end = lower ? edge : columns;
    if (end > begin) std::memcpy(to + (row * columns + begin) * bytes, from + (row * columns + begin) * bytes, (end - begin) * bytes);
  }
  return y;
}

Array flip(const Array& x, const Ints& axes) {
  Slices slices = Slices::whole(x.rank());
  for (const std::ptrdiff_t axis : axes_from_front("flip", axes, x.rank()))
    slices[static_cast<std::size_t>(axis)] = Slice(std::nullopt, std::nullopt, -1);
  return slice(x, slices);
}

Array take_rows(const Array& x, std::span<const std::int64_t> rows) {
  if (x.rank() == 0) throw ShapeError("take_rows: x is a scalar, which has no rows");
  Shape shape = x.shape();
  const std::size_t length = shape[0];
  shape[0] = rows.size();
  Array y(shape, x.dtype());
  const std::size_t bytes = length == 0 ? 0 : x.bytes() / length;
  const auto* const from = static_cast<const std::byte*>(x.raw());
  auto* to = static_cast<std::byte*>(y.mutable_raw());
  for (const std::int64_t row : rows) {
    if (row < 0 || static_cast<std::size_t>(row) >= length)
      throw ShapeError(fmt::format("take_rows: row {} is out of range for shape {}", row, x.shape()));
    std::memcpy(to, from + static_cast<std::size_t>(row) * bytes, bytes);
    to += bytes;
  }
  return y;
}

}  // namespace reel::kernels
