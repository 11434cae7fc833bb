#include <reel/core/kernels/resample.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/conv.hpp>
#include <reel/core/kernels/detail/add_in_double.hpp>
#include <reel/core/kernels/detail/require.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

struct Tap {
  std::size_t index;
  double weight;
};

/// The inputs of output o.
std::vector<Tap> taps_of(const AxisMap& a, std::size_t o) {
  std::vector<Tap> taps;
  const auto mean = [&](std::size_t start, std::size_t stop, std::size_t count) {
    for (std::size_t i = start; i < stop; ++i) taps.push_back({i, 1.0 / static_cast<double>(count)});
  };
  switch (a.kind) {
    case AxisMap::Kind::same: taps.push_back({o, 1}); break;
    case AxisMap::Kind::windows: {
      const std::size_t at = o * a.stride, end = std::min(at + a.kernel, a.in + 2 * a.padding);  // in the padded axis
      const std::size_t start = std::max(at, a.padding) - a.padding, stop = std::clamp(end, a.padding, a.in + a.padding) - a.padding;
      mean(start, stop, a.count_include_pad ? end - at : stop - start);
      break;
    }
    case AxisMap::Kind::adaptive: {
      const std::size_t start = o * a.in / a.out, stop = ((o + 1) * a.in + a.out - 1) / a.out;
      mean(start, stop, stop - start);
      break;
    }
    case AxisMap::Kind::nearest: {
      const std::size_t i = a.scale > 0 ? static_cast<std::size_t>(std::floor(static_cast<double>(o) * a.scale)) : o * a.in / a.out;
      taps.push_back({std::min(i, a.in - 1), 1});
      break;
    }
    case AxisMap::Kind::linear: {
      const double x = static_cast<double>(o), in = static_cast<double>(a.in), out = static_cast<double>(a.out);
      const double source = a.align_corners ? (a.out > 1 ? x * (in - 1) / (out - 1) : 0)
                                            : std::max(0.0, (x + 0.5) * (a.scale > 0 ? a.scale : in / out) - 0.5);
      const std::size_t i = std::min(static_cast<std::size_t>(source), a.in - 1);
      const double rest = i + 1 < a.in ? source - static_cast<double>(i) : 0;
      taps.push_back({i, 1 - rest});
      if (rest > 0) taps.push_back({i + 1, rest});  // an infinite neighbour with weight 0 would give NaN
      break;
    }
  }
  return taps;
}

/// An axis in the element type, with the taps of all outputs behind one another.
template <class T>
struct Weights {
  std::size_t in, out;
  std::vector<std::size_t> first;  // of output o; one more at the end
  std::vector<std::size_t> index;
  std::vector<T> weight;
  std::size_t pairs = 0;  // where output o is `pair_weight` times inputs 2o and 2o + 1
  bool is_same;

  explicit Weights(const AxisMap& axis) : in(axis.in), out(axis.out), first{0}, is_same(axis.kind == AxisMap::Kind::same) {
    for (std::size_t o = 0; o < out; ++o) {
      for (const Tap& tap : taps_of(axis, o)) {
        index.push_back(tap.index);
        weight.push_back(static_cast<T>(tap.weight));
      }
      first.push_back(index.size());
    }
    const bool halves = axis.kind == AxisMap::Kind::windows && axis.kernel == 2 && axis.stride == 2 && axis.padding == 0;
    if (halves && 2 * out <= in) pairs = out;
  }
};

/// y = the weighted sums of a row.
template <class T>
void shrink_row(const Weights<T>& axis, const T* x, T* y) {
  if (axis.is_same) {
    std::copy_n(x, axis.in, y);
  } else if (axis.pairs > 0) {
    for (std::size_t o = 0; o < axis.pairs; ++o) y[o] = (x[2 * o] + x[2 * o + 1]) * T(0.5);
  } else {
    for (std::size_t o = 0; o < axis.out; ++o) {
      T sum = 0;
      for (std::size_t t = axis.first[o]; t < axis.first[o + 1]; ++t) sum += axis.weight[t] * x[axis.index[t]];
      y[o] = sum;
    }
  }
}

/// The transpose: x = the contributions of the outputs of a row to its inputs.
template <class T>
void spread_row(const Weights<T>& axis, const T* y, T* x) {
  if (axis.is_same) {
    std::copy_n(y, axis.in, x);
    return;
  }
  std::fill_n(x, axis.in, T(0));
  if (axis.pairs > 0) {
    for (std::size_t o = 0; o < axis.pairs; ++o) x[2 * o] = x[2 * o + 1] = y[o] * T(0.5);
  } else {
    for (std::size_t o = 0; o < axis.out; ++o)
      for (std::size_t t = axis.first[o]; t < axis.first[o + 1]; ++t) x[axis.index[t]] += axis.weight[t] * y[o];
  }
}

