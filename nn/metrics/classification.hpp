#pragma once
#include <cstddef>

#include <reel/core/mistake.hpp>
#include <reel/nn/metrics/metric.hpp>

namespace reel::metrics {

struct BinaryAccuracyOptions {
  /// Predictions are logits, any numbers, whose sigmoid is the probability. Otherwise they are probabilities.
  bool from_logits = false;
  /// The probability above which a prediction counts as class 1.
  double threshold = 0.5;
};

/// The share of predictions on the same side of the threshold as the target of 0.5; both of one shape. A metric as it is, for
/// probabilities, and with options: `metrics::binary_accuracy({.from_logits = true})`. Throws Error for a probability outside of [0, 1].
class BinaryAccuracy : public Metric {
 public:
  BinaryAccuracy();
  Metric operator()(const BinaryAccuracyOptions& options, SourceLocation at = SourceLocation::here()) const;
};
extern const BinaryAccuracy binary_accuracy;
/// The share of rows of (n, classes) whose largest element is at the target's class: int64 (n,), or rows of probabilities. Throws
/// ShapeError for one column, as all metrics of classes do: binary_accuracy is for these.
extern const Metric accuracy;
/// The share of rows of (n, classes) in which the target's class is among the k largest elements; of equal elements the first come first.
/// Named "top_5_accuracy" for k = 5. Throws Error for k = 0, and ShapeError, when used, where there are fewer than k classes.
Metric top_k_accuracy(std::size_t k = 5, SourceLocation at = SourceLocation::here());

/// How a number for each class becomes one: `binary` is that of the class 1 of predictions between 0 and 1; for (n, classes), `macro` is
/// the mean over the classes that occur in predictions or targets, and `micro` counts hits and misses of all classes together, which gives
/// the accuracy where each sample has one class.
enum class Average { binary, macro, micro };

struct ClassificationOptions {
  Average average = Average::binary;
  /// Of `binary`: the probability above which a prediction counts as class 1.
  double threshold = 0.5;
  /// Of `binary`: predictions are logits, any numbers, whose sigmoid is the probability.
  bool from_logits = false;
};

/// Of what was said to be of the class, the share that is: hits / (hits + false alarms); 0 where nothing was said to be. Binary predictions
/// and targets have one shape, others are as accuracy takes them. Throws Error for a probability outside of [0, 1]. Named "precision", with
/// "_macro" or "_micro" behind it.
Metric precision(ClassificationOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(ClassificationOptions, Metric precision(...));
/// Of what is of the class, the share that was found: hits / (hits + missed); 0 where there is nothing to be found.
Metric recall(ClassificationOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(ClassificationOptions, Metric recall(...));
/// The harmonic mean of both, 2 hits / (2 hits + false alarms + missed), of each class, then averaged; 0 where all three are 0.
Metric f1(ClassificationOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(ClassificationOptions, Metric f1(...));

/// The area under the ROC curve: how probably a sample of class 1 has a larger prediction than one of class 0, ties counting half; exact,
/// from all predictions, of which it keeps 16 bytes each. Prediction and target have one shape, targets above 0.5 are class 1. NaN without
/// samples of both classes. Throws Error for a NaN among the predictions. Mann and Whitney, "On a Test of Whether one of Two Random
/// Variables is Stochastically Larger than the Other" (1947).
extern const Metric auc;

}  // namespace reel::metrics
