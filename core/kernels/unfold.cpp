#include <reel/core/kernels/unfold.hpp>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/detail/add_in_double.hpp>
#include <reel/core/kernels/detail/require.hpp>
#include <reel/core/kernels/network/conv_pad.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

void read_options(std::string_view op, Conv& c, const Ints& kernel, const UnfoldOptions& options) {
  c.spatial = 2;
  read_per_axis(op, "kernel", kernel, 2, 1, c.kernel);
  read_per_axis(op, "stride", options.stride, 2, 1, c.stride);
  read_per_axis(op, "padding", options.padding, 2, 0, c.padding);
  read_per_axis(op, "dilation", options.dilation, 2, 1, c.dilation);
}

void find_out(std::string_view op, Conv& c) {
  for (std::size_t a = 1; a < 3; ++a) {
    const std::size_t span = c.dilation[a] * (c.kernel[a] - 1) + 1, length = c.in[a] + 2 * c.padding[a];
    if (length < span)
      throw ShapeError(fmt::format("{}: an image is {}; the kernel spans {} and the padded axis {} has only {}", op,
                                   Shape{c.in[1], c.in[2]}, span, a - 1, length));
    c.out[a] = (length - span) / c.stride[a] + 1;
  }
}

std::size_t taps_of(const Conv& c) { return c.kernel[1] * c.kernel[2]; }

Shape columns_shape(const Conv& c) {
  Shape shape;
  if (c.batched) shape.push_back(c.images);
  shape.push_back(c.channels * taps_of(c));
  shape.push_back(c.out[1] * c.out[2]);
  return shape;
}

/// Calls f(axes, tap) for each tap of the kernel, with the axes of what it reads.
template <class F>
void for_each_tap(const Conv& c, const F& f) {
  const auto axis = [&](std::size_t a, std::size_t k) {
    return PlaneAxis{c.in[a], c.out[a], c.stride[a], c.dilation[a] * k, static_cast<std::ptrdiff_t>(c.padding[a])};
  };
  for (std::size_t h = 0; h < c.kernel[1]; ++h)
    for (std::size_t w = 0; w < c.kernel[2]; ++w) {
      const PlaneAxis axes[3] = {{1, 1, 1, 0, 0}, axis(1, h), axis(2, w)};
      f(axes, h * c.kernel[2] + w);
    }
}

/// Calls f(x's plane, the columns' rows of that plane) for each channel of each image, on several threads.
template <class F>
void for_each_plane(const Conv& c, const F& f) {
  const std::size_t in = c.in[1] * c.in[2], out = taps_of(c) * c.out[1] * c.out[2];
  parallel_for(c.images * c.channels, std::max<std::size_t>(1, (std::size_t{1} << 15) / std::max<std::size_t>(1, out)),
               [&](std::size_t begin, std::size_t end) {
                 for (std::size_t i = begin; i < end; ++i) f(i * in, i * out);
               });
}

}  // namespace

Conv windows_of(std::string_view op, const Array& x, const Ints& kernel, const UnfoldOptions& options) {
  require_floating(op, x);
  if (x.rank() != 3 && x.rank() != 4)
    throw ShapeError(fmt::format("{}: x is {}; it needs the axes (N, C, height, width) or (C, height, width)", op, x.shape()));
  Conv c;
  read_options(op, c, kernel, options);
  c.batched = x.rank() == 4;
  c.images = c.batched ? x.shape()[0] : 1;
  c.channels = x.shape()[x.rank() - 3];
  for (std::size_t a = 1; a < 3; ++a) c.in[a] = x.shape()[x.rank() - 3 + a];
  find_out(op, c);
  return c;
}

Conv folded_windows_of(std::string_view op, const Array& columns, const Ints& output, const Ints& kernel, const UnfoldOptions& options) {
  require_floating(op, columns);
  if (columns.rank() != 2 && columns.rank() != 3)
    throw ShapeError(fmt::format("{}: x is {}; it needs the axes (N, C·kernel, windows) or (C·kernel, windows)", op, columns.shape()));
  Conv c;
  read_options(op, c, kernel, options);
  read_per_axis(op, "output", output, 2, 0, c.in);
  find_out(op, c);
  c.batched = columns.rank() == 3;
  c.images = c.batched ? columns.shape()[0] : 1;
  const std::size_t rows = columns.shape()[columns.rank() - 2];
  c.channels = rows / taps_of(c);
  if (rows % taps_of(c) != 0)
    throw ShapeError(fmt::format("{}: x is {} and the kernel {}; x's axis of channels needs to be a multiple of {}", op, columns.shape(),
                                 to_string(kernel), taps_of(c)));
  if (columns.shape().back() != c.out[1] * c.out[2])
    throw ShapeError(fmt::format("{}: x is {}; an output {} has {} windows, so x's last axis needs to be as long", op, columns.shape(),
                                 Shape{c.in[1], c.in[2]}, c.out[1] * c.out[2]));
  return c;
}

Array unfold(const Conv& c, const Array& x) {
  c.check("unfold");
  require_floating("unfold", x);
  require_shape("unfold", "x", x, c.x_shape());
  Array columns(columns_shape(c), x.dtype());
  const auto run = [&](auto t) {
    using T = decltype(t);
    const T* const from = x.data<T>();
    T* const to = columns.mutable_data<T>();
    for_each_plane(c, [&](std::size_t plane, std::size_t rows) {
      for_each_tap(
          c, [&](const PlaneAxis(&axes)[3], std::size_t tap) { fill_plane(axes, from + plane, to + rows + tap * c.out[1] * c.out[2]); });
    });
  };
  if (columns.size() > 0) x.dtype() == float32 ? run(float{}) : run(double{});
  return columns;
}

namespace {

Array add_columns(const Conv& c, const Array& columns) {
  Array x = Array::zeros(c.x_shape(), columns.dtype());
  const auto run = [&](auto t) {
    using T = decltype(t);
    const T* const from = columns.data<T>();
    T* const to = x.mutable_data<T>();
    for_each_plane(c, [&](std::size_t plane, std::size_t rows) {
      for_each_tap(
          c, [&](const PlaneAxis(&axes)[3], std::size_t tap) { add_plane(axes, from + rows + tap * c.out[1] * c.out[2], to + plane); });
    });
  };
  if (columns.size() > 0) x.dtype() == float32 ? run(float{}) : run(double{});
  return x;
}

}  // namespace

Array fold(const Conv& c, const Array& columns) {
  c.check("fold");
  require_floating("fold", columns);
  require_shape("fold", "the array of columns", columns, columns_shape(c));
  return in_double_if_many(columns, taps_of(c), [&](const Array& terms) { return add_columns(c, terms); });
}

}  // namespace reel::kernels