template <class T>
struct Maps {
  Weights<T> depth, height, width;
  std::size_t in, out;

  explicit Maps(const Resampling& r) : depth(r.axes[0]), height(r.axes[1]), width(r.axes[2]) {
    in = depth.in * height.in * width.in;
    out = depth.out * height.out * width.out;
  }
  /// Calls f(row of outputs, row of inputs, weight) for each input row of each output row, and `done(row of outputs)` after the last one.
  template <class F, class D>
  void for_each_row(const F& f, const D& done) const {
    for (std::size_t d = 0; d < depth.out; ++d)
      for (std::size_t h = 0; h < height.out; ++h) {
        const std::size_t row = d * height.out + h;
        for (std::size_t i = depth.first[d]; i < depth.first[d + 1]; ++i)
          for (std::size_t j = height.first[h]; j < height.first[h + 1]; ++j)
            f(row, depth.index[i] * height.in + height.index[j], depth.weight[i] * height.weight[j]);
        done(row);
      }
  }
};

template <class F>
void for_each_plane(std::size_t planes, std::size_t work, const F& f) {
  parallel_for(planes, std::max<std::size_t>(1, (std::size_t{1} << 14) / std::max<std::size_t>(1, work)),
               [&](std::size_t begin, std::size_t end) {
                 for (std::size_t i = begin; i < end; ++i) f(i);
               });
}

/// sum += weight·x
template <class T>
void add_row(const T* x, T weight, std::size_t n, T* sum) {
  for (std::size_t i = 0; i < n; ++i) sum[i] += weight * x[i];
}

template <class T>
void run_resample(const Resampling& r, const T* x, T* y, std::size_t size) {
  const Maps<T> maps(r);
  for_each_plane(size / maps.out, std::max(maps.in, maps.out), [&](std::size_t plane) {
    thread_local std::vector<T> sums;
    sums.assign(maps.width.in, T(0));
    maps.for_each_row([&](std::size_t, std::size_t from,
                          T weight) { add_row(x + plane * maps.in + from * maps.width.in, weight, maps.width.in, sums.data()); },
                      [&](std::size_t row) {
                        shrink_row(maps.width, sums.data(), y + plane * maps.out + row * maps.width.out);
                        std::fill(sums.begin(), sums.end(), T(0));
                      });
  });
}

template <class T>
void run_transpose(const Resampling& r, const T* y, T* x, std::size_t size) {
  const Maps<T> maps(r);
  for_each_plane(size / maps.out, std::max(maps.in, maps.out), [&](std::size_t plane) {
    thread_local std::vector<T> spread;
    spread.resize(maps.width.in);
    std::size_t spread_of = maps.out;  // the row that it holds
    maps.for_each_row(
        [&](std::size_t row, std::size_t to, T weight) {
          if (row != spread_of) spread_row(maps.width, y + plane * maps.out + row * maps.width.out, spread.data());
          spread_of = row;
          add_row(spread.data(), weight, maps.width.in, x + plane * maps.in + to * maps.width.in);
        },
        [](std::size_t) {});
  });
}

}  // namespace

void Resampling::check(std::string_view op) const {
  std::size_t in = 1, out = 1;
  bool fits = x.rank() == y.rank();
  for (std::size_t i = x.rank(); fits && i-- > 0;) {
    const std::size_t a = 3 - (x.rank() - i);  // of the last three, counted from the front
    if (x.rank() - i > 3) fits = x[i] == y[i];
    else if (axes[a].in != 1 || axes[a].out != 1 || x[i] != y[i]) fits = axes[a].in == x[i] && axes[a].out == y[i];
  }
  for (const AxisMap& axis : axes) {
    in *= axis.in;
    out *= axis.out;
    fits = fits && (axis.out == 0 || axis.in > 0) && (axis.kind != AxisMap::Kind::same || axis.in == axis.out);
  }
  fits = fits && x.elements() * out == y.elements() * in;
  if (!fits) throw ShapeError(fmt::format("{}: the map is of x {} and y {}, and its axes do not belong to them", op, x, y));
}

