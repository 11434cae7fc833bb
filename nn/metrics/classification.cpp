#include <reel/nn/metrics/classification.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>
#include <reel/nn/metrics/checks.hpp>
#include <reel/nn/metrics/confusion.hpp>

namespace reel::metrics {

namespace {

/// The value that a prediction has to exceed to count as class 1.
double limit_of(const char* metric, double threshold, bool from_logits, SourceLocation at) {
  return reel::detail::placed(at, [&] {
    if (!(threshold >= 0 && threshold <= 1))
      throw Error(fmt::format("{}: threshold is {}; it is a probability, from 0 to 1{}", metric, threshold,
                              from_logits ? " (for logits as well)" : ""));
    return from_logits ? std::log(threshold / (1 - threshold)) : threshold;
  });
}

double share_of_binary(double limit, bool from_logits, const Tensor& prediction, const Tensor& target) {
  const Array &p = prediction.value(), &t = target.value();
  check_alike("binary_accuracy", p, t);
  if (!from_logits) check_probabilities("binary_accuracy", p);
  std::size_t hits = 0;
  for (std::size_t i = 0; i < p.size(); ++i) hits += (p.as_double(i) > limit) == (t.as_double(i) > 0.5);
  return static_cast<double>(hits) / static_cast<double>(p.size());
}

double share_of_classes(const Tensor& prediction, const Tensor& target) {
  const Classified batch = classified("accuracy", prediction.value(), target.value());
  const Array said = largest_of_rows(batch.scores);
  std::size_t hits = 0;
  for (std::size_t row = 0; row < batch.rows(); ++row) hits += said.data<std::int64_t>()[row] == batch.classes.data<std::int64_t>()[row];
  return static_cast<double>(hits) / static_cast<double>(batch.rows());
}

double share_of_top(std::size_t k, const Tensor& prediction, const Tensor& target) {
  const std::string name = fmt::format("top_{}_accuracy", k);
  const Classified batch = classified(name.c_str(), prediction.value(), target.value());
  const std::size_t columns = batch.columns();
  if (columns < k) throw ShapeError(fmt::format("{}: prediction is {}; it needs {} classes or more", name, batch.scores.shape(), k));
  std::size_t hits = 0;
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    const auto right = static_cast<std::size_t>(batch.classes.data<std::int64_t>()[row]);
    const double score = batch.scores.as_double(row * columns + right);
    std::size_t before = 0;  // elements that come before the right one
    for (std::size_t c = 0; c < columns; ++c) {
      const double other = batch.scores.as_double(row * columns + c);
      before += other > score || (other == score && c < right);
    }
    hits += before < k && !std::isnan(score);
  }
  return static_cast<double>(hits) / static_cast<double>(batch.rows());
}

struct Counts {
  double hits = 0, false_alarms = 0, missed = 0;
};

double ratio(double part, double whole) { return whole == 0 ? 0 : part / whole; }

double precision_of(const Counts& c) { return ratio(c.hits, c.hits + c.false_alarms); }
double recall_of(const Counts& c) { return ratio(c.hits, c.hits + c.missed); }
double f1_of(const Counts& c) { return ratio(2 * c.hits, 2 * c.hits + c.false_alarms + c.missed); }

/// Counts hits and misses, of class 1 or of every class, from which the metric is computed at the end.
class CountMeter : public Meter {
 public:
  CountMeter(const char* name, ClassificationOptions options, double limit, double (*number)(const Counts&))
      : name_(name), options_(options), limit_(limit), number_(number) {}

  void add(const Tensor& prediction, const Tensor& target) override {
    if (options_.average == Average::binary) return add_binary(prediction.value(), target.value());
    classified(name_, prediction.value(), target.value());
    matrix_.add(prediction, target, {});
  }
  double result() const override {
    if (options_.average == Average::binary) return number_(binary_);
    return options_.average == Average::macro ? macro() : micro();
  }
  UniquePtr<Meter> fresh() const override { return UniquePtr<Meter>(new CountMeter(name_, options_, limit_, number_)); }

