#include <reel/core/kernels/network/pool2x2.hpp>

#include <algorithm>
#include <vector>

#include <reel/core/kernels/network/pool_windows.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

/// Calls f(plane) for each, on several threads.
template <class F>
void for_each_plane(const Pool& p, const F& f) {
  parallel_for(p.planes() * p.in[0], std::max<std::size_t>(1, (std::size_t{1} << 14) / std::max<std::size_t>(1, p.in[1] * p.in[2])),
               [&](std::size_t begin, std::size_t end) {
                 for (std::size_t plane = begin; plane < end; ++plane) f(plane);
               });
}

/// y[2i] = y[2i + 1] = x[i]/4
template <class T>
void spread_pairs(const T* x, std::size_t n, T* y) {
  for (std::size_t i = 0; i < n; ++i) {
    y[2 * i] = x[i] * T(0.25);
    y[2 * i + 1] = x[i] * T(0.25);
  }
}

template <class T>
void largest_row(const T* top, const T* bottom, const T* y, const T* dy, std::size_t n, T* dtop, T* dbottom) {
  const auto is = [](T x, T most) { return x == most || x != x; };
  for (std::size_t i = 0; i < n; ++i) {
    T left = dy[i];  // until an element takes it
    const auto take = [&](T x) {
      const T taken = is(x, y[i]) ? left : T(0);
      left = is(x, y[i]) ? T(0) : left;
      return taken;
    };
    dtop[2 * i] = take(top[2 * i]);
    dtop[2 * i + 1] = take(top[2 * i + 1]);
    dbottom[2 * i] = take(bottom[2 * i]);
    dbottom[2 * i + 1] = take(bottom[2 * i + 1]);
  }
}

/// Two rows become one for all of a plane, and then pairs of columns: long loops also where rows are short.
template <class T, class Rows, class Columns>
Array join_halves(const Pool& p, const Array& x, const Rows& join_rows, const Columns& join_columns) {
  Array y(p.y(), x.dtype());
  const T* const from = x.data<T>();
  T* const to = y.mutable_data<T>();
  const std::size_t width = p.in[2], covered = 2 * p.out[2], n = p.out[1] * p.out[2];
  for_each_plane(p, [&](std::size_t plane) {
    thread_local std::vector<T> rows;
    rows.resize(2 * n);
    T* const joined = rows.data();
    for (std::size_t row = 0; row < p.out[1]; ++row) {
      const T* const top = from + (plane * p.in[1] + 2 * row) * width;
      for (std::size_t i = 0; i < covered; ++i) joined[row * covered + i] = join_rows(top[i], top[width + i]);
    }
    T* const target = to + plane * n;
    for (std::size_t i = 0; i < n; ++i) target[i] = join_columns(joined[2 * i], joined[2 * i + 1]);
  });
  return y;
}

template <class T>
Array average(const Pool& p, const Array& x) {
  return join_halves<T>(
      p, x, [](T a, T b) { return a + b; }, [](T a, T b) { return (a + b) * T(0.25); });
}

template <class T>
Array largest(const Pool& p, const Array& x) {
  const auto join = [](T most, T next) { return larger(most, next); };
  return join_halves<T>(p, x, join, join);
}

template <class T>
Array average_transpose(const Pool& p, const Array& y) {
  Array dx(p.x, y.dtype());
  const T* const from = y.data<T>();
  T* const to = dx.mutable_data<T>();
  const std::size_t width = p.in[2], covered = 2 * p.out[2], n = p.out[1] * p.out[2];
  for_each_plane(p, [&](std::size_t plane) {
    thread_local std::vector<T> rows;
    rows.resize(2 * n);
    spread_pairs(from + plane * n, n, rows.data());
    T* target = to + plane * p.in[1] * width;
    for (std::size_t row = 0; row < p.in[1]; ++row, target += width) {
      const std::size_t filled = row / 2 < p.out[1] ? covered : 0;
      std::copy_n(rows.data() + row / 2 * covered, filled, target);
      std::fill(target + filled, target + width, T(0));
    }
  });
  return dx;
}

template <class T>
Array max_backward(const Pool& p, const Array& x, const Array& y, const Array& dy) {
  Array dx(p.x, x.dtype());
  const T *const from = x.data<T>(), *const most = y.data<T>(), *const slope = dy.data<T>();
  T* const to = dx.mutable_data<T>();
  const std::size_t width = p.in[2], covered = 2 * p.out[2];
  for_each_plane(p, [&](std::size_t plane) {
    for (std::size_t row = 0; row < p.out[1]; ++row) {
      const std::size_t top = (plane * p.in[1] + 2 * row) * width, out = (plane * p.out[1] + row) * p.out[2];
      largest_row(from + top, from + top + width, most + out, slope + out, p.out[2], to + top, to + top + width);
      std::fill(to + top + covered, to + top + width, T(0));
      std::fill(to + top + width + covered, to + top + 2 * width, T(0));
    }
    std::fill(to + (plane * p.in[1] + 2 * p.out[1]) * width, to + (plane + 1) * p.in[1] * width, T(0));
  });
  return dx;
}

}  // namespace

bool pools_halves(const Pool& p) {
  const auto is = [&](std::size_t axis, std::size_t n) {
    return p.kernel[axis] == n && p.stride[axis] == n && p.padding[axis] == 0 && p.dilation[axis] == 1;
  };
  return !p.adaptive && is(0, 1) && is(1, 2) && is(2, 2) && 2 * p.out[1] <= p.in[1] && 2 * p.out[2] <= p.in[2];
}

Array average_halves(const Pool& pool, const Array& x) { return x.dtype() == float32 ? average<float>(pool, x) : average<double>(pool, x); }
Array average_halves_backward(const Pool& pool, const Array& y) {
  return y.dtype() == float32 ? average_transpose<float>(pool, y) : average_transpose<double>(pool, y);
}
Array max_halves(const Pool& pool, const Array& x) { return x.dtype() == float32 ? largest<float>(pool, x) : largest<double>(pool, x); }
Array max_halves_backward(const Pool& pool, const Array& x, const Array& y, const Array& dy) {
  return x.dtype() == float32 ? max_backward<float>(pool, x, y, dy) : max_backward<double>(pool, x, y, dy);
}

}  // namespace reel::kernels
