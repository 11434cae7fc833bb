#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include <reel/autograd/tensor.hpp>

namespace reel::metrics {

/// Counts, over batches, how often samples of each class were predicted to be of each class. Classes are 0, 1, ...
class ConfusionMatrix {
 public:
  /// A matrix of this many classes; with 0, the number follows from the first batch of scores. Where predictions are classes, the number
  /// has to be given here. Throws Error for a negative number, and MemoryError where the counts do not fit in memory.
  explicit ConfusionMatrix(std::size_t classes = 0);

  /// Counts a batch. Predictions are scores (n, classes), of which the largest counts, or int64 classes (n,); targets are int64 classes
  /// (n,), or scores (n, classes). Throws ShapeError for other shapes (scores of one column too) and for a class out of range; nothing is
  /// counted then.
  void add(const Tensor& prediction, const Tensor& target, SourceLocation at = SourceLocation::here());

  std::size_t classes() const { return classes_; }
  /// The number of samples counted.
  std::int64_t total() const;
  /// The number of samples of class `target` that were predicted to be of class `predicted`. Not range-checked.
  std::int64_t count(std::size_t target, std::size_t predicted) const {
    return counts_.data<std::int64_t>()[target * classes_ + predicted];
  }
  /// All counts, int64 (classes, classes): one row per true class, one column per predicted class.
  Array counts() const { return counts_; }

 private:
  void add_up(const Tensor& prediction, const Tensor& target);

  std::size_t classes_;
  Array counts_;
};

/// The counts, int64 (classes, classes), of one prediction and target. Arguments and errors as for ConfusionMatrix.
Array confusion_matrix(const Tensor& prediction, const Tensor& target, std::size_t classes = 0, SourceLocation at = SourceLocation::here());

}  // namespace reel::metrics
