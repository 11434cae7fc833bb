#include <reel/core/kernels/conv.hpp>

#include <algorithm>
#include <vector>

#include <reel/core/kernels/detail/require.hpp>
#include <reel/core/kernels/network/conv_batch_simd.hpp>
#include <reel/core/kernels/network/conv_micro.hpp>
#include <reel/core/kernels/network/conv_pad.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

/// Multiply-adds below which a second thread is not worth its cost.
constexpr std::size_t thread_work = std::size_t{1} << 19;

template <class T>
Array scratch(std::size_t elements) {
  return Array(Shape{elements}, dtype_of<T>());
}

std::size_t volume_of(const std::size_t (&lengths)[3]) { return lengths[0] * lengths[1] * lengths[2]; }

/// x as a convolution reads it. Tap k of an axis is in phase (dilation·k) mod stride, (dilation·k) / stride places on.
struct Window {
  const Conv& c;
  Planes planes;
  std::vector<std::size_t> phase_of[3];  // by tap

  explicit Window(const Conv& conv) : c(conv) {
    planes.channels = c.channels / c.groups;
    for (std::size_t a = 0; a < 3; ++a) {
      std::vector<std::size_t> index(c.stride[a], c.stride[a]);
      const std::size_t length = c.out[a] + c.dilation[a] * (c.kernel[a] - 1) / c.stride[a];
      for (std::size_t k = 0; k < c.kernel[a]; ++k) {
        const std::size_t phase = c.dilation[a] * k % c.stride[a];
        if (index[phase] == c.stride[a]) {
          index[phase] = planes.axes[a].size();
          planes.axes[a].push_back({c.in[a], length, c.stride[a], phase, static_cast<std::ptrdiff_t>(c.padding[a])});
        }
        phase_of[a].push_back(index[phase]);
      }
    }
    planes.finish();
  }

  /// Of each (channel, tap), in the weight's order.
  std::vector<std::size_t> offsets(std::size_t images) const {
    std::vector<std::size_t> result;
    for (std::size_t channel = 0; channel < planes.channels; ++channel)
      for (std::size_t d = 0; d < c.kernel[0]; ++d)
        for (std::size_t h = 0; h < c.kernel[1]; ++h)
          for (std::size_t w = 0; w < c.kernel[2]; ++w) {
            const std::size_t phase = (phase_of[0][d] * planes.axes[1].size() + phase_of[1][h]) * planes.axes[2].size() + phase_of[2][w];
            result.push_back(planes.plane(phase, channel, images) + planes.offset(c.dilation[0] * d / c.stride[0],
                                                                                  c.dilation[1] * h / c.stride[1],
                                                                                  c.dilation[2] * w / c.stride[2]));
          }
    return result;
  }
  /// The places of outputs, with the outputs' places in y.
  Cover cover(std::size_t images, std::size_t lanes) const {
    const Planes& p = planes;
    return cover_places({{images, c.out[0], c.out[1], c.out[2]},
                         {p.volume, p.lengths[1] * p.lengths[2], p.lengths[2], 1},
                         {c.filters * volume_of(c.out), c.out[1] * c.out[2], c.out[2], 1}},
                        lanes);
  }
};

/// tap_sums over a whole cover, on several threads.
template <class T>
void sum_everywhere(const TapSums<T>& sums, const Cover& cover) {
  const std::size_t work = std::max<std::size_t>(1, sums.rows * sums.offsets.size() * tile_sizes<T>().lanes * 3);
  parallel_for(cover.vectors.size(), 3 * std::max<std::size_t>(1, thread_work / work),
               [&](std::size_t begin, std::size_t end) { tap_sums(sums, cover, begin, end); });
}