 private:
  void add_binary(const Array& p, const Array& t) {
    check_alike(name_, p, t);
    if (!options_.from_logits) check_probabilities(name_, p);
    for (std::size_t i = 0; i < p.size(); ++i) {
      const bool said = p.as_double(i) > limit_, is = t.as_double(i) > 0.5;
      binary_.hits += said && is;
      binary_.false_alarms += said && !is;
      binary_.missed += !said && is;
    }
  }
  Counts of_class(std::size_t k) const {
    Counts counts{static_cast<double>(matrix_.count(k, k)), 0, 0};
    for (std::size_t other = 0; other < matrix_.classes(); ++other) {
      if (other == k) continue;
      counts.false_alarms += static_cast<double>(matrix_.count(other, k));
      counts.missed += static_cast<double>(matrix_.count(k, other));
    }
    return counts;
  }
  double macro() const {
    double sum = 0, classes = 0;
    for (std::size_t k = 0; k < matrix_.classes(); ++k) {
      const Counts counts = of_class(k);
      if (counts.hits + counts.false_alarms + counts.missed == 0) continue;  // a class that does not occur says nothing
      sum += number_(counts);
      ++classes;
    }
    return ratio(sum, classes);
  }
  double micro() const {
    Counts all;
    for (std::size_t k = 0; k < matrix_.classes(); ++k) {
      const Counts counts = of_class(k);
      all.hits += counts.hits;
      all.false_alarms += counts.false_alarms;
      all.missed += counts.missed;
    }
    return number_(all);
  }

  const char* name_;
  ClassificationOptions options_;
  double limit_;
  double (*number_)(const Counts&);
  Counts binary_;
  ConfusionMatrix matrix_;
};

Metric counted(const char* name, ClassificationOptions options, double (*number)(const Counts&), SourceLocation at) {
  const double limit = limit_of(name, options.threshold, options.from_logits, at);
  const char* const suffix = options.average == Average::macro ? "_macro" : options.average == Average::micro ? "_micro" : "";
  return {std::string(name) + suffix, CountMeter(name, options, limit, number), {.larger_is_better = true}};
}

/// Keeps every score; a sample's rank is known only at the end.
class AucMeter : public Meter {
 public:
  void add(const Tensor& prediction, const Tensor& target) override {
    const Array &p = prediction.value(), &t = target.value();
    check_alike("auc", p, t);
    for (std::size_t i = 0; i < p.size(); ++i)
      if (std::isnan(p.as_double(i))) throw Error(fmt::format("auc: the prediction at position {} is NaN, which has no rank", i));
    for (std::size_t i = 0; i < p.size(); ++i) samples_.push_back({p.as_double(i), t.as_double(i) > 0.5});
  }
  double result() const override {
    std::vector<Sample> sorted = samples_;
    std::sort(sorted.begin(), sorted.end(), [](const Sample& a, const Sample& b) { return a.score < b.score; });
    double zeros = 0, ones = 0, pairs = 0;  // pairs of a one and a zero below it; whole numbers and halves, so exact
    for (std::size_t i = 0; i < sorted.size();) {
      double tied_zeros = 0, tied_ones = 0;
      const double score = sorted[i].score;
      for (; i < sorted.size() && sorted[i].score == score; ++i) (sorted[i].is_one ? tied_ones : tied_zeros) += 1;
      pairs += tied_ones * (zeros + tied_zeros / 2);
      zeros += tied_zeros;
      ones += tied_ones;
    }
    return zeros == 0 || ones == 0 ? std::numeric_limits<double>::quiet_NaN() : pairs / (zeros * ones);
  }
  UniquePtr<Meter> fresh() const override { return UniquePtr<Meter>(new AucMeter); }

 private:
  struct Sample {
    double score;
    bool is_one;
  };
  std::vector<Sample> samples_;
};

}  // namespace

BinaryAccuracy::BinaryAccuracy()
    : Metric("binary_accuracy", [](const Tensor& p, const Tensor& t) { return share_of_binary(0.5, false, p, t); },
             {.larger_is_better = true}) {}

Metric BinaryAccuracy::operator()(const BinaryAccuracyOptions& options, SourceLocation at) const {
  const double limit = limit_of("binary_accuracy", options.threshold, options.from_logits, at);
  return {
      name,
      [limit, from_logits = options.from_logits](const Tensor& p, const Tensor& t) { return share_of_binary(limit, from_logits, p, t); },
      {.larger_is_better = true}};
}

const BinaryAccuracy binary_accuracy;
const Metric accuracy{"accuracy", share_of_classes, {.larger_is_better = true}};
const Metric auc{"auc", AucMeter(), {.larger_is_better = true}};

Metric top_k_accuracy(std::size_t k, SourceLocation at) {
  reel::detail::placed(at, [&] {
    if (require_count("top_k_accuracy", "k", k) == 0) throw Error("top_k_accuracy: k is 0; it has to be at least 1");
  });
  return {fmt::format("top_{}_accuracy", k),
          [k](const Tensor& p, const Tensor& t) { return share_of_top(k, p, t); },
          {.larger_is_better = true}};
}

Metric precision(ClassificationOptions options, SourceLocation at) { return counted("precision", options, precision_of, at); }
Metric recall(ClassificationOptions options, SourceLocation at) { return counted("recall", options, recall_of, at); }
Metric f1(ClassificationOptions options, SourceLocation at) { return counted("f1", options, f1_of, at); }

}  // namespace reel::metrics
