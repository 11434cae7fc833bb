#pragma once
#include <string>

#include <reel/autograd/tensor.hpp>

/// Numbers that people judge a model by. They are means over samples, so that those of batches combine by their sizes.
namespace reel::metrics {

/// A name and a function of prediction and target; a user's own is made the same way:
/// `metrics::Metric{"bias", [](const Tensor& p, const Tensor& t) { return mean(p - t).item<double>(); }}`.
struct Metric {
  std::string name;
  double (*compute)(const Tensor& prediction, const Tensor& target);
};

/// The share of predictions on the same side of 0.5 as the target; both of one shape.
extern const Metric binary_accuracy;
/// The share of rows of (n, classes) whose largest element is at the target's class: int64 (n,), or rows of probabilities.
extern const Metric accuracy;
/// The mean of |prediction - target|; both of one shape.
extern const Metric mean_absolute_error;

}  // namespace reel::metrics
