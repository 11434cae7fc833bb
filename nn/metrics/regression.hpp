#pragma once
#include <reel/nn/metrics/metric.hpp>

namespace reel::metrics {

/// The mean of |prediction - target| over all elements; both of one shape.
extern const Metric mean_absolute_error;
/// The mean of (prediction - target)²; both of one shape.
extern const Metric mean_squared_error;
/// The square root of the mean of all squares, not the mean of the batches' roots.
extern const Metric root_mean_squared_error;
/// The coefficient of determination, 1 - Σ(prediction - target)² / Σ(target - mean)², with the mean of all targets that were seen; (n,), or
/// (n, outputs): then the mean over outputs. A constant target gives 1 for exact predictions and 0 for others, as scikit-learn has it; NaN
/// for fewer than two samples.
extern const Metric r2;

}  // namespace reel::metrics
