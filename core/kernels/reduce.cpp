#include <reel/core/kernels/reduce.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/detail/pairwise_reduction.hpp>
#include <reel/core/kernels/manipulation.hpp>

namespace reel::kernels {

namespace {

/// Reduces a run that is so long that several threads work on it: it is halved until the parts are no longer than `grain`.
template <class Op, class T, class In>
class LongRun {
 public:
  LongRun(const In* x, std::size_t n) {
    cut(x, n);
    parallel_for(parts_.size(), 1, [&](std::size_t from, std::size_t to) {
      for (std::size_t i = from; i < to; ++i) parts_[i].result = reduce_run<Op>(parts_[i].x, parts_[i].n, As<T>());
    });
    result = join(n);
  }
  T result;

 private:
  struct Part {
    const In* x;
    std::size_t n;
    T result;
  };

  void cut(const In* x, std::size_t n) {
    if (n <= grain) return parts_.push_back({x, n, T()});
    cut(x, half_of(n));
    cut(x + half_of(n), n - half_of(n));
  }
  T join(std::size_t n) {
    if (n <= grain) return parts_[next_++].result;
    const T first = join(half_of(n));
    return Op::join(first, join(n - half_of(n)));
  }

  std::vector<Part> parts_;
  std::size_t next_ = 0;
};

/// Reduces (outer, n, inner) to (outer, inner), converting the numbers to T as they are read: a converted copy could be eight times as
/// large.
template <class Op, class T, class In>
void reduce_middle(const In* x, const Middle& m, T* y) {
  if (m.inner == 0) return;
  if (m.n == 0) {
    std::fill_n(y, m.outer * m.inner, Op::template start<T>);
  } else if (m.inner == 1 && m.n > 2 * grain) {
    for (std::size_t o = 0; o < m.outer; ++o) y[o] = LongRun<Op, T, In>(x + o * m.n, m.n).result;
  } else if (m.inner == 1) {
    m.for_each_run([&](std::size_t o) { y[o] = reduce_run<Op>(x + o * m.n, m.n, As<T>()); });
  } else {
    m.for_each_strip([&](std::size_t o, std::size_t from, std::size_t width) {
      const auto row = [&](std::size_t r) { return x + (o * m.n + r) * m.inner + from; };
      reduce_rows<Op>(row, 0, m.n, width, y + o * m.inner + from);
    });
  }
}

/// Reduces one run of neighbouring axes after the other, the last one first.
template <class Op, class T, class In>
Array reduce_axes(const Array& x, const Ints& axes, bool keepdims) {
  const Shape result = reduced_shape(x.shape(), axes, keepdims);
  if (axes.empty()) return x.astype(dtype_of<T>()).with_shape(result);
  Shape shape = x.shape();
  Array reduced;
  for (std::size_t next = axes.size(); next > 0;) {
    std::size_t first = next - 1;
    while (first > 0 && axes[first - 1] + 1 == axes[first]) --first;
    const auto low = static_cast<std::size_t>(axes[first]), high = static_cast<std::size_t>(axes[next - 1]);
    const Middle middle(shape, low, high);
    for (std::size_t i = low; i <= high; ++i) shape[i] = 1;
    Array y(first == 0 ? result : shape, dtype_of<T>());
    next == axes.size() ? reduce_middle<Op>(x.data<In>(), middle, y.mutable_data<T>())
                        : reduce_middle<Op>(std::as_const(reduced).template data<T>(), middle, y.mutable_data<T>());
    reduced = std::move(y);
    next = first;
  }
  return reduced;
}

/// The axes themselves if they are normalized, as those of ops are; else `other`, which becomes the normalized axes.
const Ints& normalized(std::string_view op, const Ints& axes, std::size_t rank, Ints&& other = {}) {
  return is_normalized(axes, rank) ? axes : other = normalize_axes(op, axes, rank);
}

/// Reduces over normalized axes.
template <class Op>
Array reduce(const Array& x, const Ints& axes, bool keepdims) {
  switch (x.dtype()) {
    case float32: return reduce_axes<Op, float, float>(x, axes, keepdims);
    case float64: return reduce_axes<Op, double, double>(x, axes, keepdims);
    case int64: return reduce_axes<Op, std::int64_t, std::int64_t>(x, axes, keepdims);
    default: return reduce_axes<Op, std::int64_t, bool>(x, axes, keepdims);
  }
}

template <class Op>
Array test(const char* op, const Array& x, const Ints& axes, bool keepdims) {
  const Ints along = normalize_axes(op, axes, x.rank());
  return visit(x.dtype(), [&](auto t) { return reduce_axes<Op, bool, decltype(t)>(x, along, keepdims); });
}

template <class Op>
Array extreme(const char* op, const Array& x, const Ints& axes, bool keepdims) {
  const Ints along = normalize_axes(op, axes, x.rank());
  require_elements(op, x, along);
  return reduce<Op>(x, along, keepdims);
}

}  // namespace

void require_elements(const char* op, const Array& x, const Ints& axes) {
  for (const std::ptrdiff_t axis : axes) {
    if (x.shape()[static_cast<std::size_t>(axis)] == 0)
      throw ShapeError(fmt::format("{}: axis {} of shape {} is empty, so there is nothing to choose from", op, axis, x.shape()));
  }
}

Array sum(const Array& x, const Ints& axes, bool keepdims) { return reduce<Sum>(x, normalized("sum", axes, x.rank()), keepdims); }

Array prod(const Array& x, const Ints& axes, bool keepdims) { return reduce<Product>(x, normalized("prod", axes, x.rank()), keepdims); }

Array all(const Array& x, const Ints& axes, bool keepdims) { return test<And>("all", x, axes, keepdims); }

Array any(const Array& x, const Ints& axes, bool keepdims) { return test<Or>("any", x, axes, keepdims); }

Array max(const Array& x, const Ints& axes, bool keepdims) { return extreme<Max>("max", x, axes, keepdims); }

Array min(const Array& x, const Ints& axes, bool keepdims) { return extreme<Min>("min", x, axes, keepdims); }

Array sum_to(const Array& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  if (!broadcasts_to(shape, x.shape())) throw ShapeError(fmt::format("sum_to: x is {}, to which {} does not broadcast", x.shape(), shape));
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
