#include <reel/core/kernels/network/conv_pad.hpp>

#include <reel/core/kernels/detail/masked.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

constexpr std::size_t planes_bytes = std::size_t{3} << 18;

/// The content of a row of a padded plane: [first, last) is every `stride`-th element of the source's row from `source` on.
struct RowCopy {
  std::size_t first, last, length, stride, source;

  explicit RowCopy(const PlaneAxis& axis)
      : first(axis.inside().first), last(axis.inside().second), length(axis.length), stride(axis.stride) {
    source = first < last ? axis.at(first) : 0;
  }
};

template <class T>
void fill_row(const RowCopy& row, const T* from, T* to) {
  using Batch = xsimd::batch<T>;
  const T* source = from + row.source;
  if (row.stride != 1) {
    zero_run(row.first, to);
    for (std::size_t m = row.first; m < row.last; ++m, source += row.stride) to[m] = *source;
    zero_run(row.length - row.last, to + row.last);
    return;
  }
  zero_run(row.first, to);
  std::size_t m = row.first;
  for (; m + Batch::size <= row.last; m += Batch::size, source += Batch::size) Batch::load_unaligned(source).store_unaligned(to + m);
  if (m < row.last) store_lanes(load_lanes(0, row.last - m, source), 0, row.last - m, to + m);
  zero_run(row.length - row.last, to + row.last);
}

template <class T>
void pad_plane(const PlaneAxis (&axes)[3], const T* from, T* to) {
  const auto& [depth, height, width] = axes;
  const auto [d0, d1] = depth.inside();
  const auto [h0, h1] = height.inside();
  const RowCopy row(width);
  const std::size_t sheet = height.length * width.length;
  for (std::size_t d = 0; d < depth.length; ++d, to += sheet) {
    if (d < d0 || d >= d1) {
      zero_run(sheet, to);
      continue;
    }
    const T* const source = from + depth.at(d) * height.source * width.source;
    zero_run(h0 * width.length, to);
    for (std::size_t h = h0; h < h1; ++h) fill_row(row, source + height.at(h) * width.source, to + h * width.length);
    zero_run(sheet - h1 * width.length, to + h1 * width.length);
  }
}

template <class T>
void unpad_plane(const PlaneAxis (&axes)[3], const T* from, T* to) {
  const auto& [depth, height, width] = axes;
  const auto [d0, d1] = depth.inside();
  const auto [h0, h1] = height.inside();
  const auto [w0, w1] = width.inside();
  if (w0 == w1) return;
  for (std::size_t d = d0; d < d1; ++d)
    for (std::size_t h = h0; h < h1; ++h) {
      const T* const row = from + (d * height.length + h) * width.length;
      T* const sums = to + (depth.at(d) * height.source + height.at(h)) * width.source + width.at(w0);
      if (width.stride == 1)
        for (std::size_t w = w0; w < w1; ++w) sums[w - w0] += row[w];
      else
        for (std::size_t w = w0; w < w1; ++w) sums[(w - w0) * width.stride] += row[w];
    }
}

template <class T>
void pad_planes(const Planes& p, const T* x, std::size_t images, std::size_t image_step, T* to) {
  const std::size_t source = p.axes[0][0].source * p.axes[1][0].source * p.axes[2][0].source;
  const std::size_t count = p.phases() * p.channels;
  parallel_for(count * images, std::max<std::size_t>(1, (std::size_t{1} << 14) / std::max<std::size_t>(1, p.volume)),
               [&](std::size_t begin, std::size_t end) {
                 for (std::size_t i = begin; i < end; ++i) {
                   const std::size_t n = i % images, phase = i / images / p.channels, channel = i / images % p.channels;
                   const std::size_t in_last = p.axes[2].size();
                   const PlaneAxis axes[3] = {p.axes[0][phase / in_last / p.axes[1].size()], p.axes[1][phase / in_last % p.axes[1].size()],
                                              p.axes[2][phase % in_last]};
                   pad_plane(axes, x + n * image_step + channel * source, to + i * p.volume);
                 }
               });
  std::fill_n(to + count * images * p.volume, xsimd::batch<T>::size, T(0));
}

}  // namespace

std::size_t Planes::images_at_once(std::size_t images, std::size_t element, std::size_t beside) const {
  const std::size_t bytes = std::max<std::size_t>(1, (phases() * channels * volume + beside) * element);
  const std::size_t most = std::clamp<std::size_t>(planes_bytes / bytes, 1, images), parts = (images + most - 1) / most;
  return (images + parts - 1) / parts;
}

void fill_plane(const PlaneAxis (&axes)[3], const float* from, float* to) { pad_plane(axes, from, to); }
void fill_plane(const PlaneAxis (&axes)[3], const double* from, double* to) { pad_plane(axes, from, to); }
void add_plane(const PlaneAxis (&axes)[3], const float* from, float* to) { unpad_plane(axes, from, to); }
void add_plane(const PlaneAxis (&axes)[3], const double* from, double* to) { unpad_plane(axes, from, to); }
void fill_planes(const Planes& planes, const float* x, std::size_t images, std::size_t image_step, float* to) {
  pad_planes(planes, x, images, image_step, to);
}
void fill_planes(const Planes& planes, const double* x, std::size_t images, std::size_t image_step, double* to) {
  pad_planes(planes, x, images, image_step, to);
}

}  // namespace reel::kernels
