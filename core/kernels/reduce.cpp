#include <reel/core/kernels/reduce.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/movement.hpp>
#include <reel/core/kernels/runs.hpp>

namespace reel::kernels {

namespace {

/// (outer, n, inner) to (outer, inner).
template <class Op, class T>
void reduce_middle(const T* x, const Middle& m, T* y) {
  if (m.inner == 0) return;
  if (m.n == 0) {
    std::fill_n(y, m.outer * m.inner, Op::template start<T>);
  } else if (m.inner == 1) {
    m.for_each_run([&](std::size_t o) { y[o] = reduce_run<Op>(x + o * m.n, m.n); });
  } else {
    m.for_each_strip([&](std::size_t o, std::size_t from, std::size_t width) {
      reduce_rows<Op>(x + o * m.n * m.inner + from, m.n, width, m.inner, y + o * m.inner + from);
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
    const Middle middle(shape, low, high);
    for (std::size_t i = low; i <= high; ++i) shape[i] = 1;
    Array reduced(shape, dtype_of<T>());
    reduce_middle<Op>(current.data<T>(), middle, reduced.mutable_data<T>());
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

}  // namespace

void require_elements(const char* op, const Array& x, const Ints& axes) {
  for (const std::ptrdiff_t axis : axes) {
    if (x.shape()[static_cast<std::size_t>(axis)] == 0)
      throw ShapeError(fmt::format("{}: axis {} of shape {} is empty, so there is nothing to choose from", op, axis, x.shape()));
  }
}

Array sum(const Array& x, const Ints& axes, bool keepdims) { return reduce<Sum>(x, axes, keepdims); }

Array prod(const Array& x, const Ints& axes, bool keepdims) { return reduce<Product>(x, axes, keepdims); }

Array all(const Array& x, const Ints& axes, bool keepdims) { return reduce_axes<And, bool>(x.astype(boolean), axes, keepdims); }

Array any(const Array& x, const Ints& axes, bool keepdims) { return reduce_axes<Or, bool>(x.astype(boolean), axes, keepdims); }

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

namespace {

/// The order of axes that puts the given ones last.
Ints order_of(std::size_t rank, const Ints& axes) {
  Ints order;
  std::size_t next = 0;
  for (std::size_t i = 0; i < rank; ++i) {
    if (next < axes.size() && static_cast<std::size_t>(axes[next]) == i) {
      ++next;
    } else {
      order.push_back(static_cast<std::ptrdiff_t>(i));
    }
  }
  for (const std::ptrdiff_t axis : axes) order.push_back(axis);
  return order;
}

}  // namespace

Array with_axes_last(const Array& x, const Ints& axes) { return permute(x, order_of(x.rank(), axes)); }

Array with_axes_back(const Array& y, const Shape& shape, const Ints& axes) {
  const Ints order = order_of(shape.rank(), axes);
  Ints back = order;
  Shape permuted = shape;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto axis = static_cast<std::size_t>(order[i]);
    back[axis] = static_cast<std::ptrdiff_t>(i);
    permuted[i] = shape[axis];
  }
  return permute(y.with_shape(permuted), back);
}

Ints last_axes(std::size_t rank, std::size_t count) {
  Ints axes;
  for (std::size_t i = rank - count; i < rank; ++i) axes.push_back(static_cast<std::ptrdiff_t>(i));
  return axes;
}

Middle rows_of(const Shape& shape, const Ints& axes) {
  Middle rows(Shape{}, 0);
  std::size_t next = 0;
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    const bool reduced = next < axes.size() && static_cast<std::size_t>(axes[next]) == i;
    next += reduced;
    (reduced ? rows.n : rows.outer) *= shape[i];
  }
  return rows;
}

}  // namespace reel::kernels