template <class T>
void run_conv(const Conv& c, const T* x, const T* weight, const T* bias, T* y) {
  const Window window(c);
  const std::size_t channels = c.channels / c.groups, filters = c.filters / c.groups, taps = channels * volume_of(c.kernel);
  const std::size_t in = volume_of(c.in), out = volume_of(c.out), at_once = window.planes.images_at_once(c.images, sizeof(T));
  Array packed = scratch<T>(c.filters * taps);
  for (std::size_t g = 0; g < c.groups; ++g)
    pack_weights(
        filters, taps, [&](std::size_t f, std::size_t tap) { return weight[(g * filters + f) * taps + tap]; },
        packed.mutable_data<T>() + g * filters * taps);
  Array planes = scratch<T>(window.planes.phases() * channels * at_once * window.planes.volume + tile_sizes<T>().lanes);
  std::vector<std::size_t> offsets;
  Cover cover;
  for (std::size_t n = 0, images = 0; n < c.images; n += images) {
    const std::size_t now = std::min(at_once, c.images - n);
    if (now != images) {
      offsets = window.offsets(now);
      cover = window.cover(now, tile_sizes<T>().lanes);
    }
    images = now;
    for (std::size_t g = 0; g < c.groups; ++g) {
      fill_planes(window.planes, x + (n * c.channels + g * channels) * in, images, c.channels * in, planes.mutable_data<T>());
      sum_everywhere<T>({planes.data<T>(), offsets, packed.data<T>() + g * filters * taps, filters, bias ? bias + g * filters : nullptr,
                         y + (n * c.filters + g * filters) * out, out},
                        cover);
    }
  }
}

/// One axis of a transposed convolution, by remainder: x's element i has i + padding = stride·j + remainder, and gets
/// dy[j - (dilation·k - remainder)/stride]·w[k] from those taps k with (dilation·k) mod stride = remainder.
struct Spread {
  std::vector<std::size_t> taps, offsets;  // a tap's place in the padded dy, from j's
  std::size_t first = 0, count = 0;        // j
  std::size_t place = 0, target = 0;       // of the first: in the padded dy, and i

  Spread(const Conv& c, std::size_t a, std::size_t remainder) {
    const std::size_t s = c.stride[a], reach = c.dilation[a] * (c.kernel[a] - 1) / s, end = c.in[a] + c.padding[a];
    for (std::size_t k = 0; k < c.kernel[a]; ++k) {
      if (c.dilation[a] * k % s != remainder) continue;
      taps.push_back(k);
      offsets.push_back(reach - (c.dilation[a] * k - remainder) / s);
    }
    first = c.padding[a] > remainder ? (c.padding[a] - remainder + s - 1) / s : 0;
    const std::size_t stop = end > remainder ? (end - remainder + s - 1) / s : 0;
    count = stop > first ? stop - first : 0;
    place = first - c.padding[a] / s;
    target = s * first + remainder - c.padding[a];
  }
};

/// dy as a transposed convolution reads it.
Planes spread_planes(const Conv& c) {
  Planes planes;
  planes.channels = c.filters / c.groups;
  for (std::size_t a = 0; a < 3; ++a) {
    const std::size_t s = c.stride[a], reach = c.dilation[a] * (c.kernel[a] - 1) / s;
    const std::size_t first = c.padding[a] / s, stop = c.in[a] == 0 ? first : (c.in[a] - 1 + c.padding[a]) / s + 1;
    planes.axes[a].push_back(
        {c.out[a], stop - first + reach, 1, 0, static_cast<std::ptrdiff_t>(reach) - static_cast<std::ptrdiff_t>(first)});
  }
  planes.finish();
  return planes;
}

/// The elements of x with one combination of remainders.
template <class T>
struct Phase {
  Spread axes[3];
  Array packed{};  // weights, a group after the other
  std::vector<std::size_t> offsets{};
  Cover cover{};

  void pack(const Conv& c, const T* weight) {
    const std::size_t channels = c.channels / c.groups, filters = c.filters / c.groups, kernel = volume_of(c.kernel);
    std::vector<std::size_t> first;  // of each (filter, tap) of the first group, for its first channel
    for (std::size_t f = 0; f < filters; ++f)
      for (const std::size_t d : axes[0].taps)
        for (const std::size_t h : axes[1].taps)
          for (const std::size_t w : axes[2].taps) first.push_back(f * channels * kernel + (d * c.kernel[1] + h) * c.kernel[2] + w);
    packed = scratch<T>(c.channels * first.size());
    for (std::size_t g = 0; g < c.groups; ++g) {
      const T* const group = weight + g * filters * channels * kernel;
      pack_weights(
          channels, first.size(), [&](std::size_t channel, std::size_t i) { return group[first[i] + channel * kernel]; },
          packed.mutable_data<T>() + g * channels * first.size());
    }
  }
  void prepare(const Conv& c, const Planes& p, std::size_t images) {
    offsets.clear();
    for (std::size_t f = 0; f < p.channels; ++f)
      for (const std::size_t d : axes[0].offsets)
        for (const std::size_t h : axes[1].offsets)
          for (const std::size_t w : axes[2].offsets) offsets.push_back(p.plane(0, f, images) + p.offset(d, h, w));
    const std::size_t sheet = c.in[1] * c.in[2];
    cover = cover_places({{images, axes[0].count, axes[1].count, axes[2].count},
                          {p.volume, p.lengths[1] * p.lengths[2], p.lengths[2], 1},
                          {c.channels * volume_of(c.in), c.stride[0] * sheet, c.stride[1] * c.in[2], c.stride[2]},
                          p.offset(axes[0].place, axes[1].place, axes[2].place),
                          axes[0].target * sheet + axes[1].target * c.in[2] + axes[2].target},
                         tile_sizes<T>().lanes);
  }
};

