#include <reel/core/kernels/pool.hpp>

#include <algorithm>
#include <limits>
#include <vector>

#include <reel/core/kernels/detail/add_in_double.hpp>
#include <reel/core/kernels/detail/require.hpp>
#include <reel/core/kernels/network/conv_pad.hpp>
#include <reel/core/kernels/network/pool2x2.hpp>
#include <reel/core/kernels/network/pool_windows.hpp>
#include <reel/core/kernels/resample.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

std::size_t volume(const std::size_t (&lengths)[3]) { return lengths[0] * lengths[1] * lengths[2]; }

/// Calls f(plane) for each, on several threads.
template <class F>
void for_each_plane(const Pool& p, const F& f) {
  parallel_for(p.planes(), std::max<std::size_t>(1, (std::size_t{1} << 14) / std::max<std::size_t>(1, volume(p.in))),
               [&](std::size_t begin, std::size_t end) {
                 for (std::size_t i = begin; i < end; ++i) f(i);
               });
}

/// most[i] = the larger of most[i] and x[i·Stride]; 0 for a stride that is not known before.
template <std::size_t Stride, class T>
void larger_each(const T* x, std::size_t n, std::size_t stride, T* most) {
  for (std::size_t i = 0; i < n; ++i) most[i] = larger(most[i], x[i * (Stride == 0 ? stride : Stride)]);
}

/// at[i] = position + i·Stride where most[i] is x[i·Stride].
template <std::size_t Stride, class T, class Index>
void find_each(const T* x, const T* most, std::size_t n, std::size_t stride, Index position, Index* at) {
  for (std::size_t i = 0; i < n; ++i) {
    const T value = x[i * (Stride == 0 ? stride : Stride)];
    at[i] = value == most[i] || value != value ? position + static_cast<Index>(i * (Stride == 0 ? stride : Stride)) : at[i];
  }
}

/// What one element of the kernel reads along the width: for outputs `first` on, elements `from`, from + stride, ...
struct WidthTap {
  std::size_t first, count, from, stride;
};

/// The windows of one pooling, by axis.
struct Windows {
  std::vector<PoolWindow> axes[3];
  std::vector<WidthTap> taps;  // none for adaptive windows

  explicit Windows(const Pool& p) : axes{pool_windows(p, 0), pool_windows(p, 1), pool_windows(p, 2)} {
    for (std::size_t k = 0; k < p.kernel[2] && !p.adaptive; ++k) {
      const PlaneAxis axis{p.in[2], p.out[2], p.stride[2], k * p.dilation[2], static_cast<std::ptrdiff_t>(p.padding[2])};
      const auto [first, last] = axis.inside();
      if (first < last) taps.push_back({first, last - first, axis.at(first), p.stride[2]});
    }
  }
};

/// One row of outputs: over the depths and heights of their windows, and along the width.
template <class T>
void max_row(const Pool& p, const Windows& windows, const PoolWindow& depth, const PoolWindow& height, const T* x, T* rows, T* y) {
  const auto row = [&](std::size_t d, std::size_t h) {
    return x + ((depth.start + d * depth.step) * p.in[1] + height.start + h * height.step) * p.in[2];
  };
  std::copy_n(row(0, 0), p.in[2], rows);
  for (std::size_t d = 0; d < depth.count; ++d)
    for (std::size_t h = d == 0; h < height.count; ++h) larger_each<1>(row(d, h), p.in[2], 1, rows);
  std::fill_n(y, p.out[2], -std::numeric_limits<T>::infinity());
  for (const WidthTap& tap : windows.taps)
    tap.stride == 2 ? larger_each<2>(rows + tap.from, tap.count, 2, y + tap.first)
                    : larger_each<0>(rows + tap.from, tap.count, tap.stride, y + tap.first);
  for (std::size_t o = 0; o < p.out[2] && p.adaptive; ++o) {
    const PoolWindow& width = windows.axes[2][o];
    for (std::size_t k = 0; k < width.count; ++k) y[o] = larger(y[o], rows[width.start + k * width.step]);
  }
}

