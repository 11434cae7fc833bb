#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include <reel/autograd/tensor.hpp>

namespace reel::metrics {

/// How often each class was taken for each, counted over batches. Classes are 0, 1, ...
class ConfusionMatrix {
 public:
  /// For this many classes; with 0, the first batch of scores says how many there are. For classes as predictions it has to be said here.
  /// Throws Error for a negative number, and MemoryError where there is no room for the counts.
  explicit ConfusionMatrix(std::size_t classes = 0);

  /// Counts a batch. Predictions are scores (n, classes), of which the largest counts, or classes (n,) in int64; targets are classes (n,)
  /// in int64, or scores (n, classes). Throws ShapeError for other shapes (scores of one column too) and for a class out of range; then
  /// nothing was counted.
  void add(const Tensor& prediction, const Tensor& target, SourceLocation at = SourceLocation::here());

  std::size_t classes() const { return classes_; }
  /// Samples counted.
  std::int64_t total() const;
  /// Samples of class `target` that were taken for class `predicted`. Not range-checked.
  std::int64_t count(std::size_t target, std::size_t predicted) const {
    return counts_.data<std::int64_t>()[target * classes_ + predicted];
  }
  /// All of them, int64 (classes, classes): a row a true class, a column a predicted one.
  Array counts() const { return counts_; }

 private:
  void add_up(const Tensor& prediction, const Tensor& target);

  std::size_t classes_;
  Array counts_;
};

/// The counts (classes, classes) of one prediction and target, as ConfusionMatrix takes them.
Array confusion_matrix(const Tensor& prediction, const Tensor& target, std::size_t classes = 0, SourceLocation at = SourceLocation::here());

}  // namespace reel::metrics
