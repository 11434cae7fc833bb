#pragma once
#include <optional>

#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

/// Normalization: x̂ = (x - mean) / √(variance + eps), times weight, plus bias. The variance is the biased one (divided by n), computed in
/// two passes, so that a large mean costs no accuracy, in float32 as well. Weight and bias may be left out, or be an undefined Tensor().
/// All inputs must have one floating dtype. Throws ShapeError and DtypeError naming the shapes and dtypes that do not fit.
namespace reel {

struct LayerNormOptions {
  /// Shape of the last axes of x, which are normalized together; default: weight's shape, or the last axis if there is no weight.
  Shape shape = {};
  double eps = 1e-5;
};
/// Normalizes over the last axes of x, each row separately; weight and bias have the shape of these axes.
Tensor layer_norm(Operand x, Operand weight, Operand bias, LayerNormOptions options = {});
Tensor layer_norm(Operand x, Operand weight, LayerNormOptions options = {});
Tensor layer_norm(Operand x, LayerNormOptions options = {});
REEL_NO_SUCH_OPTION(LayerNormOptions, Tensor layer_norm(Operand, ...));

struct RmsNormOptions {
  /// As LayerNormOptions::shape.
  Shape shape = {};
  /// Default: the machine epsilon of x's dtype, as in PyTorch.
  std::optional<double> eps = {};
};
/// x / √(mean x² + eps), times weight, over the last axes of x (Zhang and Sennrich, "Root mean square layer normalization", NeurIPS 2019).
Tensor rms_norm(Operand x, Operand weight, RmsNormOptions options = {});
Tensor rms_norm(Operand x, RmsNormOptions options = {});
REEL_NO_SUCH_OPTION(RmsNormOptions, Tensor rms_norm(Operand, ...));

struct NormOptions {
  double eps = 1e-5;
};
/// Normalizes x (N, C, ...) per batch element and group of channels, with the channels split into `groups` equal groups; weight and bias
/// (C,). Throws ShapeError unless groups divides C.
Tensor group_norm(Operand x, std::size_t groups, Operand weight, Operand bias, NormOptions options = {});
Tensor group_norm(Operand x, std::size_t groups, NormOptions options = {});
REEL_NO_SUCH_OPTION(NormOptions, Tensor group_norm(Operand, std::size_t, ...));
/// group_norm with one channel per group: normalizes per batch element and channel.
Tensor instance_norm(Operand x, Operand weight, Operand bias, NormOptions options = {});
Tensor instance_norm(Operand x, NormOptions options = {});
REEL_NO_SUCH_OPTION(NormOptions, Tensor instance_norm(Operand, ...));

struct BatchNormResult {
  Tensor output;
  /// Mean and unbiased variance (divided by n - 1, as PyTorch's running variance) per channel, shape (C,): constants, for running averages.
  Tensor mean, variance;
};
/// Normalizes x (N, C) or (N, C, ...) per channel over the whole batch; weight and bias (C,). For training; batch_norm_eval() uses running
/// averages. Throws ShapeError when a channel has only one value.
BatchNormResult batch_norm(Operand x, Operand weight, Operand bias, NormOptions options = {});
BatchNormResult batch_norm(Operand x, NormOptions options = {});
REEL_NO_SUCH_OPTION(NormOptions, BatchNormResult batch_norm(Operand, ...));

/// Batch normalization with a given mean and variance, both (C,).
Tensor batch_norm_eval(Operand x, Operand mean, Operand variance, Operand weight, Operand bias, NormOptions options = {});
Tensor batch_norm_eval(Operand x, Operand mean, Operand variance, NormOptions options = {});
REEL_NO_SUCH_OPTION(NormOptions, Tensor batch_norm_eval(Operand, Operand, Operand, ...));

}  // namespace reel
