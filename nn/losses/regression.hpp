#pragma once
#include <reel/core/mistake.hpp>
#include <reel/nn/losses/options.hpp>

/// Losses of numbers against numbers: prediction and target have one shape and one floating dtype.
namespace reel::nn {

/// (prediction - target)²
Tensor mse_loss(Operand prediction, Operand target);
Tensor mse_loss(Operand prediction, Operand target, LossOptions options);
REEL_NO_SUCH_OPTION(LossOptions, Tensor mse_loss(Operand, Operand, ...));

/// |prediction - target|; the derivative where both are equal is taken as 0.
Tensor l1_loss(Operand prediction, Operand target);
Tensor l1_loss(Operand prediction, Operand target, LossOptions options);
REEL_NO_SUCH_OPTION(LossOptions, Tensor l1_loss(Operand, Operand, ...));

struct HuberOptions {
  Reduction reduction = Reduction::mean;
  /// Where the square turns into a line; above 0.
  double delta = 1;
};

/// With d = prediction - target: d²/2 where |d| <= delta, else delta·(|d| - delta/2). Throws Error unless delta > 0.
Tensor huber_loss(Operand prediction, Operand target);
Tensor huber_loss(Operand prediction, Operand target, HuberOptions options);
REEL_NO_SUCH_OPTION(HuberOptions, Tensor huber_loss(Operand, Operand, ...));

struct SmoothL1Options {
  Reduction reduction = Reduction::mean;
  /// Where the square turns into a line; at 0 the loss is l1_loss.
  double beta = 1;
};

/// With d = prediction - target: d²/(2·beta) where |d| < beta, else |d| - beta/2. Throws Error when beta < 0.
Tensor smooth_l1_loss(Operand prediction, Operand target);
Tensor smooth_l1_loss(Operand prediction, Operand target, SmoothL1Options options);
REEL_NO_SUCH_OPTION(SmoothL1Options, Tensor smooth_l1_loss(Operand, Operand, ...));

struct PoissonNllOptions {
  Reduction reduction = Reduction::mean;
  /// The prediction is the logarithm of the rate; else the rate itself, 0 or more.
  bool log_input = true;
  /// Add Stirling's approximation of log(target!), which does not depend on the prediction, where the target is above 1.
  bool full = false;
  /// Added to the rate in its logarithm.
  double eps = 1e-8;
};

/// The negative logarithm of a Poisson distribution at the target: exp(prediction) - target·prediction of log rates, prediction -
/// target·log(prediction + eps) of rates. Throws Error for a rate below 0.
Tensor poisson_nll_loss(Operand prediction, Operand target);
Tensor poisson_nll_loss(Operand prediction, Operand target, PoissonNllOptions options);
REEL_NO_SUCH_OPTION(PoissonNllOptions, Tensor poisson_nll_loss(Operand, Operand, ...));

struct GaussianNllOptions {
  Reduction reduction = Reduction::mean;
  /// Add log(2π)/2, which depends on nothing.
  bool full = false;
  /// The least variance, above 0.
  double eps = 1e-6;
};

/// The negative logarithm of a normal distribution at the target: (log v + (prediction - target)²/v)/2 with v = max(variance, eps).
/// The variance has the prediction's shape, or that with the last axis of length 1 or left out (one variance for all of it). As in
/// PyTorch its derivative does not see the max: a variance below eps still gets the gradient that it would have at eps, and so
/// can grow again. Throws Error for a variance below 0.
Tensor gaussian_nll_loss(Operand prediction, Operand target, Operand variance, GaussianNllOptions options = {});
REEL_NO_SUCH_OPTION(GaussianNllOptions, Tensor gaussian_nll_loss(Operand, Operand, Operand, ...));

}  // namespace reel::nn
