#include <reel/core/kernels/network/conv_batch_simd.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <reel/core/kernels/detail/masked.hpp>
#include <reel/core/kernels/detail/transpose_block.hpp>
#include <reel/core/kernels/network/conv_micro.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

/// Multiply-adds, and numbers moved, below which a second thread is not worth its cost.
constexpr std::size_t thread_work = std::size_t{1} << 19, thread_moves = std::size_t{1} << 14;
/// The planes of a larger pack (a block of interleaved images) lie too far apart for the gain of interleaving.
constexpr std::size_t pack_bytes = std::size_t{5} << 17;
/// The most bytes of interleaved images that are worked on at once.
constexpr std::size_t interleaved_bytes = std::size_t{1} << 23;

/// The tile sizes for which pack_weights orders the weights.
constexpr std::size_t max_rows = XSIMD_WITH_AVX512F ? 8 : 4;
constexpr std::size_t max_dot_rows = XSIMD_WITH_AVX512F ? 6 : 3, max_dot_taps = 4, max_dot_columns = 8 * max_dot_taps;
/// Places of `max_dot_rows` rows that stay in the first-level cache while all taps go over them.
constexpr std::size_t dot_places = 16;
/// Vectors of images that are worked on together.
constexpr std::size_t vectors = 2;
template <class T>
constexpr std::size_t lanes = xsimd::batch<T>::size;
template <class T>
constexpr std::size_t pack = (vectors * lanes<T>);

std::size_t volume_of(const std::size_t (&lengths)[3]) { return lengths[0] * lengths[1] * lengths[2]; }
std::size_t parts_of(std::size_t n, std::size_t most) { return (n + most - 1) / most; }
std::size_t grain_of(std::size_t least, std::size_t work) { return std::max<std::size_t>(1, least / std::max<std::size_t>(1, work)); }

/// Planes of `channels` channels for packs of images, [pack][place][channel][image]. A row of them may be wider than the images, with
/// zeros around them.
template <class T>
struct Packs {
  std::size_t channels, lengths[3], margin, width;
  Array array{};

  Packs(std::size_t channels_, const std::size_t (&lengths_)[3], std::size_t margin_, std::size_t width_)
      : channels(channels_), lengths{lengths_[0], lengths_[1], lengths_[2]}, margin(margin_), width(width_) {}
  Packs(std::size_t channels_, const std::size_t (&lengths_)[3]) : Packs(channels_, lengths_, 0, lengths_[2]) {}

  std::size_t size() const { return lengths[0] * lengths[1] * width * channels * pack<T>; }
  const T* pack_at(std::size_t p) const { return array.data<T>() + p * size(); }
  /// The offset of a place in a row with its margin.
  std::size_t offset(std::size_t d, std::size_t h, std::size_t w) const { return ((d * lengths[1] + h) * width + w) * channels * pack<T>; }
  /// The number of images.
  std::size_t at_once() const {
    return std::max<std::size_t>(1, interleaved_bytes / sizeof(T) / std::max<std::size_t>(1, size())) * pack<T>;
  }

  /// Reads images that lie `image_step` elements apart.
  void fill(const T* x, std::size_t images, std::size_t image_step) {
    const std::size_t packs = parts_of(images, pack<T>), places = volume_of(lengths), blocks = parts_of(places, lanes<T>);
    const Shape shape{packs * size()};
    if (array.size() < packs * size()) array = width > lengths[2] ? Array::zeros(shape, dtype_of<T>()) : Array(shape, dtype_of<T>());
    T* const to = array.mutable_data<T>();
    parallel_for(packs * channels * blocks, grain_of(thread_moves, pack<T> * lanes<T>), [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t p = i / blocks / channels, channel = i / blocks % channels, place = i % blocks * lanes<T>;
        const T* const from = x + p * pack<T> * image_step + channel * places + place;
        fill_block(from, std::min(pack<T>, images - p * pack<T>), image_step, place, std::min(lanes<T>, places - place),
                   to + p * size() + channel * pack<T>);
      }
    });
  }

 private:
  void fill_block(const T* from, std::size_t images, std::size_t image_step, std::size_t place, std::size_t places, T* to) const {
    alignas(64) T whole[lanes<T> * lanes<T>], block[lanes<T> * lanes<T>];
    for (std::size_t v = 0; v < vectors; ++v) {
      const std::size_t first = std::min(images, v * lanes<T>), count = std::min(images - first, lanes<T>);
      if (count == lanes<T> && places == lanes<T>) {
        transpose_block(from + first * image_step, image_step, block, lanes<T>);
      } else {
        zero_run(lanes<T> * lanes<T>, whole);
        for (std::size_t n = 0; n < count; ++n) load_lanes(0, places, from + (first + n) * image_step).store_aligned(whole + n * lanes<T>);
        transpose_block(whole, lanes<T>, block, lanes<T>);
      }
      for (std::size_t i = 0; i < places; ++i) {
        const std::size_t at = (place + i) / lengths[2] * width + margin + (place + i) % lengths[2];
        xsimd::batch<T>::load_aligned(block + i * lanes<T>).store_aligned(to + at * channels * pack<T> + v * lanes<T>);
      }
    }
  }
};

