#include <reel/nn/metrics/regression.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/nn/metrics/checks.hpp>

namespace reel::metrics {

namespace {

double absolute(double difference) { return std::abs(difference); }
double square(double difference) { return difference * difference; }
double same(double mean) { return mean; }
double root(double mean) { return std::sqrt(mean); }

/// A function of the mean over all elements of a function of the differences.
class DifferenceMeter : public Meter {
 public:
  DifferenceMeter(const char* name, double (*each)(double), double (*finish)(double)) : name_(name), each_(each), finish_(finish) {}

  void add(const Tensor& prediction, const Tensor& target) override {
    const Array &p = prediction.value(), &t = target.value();
    check_alike(name_, p, t);
    for (std::size_t i = 0; i < p.size(); ++i) sum_ += each_(p.as_double(i) - t.as_double(i));
    count_ += static_cast<double>(p.size());
  }
  double result() const override { return finish_(sum_ / count_); }
  UniquePtr<Meter> fresh() const override { return UniquePtr<Meter>(new DifferenceMeter(name_, each_, finish_)); }

 private:
  const char* name_;
  double (*each_)(double);
  double (*finish_)(double);
  double sum_ = 0, count_ = 0;
};

/// Per output: the mean of its targets and the squares about it, updated by Welford's method ("Note on a Method for Calculating Corrected
/// Sums of Squares and Products", 1962), so that a mean far from 0 costs no digits, and the squares of the differences.
class R2Meter : public Meter {
 public:
  void add(const Tensor& prediction, const Tensor& target) override {
    const Array &p = prediction.value(), &t = target.value();
    check_alike("r2", p, t);
    if (t.rank() == 0) throw ShapeError("r2: prediction and target are (); it needs samples along the first axis");
    const std::size_t rows = t.shape()[0], columns = rows == 0 ? 0 : t.size() / rows;
    if (rows == 0) return;
    if (samples_ == 0) outputs_.resize(columns);
    if (columns != outputs_.size())
      throw ShapeError(fmt::format("r2: target is {}; the batches before had {} outputs", t.shape(), outputs_.size()));
    for (std::size_t row = 0; row < rows; ++row) {
      ++samples_;
      for (std::size_t c = 0; c < columns; ++c) outputs_[c].add(p.as_double(row * columns + c), t.as_double(row * columns + c), samples_);
    }
  }
  double result() const override {
    if (samples_ < 2) return std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (const Output& output : outputs_) sum += output.r2();
    return sum / static_cast<double>(outputs_.size());
  }
  UniquePtr<Meter> fresh() const override { return UniquePtr<Meter>(new R2Meter); }

 private:
  struct Output {
    double mean = 0, about_mean = 0, differences = 0;

    void add(double prediction, double target, double samples) {
      const double step = target - mean;
      mean += step / samples;
      about_mean += step * (target - mean);
      differences += square(prediction - target);
    }
    double r2() const {
      if (about_mean == 0) return differences == 0 ? 1 : 0;
      return 1 - differences / about_mean;
    }
  };
  std::vector<Output> outputs_;
  double samples_ = 0;
};

const MetricOptions smaller{.larger_is_better = false};

}  // namespace

const Metric mean_absolute_error{"mean_absolute_error", DifferenceMeter("mean_absolute_error", absolute, same), smaller};
const Metric mean_squared_error{"mean_squared_error", DifferenceMeter("mean_squared_error", square, same), smaller};
const Metric root_mean_squared_error{"root_mean_squared_error", DifferenceMeter("root_mean_squared_error", square, root), smaller};
const Metric r2{"r2", R2Meter(), {.larger_is_better = true}};

}  // namespace reel::metrics
