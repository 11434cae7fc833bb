#pragma once
#include <reel/nn/metrics/metric.hpp>

namespace reel::metrics {

/// Mean of |prediction - target| over all elements; both have one shape.
extern const Metric mean_absolute_error;
/// Mean of (prediction - target)² over all elements; both have one shape.
extern const Metric mean_squared_error;
/// Square root of the mean of (prediction - target)² over all batches, not the mean of the batches' roots; both have one shape.
extern const Metric root_mean_squared_error;
/// Coefficient of determination R²: 1 - Σ(prediction - target)² / Σ(target - mean)², with the mean of all targets seen. Prediction and
/// target are (n,), or (n, outputs), for which it is the mean over outputs. A constant target gives 1 for exact predictions and 0 for
/// others, as in scikit-learn; NaN for fewer than two samples.
extern const Metric r2;

}  // namespace reel::metrics