/// Neighbouring taps that read neighbouring places.
struct TapRun {
  std::size_t tap, source, count;
};

/// The taps that reach each place of a convolution's result along its three axes.
struct Reach {
  std::vector<std::vector<TapRun>> axes[3];

  void add(std::size_t axis, std::size_t tap, std::size_t source) {
    std::vector<TapRun>& runs = axes[axis].back();
    const bool follows =
        axis == 2 && !runs.empty() && runs.back().tap + runs.back().count == tap && runs.back().source + runs.back().count == source;
    if (follows) ++runs.back().count;
    else runs.push_back({tap, source, 1});
  }
  static Reach forward(const Conv& c) {
    Reach reach;
    for (std::size_t a = 0; a < 3; ++a)
      for (std::size_t o = 0; o < c.out[a]; ++o) {
        reach.axes[a].emplace_back();
        for (std::size_t k = 0; k < c.kernel[a]; ++k) {
          const std::size_t at = c.stride[a] * o + c.dilation[a] * k;
          if (at >= c.padding[a] && at - c.padding[a] < c.in[a]) reach.add(a, k, at - c.padding[a]);
        }
      }
    return reach;
  }
  /// Of x's places, in dy. Taps are counted from the last one, so that they and the places that they read go up together.
  static Reach transposed(const Conv& c) {
    Reach reach;
    for (std::size_t a = 0; a < 3; ++a)
      for (std::size_t i = 0; i < c.in[a]; ++i) {
        reach.axes[a].emplace_back();
        for (std::size_t tap = 0; tap < c.kernel[a]; ++tap) {
          const std::size_t at = i + c.padding[a], distance = c.dilation[a] * (c.kernel[a] - 1 - tap);
          if (at >= distance && (at - distance) % c.stride[a] == 0 && (at - distance) / c.stride[a] < c.out[a])
            reach.add(a, tap, (at - distance) / c.stride[a]);
        }
      }
    return reach;
  }
};

/// The input of a sum over taps. Weights are packed by pack_weights, in the order (depth, height, width, channel).
template <class T>
struct Sums {
  const Packs<T>& packs;
  const Reach& reach;
  const std::size_t (&kernel)[3];
  const T* weights;
  std::size_t rows;
  const T* bias;  // or null
};

