#pragma once
#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <reel/autograd/tensor.hpp>
#include <reel/core/mistake.hpp>
#include <reel/core/unique_ptr.hpp>

/// Metrics: numbers by which people judge a model.
namespace reel::metrics {

/// Accumulates a metric over batches. A precision or an area under a curve is not the mean of the batches' values, so each metric decides
/// what it keeps of a batch and how the result follows from all batches.
class Meter {
 public:
  virtual ~Meter();
  /// Adds a batch, whose samples lie along the first axis.
  virtual void add(const Tensor& prediction, const Tensor& target) = 0;
  /// The metric of all batches so far; NaN where there were none.
  virtual double result() const = 0;
  /// A meter of the same kind that has seen nothing.
  virtual UniquePtr<Meter> fresh() const = 0;
};

namespace detail {

/// The mean over samples of a function's value per batch.
template <class F>
class MeanMeter : public Meter {
 public:
  explicit MeanMeter(F compute) : compute_(std::move(compute)) {}
  void add(const Tensor& prediction, const Tensor& target) override {
    const double n = target.rank() == 0 ? 1 : static_cast<double>(target.shape()[0]);
    if (n == 0) return;  // the mean over no samples is NaN, and NaN times 0 as well
    sum_ += n * static_cast<double>(compute_(prediction, target));
    samples_ += n;
  }
  double result() const override { return sum_ / samples_; }
  UniquePtr<Meter> fresh() const override { return UniquePtr<Meter>(new MeanMeter(compute_)); }

 private:
  F compute_;
  double sum_ = 0, samples_ = 0;
};

}  // namespace detail

template <class F>
concept MetricFunction = std::copy_constructible<F> && std::is_invocable_r_v<double, F&, const Tensor&, const Tensor&>;

struct MetricOptions {
  /// Whether a larger value is better, as for an accuracy, or a smaller one, as for an error; empty where unknown. Callbacks that monitor
  /// the metric use it.
  std::optional<bool> larger_is_better = {};
};

/// A named metric. A user's own metric is made of a function of prediction and target, whose values are averaged over samples:
/// `metrics::Metric{"bias", [](const Tensor& p, const Tensor& t) { return mean(p - t).item<double>(); }, {.larger_is_better = false}}`, or
/// of a Meter where the mean over batches is not the right number.
class Metric {
 public:
  template <MetricFunction F>
  Metric(std::string called, F function, MetricOptions options = {})
      : name(std::move(called)), larger_is_better(options.larger_is_better), meter_(new detail::MeanMeter<F>(std::move(function))) {}
  template <std::derived_from<Meter> M>
  Metric(std::string called, M meter, MetricOptions options = {})
      : name(std::move(called)), larger_is_better(options.larger_is_better), meter_(new M(std::move(meter))) {}
  REEL_MISTAKE("a metric is a function of two tensors, prediction and target, that returns a number: write .item<double>() behind a Tensor",
               Metric(std::string, ...));
  Metric(const Metric& other) : name(other.name), larger_is_better(other.larger_is_better), meter_(other.start()) {}
  Metric(Metric&&) = default;
  Metric& operator=(Metric other) noexcept {
    std::swap(name, other.name);
    std::swap(larger_is_better, other.larger_is_better);
    std::swap(meter_, other.meter_);
    return *this;
  }

  /// A meter for a new pass over batches. Throws Error for a metric that was moved from.
  UniquePtr<Meter> start() const {
    if (!meter_) throw Error("a metric that was moved from was used");
    return meter_->fresh();
  }
  /// The metric of one prediction and its target.
  double compute(const Tensor& prediction, const Tensor& target, SourceLocation at = SourceLocation::here()) const {
    return reel::detail::placed(at, [&] {
      const UniquePtr<Meter> meter = start();
      meter->add(prediction, target);
      return meter->result();
    });
  }

  std::string name;
  std::optional<bool> larger_is_better;  ///< see MetricOptions

 private:
  UniquePtr<Meter> meter_;  // has seen nothing
};

}  // namespace reel::metrics