/// Where the largest elements of a row of outputs are, but for adaptive windows: from the last element of a window to its first one.
template <class T, class Index>
void find_row(const Pool& p, const Windows& windows, const PoolWindow& depth, const PoolWindow& height, const T* x, const T* y, Index* at) {
  for (std::size_t d = depth.count; d-- > 0;)
    for (std::size_t h = height.count; h-- > 0;) {
      const std::size_t row = ((depth.start + d * depth.step) * p.in[1] + height.start + h * height.step) * p.in[2];
      for (std::size_t k = windows.taps.size(); k-- > 0;) {
        const WidthTap& tap = windows.taps[k];
        const std::size_t from = row + tap.from;
        const auto position = static_cast<Index>(from);
        tap.stride == 2 ? find_each<2>(x + from, y + tap.first, tap.count, 2, position, at + tap.first)
                        : find_each<0>(x + from, y + tap.first, tap.count, tap.stride, position, at + tap.first);
      }
    }
}

template <class T>
std::int64_t first_largest(const Pool& p, const PoolWindow& depth, const PoolWindow& height, const PoolWindow& width, const T* x) {
  std::size_t best = (depth.start * p.in[1] + height.start) * p.in[2] + width.start;
  for (std::size_t d = 0; d < depth.count; ++d)
    for (std::size_t h = 0; h < height.count; ++h) {
      std::size_t at = ((depth.start + d * depth.step) * p.in[1] + height.start + h * height.step) * p.in[2] + width.start;
      for (std::size_t w = 0; w < width.count; ++w, at += width.step)
        if (!(x[at] <= x[best]) && x[best] == x[best]) best = at;
    }
  return static_cast<std::int64_t>(best);
}

template <class T>
void run_max_pool(const Pool& p, const T* x, T* y) {
  const Windows windows(p);
  for_each_plane(p, [&](std::size_t plane) {
    thread_local std::vector<T> rows;
    rows.resize(p.in[2]);
    const T* const from = x + plane * volume(p.in);
    T* to = y + plane * volume(p.out);
    for (const PoolWindow& depth : windows.axes[0])
      for (const PoolWindow& height : windows.axes[1]) {
        max_row(p, windows, depth, height, from, rows.data(), to);
        to += p.out[2];
      }
  });
}

/// Positions of the width of T make both fit the same vectors, where the planes are small enough for it.
template <class T, class Index>
void run_indices(const Pool& p, const T* x, const T* y, std::int64_t* to) {
  const Windows windows(p);
  for_each_plane(p, [&](std::size_t plane) {
    thread_local std::vector<Index> at;
    at.assign(p.out[2], 0);
    const T* const from = x + plane * volume(p.in);
    std::size_t row = plane * volume(p.out);
    for (const PoolWindow& depth : windows.axes[0])
      for (const PoolWindow& height : windows.axes[1]) {
        if (p.adaptive) {
          for (std::size_t o = 0; o < p.out[2]; ++o) to[row + o] = first_largest(p, depth, height, windows.axes[2][o], from);
        } else {
          find_row(p, windows, depth, height, from, y + row, at.data());
          std::copy_n(at.data(), p.out[2], to + row);
        }
        row += p.out[2];
      }
  });
}

template <class T>
void run_gather(const Pool& p, const T* x, const std::int64_t* indices, T* y) {
  const std::size_t in = volume(p.in), out = volume(p.out);
  for_each_plane(p, [&](std::size_t plane) {
    for (std::size_t i = plane * out; i < (plane + 1) * out; ++i) y[i] = x[plane * in + static_cast<std::size_t>(indices[i])];
  });
}

template <class T>
void run_scatter(const Pool& p, const T* y, const std::int64_t* indices, T* x) {
  const std::size_t in = volume(p.in), out = volume(p.out);
  for_each_plane(p, [&](std::size_t plane) {
    std::fill_n(x + plane * in, in, T(0));
    for (std::size_t i = plane * out; i < (plane + 1) * out; ++i) x[plane * in + static_cast<std::size_t>(indices[i])] += y[i];
  });
}

