#include <limits>
#include <string>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/conv.hpp>

namespace reel::kernels {

namespace {

constexpr const char* axes_text[] = {"", "(N, {0}, length) or ({0}, length)", "(N, {0}, height, width) or ({0}, height, width)",
                                     "(N, {0}, depth, height, width) or ({0}, depth, height, width)"};
constexpr const char* kernel_text[] = {"", "length", "height, width", "depth, height, width"};

constexpr std::ptrdiff_t longest = std::numeric_limits<std::int32_t>::max();  // so that no sum or product of two overflows

void require_spatial(std::string_view op, std::size_t spatial) {
  if (spatial < 1 || spatial > 3) throw Error(fmt::format("{}: {} spatial axes; there are 1 to 3", op, spatial));
}

void check_dtypes(std::string_view op, const Array& x, const Array& weight, const Array* bias) {
  if (!is_floating(x.dtype()) || weight.dtype() != x.dtype())
    throw DtypeError(fmt::format("{}: x is {} and weight is {}; both need float32, or both float64 (astype converts)", op,
                                 name_of(x.dtype()), name_of(weight.dtype())));
  if (bias && bias->dtype() != x.dtype())
    throw DtypeError(
        fmt::format("{}: x is {} and bias is {}; both need one dtype (astype converts)", op, name_of(x.dtype()), name_of(bias->dtype())));
}

void check_ranks(std::string_view op, std::size_t spatial, const Array& x, const Array& weight, bool transposed) {
  require_spatial(op, spatial);
  if (x.rank() != spatial + 1 && x.rank() != spatial + 2)
    throw ShapeError(fmt::format("{}: x is {}; it needs the axes {}", op, x.shape(), fmt::format(fmt::runtime(axes_text[spatial]), "C")));
  if (weight.rank() != spatial + 2)
    throw ShapeError(fmt::format("{}: weight is {}; it needs the axes ({}, {})", op, weight.shape(),
                                 transposed ? "in, out/groups" : "out, in/groups", kernel_text[spatial]));
}

void check_bias(std::string_view op, const Array& weight, const Array* bias, std::size_t out) {
  if (bias && bias->shape() != Shape{out})
    throw ShapeError(fmt::format("{}: weight is {} and bias is {}; bias needs shape ({},)", op, weight.shape(), bias->shape(), out));
}

std::size_t check_groups(std::string_view op, std::ptrdiff_t groups, const Array& weight, const char* what) {
  const std::size_t n = weight.shape()[0];
  if (groups < 1) throw Error(fmt::format("{}: groups is {}; it needs to be 1 or more", op, groups));
  if (n % static_cast<std::size_t>(groups) != 0)
    throw ShapeError(fmt::format("{}: weight is {} and groups is {}; weight's first axis ({}) needs to be a multiple of groups", op,
                                 weight.shape(), groups, what));
  return static_cast<std::size_t>(groups);
}

/// The axes that x, weight and options agree on, but for the output's lengths.
Conv start(std::size_t spatial, const Array& x, const Array& weight) {
  Conv c;
  c.spatial = spatial;
  c.batched = x.rank() == spatial + 2;
  c.images = c.batched ? x.shape()[0] : 1;
  for (std::size_t i = 0; i < spatial; ++i) c.kernel[3 - spatial + i] = weight.shape()[2 + i];
  return c;
}

void check_kernel(std::string_view op, const Array& weight, std::size_t length) {
  if (length == 0)
    throw ShapeError(fmt::format("{}: weight is {}; the kernel needs a length of 1 or more on every axis", op, weight.shape()));
  if (length > static_cast<std::size_t>(longest))
    throw ShapeError(fmt::format("{}: weight is {}; the kernel needs a length of {} or less on every axis", op, weight.shape(), longest));
}

}  // namespace

void read_per_axis(std::string_view op, std::string_view name, const Ints& values, std::size_t spatial, std::ptrdiff_t least,
                   std::size_t (&to)[3]) {
  require_spatial(op, spatial);
  if (values.size() != 1 && values.size() != spatial)
    throw ShapeError(
        fmt::format("{}: {} is {}; it needs one number, or one for each of the {} spatial axes", op, name, to_string(values), spatial));
  for (std::size_t i = 0; i < spatial; ++i) {
    const std::ptrdiff_t value = values[values.size() == 1 ? 0 : i];
    if (value < least) throw Error(fmt::format("{}: {} is {}; it needs numbers of {} or more", op, name, to_string(values), least));
    if (value > longest) throw Error(fmt::format("{}: {} is {}; it needs numbers of {} or less", op, name, to_string(values), longest));
    to[3 - spatial + i] = static_cast<std::size_t>(value);
  }
}

void Conv::check(std::string_view op) const {
  bool fits = spatial >= 1 && spatial <= 3 && groups > 0 && channels % groups == 0 && filters % groups == 0 && (batched || images == 1);
  for (std::size_t a = 0; fits && a < 3; ++a) {
    fits = kernel[a] > 0 && stride[a] > 0 && dilation[a] > 0;
    if (a < 3 - spatial) fits = fits && in[a] == 1 && out[a] == 1 && kernel[a] == 1 && padding[a] == 0;
    // "same" padding has an odd zero at the end.
    if (fits && out[a] > 0) fits = stride[a] * (out[a] - 1) + dilation[a] * (kernel[a] - 1) <= in[a] + 2 * padding[a];
  }
  if (!fits) throw ShapeError(fmt::format("{}: the numbers of the convolution do not belong together; conv_of() gives such that do", op));
}

Shape Conv::shape(std::size_t planes, const std::size_t (&lengths)[3]) const {
  Shape result;
  if (batched) result.push_back(images);
  result.push_back(planes);
  for (std::size_t a = 3 - spatial; a < 3; ++a) result.push_back(lengths[a]);
  return result;
}

Shape Conv::weight_shape() const {
  Shape result{filters, channels / groups};
  for (std::size_t a = 3 - spatial; a < 3; ++a) result.push_back(kernel[a]);
  return result;
}

Conv conv_of(std::string_view op, std::size_t spatial, const Array& x, const Array& weight, const Array* bias, const ConvOptions& options) {
  check_dtypes(op, x, weight, bias);
  check_ranks(op, spatial, x, weight, false);
  Conv c = start(spatial, x, weight);
  read_per_axis(op, "stride", options.stride, spatial, 1, c.stride);
  read_per_axis(op, "padding", options.padding, spatial, 0, c.padding);
  read_per_axis(op, "dilation", options.dilation, spatial, 1, c.dilation);
  c.groups = check_groups(op, options.groups, weight, "out");
  c.filters = weight.shape()[0];
  c.channels = x.shape()[x.rank() - spatial - 1];
  if (c.channels != weight.shape()[1] * c.groups)
    throw ShapeError(fmt::format("{}: x is {}, weight is {} and groups is {}; x needs {} channels (weight's second axis times groups)", op,
                                 x.shape(), weight.shape(), options.groups, weight.shape()[1] * c.groups));
  check_bias(op, weight, bias, c.filters);
  for (std::size_t a = 3 - spatial; a < 3; ++a) {
    check_kernel(op, weight, c.kernel[a]);
    c.in[a] = x.shape()[x.rank() - 3 + a];
    const std::size_t reach = c.dilation[a] * (c.kernel[a] - 1);
    if (options.same) {
      if (c.stride[a] != 1 || c.padding[a] != 0)
        throw Error(fmt::format("{}: same padding with stride {} and padding {}; it needs stride 1 and no other padding", op,
                                to_string(options.stride), to_string(options.padding)));
      c.padding[a] = reach / 2;
      c.out[a] = c.in[a];
      continue;
    }
    if (c.in[a] + 2 * c.padding[a] < reach + 1)
      throw ShapeError(
          fmt::format("{}: x is {} and weight is {} with padding {} and dilation {}; the kernel spans {} and the padded axis {} "
                      "has only {}",
                      op, x.shape(), weight.shape(), to_string(options.padding), to_string(options.dilation), reach + 1, x.rank() - 3 + a,
                      c.in[a] + 2 * c.padding[a]));
    c.out[a] = (c.in[a] + 2 * c.padding[a] - reach - 1) / c.stride[a] + 1;
  }
  return c;
}

Conv conv_transpose_of(std::string_view op, std::size_t spatial, const Array& y, const Array& weight, const Array* bias,
                       const ConvTransposeOptions& options) {
  check_dtypes(op, y, weight, bias);
  check_ranks(op, spatial, y, weight, true);
  Conv c = start(spatial, y, weight);
  std::size_t more[3] = {0, 0, 0};
  read_per_axis(op, "stride", options.stride, spatial, 1, c.stride);
  read_per_axis(op, "padding", options.padding, spatial, 0, c.padding);
  read_per_axis(op, "output_padding", options.output_padding, spatial, 0, more);
  read_per_axis(op, "dilation", options.dilation, spatial, 1, c.dilation);
  c.groups = check_groups(op, options.groups, weight, "in");
  c.filters = weight.shape()[0];
  c.channels = weight.shape()[1] * c.groups;
  if (y.shape()[y.rank() - spatial - 1] != c.filters)
    throw ShapeError(
        fmt::format("{}: x is {} and weight is {}; x needs {} channels (weight's first axis)", op, y.shape(), weight.shape(), c.filters));
  check_bias(op, weight, bias, c.channels);
  for (std::size_t a = 3 - spatial; a < 3; ++a) {
    check_kernel(op, weight, c.kernel[a]);
    c.out[a] = y.shape()[y.rank() - 3 + a];
    if (more[a] >= std::max(c.stride[a], c.dilation[a]))
      throw Error(fmt::format("{}: output_padding is {} with stride {} and dilation {}; it needs to be less than one of them", op,
                              to_string(options.output_padding), to_string(options.stride), to_string(options.dilation)));
    const std::size_t full = c.out[a] == 0 ? 0 : c.stride[a] * (c.out[a] - 1) + c.dilation[a] * (c.kernel[a] - 1) + 1 + more[a];
    if (full <= 2 * c.padding[a])
      throw ShapeError(fmt::format("{}: x is {} and weight is {} with padding {}; the padding leaves no output on axis {}", op, y.shape(),
                                   weight.shape(), to_string(options.padding), y.rank() - 3 + a));
    c.in[a] = full - 2 * c.padding[a];
  }
  return c;
}

}  // namespace reel::kernels
