#include <algorithm>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/conv.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/network/pool_windows.hpp>

namespace reel::kernels {

namespace {

Pool start(std::string_view op, std::size_t spatial, const Array& x) {
  if (spatial < 1 || spatial > 3) throw Error(fmt::format("{}: {} spatial axes; there are 1 to 3", op, spatial));
  constexpr const char* axes[] = {"", "(N, C, length) or (C, length)", "(N, C, height, width) or (C, height, width)",
                                  "(N, C, depth, height, width) or (C, depth, height, width)"};
  require_floating(op, x);
  if (x.rank() != spatial + 1 && x.rank() != spatial + 2)
    throw ShapeError(fmt::format("{}: x is {}; it needs the axes {}", op, x.shape(), axes[spatial]));
  Pool pool;
  pool.x = x.shape();
  pool.spatial = spatial;
  for (std::size_t a = 3 - spatial; a < 3; ++a) pool.in[a] = x.shape()[x.rank() - 3 + a];
  return pool;
}

/// Fills in how many windows there are, once everything else is known.
void count_windows(std::string_view op, Pool& pool, const Ints& kernel, const Ints& padding, bool ceil_mode) {
  for (std::size_t a = 3 - pool.spatial; a < 3; ++a) {
    if (2 * pool.padding[a] > pool.kernel[a])
      throw Error(fmt::format("{}: padding is {} and kernel is {}; padding may be at most half of the kernel", op, to_string(padding),
                              to_string(kernel)));
    const std::size_t span = pool.dilation[a] * (pool.kernel[a] - 1) + 1, length = pool.in[a] + 2 * pool.padding[a], s = pool.stride[a];
    if (length + (ceil_mode ? s - 1 : 0) < span)
      throw ShapeError(fmt::format("{}: x is {} with kernel {} and padding {}; the kernel spans {} and the padded axis {} has only {}", op,
                                   pool.x, to_string(kernel), to_string(padding), span, pool.x.rank() - 3 + a, length));
    pool.out[a] = (length + (ceil_mode ? s - 1 : 0) - span) / s + 1;
    if (ceil_mode && (pool.out[a] - 1) * s >= pool.in[a] + pool.padding[a]) --pool.out[a];
  }
}

}  // namespace

std::vector<PoolWindow> pool_windows(const Pool& p, std::size_t a) {
  std::vector<PoolWindow> windows;
  for (std::size_t o = 0; o < p.out[a]; ++o) {
    if (p.adaptive) {
      const std::size_t start = o * p.in[a] / p.out[a], stop = ((o + 1) * p.in[a] + p.out[a] - 1) / p.out[a];
      windows.push_back({start, stop - start, 1});
      continue;
    }
    const std::size_t d = p.dilation[a], at = o * p.stride[a];  // in the padded axis
    const std::size_t skipped = at < p.padding[a] ? (p.padding[a] - at + d - 1) / d : 0, end = p.in[a] + p.padding[a];
    const std::size_t first = at + skipped * d, most = first < end ? (end - first + d - 1) / d : 0;
    windows.push_back({first - p.padding[a], std::min(p.kernel[a] - std::min(skipped, p.kernel[a]), most), d});
  }
  return windows;
}

void Pool::check(std::string_view op) const {
  bool fits = spatial >= 1 && spatial <= 3 && x.rank() >= spatial;
  for (std::size_t a = 0; fits && a < 3; ++a) {
    fits = in[a] == (a < 3 - spatial ? 1 : x[x.rank() - 3 + a]) && (a >= 3 - spatial || out[a] == 1);
    if (fits && out[a] > 0)
      fits = adaptive ? in[a] > 0 : kernel[a] > 0 && stride[a] > 0 && dilation[a] > 0 && (out[a] - 1) * stride[a] < in[a] + padding[a];
  }
  if (!fits) throw ShapeError(fmt::format("{}: the numbers of the pooling do not belong together; {}_of() gives such that do", op, op));
}

Shape Pool::y() const {
  Shape shape = x;
  for (std::size_t a = 3 - spatial; a < 3; ++a) shape[x.rank() - 3 + a] = out[a];
  return shape;
}

std::size_t Pool::planes() const {
  std::size_t n = 1;
  for (std::size_t i = 0; i + spatial < x.rank(); ++i) n *= x[i];
  return n;
}

Pool max_pool_of(std::string_view op, std::size_t spatial, const Array& x, const Ints& kernel, const MaxPoolOptions& options) {
  Pool pool = start(op, spatial, x);
  read_per_axis(op, "kernel", kernel, spatial, 1, pool.kernel);
  read_per_axis(op, "stride", options.stride.empty() ? kernel : options.stride, spatial, 1, pool.stride);
  read_per_axis(op, "padding", options.padding, spatial, 0, pool.padding);
  read_per_axis(op, "dilation", options.dilation, spatial, 1, pool.dilation);
  count_windows(op, pool, kernel, options.padding, options.ceil_mode);
  for (std::size_t a = 3 - spatial; a < 3; ++a)
    for (const PoolWindow& window : pool_windows(pool, a))
      if (window.count == 0)
        throw ShapeError(fmt::format("{}: x is {} with kernel {}, padding {} and dilation {}; a window on axis {} has no element of x", op,
                                     x.shape(), to_string(kernel), to_string(options.padding), to_string(options.dilation),
                                     x.rank() - 3 + a));
  return pool;
}

Pool avg_pool_of(std::string_view op, std::size_t spatial, const Array& x, const Ints& kernel, const AvgPoolOptions& options) {
  Pool pool = start(op, spatial, x);
  read_per_axis(op, "kernel", kernel, spatial, 1, pool.kernel);
  read_per_axis(op, "stride", options.stride.empty() ? kernel : options.stride, spatial, 1, pool.stride);
  read_per_axis(op, "padding", options.padding, spatial, 0, pool.padding);
  pool.count_include_pad = options.count_include_pad;
  count_windows(op, pool, kernel, options.padding, options.ceil_mode);
  return pool;
}

Pool adaptive_pool_of(std::string_view op, std::size_t spatial, const Array& x, const Ints& output) {
  Pool pool = start(op, spatial, x);
  pool.adaptive = true;
  read_per_axis(op, "output", output, spatial, 0, pool.out);
  for (std::size_t a = 3 - spatial; a < 3; ++a)
    if (pool.in[a] == 0) throw ShapeError(fmt::format("{}: x is {}; it needs 1 or more elements on every spatial axis", op, x.shape()));
  return pool;
}

}  // namespace reel::kernels
