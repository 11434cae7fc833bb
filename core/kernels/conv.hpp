#pragma once
#include <string_view>

#include <reel/core/array.hpp>

namespace reel {

/// Of convolutions and their transposes. Each list has one number for all spatial axes, or one for each.
struct ConvOptions {
  Ints stride = 1;
  /// Zeros on both sides of each spatial axis.
  Ints padding = 0;
  Ints dilation = 1;
  /// Channels and filters fall into so many groups that do not see each other.
  std::ptrdiff_t groups = 1;
  /// "same" padding: as many zeros as make the output as long as the input, the odd one at the end. Stride 1, and no `padding`.
  bool same = false;
};

struct ConvTransposeOptions {
  Ints stride = 1;
  /// So many elements less on both sides of each spatial axis of the output.
  Ints padding = 0;
  /// So many elements more at the end of each axis: which of the lengths that a convolution maps to x's is wanted. Less than the
  /// stride or the dilation.
  Ints output_padding = 0;
  Ints dilation = 1;
  std::ptrdiff_t groups = 1;
};

namespace kernels {

/// What a convolution maps: y[n, f, o] = Σ_c,k w[f, c, k]·x[n, c, stride·o + dilation·k - padding], where x counts as 0 outside. c runs
/// over the channels of f's group. Plain data. Axes are (depth, height, width); those that are not there come first, with length 1.
struct Conv {
  std::size_t spatial = 0;  // how many axes there are
  bool batched = true;      // whether there is an axis of images
  std::size_t images = 1, groups = 1, channels = 0, filters = 0;
  std::size_t in[3] = {1, 1, 1}, out[3] = {1, 1, 1}, kernel[3] = {1, 1, 1};
  std::size_t stride[3] = {1, 1, 1}, dilation[3] = {1, 1, 1}, padding[3] = {0, 0, 0};

  /// Throws ShapeError in the name of `op` for numbers that do not belong together, which none of the functions below makes.
  void check(std::string_view op) const;
  Shape x_shape() const { return shape(channels, in); }
  Shape y_shape() const { return shape(filters, out); }
  Shape weight_shape() const;

 private:
  Shape shape(std::size_t planes, const std::size_t (&lengths)[3]) const;
};

/// One number for all of 1 to 3 `spatial` axes or one for each, all from `least` to 2^31 - 1, into the last places of `to`. Throws
/// ShapeError or Error naming `op` and `name`.
void read_per_axis(std::string_view op, std::string_view name, const Ints& values, std::size_t spatial, std::ptrdiff_t least,
                   std::size_t (&to)[3]);

/// The convolution of x (N, C, spatial...) or (C, spatial...) with weight (F, C/groups, kernel...). Throws ShapeError, Error or DtypeError
/// in the name of `op` for arguments that do not fit.
Conv conv_of(std::string_view op, std::size_t spatial, const Array& x, const Array& weight, const Array* bias, const ConvOptions& options);
/// The convolution whose transpose maps y (N, F, spatial...) to the result of a transposed convolution with weight (F, C/groups,
/// kernel...).
Conv conv_transpose_of(std::string_view op, std::size_t spatial, const Array& y, const Array& weight, const Array* bias,
                       const ConvTransposeOptions& options);

// The three maps of a convolution, each linear in both arguments. The bits are the same for any number of threads. ShapeError or DtypeError
// for arrays that are not the convolution's, or not of one floating dtype.

/// y from x and weight, plus bias (F,) where there is one.
Array conv(const Conv& c, const Array& x, const Array& weight, const Array* bias = nullptr);
/// The gradient with respect to x, from dy and weight, plus bias (C,) where there is one: the transposed convolution.
Array conv_transpose(const Conv& c, const Array& dy, const Array& weight, const Array* bias = nullptr);
/// The gradient with respect to the weight, from x and dy.
Array conv_weight_backward(const Conv& c, const Array& x, const Array& dy);

}  // namespace kernels
}  // namespace reel
