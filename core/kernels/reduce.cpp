#include <reel/core/kernels/reduce.hpp>

#include <algorithm>
#include <limits>
#include <vector>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

constexpr std::size_t lanes = 32;   // partial results side by side, for the compiler to vectorise
constexpr std::size_t block = 512;  // terms that are added in one go; blocks are added pairwise
constexpr std::size_t grain = std::size_t{1} << 15;

struct Sum {
  template <class T>
  static constexpr T start = T(0);
  template <class T>
  static T join(T a, T b) {
    return a + b;
  }
};

struct Max {
  template <class T>
  static constexpr T start = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
  template <class T>
  static T join(T a, T b) {
    return b > a || b != b ? b : a;
  }
};

struct Min {
  template <class T>
  static constexpr T start = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
  template <class T>
  static T join(T a, T b) {
    return b < a || b != b ? b : a;
  }
};

/// n neighbouring elements to one.
template <class Op, class T>
T reduce_run(const T* x, std::size_t n) {
  if (n > block) {
    const std::size_t half = (n / 2 + block - 1) / block * block;
    return Op::join(reduce_run<Op>(x, half), reduce_run<Op>(x + half, n - half));
  }
  T result = Op::template start<T>;
  std::size_t i = 0;
  if (n >= lanes) {
    T partial[lanes];
    std::copy_n(x, lanes, partial);
    for (i = lanes; i + lanes <= n; i += lanes)
      for (std::size_t lane = 0; lane < lanes; ++lane) partial[lane] = Op::join(partial[lane], x[i + lane]);
    for (std::size_t width = lanes / 2; width > 0; width /= 2)
      for (std::size_t lane = 0; lane < width; ++lane) partial[lane] = Op::join(partial[lane], partial[lane + width]);
    result = Op::join(result, partial[0]);
  }
  for (; i < n; ++i) result = Op::join(result, x[i]);
  return result;
}

/// `rows` rows of `width` elements, `stride` apart, to one row; in blocks of rows for the same reason.
template <class Op, class T>
void reduce_rows(const T* x, std::size_t rows, std::size_t width, std::size_t stride, T* y) {
  constexpr std::size_t rows_a_block = 64;
  if (rows > rows_a_block) {
    const std::size_t half = (rows / 2 + rows_a_block - 1) / rows_a_block * rows_a_block;
    reduce_rows<Op>(x, half, width, stride, y);
    T other[block];
    reduce_rows<Op>(x + half * stride, rows - half, width, stride, other);
    for (std::size_t i = 0; i < width; ++i) y[i] = Op::join(y[i], other[i]);
    return;
  }
  std::copy_n(x, width, y);
  for (std::size_t row = 1; row < rows; ++row)
    for (std::size_t i = 0; i < width; ++i) y[i] = Op::join(y[i], x[row * stride + i]);
}

/// (outer, n, inner) to (outer, inner).
template <class Op, class T>
void reduce_middle(const T* x, std::size_t outer, std::size_t n, std::size_t inner, T* y) {
  if (inner == 0) return;
  if (n == 0) {
    std::fill_n(y, outer * inner, Op::template start<T>);
  } else if (inner == 1) {
    parallel_for(outer, std::max<std::size_t>(1, grain / n), [&](std::size_t begin, std::size_t end) {
      for (std::size_t o = begin; o < end; ++o) y[o] = reduce_run<Op>(x + o * n, n);
    });
  } else {
    const std::size_t strips = (inner + block - 1) / block;
    parallel_for(outer * strips, std::max<std::size_t>(1, grain / (n * std::min(inner, block))), [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t o = i / strips, from = i % strips * block;
        reduce_rows<Op>(x + o * n * inner + from, n, std::min(block, inner - from), inner, y + o * inner + from);
      }
    });
  }
}

/// Reduces one run of neighbouring axes after the other, the last one first.
template <class Op, class T>
Array reduce_axes(const Array& x, const Ints& axes, bool keepdims) {
  Array current = x;
  std::size_t next = axes.size();
  while (next > 0) {
    std::size_t first = next - 1;
    while (first > 0 && axes[first - 1] + 1 == axes[first]) --first;
    const auto low = static_cast<std::size_t>(axes[first]), high = static_cast<std::size_t>(axes[next - 1]);
    Shape shape = current.shape();
    std::size_t outer = 1, n = 1, inner = 1;
    for (std::size_t i = 0; i < shape.rank(); ++i) {
      (i < low ? outer : i <= high ? n : inner) *= shape[i];
      if (i >= low && i <= high) shape[i] = 1;
    }
    Array reduced(shape, dtype_of<T>());
    reduce_middle<Op>(current.data<T>(), outer, n, inner, reduced.mutable_data<T>());
    current = std::move(reduced);
    next = first;
  }
  return current.with_shape(reduced_shape(x.shape(), axes, keepdims));
}

template <class Op>
Array reduce(const Array& x, const Ints& axes, bool keepdims) {
  switch (x.dtype()) {
    case float32: return reduce_axes<Op, float>(x, axes, keepdims);
    case float64: return reduce_axes<Op, double>(x, axes, keepdims);
    default: return reduce_axes<Op, std::int64_t>(x.astype(int64), axes, keepdims);
  }
}

void require_elements(const char* op, const Array& x, const Ints& axes) {
  for (const std::ptrdiff_t axis : axes) {
    if (x.shape()[static_cast<std::size_t>(axis)] == 0)
      throw ShapeError(fmt::format("{}: axis {} of shape {} is empty, so there is nothing to choose from", op, axis, x.shape()));
  }
}

}  // namespace

Array sum(const Array& x, const Ints& axes, bool keepdims) { return reduce<Sum>(x, axes, keepdims); }

Array max(const Array& x, const Ints& axes, bool keepdims) {
  require_elements("max", x, axes);
  return reduce<Max>(x, axes, keepdims);
}

Array min(const Array& x, const Ints& axes, bool keepdims) {
  require_elements("min", x, axes);
  return reduce<Min>(x, axes, keepdims);
}

Array sum_to(const Array& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  const std::size_t offset = x.rank() - shape.rank();
  Ints axes;
  for (std::size_t i = 0; i < x.rank(); ++i)
    if (i < offset || (shape[i - offset] == 1 && x.shape()[i] != 1)) axes.push_back(static_cast<std::ptrdiff_t>(i));
  return sum(x, axes, true).with_shape(shape);
}

}  // namespace reel::kernels