template <class T>
std::vector<Phase<T>> phases_of(const Conv& c, const T* weight) {
  std::vector<Phase<T>> phases;
  for (std::size_t d = 0; d < c.stride[0]; ++d)
    for (std::size_t h = 0; h < c.stride[1]; ++h)
      for (std::size_t w = 0; w < c.stride[2]; ++w) {
        Phase<T> phase{{Spread(c, 0, d), Spread(c, 1, h), Spread(c, 2, w)}};
        if (phase.axes[0].count * phase.axes[1].count * phase.axes[2].count == 0) continue;
        phase.pack(c, weight);
        phases.push_back(std::move(phase));
      }
  return phases;
}

template <class T>
void run_conv_transpose(const Conv& c, const T* dy, const T* weight, const T* bias, T* dx) {
  const Planes spread = spread_planes(c);
  const std::size_t channels = c.channels / c.groups, filters = c.filters / c.groups;
  const std::size_t in = volume_of(c.in), out = volume_of(c.out), at_once = spread.images_at_once(c.images, sizeof(T));
  std::vector<Phase<T>> phases = phases_of(c, weight);
  Array planes = scratch<T>(filters * at_once * spread.volume + tile_sizes<T>().lanes);
  for (std::size_t n = 0, images = 0; n < c.images; n += images) {
    const std::size_t now = std::min(at_once, c.images - n);
    if (now != images)
      for (Phase<T>& phase : phases) phase.prepare(c, spread, now);
    images = now;
    for (std::size_t g = 0; g < c.groups; ++g) {
      fill_planes(spread, dy + (n * c.filters + g * filters) * out, images, c.filters * out, planes.mutable_data<T>());
      for (const Phase<T>& phase : phases)
        sum_everywhere<T>({planes.data<T>(), phase.offsets, phase.packed.template data<T>() + g * channels * phase.offsets.size(), channels,
                           bias ? bias + g * channels : nullptr, dx + (n * c.channels + g * channels) * in, in},
                          phase.cover);
    }
  }
}

/// Adds the products of one group and some images: rows of dw by parts of its columns, each in one thread.
template <class T>
void add_dots(const TapDots<T>& all, std::size_t filters, const Cover& cover) {
  const std::size_t rows = tile_sizes<T>().dot_rows, columns = tile_sizes<T>().dot_taps, taps = all.offsets.size();
  const std::size_t down = (filters + rows - 1) / rows, across = (taps + columns - 1) / columns;
  const std::size_t work = std::max<std::size_t>(1, rows * columns * cover.vectors.size() * tile_sizes<T>().lanes);
  parallel_for(down * across, std::max<std::size_t>(1, thread_work / work), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t row = i / across * rows, column = i % across * columns;
      TapDots<T> part = all;
      part.offsets = all.offsets.subspan(column, std::min(columns, taps - column));
      part.rows += row * all.row_step;
      part.out += row * all.out_step + column;
      tap_dots(part, std::min(rows, filters - row), cover);
    }
  });
}

