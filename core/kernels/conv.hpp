#pragma once
#include <string_view>

#include <reel/core/array.hpp>

namespace reel {

/// Options of a convolution. Each list has one number for all spatial axes, or one per axis.
struct ConvOptions {
  /// Step from one window to the next; at least 1.
  Ints stride = 1;
  /// Number of zeros added at both sides of each spatial axis.
  Ints padding = 0;
  /// Step between the elements of x that neighbouring kernel elements read; at least 1.
  Ints dilation = 1;
  /// Number of groups (grouped convolution): input channels and filters are split into `groups` parts that are convolved separately.
  std::ptrdiff_t groups = 1;
  /// "same" padding: pads with zeros so that the output is as long as the input; an odd zero goes to the end. Needs stride 1 and no
  /// `padding`.
  bool same = false;
};

/// Options of a transposed convolution: stride, dilation and groups are those of the convolution whose transpose it is. Each list has one
/// number for all spatial axes, or one per axis.
struct ConvTransposeOptions {
  Ints stride = 1;
  /// Number of elements removed at both sides of each spatial axis of the output.
  Ints padding = 0;
  /// Number of elements added at the end of each spatial axis of the output: selects one of the lengths that a convolution maps to x's
  /// length. Must be less than the stride or the dilation.
  Ints output_padding = 0;
  Ints dilation = 1;
  std::ptrdiff_t groups = 1;
};

namespace kernels {

/// The shapes of a convolution, y[n, f, o] = Σ_c,k w[f, c, k]·x[n, c, stride·o + dilation·k - padding], where x is 0 outside its bounds and
/// c runs over the channels of f's group. Plain data. Spatial axes are (depth, height, width); the unused ones come first and have length
/// 1.
struct Conv {
  std::size_t spatial = 0;  // number of spatial axes
  bool batched = true;      // whether there is a batch axis
  std::size_t images = 1, groups = 1, channels = 0, filters = 0;
  std::size_t in[3] = {1, 1, 1}, out[3] = {1, 1, 1}, kernel[3] = {1, 1, 1};
  std::size_t stride[3] = {1, 1, 1}, dilation[3] = {1, 1, 1}, padding[3] = {0, 0, 0};

  /// Throws ShapeError naming `op` for numbers that do not fit each other. The functions below never return such a Conv.
  void check(std::string_view op) const;
  Shape x_shape() const { return shape(channels, in); }
  Shape y_shape() const { return shape(filters, out); }
  Shape weight_shape() const;

 private:
  Shape shape(std::size_t planes, const std::size_t (&lengths)[3]) const;
};

/// Stores one number per spatial axis in the last `spatial` (1 to 3) places of `to`; `values` has one number for all axes or one per axis.
/// Throws ShapeError or Error, naming `op` and `name`, unless each number is from `least` to 2^31 - 1.
void read_per_axis(std::string_view op, std::string_view name, const Ints& values, std::size_t spatial, std::ptrdiff_t least,
                   std::size_t (&to)[3]);

/// Returns the convolution of x (N, C, spatial...) or (C, spatial...) with weight (F, C/groups, kernel...). Throws ShapeError, Error or
/// DtypeError naming `op` for arguments that do not fit.
Conv conv_of(std::string_view op, std::size_t spatial, const Array& x, const Array& weight, const Array* bias, const ConvOptions& options);
/// Returns the convolution whose transpose maps y (N, F, spatial...) to the result of a transposed convolution with weight (F, C/groups,
/// kernel...).
Conv conv_transpose_of(std::string_view op, std::size_t spatial, const Array& y, const Array& weight, const Array* bias,
                       const ConvTransposeOptions& options);

// The three maps of a convolution, each linear in both arguments. The bits are the same for any number of threads. They throw ShapeError or
// DtypeError for arrays that do not have the convolution's shapes or are not of one floating dtype.

/// The output y of the convolution of x with weight, plus bias (F,) unless it is null.
Array conv(const Conv& c, const Array& x, const Array& weight, const Array* bias = nullptr);
/// The gradient with respect to x, from dy and weight, plus bias (C,) unless it is null: the transposed convolution.
Array conv_transpose(const Conv& c, const Array& dy, const Array& weight, const Array* bias = nullptr);
/// The gradient with respect to the weight, from x and dy.
Array conv_weight_backward(const Conv& c, const Array& x, const Array& dy);

}  // namespace kernels
}  // namespace reel
