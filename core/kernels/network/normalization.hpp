#pragma once
#include <reel/core/array.hpp>

namespace reel::kernels {

/// The rows of an array that are normalized separately. A row consists of `runs` runs of `length` contiguous elements; run j of row r
/// begins at element r·row_stride + j·run_stride.
struct NormLayout {
  std::size_t rows, runs, length, row_stride, run_stride;
  /// Run j of row r begins at weight (r % groups)·group_weights + j·run_weights.
  std::size_t groups, group_weights, run_weights;
  /// Whether each element of a run has its own weight, rather than one weight per run.
  bool weight_each;

  /// For (outer, n): normalizes each row, with n weights.
  static NormLayout trailing(std::size_t outer, std::size_t n);
  /// For (batch, channels, inner): normalizes each of `groups` groups of channels of each batch element, with one weight per channel.
  static NormLayout grouped(std::size_t batch, std::size_t channels, std::size_t inner, std::size_t groups);
  /// For (batch, channels, inner): normalizes each channel over the whole batch, with one weight per channel.
  static NormLayout channels(std::size_t batch, std::size_t channels, std::size_t inner);

  /// The number of elements of a row.
  std::size_t count() const { return runs * length; }
  std::size_t weights() const { return groups * group_weights; }
};

struct NormOptions {
  double eps;
  /// Whether to subtract the mean; if not, the mean square takes the place of the variance.
  bool centered;
};

/// Returns x̂·weight + bias with x̂ = (x - mean) / √(variance + eps), mean and biased variance over a row; weight and bias may be null. x
/// must be floating. The sums are those of shifted data (Chan, Golub, LeVeque, The American Statistician 37, 1983), so that a large mean
/// costs no digits.
Array normalize(const Array& x, const Array* weight, const Array* bias, const NormLayout& layout, NormOptions options);

struct NormNeeds {
  bool x, weight, bias;
};
struct NormGradients {
  Array x, weight, bias;
};
/// The gradients of normalize() that are needed; those of weight and bias are flat. `weight` may be null. The gradient of x may overwrite
/// dy if no other Array shares it.
NormGradients normalize_backward(const Array& x, const Array* weight, Array dy, const NormLayout& layout, NormOptions options,
                                 NormNeeds needs);

struct NormStatistics {
  Array mean, variance;
};
/// Returns the mean and biased variance of each row, shape (rows,).
NormStatistics norm_statistics(const Array& x, const NormLayout& layout);

}  // namespace reel::kernels
