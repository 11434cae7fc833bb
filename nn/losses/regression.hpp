#pragma once
#include <reel/core/mistake.hpp>
#include <reel/nn/losses/options.hpp>

/// Regression losses. Prediction and target have one shape, any, and one floating dtype: each loss throws ShapeError for two shapes, and
/// DtypeError unless both are float32 or both float64. By default each loss returns the mean over all elements, shape (); `reduction` asks
/// for the sum, or for one value per element in the prediction's shape.
namespace reel::nn {

/// Mean squared error: the mean over all elements of (prediction - target)². Throws ShapeError and DtypeError as said above.
Tensor mse_loss(Operand prediction, Operand target);
Tensor mse_loss(Operand prediction, Operand target, LossOptions options);
REEL_NO_SUCH_OPTION(LossOptions, Tensor mse_loss(Operand, Operand, ...));

/// Mean absolute error: the mean over all elements of |prediction - target|. The derivative is 0 where both are equal. Throws ShapeError
/// and DtypeError as said above.
Tensor l1_loss(Operand prediction, Operand target);
Tensor l1_loss(Operand prediction, Operand target, LossOptions options);
REEL_NO_SUCH_OPTION(LossOptions, Tensor l1_loss(Operand, Operand, ...));

struct HuberOptions {
  Reduction reduction = Reduction::mean;
  /// Threshold between the quadratic and the linear part, in units of the prediction. Must be positive.
  double delta = 1;
};

/// Huber loss (Huber 1964): the mean over all elements of d²/2 where |d| <= delta, else delta·(|d| - delta/2), with d = prediction -
/// target. Throws Error unless delta > 0, ShapeError and DtypeError as said above.
Tensor huber_loss(Operand prediction, Operand target);
Tensor huber_loss(Operand prediction, Operand target, HuberOptions options);
REEL_NO_SUCH_OPTION(HuberOptions, Tensor huber_loss(Operand, Operand, ...));

struct SmoothL1Options {
  Reduction reduction = Reduction::mean;
  /// Threshold between the quadratic and the linear part, in units of the prediction. Must not be negative; at 0 the loss is l1_loss.
  double beta = 1;
};

/// Smooth L1 loss (Girshick 2015), the Huber loss divided by beta: the mean over all elements of d²/(2·beta) where |d| < beta, else |d| -
/// beta/2, with d = prediction - target. Throws Error unless beta >= 0, ShapeError and DtypeError as said above.
Tensor smooth_l1_loss(Operand prediction, Operand target);
Tensor smooth_l1_loss(Operand prediction, Operand target, SmoothL1Options options);
REEL_NO_SUCH_OPTION(SmoothL1Options, Tensor smooth_l1_loss(Operand, Operand, ...));

struct PoissonNllOptions {
  Reduction reduction = Reduction::mean;
  /// Whether the prediction is the logarithm of the rate; otherwise it is the rate itself, 0 or more.
  bool log_input = true;
  /// Whether to add Stirling's approximation of log(target!), target·log(target) - target + log(2π·target)/2, where the target is above 1.
  /// It does not depend on the prediction.
  bool full = false;
  /// Added to the rate before its logarithm is taken (with log_input = false).
  double eps = 1e-8;
};

/// Negative log likelihood of a Poisson distribution: the mean over all elements of exp(prediction) - target·prediction for log rates, of
/// prediction - target·log(prediction + eps) for rates. Throws Error for a rate below 0, ShapeError and DtypeError as said above.
Tensor poisson_nll_loss(Operand prediction, Operand target);
Tensor poisson_nll_loss(Operand prediction, Operand target, PoissonNllOptions options);
REEL_NO_SUCH_OPTION(PoissonNllOptions, Tensor poisson_nll_loss(Operand, Operand, ...));

struct GaussianNllOptions {
  Reduction reduction = Reduction::mean;
  /// Whether to add the constant log(2π)/2.
  bool full = false;
  /// Lower bound of the variance. Must be positive.
  double eps = 1e-6;
};

/// Negative log likelihood of a normal distribution: the mean over all elements of (log v + (prediction - target)²/v)/2 with
/// v = max(variance, eps) (Nix and Weigend 1994). The variance has the prediction's shape, or this shape with the last axis of length 1 or
/// left out (one variance per row). As in PyTorch, the derivative ignores the max: a variance below eps gets the gradient that it would
/// have at eps, and so can grow again. Throws Error for a variance below 0 and unless eps > 0, ShapeError for a variance of another shape,
/// and ShapeError and DtypeError as said above.
Tensor gaussian_nll_loss(Operand prediction, Operand target, Operand variance, GaussianNllOptions options = {});
REEL_NO_SUCH_OPTION(GaussianNllOptions, Tensor gaussian_nll_loss(Operand, Operand, Operand, ...));

}  // namespace reel::nn