/// `Rows` rows from `row` on at one place of one pack, which go to out, out + pack, ...
template <class T, std::size_t Rows>
void sum_tile(const Sums<T>& s, const T* images, std::size_t d, std::size_t h, std::size_t w, std::size_t row, T* out) {
  using Batch = xsimd::batch<T>;
  const std::size_t channels = s.packs.channels;
  const T* const weights_of_rows = s.weights + row * volume_of(s.kernel) * channels;
  Batch sum[Rows][vectors];
  for (std::size_t r = 0; r < Rows; ++r)
    for (std::size_t v = 0; v < vectors; ++v) sum[r][v] = Batch(s.bias ? s.bias[row + r] : T(0));
  for (const TapRun& depth : s.reach.axes[0][d])
    for (const TapRun& height : s.reach.axes[1][h])
      for (const TapRun& width : s.reach.axes[2][w]) {
        const T* from = images + s.packs.offset(depth.source, height.source, width.source);
        const T* weights = weights_of_rows + ((depth.tap * s.kernel[1] + height.tap) * s.kernel[2] + width.tap) * channels * Rows;
        for (std::size_t i = width.count * channels; i > 0; --i) {
          Batch x[vectors];
          for (std::size_t v = 0; v < vectors; ++v) x[v] = Batch::load_aligned(from + v * lanes<T>);
          for (std::size_t r = 0; r < Rows; ++r) {
            const Batch weight(weights[r]);
            for (std::size_t v = 0; v < vectors; ++v) sum[r][v] = xsimd::fma(weight, x[v], sum[r][v]);
          }
          from += pack<T>;
          weights += Rows;
        }
      }
  for (std::size_t r = 0; r < Rows; ++r)
    for (std::size_t v = 0; v < vectors; ++v) sum[r][v].store_aligned(out + r * pack<T> + v * lanes<T>);
}

template <class T>
using SumTile = void (*)(const Sums<T>&, const T*, std::size_t, std::size_t, std::size_t, std::size_t, T*);

template <class T, std::size_t... R>
constexpr std::array<SumTile<T>, sizeof...(R)> sum_tiles(std::index_sequence<R...>) {
  return {sum_tile<T, R + 1>...};
}

/// Sums at `places` neighbouring places as [place][row][image], back to images that lie `image_step` elements apart, their rows `row_step`.
template <class T>
void scatter_block(const T* from, std::size_t rows, std::size_t places, std::size_t images, T* to, std::size_t row_step,
                   std::size_t image_step) {
  alignas(64) T block[lanes<T> * lanes<T>];
  for (std::size_t row = 0; row < rows; ++row, from += pack<T>, to += row_step)
    for (std::size_t n = 0; n < images; n += lanes<T>) {
      const std::size_t count = std::min(lanes<T>, images - n);
      if (count == lanes<T> && places == lanes<T>) {
        transpose_block(from + n, rows * pack<T>, to + n * image_step, image_step);
        continue;
      }
      transpose_block(from + n, rows * pack<T>, block, lanes<T>);
      for (std::size_t i = 0; i < count; ++i) {
        const auto values = xsimd::batch<T>::load_aligned(block + i * lanes<T>);
        T* const image = to + (n + i) * image_step;
        places == lanes<T> ? values.store_unaligned(image) : store_lanes(values, 0, places, image);
      }
    }
}

/// Sums at all places of a result with those `lengths`, for `images` images of a result that lie `image_step` elements apart.
template <class T>
void sum_everywhere(const Sums<T>& s, const std::size_t (&lengths)[3], std::size_t images, T* to, std::size_t image_step) {
  static constexpr auto tiles = sum_tiles<T>(std::make_index_sequence<max_rows>());
  const std::size_t packs = parts_of(images, pack<T>), places = volume_of(lengths), blocks = parts_of(places, lanes<T>);
  const std::size_t row_blocks = parts_of(s.rows, max_rows);
  const std::size_t work = s.rows * volume_of(s.kernel) * s.packs.channels * pack<T> * lanes<T>;
  parallel_for(packs * blocks, grain_of(thread_work, work), [&](std::size_t begin, std::size_t end) {
    Array sums(Shape{lanes<T> * s.rows * pack<T>}, dtype_of<T>());
    T* const block = sums.mutable_data<T>();
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t p = i / blocks, first = i % blocks * lanes<T>, count = std::min(lanes<T>, places - first);
      const T* const pack_images = s.packs.pack_at(p);
      for (std::size_t b = 0; b < row_blocks; ++b) {
        const std::size_t row = b * s.rows / row_blocks, next = (b + 1) * s.rows / row_blocks;
        for (std::size_t k = 0; k < count; ++k) {
          const std::size_t w = (first + k) % lengths[2], h = (first + k) / lengths[2] % lengths[1],
                            d = (first + k) / lengths[2] / lengths[1];
          tiles[next - row - 1](s, pack_images, d, h, w, row, block + (k * s.rows + row) * pack<T>);
        }
      }
      scatter_block(block, s.rows, count, std::min(pack<T>, images - p * pack<T>), to + p * pack<T> * image_step + first, places,
                    image_step);
    }
  });
}