void require_input(const char* op, const Pool& pool, const Array& x) {
  pool.check(op);
  require_floating(op, x);
  require_shape(op, "x", x, pool.x);
}

void require_output(const char* op, const char* name, const Pool& pool, const Array& y) {
  pool.check(op);
  require_floating(op, y);
  require_shape(op, name, y, pool.y());
}

void require_indices(const char* op, const Pool& pool, const Array& indices) {
  require_like(op, "the array of indices", indices, pool.y(), int64);
  const auto end = static_cast<std::int64_t>(volume(pool.in));
  for (const std::int64_t i : indices.span<std::int64_t>())
    if (i < 0 || i >= end) throw ShapeError(fmt::format("{}: index {} is out of range for planes of {} elements", op, i, end));
}

}  // namespace

Array max_pool(const Pool& pool, const Array& x) {
  require_input("max_pool", pool, x);
  if (pools_halves(pool)) return max_halves(pool, x);
  Array y(pool.y(), x.dtype());
  x.dtype() == float32 ? run_max_pool(pool, x.data<float>(), y.mutable_data<float>())
                       : run_max_pool(pool, x.data<double>(), y.mutable_data<double>());
  return y;
}

Array max_pool_indices(const Pool& pool, const Array& x, const Array& y) {
  require_input("max_pool", pool, x);
  require_like("max_pool", "y", y, pool.y(), x.dtype());
  Array indices(pool.y(), int64);
  std::int64_t* const to = indices.mutable_data<std::int64_t>();
  const auto run = [&](auto t, auto index) {
    using T = decltype(t);
    run_indices<T, decltype(index)>(pool, x.data<T>(), y.data<T>(), to);
  };
  const bool is_small = volume(pool.in) < (std::size_t{1} << 31);
  if (x.dtype() == float64) run(double{}, std::int64_t{});
  else is_small ? run(float{}, std::int32_t{}) : run(float{}, std::int64_t{});
  return indices;
}

Array gather_pooled(const Pool& pool, const Array& x, const Array& indices) {
  require_input("gather_pooled", pool, x);
  require_indices("gather_pooled", pool, indices);
  Array y(pool.y(), x.dtype());
  const std::int64_t* const at = indices.data<std::int64_t>();
  x.dtype() == float32 ? run_gather(pool, x.data<float>(), at, y.mutable_data<float>())
                       : run_gather(pool, x.data<double>(), at, y.mutable_data<double>());
  return y;
}

Array max_unpool(const Pool& pool, const Array& y, const Array& indices) {
  require_output("max_unpool", "y", pool, y);
  require_indices("max_unpool", pool, indices);
  return in_double_if_many(y, pool.adaptive ? 1 : volume(pool.kernel), [&](const Array& terms) {
    Array x(pool.x, terms.dtype());
    const std::int64_t* const at = indices.data<std::int64_t>();
    terms.dtype() == float32 ? run_scatter(pool, terms.data<float>(), at, x.mutable_data<float>())
                             : run_scatter(pool, terms.data<double>(), at, x.mutable_data<double>());
    return x;
  });
}

Array max_pool_backward(const Pool& pool, const Array& x, const Array& y, const Array& dy) {
  require_input("max_pool", pool, x);
  require_like("max_pool", "y", y, pool.y(), x.dtype());
  require_like("max_pool", "dy", dy, pool.y(), x.dtype());
  return pools_halves(pool) ? max_halves_backward(pool, x, y, dy) : max_unpool(pool, dy, max_pool_indices(pool, x, y));
}

Array avg_pool(const Pool& pool, const Array& x) {
  require_input("avg_pool", pool, x);
  return pools_halves(pool) ? average_halves(pool, x) : resample(averages_of(pool), x);
}

Array avg_pool_backward(const Pool& pool, const Array& y) {
  require_output("avg_pool", "y", pool, y);
  return pools_halves(pool) ? average_halves_backward(pool, y) : resample_backward(averages_of(pool), y);
}

}  // namespace reel::kernels
