#pragma once
#include <optional>

#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

/// Normalization: x̂ = (x - mean) / √(variance + eps), times a weight, plus a bias. The variance is the biased one (divided by n), of two
/// passes, so that a large mean costs no digits, in float32 as well. Weight and bias may be left out, or be a Tensor() without a
/// value. ShapeError and DtypeError name the shapes and dtypes that do not fit; all inputs need one floating dtype.
namespace reel {

struct LayerNormOptions {
  /// The last axes of x, which are normalized together; by default weight's shape, or the last axis where there is no weight.
  Shape shape = {};
  double eps = 1e-5;
};
/// Over the last axes of x, each row by itself; weight and bias have the shape of these axes.
Tensor layer_norm(Operand x, Operand weight, Operand bias, LayerNormOptions options = {});
Tensor layer_norm(Operand x, Operand weight, LayerNormOptions options = {});
Tensor layer_norm(Operand x, LayerNormOptions options = {});
REEL_NO_SUCH_OPTION(LayerNormOptions, Tensor layer_norm(Operand, ...));

struct RmsNormOptions {
  /// As LayerNormOptions' shape.
  Shape shape = {};
  /// By default the machine epsilon of x's dtype, as PyTorch has it.
  std::optional<double> eps = {};
};
/// x / √(mean x² + eps), times weight, over the last axes of x (Zhang, Sennrich: "Root mean square layer normalization", NeurIPS 2019).
Tensor rms_norm(Operand x, Operand weight, RmsNormOptions options = {});
Tensor rms_norm(Operand x, RmsNormOptions options = {});
REEL_NO_SUCH_OPTION(RmsNormOptions, Tensor rms_norm(Operand, ...));

struct NormOptions {
  double eps = 1e-5;
};
/// x (N, C, ...): the channels in `groups` equal groups, each group of each batch element by itself; weight and bias (C,). Throws
/// ShapeError unless groups divides C.
Tensor group_norm(Operand x, std::size_t groups, Operand weight, Operand bias, NormOptions options = {});
Tensor group_norm(Operand x, std::size_t groups, NormOptions options = {});
REEL_NO_SUCH_OPTION(NormOptions, Tensor group_norm(Operand, std::size_t, ...));
/// group_norm with as many groups as channels: each channel of each batch element by itself.
Tensor instance_norm(Operand x, Operand weight, Operand bias, NormOptions options = {});
Tensor instance_norm(Operand x, NormOptions options = {});
REEL_NO_SUCH_OPTION(NormOptions, Tensor instance_norm(Operand, ...));

struct BatchNormResult {
  Tensor output;
  /// Of each channel, shape (C,), for running averages: constants. This variance is the unbiased one (divided by n - 1), as PyTorch's
  /// running variance is.
  Tensor mean, variance;
};
/// x (N, C) or (N, C, ...): each channel over the whole batch; weight and bias (C,). What training computes; batch_norm_eval() is for
/// running averages. Throws ShapeError where a channel has one value only.
BatchNormResult batch_norm(Operand x, Operand weight, Operand bias, NormOptions options = {});
BatchNormResult batch_norm(Operand x, NormOptions options = {});
REEL_NO_SUCH_OPTION(NormOptions, BatchNormResult batch_norm(Operand, ...));

/// batch_norm by a mean and a variance that are given, both (C,).
Tensor batch_norm_eval(Operand x, Operand mean, Operand variance, Operand weight, Operand bias, NormOptions options = {});
Tensor batch_norm_eval(Operand x, Operand mean, Operand variance, NormOptions options = {});
REEL_NO_SUCH_OPTION(NormOptions, Tensor batch_norm_eval(Operand, Operand, Operand, ...));

}  // namespace reel
