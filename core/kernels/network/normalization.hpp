#pragma once
#include <reel/core/array.hpp>

namespace reel::kernels {

/// How an array falls into rows that are normalized each by itself. A row is `runs` runs of `length` neighbouring elements; run j of row r
/// begins at element r·row_stride + j·run_stride.
struct NormLayout {
  std::size_t rows, runs, length, row_stride, run_stride;
  /// Run j of row r begins at weight (r % groups)·group_weights + j·run_weights.
  std::size_t groups, group_weights, run_weights;
  /// Each element of a run has a weight of its own; else a run has one.
  bool weight_each;

  /// (outer, n): each row by itself, with n weights.
  static NormLayout trailing(std::size_t outer, std::size_t n);
  /// (batch, channels, inner): each of `groups` groups of channels of each batch element, with a weight for each channel.
  static NormLayout grouped(std::size_t batch, std::size_t channels, std::size_t inner, std::size_t groups);
  /// (batch, channels, inner): each channel over the whole batch, with a weight for each channel.
  static NormLayout channels(std::size_t batch, std::size_t channels, std::size_t inner);

  /// How many elements a row has.
  std::size_t count() const { return runs * length; }
  std::size_t weights() const { return groups * group_weights; }
};

struct NormOptions {
  double eps;
  /// Subtract the mean; if not, the mean square stands for the variance.
  bool centered;
};

/// x̂·weight + bias with x̂ = (x - mean) / √(variance + eps), mean and biased variance over a row; weight and bias may be null. Sums
/// of shifted data (Chan, Golub, LeVeque, The American Statistician 37, 1983), so that a large mean costs no digits. Floating.
Array normalize(const Array& x, const Array* weight, const Array* bias, const NormLayout& layout, NormOptions options);

struct NormNeeds {
  bool x, weight, bias;
};
struct NormGradients {
  Array x, weight, bias;
};
/// The gradients of normalize(): those that are needed; weight and bias flat. `weight` may be null. x's may be written over dy, if nobody
/// else has it.
NormGradients normalize_backward(const Array& x, const Array* weight, Array dy, const NormLayout& layout, NormOptions options,
                                 NormNeeds needs);

struct NormStatistics {
  Array mean, variance;
};
/// Mean and biased variance of each row, shape (rows,).
NormStatistics norm_statistics(const Array& x, const NormLayout& layout);

}  // namespace reel::kernels
