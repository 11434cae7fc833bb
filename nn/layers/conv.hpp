#pragma once
#include <optional>

#include <reel/autograd/ops/arrange.hpp>
#include <reel/core/mistake.hpp>
#include <reel/nn/module.hpp>

namespace reel::nn {

/// Of Conv1d, Conv2d and Conv3d. Each list has one number for all spatial axes, or one for each.
struct ConvLayerOptions {
  Ints stride = 1;
  /// So many elements more on both sides of each spatial axis.
  Ints padding = 0;
  Ints dilation = 1;
  /// Channels and filters fall into so many groups that do not see each other.
  std::ptrdiff_t groups = 1;
  /// "same" padding: as much as makes the output as long as the input, the odd one at the end. Stride 1, and no `padding`.
  bool same = false;
  /// What the padding holds: zeros, or the image itself (PyTorch's reflect, replicate and circular are reflect, edge and wrap).
  PadMode padding_mode = PadMode::constant;
  bool bias = true;
  /// An initializer's name, see init::weight_by_name.
  std::string_view init = "pytorch";
  Dtype dtype = float32;
};

/// Of ConvTranspose1d, ConvTranspose2d and ConvTranspose3d.
struct ConvTransposeLayerOptions {
  Ints stride = 1;
  /// So many elements less on both sides of each spatial axis of the output.
  Ints padding = 0;
  /// So many elements more at the end of each axis. Less than the stride or the dilation.
  Ints output_padding = 0;
  Ints dilation = 1;
  std::ptrdiff_t groups = 1;
  bool bias = true;
  std::string_view init = "pytorch";
  Dtype dtype = float32;
};

namespace detail {

/// What Conv1d, Conv2d and Conv3d share: the ops conv1d to conv3d with a weight and a bias.
template <std::size_t Spatial>
class Conv : public Module {
 public:
  Parameter weight;               ///< (out, in / groups, kernel...)
  std::optional<Parameter> bias;  ///< (out,)

  /// The kernel is one length for all spatial axes, or one for each. Throws ShapeError for sizes below 1, and unless groups divides in and
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

/// What ConvTranspose1d to 3d share: the ops conv_transpose1d to 3d with a weight and a bias.
template <std::size_t Spatial>
class ConvTranspose : public Module {
 public:
  Parameter weight;               ///< (in, out / groups, kernel...)
  std::optional<Parameter> bias;  ///< (out,)

  /// As Conv. Throws Error as well for an output_padding that is not below stride or dilation.
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

/// Convolution (cross-correlation) of x (N, in, length) or (in, length): `nn::Conv1d(1, 8, 5, {.padding = 2})`.
struct Conv1d : detail::Conv<1> {
  using Conv::Conv;
  REEL_NO_SUCH_OPTION(ConvLayerOptions, Conv1d(Integer, Integer, Ints, ...));
  REEL_MEMBERS(weight, bias)
};
/// The same for images, (N, in, height, width) or (in, height, width).
struct Conv2d : detail::Conv<2> {
  using Conv::Conv;
  REEL_NO_SUCH_OPTION(ConvLayerOptions, Conv2d(Integer, Integer, Ints, ...));
  REEL_MEMBERS(weight, bias)
};
/// The same for volumes, (N, in, depth, height, width) or (in, depth, height, width).
struct Conv3d : detail::Conv<3> {
  using Conv::Conv;
  REEL_NO_SUCH_OPTION(ConvLayerOptions, Conv3d(Integer, Integer, Ints, ...));
  REEL_MEMBERS(weight, bias)
};

/// The transpose of a convolution, which makes axes longer: of length n becomes stride·(n - 1) + dilation·(kernel - 1) + 1 + output_padding
/// - 2·padding. x is (N, in, length) or (in, length).
struct ConvTranspose1d : detail::ConvTranspose<1> {
  using ConvTranspose::ConvTranspose;
  REEL_NO_SUCH_OPTION(ConvTransposeLayerOptions, ConvTranspose1d(Integer, Integer, Ints, ...));
  REEL_MEMBERS(weight, bias)
};
/// The same for images.
struct ConvTranspose2d : detail::ConvTranspose<2> {
  using ConvTranspose::ConvTranspose;
  REEL_NO_SUCH_OPTION(ConvTransposeLayerOptions, ConvTranspose2d(Integer, Integer, Ints, ...));
  REEL_MEMBERS(weight, bias)
};
/// The same for volumes.
struct ConvTranspose3d : detail::ConvTranspose<3> {
  using ConvTranspose::ConvTranspose;
  REEL_NO_SUCH_OPTION(ConvTransposeLayerOptions, ConvTranspose3d(Integer, Integer, Ints, ...));
  REEL_MEMBERS(weight, bias)
};

}  // namespace reel::nn
