#pragma once
#include <cstdint>

#include <reel/core/mistake.hpp>
#include <reel/nn/losses/options.hpp>

/// Losses of classes and of probabilities.
namespace reel::nn {

struct BinaryCrossEntropyOptions {
  Reduction reduction = Reduction::mean;
  /// Multiplies each loss; broadcasts to the target. The mean still divides by the number of elements.
  Tensor weight = {};
};

/// -t log p - (1 - t) log(1 - p) for probabilities p in [0, 1]; logarithms are cut off at -100, as PyTorch does. So is the rule's
/// denominator p(1 - p), at 1e-12: a probability of exactly 0 or 1 that is wrong gets a large gradient, not an infinite one, and a right
/// one gets none. Throws Error for a p outside of [0, 1].
Tensor binary_cross_entropy(Operand prediction, Operand target);
Tensor binary_cross_entropy(Operand prediction, Operand target, const BinaryCrossEntropyOptions& options);
REEL_NO_SUCH_OPTION(BinaryCrossEntropyOptions, Tensor binary_cross_entropy(Operand, Operand, ...));

struct BinaryCrossEntropyWithLogitsOptions {
  Reduction reduction = Reduction::mean;
  /// Multiplies each loss; broadcasts to the target. The mean still divides by the number of elements.
  Tensor weight = {};
  /// Multiplies the part of positive answers, t log p; broadcasts to the target.
  Tensor pos_weight = {};
};

/// The same of p = sigmoid(prediction), for any number, without its loss of digits.
Tensor binary_cross_entropy_with_logits(Operand prediction, Operand target);
Tensor binary_cross_entropy_with_logits(Operand prediction, Operand target, const BinaryCrossEntropyWithLogitsOptions& options);
REEL_NO_SUCH_OPTION(BinaryCrossEntropyWithLogitsOptions, Tensor binary_cross_entropy_with_logits(Operand, Operand, ...));

struct CrossEntropyOptions {
  Reduction reduction = Reduction::mean;
  /// One factor a class, (classes,); a constant.
  Tensor weight = {};
  /// Samples of this class have loss 0 and do not count.
  std::int64_t ignore_index = -100;
  /// This much of each target is spread evenly over all classes; from 0 to 1.
  double label_smoothing = 0;
};

/// Of logits (n, classes, d1, ...) or (classes,), with axis 1 (or the only one) as the classes, against
/// - int64 classes (n, d1, ...) or (): -weight[target]·log softmax(prediction)[target]. The mean divides by the sum of the weights of the
///   targets that are not ignored.
/// - probabilities of the logits' shape: -Σ weight·target·log softmax(prediction) over the classes. The mean divides by the number of sums.
/// Throws ShapeError for a class out of range.
Tensor cross_entropy(Operand prediction, Operand target);
Tensor cross_entropy(Operand prediction, Operand target, const CrossEntropyOptions& options);
REEL_NO_SUCH_OPTION(CrossEntropyOptions, Tensor cross_entropy(Operand, Operand, ...));

struct NllOptions {
  Reduction reduction = Reduction::mean;
  /// As cross_entropy's.
  Tensor weight = {};
  std::int64_t ignore_index = -100;
};

/// -weight[target]·prediction[target] for log-probabilities (log_softmax's); shapes, classes and the mean as for cross_entropy.
Tensor nll_loss(Operand prediction, Operand target);
Tensor nll_loss(Operand prediction, Operand target, const NllOptions& options);
REEL_NO_SUCH_OPTION(NllOptions, Tensor nll_loss(Operand, Operand, ...));

struct KlDivOptions {
  Reduction reduction = Reduction::mean;
  /// The target holds logarithms of probabilities too.
  bool log_target = false;
};

/// target·(log target - prediction), for a prediction of log-probabilities and a target of probabilities, 0 where the target is 0; the
/// derivative by such a target is taken as 0. The mean divides by the number of elements. Throws Error for a target below 0.
Tensor kl_div(Operand prediction, Operand target);
Tensor kl_div(Operand prediction, Operand target, KlDivOptions options);
REEL_NO_SUCH_OPTION(KlDivOptions, Tensor kl_div(Operand, Operand, ...));

/// max(0, 1 - target·prediction) for labels 1 and -1; the derivative at the kink is taken as 0. Labels get no gradient; one that is not 1
/// or -1 is an Error.
Tensor hinge_loss(Operand prediction, Operand target);
Tensor hinge_loss(Operand prediction, Operand target, LossOptions options);
REEL_NO_SUCH_OPTION(LossOptions, Tensor hinge_loss(Operand, Operand, ...));

}  // namespace reel::nn
