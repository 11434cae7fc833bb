#include <reel/core/kernels/movement.hpp>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <reel/core/error.hpp>

namespace reel {

Slices::Slices(std::initializer_list<Slice> slices) {
  if (slices.size() > max_rank) throw ShapeError(fmt::format("{} slices; Reel's arrays have at most {} axes", slices.size(), max_rank));
  for (const Slice& s : slices) slices_[size_++] = s;
}

namespace kernels {

namespace {

/// A way to walk over memory: a first element, and per axis a length and a signed stride, in elements.
struct Walk {
  std::ptrdiff_t first = 0;
  std::size_t rank = 0;
  std::size_t lengths[max_rank] = {};
  std::ptrdiff_t strides[max_rank] = {};

  void axis(std::size_t length, std::ptrdiff_t stride) {
    if (length == 1) return;
    if (rank > 0 && strides[rank - 1] == stride * static_cast<std::ptrdiff_t>(length)) {
      lengths[rank - 1] *= length;
      strides[rank - 1] = stride;
      return;
    }
    lengths[rank] = length;
    strides[rank++] = stride;
  }
};

/// Calls run(position, n, stride) for each innermost run, in row-major order of the walk.
template <class F>
void for_each_run(const Walk& walk, const F& run) {
  if (walk.rank == 0) {
    run(walk.first, std::size_t{1}, std::ptrdiff_t{1});
    return;
  }
  for (std::size_t i = 0; i < walk.rank; ++i)
    if (walk.lengths[i] == 0) return;
  const std::size_t inner = walk.rank - 1;
  std::size_t index[max_rank] = {};
  std::ptrdiff_t position = walk.first;
  while (true) {
    run(position, walk.lengths[inner], walk.strides[inner]);
    std::size_t axis = inner;
    while (axis > 0) {
      --axis;
      position += walk.strides[axis];
      if (++index[axis] < walk.lengths[axis]) break;
      position -= static_cast<std::ptrdiff_t>(index[axis]) * walk.strides[axis];
      index[axis] = 0;
      if (axis == 0) return;
    }
    if (inner == 0) return;
  }
}

/// Calls f with a value of an unsigned type as wide as dtype's elements: moving does not look at them.
template <class F>
void with_word(Dtype dtype, const F& f) {
  switch (size_of(dtype)) {
    case 1: return f(std::uint8_t{});
    case 4: return f(std::uint32_t{});
    default: return f(std::uint64_t{});
  }
}

/// (rows, columns) to (columns, rows), in squares that stay in the cache.
template <class Word>
void transpose_matrix(const Word* x, std::size_t rows, std::size_t columns, Word* y) {
  constexpr std::size_t square = 16;
  for (std::size_t r0 = 0; r0 < rows; r0 += square)
    for (std::size_t c0 = 0; c0 < columns; c0 += square)
      for (std::size_t c = c0; c < std::min(columns, c0 + square); ++c)
        for (std::size_t r = r0; r < std::min(rows, r0 + square); ++r) y[c * rows + r] = x[r * columns + c];
}

Array gather(const Array& x, const Walk& walk, const Shape& shape) {
  Array y(shape, x.dtype());
  if (y.size() == 0) return y;
  with_word(x.dtype(), [&](auto word) {
    using Word = decltype(word);
    const auto* const from = static_cast<const Word*>(x.raw());
    auto* to = static_cast<Word*>(y.mutable_raw());
    if (walk.rank == 2 && walk.first == 0 && walk.strides[0] == 1 && walk.strides[1] == static_cast<std::ptrdiff_t>(walk.lengths[0])) {
      transpose_matrix(from, walk.lengths[1], walk.lengths[0], to);
      return;
    }
    for_each_run(walk, [&](std::ptrdiff_t position, std::size_t n, std::ptrdiff_t stride) {
      const Word* const run = from + position;
      if (stride == 1) {
        std::copy_n(run, n, to);
      } else if (stride == 0) {
        std::fill_n(to, n, *run);
      } else {
        for (std::size_t i = 0; i < n; ++i) to[i] = run[static_cast<std::ptrdiff_t>(i) * stride];
      }
      to += n;
    });
  });
  return y;
}

struct SlicedAxis {
  std::ptrdiff_t start, step;
  std::size_t length;
};

SlicedAxis resolve(const Slice& s, std::size_t axis, const Shape& shape) {
  const auto n = static_cast<std::ptrdiff_t>(shape[axis]);
  if (s.drops_axis) {
    const std::ptrdiff_t i = *s.start;
    if (i < -n || i >= n) throw ShapeError(fmt::format("slice: index {} is out of range for axis {} of shape {}", i, axis, shape));
    return {i < 0 ? i + n : i, 1, 1};
  }
  if (s.step == 0) throw ShapeError(fmt::format("slice: the step of axis {} is 0", axis));
  const std::ptrdiff_t low = s.step > 0 ? 0 : -1, high = s.step > 0 ? n : n - 1;
  const auto end = [&](const std::optional<std::ptrdiff_t>& given, std::ptrdiff_t otherwise) {
    return given ? std::clamp(*given < 0 ? *given + n : *given, low, high) : otherwise;
  };
  const std::ptrdiff_t start = end(s.start, s.step > 0 ? low : high), stop = end(s.stop, s.step > 0 ? high : low);
  const std::ptrdiff_t span = s.step > 0 ? stop - start : start - stop, step = s.step > 0 ? s.step : -s.step;
  return {start, s.step, span <= 0 ? 0 : static_cast<std::size_t>((span + step - 1) / step)};
}

struct Sliced {
  Walk walk;
  Shape shape;
};

Sliced walk_of(const Shape& shape, const Slices& slices) {
  if (slices.size() > shape.rank())
    throw ShapeError(fmt::format("slice: {} slices for shape {}, which has {} axes", slices.size(), shape, shape.rank()));
  const Shape strides = strides_of(shape);
  Sliced result;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    const auto stride = static_cast<std::ptrdiff_t>(strides[axis]);
    const SlicedAxis s = axis < slices.size() ? resolve(slices[axis], axis, shape) : SlicedAxis{0, 1, shape[axis]};
    result.walk.first += s.start * stride;
    result.walk.axis(s.length, s.step * stride);
    if (axis >= slices.size() || !slices[axis].drops_axis) result.shape.push_back(s.length);
  }
  return result;
}

}  // namespace

Array permute(const Array& x, const Ints& axes) {
  const Shape strides = strides_of(x.shape());
  Walk walk;
  Shape shape;
  for (const std::ptrdiff_t a : axes) {
    const auto axis = static_cast<std::size_t>(a);
    shape.push_back(x.shape()[axis]);
    walk.axis(x.shape()[axis], static_cast<std::ptrdiff_t>(strides[axis]));
  }
  if (walk.rank <= 1) return x.with_shape(shape);
  return gather(x, walk, shape);
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
  return gather(x, walk, shape);
}

Array slice(const Array& x, const Slices& slices) {
  const Sliced sliced = walk_of(x.shape(), slices);
  if (sliced.shape.elements() == x.size() && sliced.walk.first == 0 && sliced.walk.rank <= 1 &&
      (sliced.walk.rank == 0 || sliced.walk.strides[0] == 1))
    return x.with_shape(sliced.shape);
  return gather(x, sliced.walk, sliced.shape);
}

Array unslice(const Array& x, const Shape& shape, const Slices& slices) {
  Array y = Array::zeros(shape, x.dtype());
  if (x.size() == 0) return y;
  with_word(x.dtype(), [&](auto word) {
    using Word = decltype(word);
    const auto* from = static_cast<const Word*>(x.raw());
    auto* const to = static_cast<Word*>(y.mutable_raw());
    for_each_run(walk_of(shape, slices).walk, [&](std::ptrdiff_t position, std::size_t n, std::ptrdiff_t stride) {
      for (std::size_t i = 0; i < n; ++i) to[position + static_cast<std::ptrdiff_t>(i) * stride] = from[i];
      from += n;
    });
  });
  return y;
}

Array concatenate(std::span<const Array* const> arrays, std::size_t axis) {
  Shape shape = arrays[0]->shape();
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

}  // namespace kernels
}  // namespace reel