/// The planes of one image, all groups of channels together.
struct ImagePlanes {
  std::size_t channels;
  const std::size_t (&lengths)[3];
};

/// A map from planes to planes, group by group. weight_at(group, row, i) is the weight of a row of the result at tap i of the order
/// (depth, height, width, channel), `group` being where the group's weights begin.
template <class T, class WeightAt>
void sum_groups(const Conv& c, const Reach& reach, const ImagePlanes& source, const ImagePlanes& target, const T* weight,
                const WeightAt& weight_at, const T* bias, const T* from, T* to) {
  const std::size_t channels = source.channels / c.groups, rows = target.channels / c.groups, taps = channels * volume_of(c.kernel);
  const std::size_t source_plane = volume_of(source.lengths), target_plane = volume_of(target.lengths);
  Packs<T> packs(channels, source.lengths);
  Array packed(Shape{rows * taps}, dtype_of<T>());
  for (std::size_t g = 0; g < c.groups; ++g) {
    const T* const group = weight + g * rows * taps;
    pack_weights(
        rows, taps, [&](std::size_t row, std::size_t i) { return weight_at(group, row, i); }, packed.mutable_data<T>());
    const Sums<T> sums{packs, reach, c.kernel, packed.data<T>(), rows, bias ? bias + g * rows : nullptr};
    for (std::size_t n = 0, step = packs.at_once(); n < c.images; n += step) {
      const std::size_t images = std::min(step, c.images - n);
      packs.fill(from + (n * source.channels + g * channels) * source_plane, images, source.channels * source_plane);
      sum_everywhere(sums, target.lengths, images, to + (n * target.channels + g * rows) * target_plane, target.channels * target_plane);
    }
  }
}

/// `Rows` rows of dy with `Taps` neighbouring taps of x, over `places` neighbouring places.
template <class T, std::size_t Rows, std::size_t Taps>
void dot_tile(const T* dy, std::size_t dy_step, const T* x, std::size_t x_step, std::size_t places, T* lane_sums) {
  using Batch = xsimd::batch<T>;
  Batch sum[Rows][Taps];
  for (std::size_t r = 0; r < Rows; ++r)
    for (std::size_t t = 0; t < Taps; ++t) sum[r][t] = Batch::load_aligned(lane_sums + (r * Taps + t) * lanes<T>);
  for (std::size_t i = 0; i < places; ++i, dy += dy_step, x += x_step)
    for (std::size_t v = 0; v < vectors; ++v) {
      Batch rows[Rows];
      for (std::size_t r = 0; r < Rows; ++r) rows[r] = Batch::load_aligned(dy + r * pack<T> + v * lanes<T>);
      for (std::size_t t = 0; t < Taps; ++t) {
        const Batch at = Batch::load_aligned(x + t * pack<T> + v * lanes<T>);
        for (std::size_t r = 0; r < Rows; ++r) sum[r][t] = xsimd::fma(rows[r], at, sum[r][t]);
      }
    }
  for (std::size_t r = 0; r < Rows; ++r)
    for (std::size_t t = 0; t < Taps; ++t) sum[r][t].store_aligned(lane_sums + (r * Taps + t) * lanes<T>);
}

template <class T>
using DotTile = void (*)(const T*, std::size_t, const T*, std::size_t, std::size_t, T*);

template <class T, std::size_t Rows, std::size_t... K>
constexpr std::array<DotTile<T>, sizeof...(K)> dot_tiles_of(std::index_sequence<K...>) {
  return {dot_tile<T, Rows, K + 1>...};
}
template <class T, std::size_t... R>
constexpr std::array<std::array<DotTile<T>, max_dot_taps>, sizeof...(R)> dot_tiles(std::index_sequence<R...>) {
  return {dot_tiles_of<T, R + 1>(std::make_index_sequence<max_dot_taps>())...};
}

/// The gradient of some weights: `rows` rows from `row` on, and `taps` neighbouring ones in the order (width, channel) from `tap` on, at
/// one depth and height of the kernel.
struct WeightPart {
  std::size_t row, rows, depth, height, tap, taps;
};

