#pragma once
#include <optional>

#include <reel/autograd/ops/arrange.hpp>
#include <reel/core/mistake.hpp>
#include <reel/nn/module.hpp>

namespace reel::nn {

/// Options of Conv1d, Conv2d and Conv3d. Each list has one number for all spatial axes, or one per axis.
struct ConvLayerOptions {
  /// Step between neighbouring windows.
  Ints stride = 1;
  /// Number of elements added on both sides of each spatial axis.
  Ints padding = 0;
  /// Distance between neighbouring elements of the kernel.
  Ints dilation = 1;
  /// Number of groups (grouped convolution): input and output channels are split into `groups` parts that are convolved separately.
  std::ptrdiff_t groups = 1;
  /// "same" padding: the output is as long as the input; where the padding is odd, the extra element is at the end. Needs stride 1 and no
  /// `padding`.
  bool same = false;
  /// The values of the padding: zeros, or elements of x (PyTorch's reflect, replicate and circular are reflect, edge and wrap).
  PadMode padding_mode = PadMode::constant;
  /// Whether there is a bias.
  bool bias = true;
  /// Name of the weight's initializer, see init::weight_by_name().
  std::string_view init = "pytorch";
  Dtype dtype = float32;
};

/// Options of ConvTranspose1d, ConvTranspose2d and ConvTranspose3d; those without a comment are as in ConvLayerOptions.
struct ConvTransposeLayerOptions {
  Ints stride = 1;
  /// Number of elements removed from both sides of each spatial axis of the output.
  Ints padding = 0;
  /// Number of elements added at the end of each spatial axis of the output. Must be less than the stride or the dilation.
  Ints output_padding = 0;
  Ints dilation = 1;
  std::ptrdiff_t groups = 1;
  bool bias = true;
  std::string_view init = "pytorch";
  Dtype dtype = float32;
};

namespace detail {

/// Base of Conv1d, Conv2d and Conv3d: the ops conv1d() to conv3d() with a weight and a bias.
template <std::size_t Spatial>
class Conv : public Module {
 public:
  Parameter weight;               ///< (out, in / groups, kernel...)
  std::optional<Parameter> bias;  ///< (out,)

  /// The kernel is one length for all spatial axes, or one per axis. Throws ShapeError for sizes below 1, and unless groups divides in and
  /// out.
  Conv(Integer in, Integer out, Ints kernel, ConvLayerOptions options = {}, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  Tensor padded(const Tensor& x) const;

  Shape stride_, padding_, dilation_;
  std::size_t groups_;
  bool same_;
  PadMode mode_;
};

/// Base of ConvTranspose1d, 2d and 3d: the ops conv_transpose1d() to conv_transpose3d() with a weight and a bias.
template <std::size_t Spatial>
class ConvTranspose : public Module {
 public:
  Parameter weight;               ///< (in, out / groups, kernel...)
  std::optional<Parameter> bias;  ///< (out,)

  /// Arguments and errors as for Conv. Also throws Error for an output_padding that is not below stride or dilation.
  ConvTranspose(Integer in, Integer out, Ints kernel, ConvTransposeLayerOptions options = {}, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  Shape stride_, padding_, output_padding_, dilation_;
  std::size_t groups_;
};

extern template class Conv<1>;
extern template class Conv<2>;
extern template class Conv<3>;
extern template class ConvTranspose<1>;
extern template class ConvTranspose<2>;
extern template class ConvTranspose<3>;

}  // namespace detail

/// Convolution (cross-correlation) of x (N, in, length) or (in, length) to (N, out, length') or (out, length'):
/// `nn::Conv1d(1, 8, 5, {.padding = 2})`.
struct Conv1d : detail::Conv<1> {
  using Conv::Conv;
  REEL_NO_SUCH_OPTION(ConvLayerOptions, Conv1d(Integer, Integer, Ints, ...));
  REEL_MEMBERS(weight, bias)
};
/// Convolution of images, (N, in, height, width) or (in, height, width).
struct Conv2d : detail::Conv<2> {
  using Conv::Conv;
  REEL_NO_SUCH_OPTION(ConvLayerOptions, Conv2d(Integer, Integer, Ints, ...));
  REEL_MEMBERS(weight, bias)
};
/// Convolution of volumes, (N, in, depth, height, width) or (in, depth, height, width).
struct Conv3d : detail::Conv<3> {
  using Conv::Conv;
  REEL_NO_SUCH_OPTION(ConvLayerOptions, Conv3d(Integer, Integer, Ints, ...));
  REEL_MEMBERS(weight, bias)
};

/// Transposed convolution of x (N, in, length) or (in, length). It lengthens axes: length n becomes stride·(n - 1) + dilation·(kernel - 1)
/// + 1 + output_padding - 2·padding.
struct ConvTranspose1d : detail::ConvTranspose<1> {
  using ConvTranspose::ConvTranspose;
  REEL_NO_SUCH_OPTION(ConvTransposeLayerOptions, ConvTranspose1d(Integer, Integer, Ints, ...));
  REEL_MEMBERS(weight, bias)
};
/// Transposed convolution of images, (N, in, height, width) or (in, height, width).
struct ConvTranspose2d : detail::ConvTranspose<2> {
  using ConvTranspose::ConvTranspose;
  REEL_NO_SUCH_OPTION(ConvTransposeLayerOptions, ConvTranspose2d(Integer, Integer, Ints, ...));
  REEL_MEMBERS(weight, bias)
};
/// Transposed convolution of volumes, (N, in, depth, height, width) or (in, depth, height, width).
struct ConvTranspose3d : detail::ConvTranspose<3> {
  using ConvTranspose::ConvTranspose;
  REEL_NO_SUCH_OPTION(ConvTransposeLayerOptions, ConvTranspose3d(Integer, Integer, Ints, ...));
  REEL_MEMBERS(weight, bias)
};

}  // namespace reel::nn