Resampling averages_of(const Pool& pool) {
  Resampling r;
  r.x = pool.x;
  r.y = pool.y();
  for (std::size_t a = 3 - pool.spatial; a < 3; ++a) {
    AxisMap& axis = r.axes[a];
    axis.kind = pool.adaptive ? AxisMap::Kind::adaptive : AxisMap::Kind::windows;
    axis.in = pool.in[a];
    axis.out = pool.out[a];
    axis.kernel = pool.kernel[a];
    axis.stride = pool.stride[a];
    axis.padding = pool.padding[a];
    axis.count_include_pad = pool.count_include_pad;
  }
  return r;
}

Resampling interpolation_of(std::string_view op, const Array& x, const InterpolateOptions& options) {
  constexpr const char* names[] = {"nearest", "linear", "bilinear", "trilinear"};
  const std::size_t wanted = static_cast<std::size_t>(options.mode);  // how many spatial axes the mode is for; nearest: any
  require_floating(op, x);
  if (x.rank() < 3 || x.rank() > 5 || (wanted > 0 && x.rank() != wanted + 2))
    throw ShapeError(fmt::format("{}: x is {} and the mode {}; it needs axes N, C and {} spatial ones", op, x.shape(), names[wanted],
                                 wanted == 0 ? "1 to 3" : fmt::format("{}", wanted)));
  if (options.size.empty() == (options.scale_factor == 0)) throw Error(fmt::format("{}: it needs either a size or a scale_factor", op));
  if (!(options.scale_factor >= 0 && options.scale_factor < 1e9))
    throw Error(fmt::format("{}: scale_factor is {}; it needs to be above 0", op, options.scale_factor));
  if (options.align_corners && wanted == 0) throw Error(fmt::format("{}: align_corners is not for the mode nearest", op));
  const std::size_t spatial = x.rank() - 2;
  std::size_t sizes[3] = {1, 1, 1};
  if (!options.size.empty()) read_per_axis(op, "size", options.size, spatial, 1, sizes);
  Resampling r;
  r.x = r.y = x.shape();
  for (std::size_t a = 3 - spatial; a < 3; ++a) {
    AxisMap& axis = r.axes[a];
    axis.in = x.shape()[x.rank() - 3 + a];
    axis.out = options.size.empty() ? static_cast<std::size_t>(static_cast<double>(axis.in) * options.scale_factor) : sizes[a];
    axis.kind = wanted == 0 ? AxisMap::Kind::nearest : axis.in == axis.out ? AxisMap::Kind::same : AxisMap::Kind::linear;
    axis.scale = options.size.empty() ? 1 / options.scale_factor : 0;
    axis.align_corners = options.align_corners;
    if (axis.in == 0 || axis.out == 0)
      throw ShapeError(fmt::format("{}: x is {} and axis {} would have length {}; both need 1 or more elements on every spatial axis", op,
                                   x.shape(), x.rank() - 3 + a, axis.out));
    r.y[x.rank() - 3 + a] = axis.out;
  }
  return r;
}

namespace {

/// The largest count of numbers that are added one after the other (except for a few at edges): those of a row, then rows.
std::size_t terms_of(const Resampling& map) {
  std::size_t along[3];
  for (std::size_t i = 0; i < 3; ++i) {
    const AxisMap& a = map.axes[i];
    const std::size_t in = std::max<std::size_t>(1, a.in), out = std::max<std::size_t>(1, a.out);
    along[i] = a.kind == AxisMap::Kind::same ? 1 : std::max({a.kernel, (in + out - 1) / out, (out + in - 1) / in});
  }
  return along[0] * along[1] + along[2];
}

}  // namespace

Array resample(const Resampling& map, const Array& given) {
  map.check("resample");
  require_floating("resample", given);
  require_shape("resample", "x", given, map.x);
  return in_double_if_many(given, terms_of(map), [&](const Array& x) {
    Array y(map.y, x.dtype());
    if (y.size() == 0) return y;
    x.dtype() == float32 ? run_resample(map, x.data<float>(), y.mutable_data<float>(), y.size())
                         : run_resample(map, x.data<double>(), y.mutable_data<double>(), y.size());
    return y;
  });
}

Array resample_backward(const Resampling& map, const Array& given) {
  map.check("resample_backward");
  require_floating("resample_backward", given);
  require_shape("resample_backward", "y", given, map.y);
  return in_double_if_many(given, terms_of(map), [&](const Array& y) {
    Array x = Array::zeros(map.x, y.dtype());
    if (y.size() == 0) return x;
    y.dtype() == float32 ? run_transpose(map, y.data<float>(), x.mutable_data<float>(), y.size())
                         : run_transpose(map, y.data<double>(), x.mutable_data<double>(), y.size());
    return x;
  });
}

}  // namespace reel::kernels