/// The parts of one group's weights. With a dilation, no part may reach beyond the channels of one tap.
std::vector<WeightPart> weight_parts(const Conv& c) {
  const std::size_t channels = c.channels / c.groups, filters = c.filters / c.groups;
  const std::size_t run = c.dilation[2] == 1 ? c.kernel[2] * channels : channels, runs = c.kernel[2] * channels / run;
  const std::size_t row_blocks = parts_of(filters, max_dot_rows), tap_blocks = parts_of(run, max_dot_columns);
  std::vector<WeightPart> parts;
  for (std::size_t b = 0; b < row_blocks; ++b)
    for (std::size_t d = 0; d < c.kernel[0]; ++d)
      for (std::size_t h = 0; h < c.kernel[1]; ++h)
        for (std::size_t r = 0; r < runs; ++r)
          for (std::size_t t = 0; t < tap_blocks; ++t) {
            const std::size_t row = b * filters / row_blocks, tap = t * run / tap_blocks;
            parts.push_back({row, (b + 1) * filters / row_blocks - row, d, h, r * run + tap, (t + 1) * run / tap_blocks - tap});
          }
  return parts;
}

/// Adds a part's products with places of one row of dy, from the first of them on.
template <class T>
void dot_row(const WeightPart& part, const T* dy, std::size_t dy_step, const T* x, std::size_t x_step, std::size_t places, T* lane_sums) {
  static constexpr auto tiles = dot_tiles<T>(std::make_index_sequence<max_dot_rows>());
  const std::size_t blocks = parts_of(part.taps, max_dot_taps);
  for (std::size_t first = 0; first < places; first += dot_places) {
    const std::size_t count = std::min(dot_places, places - first);
    for (std::size_t b = 0; b < blocks; ++b) {
      const std::size_t tap = b * part.taps / blocks, next = (b + 1) * part.taps / blocks;
      tiles[part.rows - 1][next - tap - 1](dy + first * dy_step, dy_step, x + first * x_step + tap * pack<T>, x_step, count,
                                           lane_sums + tap * part.rows * lanes<T>);
    }
  }
}

/// Adds a part's products over all places of the images in the packs.
template <class T>
void dot_part(const Conv& c, const WeightPart& part, const Packs<T>& x, const Packs<T>& dy, std::size_t packs, T* lane_sums) {
  const std::size_t channels = x.channels, kernel_column = part.tap / channels;
  const std::size_t start = (c.dilation[2] * kernel_column * channels + part.tap % channels) * pack<T>;
  const auto source = [&](std::size_t a, std::size_t o, std::size_t k) { return c.stride[a] * o + c.dilation[a] * k - c.padding[a]; };
  for (std::size_t p = 0; p < packs; ++p)
    for (std::size_t d = 0; d < c.out[0]; ++d)
      for (std::size_t h = 0; h < c.out[1]; ++h) {
        const std::size_t depth = source(0, d, part.depth), height = source(1, h, part.height);  // beyond any length where below 0
        if (depth >= c.in[0] || height >= c.in[1]) continue;
        dot_row(part, dy.pack_at(p) + dy.offset(d, h, 0) + part.row * pack<T>, dy.channels * pack<T>,
                x.pack_at(p) + x.offset(depth, height, 0) + start, c.stride[2] * channels * pack<T>, c.out[2], lane_sums);
      }
}

/// Adds the gradient of one group, to which dw belongs.
template <class T>
void add_dots(const Conv& c, const std::vector<WeightPart>& parts, const Packs<T>& x, const Packs<T>& dy, std::size_t packs, T* dw) {
  const std::size_t kernel = volume_of(c.kernel), work = volume_of(c.out) * max_dot_rows * max_dot_columns * pack<T> * packs;
  parallel_for(parts.size(), grain_of(thread_work, work), [&](std::size_t begin, std::size_t end) {
    alignas(64) T lane_sums[max_dot_rows * max_dot_columns * lanes<T>], halves[max_dot_rows * max_dot_columns * lanes<T> / 2];
    for (std::size_t i = begin; i < end; ++i) {
      const WeightPart& part = parts[i];
      zero_run(part.rows * part.taps * lanes<T>, lane_sums);
      dot_part(c, part, x, dy, packs, lane_sums);
      const T* next = totals<lanes<T>>(lane_sums, part.rows * part.taps, halves);
      const std::size_t blocks = parts_of(part.taps, max_dot_taps);
      for (std::size_t b = 0; b < blocks; ++b)
        for (std::size_t r = part.row; r < part.row + part.rows; ++r)
          for (std::size_t t = part.tap + b * part.taps / blocks; t < part.tap + (b + 1) * part.taps / blocks; ++t)
            dw[(r * x.channels + t % x.channels) * kernel + (part.depth * c.kernel[1] + part.height) * c.kernel[2] + t / x.channels] +=
                *next++;
    }
  });
}

}  // namespace

