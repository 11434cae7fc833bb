#include <reel/core/kernels/arg_reduce.hpp>

#include <reel/core/kernels/detail/pairwise_reduction.hpp>
#include <reel/core/kernels/detail/require.hpp>
#include <reel/core/kernels/reduce.hpp>

namespace reel::kernels {

namespace {

/// Equal, or both NaN.
template <class T>
bool is_same(T a, T b) {
  return a == b || (a != a && b != b);
}

/// The first element that equals `wanted`, which is there.
template <class T>
std::int64_t position_of(const T* x, T wanted) {
  std::int64_t i = 0;
  while (!is_same(x[i], wanted)) ++i;
  return i;
}

/// The position of the best of a few elements, the first of several.
template <class Op, class T>
std::int64_t best_of_few(const T* x, std::size_t n) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < n && x[best] == x[best]; ++i) best = Op::prefers(x[best], x[i]) ? i : best;
  return static_cast<std::int64_t>(best);
}

/// As wide as T, so that the compiler can choose both with one mask.
template <class T>
using Position = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

/// The columns' best rows. Rows come in the order of their numbers, so the first of several stays.
template <class Op, class T>
void choose_rows(const T* x, std::size_t rows, std::size_t width, std::size_t stride, std::int64_t* y) {
  T best[block];
  Position<T> at[block] = {};
  std::copy_n(x, width, best);
  for (std::size_t row = 1; row < rows; ++row) {
    const T* const next = x + row * stride;
    for (std::size_t i = 0; i < width; ++i) {
      const bool better = best[i] == best[i] && Op::prefers(best[i], next[i]);
      best[i] = better ? next[i] : best[i];
      at[i] = better ? static_cast<Position<T>>(row) : at[i];
    }
  }
  for (std::size_t i = 0; i < width; ++i) y[i] = at[i];
}

template <class Op>
Array choose(const char* op, Array (*extreme)(const Array&, const Ints&, bool), const Array& x, Integer given, bool keepdims) {
  const std::size_t axis = normalize_axis(op, given.value, x.rank());
  const Ints axes(axis);
  require_elements(op, x, axes);
  Array y(reduced_shape(x.shape(), axes, keepdims), int64);
  const Middle m(x.shape(), axis);
  auto* const to = y.mutable_data<std::int64_t>();
  const auto run = [&](auto t) {
    using T = decltype(t);
    if (m.inner == 1 && m.n <= partial_sums) {
      const T* const from = x.data<T>();
      m.for_each_run([&](std::size_t o) { to[o] = best_of_few<Op>(from + o * m.n, m.n); });
    } else if (m.inner == 1 || m.n > std::size_t{1} << 30) {  // so long that positions would not fit beside a float
      const Array runs = with_axes_last(x, axes), best = extreme(runs, last_axes(x.rank(), 1), false).astype(x.dtype());
      const T* const from = runs.data<T>();
      const T* const wanted = best.data<T>();
      rows_of(x.shape(), axes).for_each_run([&](std::size_t o) { to[o] = position_of(from + o * m.n, wanted[o]); });
    } else {
      const T* const from = x.data<T>();
      m.for_each_strip([&](std::size_t o, std::size_t begin, std::size_t width) {
        choose_rows<Op>(from + o * m.n * m.inner + begin, m.n, width, m.inner, to + o * m.inner + begin);
      });
    }
  };
  visit(x.dtype(), run);
  return y;
}

template <class T>
void share_run(const T* x, std::size_t n, T y, T dy, T* dx) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < n; ++i) count += is_same(x[i], y);
  const T share = dy / static_cast<T>(count);
  for (std::size_t i = 0; i < n; ++i) dx[i] = is_same(x[i], y) ? share : T(0);
}

template <class T>
void share_rows(const T* x, std::size_t rows, std::size_t width, std::size_t stride, const T* y, const T* dy, T* dx) {
  T share[block] = {};
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t i = 0; i < width; ++i) share[i] += is_same(x[row * stride + i], y[i]) ? T(1) : T(0);
  for (std::size_t i = 0; i < width; ++i) share[i] = dy[i] / share[i];
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t i = 0; i < width; ++i) dx[row * stride + i] = is_same(x[row * stride + i], y[i]) ? share[i] : T(0);
}

/// amax_backward() for normalized axes, of a y and dy that have been checked.
Array share(const Array& x, const Array& y, const Array& dy, const Ints& axes) {
  const bool neighbours = axes.empty() || static_cast<std::size_t>(axes[axes.size() - 1] - axes[0]) + 1 == axes.size();
  if (!neighbours) return with_axes_back(share(with_axes_last(x, axes), y, dy, last_axes(x.rank(), axes.size())), x.shape(), axes);
  const Middle m = axes.empty() ? Middle(Shape{}, 0)
                                : Middle(x.shape(), static_cast<std::size_t>(axes[0]), static_cast<std::size_t>(axes[axes.size() - 1]));
  Array dx(x.shape(), x.dtype());
  const auto run = [&](auto t) {
    using T = decltype(t);
    const T *const from = x.data<T>(), *const best = y.data<T>(), *const seed = dy.data<T>();
    T* const to = dx.mutable_data<T>();
    if (m.inner == 1) {
      m.for_each_run([&](std::size_t o) { share_run(from + o * m.n, m.n, best[o], seed[o], to + o * m.n); });
    } else {
      m.for_each_strip([&](std::size_t o, std::size_t begin, std::size_t width) {
        const std::size_t at = o * m.n * m.inner + begin, reduced = o * m.inner + begin;
        share_rows(from + at, m.n, width, m.inner, best + reduced, seed + reduced, to + at);
      });
    }
  };
  x.dtype() == float32 ? run(float{}) : run(double{});
  return dx;
}

}  // namespace

Array argmax(const Array& x, Integer axis, bool keepdims) { return choose<Max>("argmax", max, x, axis, keepdims); }

Array argmin(const Array& x, Integer axis, bool keepdims) { return choose<Min>("argmin", min, x, axis, keepdims); }

Array amax_backward(const Array& x, const Array& y, const Array& dy, const Ints& axes) {
  const Ints along = normalize_axes("amax_backward", axes, x.rank());
  require_floating("amax_backward", x);
  const Shape kept = reduced_shape(x.shape(), along, true);
  require_like("amax_backward", "y", y, kept, x.dtype());
  require_like("amax_backward", "dy", dy, kept, x.dtype());
  return share(x, y, dy, along);
}

}  // namespace reel::kernels
