#pragma once
#include <cstdint>

#include <reel/core/mistake.hpp>
#include <reel/nn/losses/options.hpp>

/// Classification losses, of classes or of probabilities. By default each loss returns the mean, shape (); `reduction` asks for the sum or
/// for one value per element (binary_cross_entropy, kl_div, hinge_loss) or per sample (cross_entropy, nll_loss).
namespace reel::nn {

struct BinaryCrossEntropyOptions {
  Reduction reduction = Reduction::mean;
  /// Multiplies each loss; broadcasts to the target. The mean still divides by the number of elements.
  Tensor weight = {};
};

/// Binary cross-entropy: the mean over all elements of -t log p - (1 - t) log(1 - p), for predicted probabilities p in [0, 1] and targets t
/// of the same shape. Logarithms are cut off at -100, as PyTorch does. So is the gradient's denominator p(1 - p), at 1e-12: a probability
/// of exactly 0 or 1 that is wrong gets a large gradient, not an infinite one, and a right one gets none. Throws Error for a p outside of
/// [0, 1], ShapeError unless both have one shape and the weight broadcasts to it, DtypeError unless all are float32 or all float64.
Tensor binary_cross_entropy(Operand prediction, Operand target);
Tensor binary_cross_entropy(Operand prediction, Operand target, const BinaryCrossEntropyOptions& options);
REEL_NO_SUCH_OPTION(BinaryCrossEntropyOptions, Tensor binary_cross_entropy(Operand, Operand, ...));

struct BinaryCrossEntropyWithLogitsOptions {
  Reduction reduction = Reduction::mean;
  /// Multiplies each loss; broadcasts to the target. The mean still divides by the number of elements.
  Tensor weight = {};
  /// Factor of the positive part, t log p; broadcasts to the target.
  Tensor pos_weight = {};
};

/// Binary cross-entropy of p = sigmoid(prediction), computed from the logits without loss of digits: the mean over all elements of
/// -pos_weight·t log p - (1 - t) log(1 - p), for logits and targets t of one shape. Throws ShapeError unless both have one shape and the
/// weights broadcast to it, DtypeError unless all are float32 or all float64.
Tensor binary_cross_entropy_with_logits(Operand prediction, Operand target);
Tensor binary_cross_entropy_with_logits(Operand prediction, Operand target, const BinaryCrossEntropyWithLogitsOptions& options);
REEL_NO_SUCH_OPTION(BinaryCrossEntropyWithLogitsOptions, Tensor binary_cross_entropy_with_logits(Operand, Operand, ...));

struct CrossEntropyOptions {
  Reduction reduction = Reduction::mean;
  /// One factor per class, (classes,). A constant: a weight with a history is a GradientError.
  Tensor weight = {};
  /// Samples of this class have loss 0 and do not count in the mean.
  std::int64_t ignore_index = -100;
  /// Share of each target that is spread evenly over all classes (Szegedy et al. 2016), from 0 to 1.
  double label_smoothing = 0;
};

/// Cross-entropy of softmax(prediction), the mean over all samples. Predictions are logits (n, classes, d1, ...) or (classes,), with axis 1
/// (or the only one) as the classes; a sample is one position of the other axes. Targets are
/// - int64 classes (n, d1, ...) or (): the loss of a sample is -weight[target]·log softmax(prediction)[target]. The mean divides by the sum
///   of the weights of the targets that are not ignored.
/// - probabilities of the logits' shape: the loss is -Σ weight·target·log softmax(prediction) over the classes. The mean divides by the
///   number of samples.
/// Throws ShapeError for shapes that do not fit and for a class out of range, DtypeError for logits that are not floating and for
/// probabilities of another dtype, Error for a label_smoothing outside of [0, 1] and for an ignore_index of 0 or more beside probabilities.
Tensor cross_entropy(Operand prediction, Operand target);
Tensor cross_entropy(Operand prediction, Operand target, const CrossEntropyOptions& options);
REEL_NO_SUCH_OPTION(CrossEntropyOptions, Tensor cross_entropy(Operand, Operand, ...));

struct NllOptions {
  Reduction reduction = Reduction::mean;
  /// One factor per class, as in CrossEntropyOptions.
  Tensor weight = {};
  /// Samples of this class have loss 0 and do not count in the mean.
  std::int64_t ignore_index = -100;
};

/// Negative log likelihood: the mean over all samples of -weight[target]·prediction[target], for log-probabilities as log_softmax() gives
/// them, (n, classes, d1, ...) or (classes,), and int64 classes (n, d1, ...) or (). The mean divides by the sum of the weights of the
/// targets that are not ignored. Throws ShapeError for shapes that do not fit and for a class out of range, DtypeError for classes that are
/// not int64.
Tensor nll_loss(Operand prediction, Operand target);
Tensor nll_loss(Operand prediction, Operand target, const NllOptions& options);
REEL_NO_SUCH_OPTION(NllOptions, Tensor nll_loss(Operand, Operand, ...));

struct KlDivOptions {
  Reduction reduction = Reduction::mean;
  /// Whether the target holds logarithms of probabilities, as the prediction does.
  bool log_target = false;
};

/// Kullback-Leibler divergence: the mean over all elements of target·(log target - prediction), for a prediction of log-probabilities and a
/// target of probabilities, of one shape. The loss is 0 where the target is 0, and the derivative with respect to such a target is taken as
/// 0. As in PyTorch, the mean divides by the number of elements, not of samples. Throws Error for a target below 0, ShapeError unless both
/// have one shape, DtypeError unless both are float32 or both float64.
Tensor kl_div(Operand prediction, Operand target);
Tensor kl_div(Operand prediction, Operand target, KlDivOptions options);
REEL_NO_SUCH_OPTION(KlDivOptions, Tensor kl_div(Operand, Operand, ...));

/// Hinge loss: the mean over all elements of max(0, 1 - target·prediction), for labels 1 and -1 in the prediction's shape. The derivative
/// at the kink is taken as 0, and labels get no gradient. Throws Error for a label that is not 1 or -1, ShapeError unless both have one
/// shape, DtypeError unless both are float32 or both float64.
Tensor hinge_loss(Operand prediction, Operand target);
Tensor hinge_loss(Operand prediction, Operand target, LossOptions options);
REEL_NO_SUCH_OPTION(LossOptions, Tensor hinge_loss(Operand, Operand, ...));

}  // namespace reel::nn