template <class T>
bool fills_lanes_with_images(const Conv& c) {
  const std::size_t packs = parts_of(c.images, pack<T>), idle = c.dilation[2] * (c.kernel[2] - 1) / c.stride[2];
  const std::size_t planes = std::max(c.channels * volume_of(c.in), c.filters * volume_of(c.out)) / c.groups;
  return packs * pack<T> * 4 <= c.images * 5 && idle * 10 >= c.out[2] && planes * pack<T> * sizeof(T) <= pack_bytes;
}

template <class T>
void conv_images(const Conv& c, const T* x, const T* weight, const T* bias, T* y) {
  const std::size_t channels = c.channels / c.groups, kernel = volume_of(c.kernel);
  const auto weight_at = [=](const T* group, std::size_t f, std::size_t i) {
    return group[(f * channels + i % channels) * kernel + i / channels];
  };
  sum_groups(c, Reach::forward(c), ImagePlanes{c.channels, c.in}, ImagePlanes{c.filters, c.out}, weight, weight_at, bias, x, y);
}

template <class T>
void conv_transpose_images(const Conv& c, const T* dy, const T* weight, const T* bias, T* dx) {
  const std::size_t channels = c.channels / c.groups, filters = c.filters / c.groups, kernel = volume_of(c.kernel);
  const auto weight_at = [=](const T* group, std::size_t channel, std::size_t i) {
    return group[(i % filters * channels + channel) * kernel + kernel - 1 - i / filters];
  };
  sum_groups(c, Reach::transposed(c), ImagePlanes{c.filters, c.out}, ImagePlanes{c.channels, c.in}, weight, weight_at, bias, dy, dx);
}

template <class T>
void conv_weight_backward_images(const Conv& c, const T* x, const T* dy, T* dw) {
  const std::size_t channels = c.channels / c.groups, filters = c.filters / c.groups, in = volume_of(c.in), out = volume_of(c.out);
  const std::size_t reached = c.stride[2] * (c.out[2] - 1) + c.dilation[2] * (c.kernel[2] - 1) + 1;
  Packs<T> x_packs(channels, c.in, c.padding[2], std::max(reached, c.in[2] + c.padding[2])), dy_packs(filters, c.out);
  const std::vector<WeightPart> parts = weight_parts(c);
  for (std::size_t g = 0; g < c.groups; ++g)
    for (std::size_t n = 0, step = std::min(x_packs.at_once(), dy_packs.at_once()); n < c.images; n += step) {
      const std::size_t images = std::min(step, c.images - n);
      x_packs.fill(x + (n * c.channels + g * channels) * in, images, c.channels * in);
      dy_packs.fill(dy + (n * c.filters + g * filters) * out, images, c.filters * out);
      add_dots(c, parts, x_packs, dy_packs, parts_of(images, pack<T>), dw + g * filters * channels * volume_of(c.kernel));
    }
}

template bool fills_lanes_with_images<float>(const Conv&);
template bool fills_lanes_with_images<double>(const Conv&);
template void conv_images(const Conv&, const float*, const float*, const float*, float*);
template void conv_images(const Conv&, const double*, const double*, const double*, double*);
template void conv_transpose_images(const Conv&, const float*, const float*, const float*, float*);
template void conv_transpose_images(const Conv&, const double*, const double*, const double*, double*);
template void conv_weight_backward_images(const Conv&, const float*, const float*, float*);
template void conv_weight_backward_images(const Conv&, const double*, const double*, double*);

}  // namespace reel::kernels