template <class T>
void run_conv_weight(const Conv& c, const T* x, const T* dy, T* dw) {
  const Window window(c);
  const std::size_t channels = c.channels / c.groups, filters = c.filters / c.groups, taps = channels * volume_of(c.kernel);
  const std::size_t in = volume_of(c.in), out = volume_of(c.out),
                    at_once = window.planes.images_at_once(c.images, sizeof(T), filters * out);
  const std::size_t lanes = tile_sizes<T>().lanes;
  Array planes = scratch<T>(window.planes.phases() * channels * at_once * window.planes.volume + lanes), rows;
  std::vector<std::size_t> offsets;
  Cover cover;
  for (std::size_t n = 0, images = 0; n < c.images; n += images) {
    const std::size_t now = std::min(at_once, c.images - n);
    if (now != images) {
      offsets = window.offsets(now);
      cover = window.cover(now, lanes);
      rows = scratch<T>(filters * (cover.vectors.size() + 1) * lanes);
    }
    images = now;
    const std::size_t row_step = (cover.vectors.size() + 1) * lanes;  // one more, so that rows do not compete for the same cache lines
    for (std::size_t g = 0; g < c.groups; ++g) {
      fill_planes(window.planes, x + (n * c.channels + g * channels) * in, images, c.channels * in, planes.mutable_data<T>());
      const T* const from = dy + (n * c.filters + g * filters) * out;
      T* const to = rows.mutable_data<T>();
      parallel_for(filters, std::max<std::size_t>(1, (std::size_t{1} << 15) / std::max<std::size_t>(1, row_step)),
                   [&](std::size_t begin, std::size_t end) {
                     for (std::size_t f = begin; f < end; ++f) gather(cover, from + f * out, to + f * row_step);
                   });
      add_dots<T>({planes.data<T>(), offsets, to, row_step, dw + g * filters * taps, taps}, filters, cover);
    }
  }
}

}  // namespace

Array conv(const Conv& c, const Array& x, const Array& weight, const Array* bias) {
  c.check("conv");
  require_floating("conv", x);
  require_shape("conv", "x", x, c.x_shape());
  require_like("conv", "weight", weight, c.weight_shape(), x.dtype());
  if (bias) require_like("conv", "bias", *bias, {c.filters}, x.dtype());
  Array y(c.y_shape(), x.dtype());
  const auto run = [&](auto t) {
    using T = decltype(t);
    if (y.size() == 0) return;
    const auto forward = fills_lanes_with_images<T>(c) ? conv_images<T> : run_conv<T>;
    forward(c, x.data<T>(), weight.data<T>(), bias ? bias->data<T>() : nullptr, y.mutable_data<T>());
  };
  x.dtype() == float32 ? run(float{}) : run(double{});
  return y;
}

Array conv_transpose(const Conv& c, const Array& dy, const Array& weight, const Array* bias) {
  c.check("conv_transpose");
  require_floating("conv_transpose", dy);
  require_shape("conv_transpose", "dy", dy, c.y_shape());
  require_like("conv_transpose", "weight", weight, c.weight_shape(), dy.dtype());
  if (bias) require_like("conv_transpose", "bias", *bias, {c.channels}, dy.dtype());
  Array dx(c.x_shape(), dy.dtype());
  const auto run = [&](auto t) {
    using T = decltype(t);
    if (dx.size() == 0) return;
    const auto back = fills_lanes_with_images<T>(c) ? conv_transpose_images<T> : run_conv_transpose<T>;
    back(c, dy.data<T>(), weight.data<T>(), bias ? bias->data<T>() : nullptr, dx.mutable_data<T>());
  };
  dy.dtype() == float32 ? run(float{}) : run(double{});
  return dx;
}

Array conv_weight_backward(const Conv& c, const Array& x, const Array& dy) {
  c.check("conv_weight_backward");
  require_floating("conv_weight_backward", x);
  require_shape("conv_weight_backward", "x", x, c.x_shape());
  require_like("conv_weight_backward", "dy", dy, c.y_shape(), x.dtype());
  Array dw = Array::zeros(c.weight_shape(), x.dtype());
  const auto run = [&](auto t) {
    using T = decltype(t);
    if (dw.size() == 0 || dy.size() == 0) return;
    const auto back = fills_lanes_with_images<T>(c) ? conv_weight_backward_images<T> : run_conv_weight<T>;
    back(c, x.data<T>(), dy.data<T>(), dw.mutable_data<T>());
  };
  x.dtype() == float32 ? run(float{}) : run(double{});
  return dw;
}

}  // namespace reel::kernels
