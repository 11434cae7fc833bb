#pragma once
#include <cstddef>

#include <reel/core/mistake.hpp>
#include <reel/nn/metrics/metric.hpp>

namespace reel::metrics {

struct BinaryAccuracyOptions {
  /// Whether predictions are logits, any numbers, whose sigmoid is the probability. Otherwise they are probabilities.
  bool from_logits = false;
  /// The probability above which a prediction counts as class 1.
  double threshold = 0.5;
};

/// Share of predictions whose class is right: the prediction is above the threshold where the target is above 0.5, and not above it
/// elsewhere. Both have one shape. Used as a metric directly, for probabilities, or called with options:
/// `metrics::binary_accuracy({.from_logits = true})`. Throws Error for a probability outside of [0, 1].
class BinaryAccuracy : public Metric {
 public:
  BinaryAccuracy();
  Metric operator()(const BinaryAccuracyOptions& options, SourceLocation at = SourceLocation::here()) const;
};
extern const BinaryAccuracy binary_accuracy;
/// Share of rows of scores (n, classes) whose largest element is at the target's class. Targets are int64 (n,), or rows of probabilities.
/// Throws ShapeError for scores of one column, as all metrics of several classes do: use binary_accuracy for these.
extern const Metric accuracy;
/// Share of rows of scores (n, classes) in which the target's class is among the k largest elements; of equal elements the first come
/// first. Its name is "top_5_accuracy" for k = 5. Throws Error for k = 0, and ShapeError, when used, where there are fewer than k classes.
Metric top_k_accuracy(std::size_t k = 5, SourceLocation at = SourceLocation::here());

/// How the values of several classes become one. `binary` is the value of class 1, for predictions between 0 and 1. For scores (n,
/// classes), `macro` is the mean over the classes that occur in predictions or targets, and `micro` counts hits and misses of all classes
/// together, which gives the accuracy where each sample has one class.
enum class Average { binary, macro, micro };

struct ClassificationOptions {
  Average average = Average::binary;
  /// For `binary`: the probability above which a prediction counts as class 1.
  double threshold = 0.5;
  /// For `binary`: whether predictions are logits, any numbers, whose sigmoid is the probability.
  bool from_logits = false;
};

/// Share of the samples predicted to be of a class that are: true positives / (true positives + false positives), 0 where nothing was
/// predicted. For Average::binary, predictions and targets have one shape; otherwise they have the shapes that `accuracy` takes. Throws
/// Error for a probability outside of [0, 1]. The metric's name is "precision", with "_macro" or "_micro" appended.
Metric precision(ClassificationOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(ClassificationOptions, Metric precision(...));
/// Share of the samples of a class that were predicted to be: true positives / (true positives + false negatives), 0 where there are none.
/// Shapes, errors and names as for precision().
Metric recall(ClassificationOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(ClassificationOptions, Metric recall(...));
/// F1 score, the harmonic mean of precision and recall: 2 true positives / (2 true positives + false positives + false negatives) per
/// class, then averaged; 0 where all three are 0. Shapes, errors and names as for precision().
Metric f1(ClassificationOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(ClassificationOptions, Metric f1(...));

/// Area under the ROC curve: the probability that a sample of class 1 has a larger prediction than a sample of class 0, where ties count
/// half. Exact, computed from all predictions, for each of which the metric keeps 16 bytes. Prediction and target have one shape; targets
/// above 0.5 are class 1. NaN without samples of both classes. Throws Error for a NaN among the predictions. Mann and Whitney, "On a Test
/// of Whether one of Two Random Variables is Stochastically Larger than the Other" (1947).
extern const Metric auc;

}  // namespace reel::metrics
