#include <reel/nn/metrics.hpp>

#include <cmath>

#include <fmt/format.h>

namespace reel::metrics {

namespace {

void check_alike(const char* metric, const Array& p, const Array& t) {
  if (p.shape() != t.shape())
    throw ShapeError(fmt::format("{}: prediction is {} and target is {}; both need one shape", metric, p.shape(), t.shape()));
}

double share_of_binary(const Tensor& prediction, const Tensor& target) {
  const Array &p = prediction.value(), &t = target.value();
  check_alike("binary_accuracy", p, t);
  std::size_t hits = 0;
  for (std::size_t i = 0; i < p.size(); ++i) hits += (p.as_double(i) > 0.5) == (t.as_double(i) > 0.5);
  return static_cast<double>(hits) / static_cast<double>(p.size());
}

std::size_t position_of_largest(const Array& a, std::size_t row, std::size_t columns) {
  std::size_t best = 0;
  for (std::size_t c = 1; c < columns; ++c)
    if (a.as_double(row * columns + c) > a.as_double(row * columns + best)) best = c;
  return best;
}

double share_of_classes(const Tensor& prediction, const Tensor& target) {
  const Array &p = prediction.value(), &t = target.value();
  const bool by_class = t.dtype() == int64 && t.rank() == 1;
  if (p.rank() != 2 || t.rank() == 0 || t.shape()[0] != p.shape()[0] || (!by_class && t.shape() != p.shape()))
    throw ShapeError(fmt::format(
        "accuracy: prediction is {} and target is {}; it needs (n, classes) and classes (n,) in int64, or probabilities (n, classes)",
        p.shape(), t.shape()));
  const std::size_t rows = p.shape()[0], columns = p.shape()[1];
  std::size_t hits = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t right = by_class ? static_cast<std::size_t>(t.data<std::int64_t>()[row]) : position_of_largest(t, row, columns);
    if (right >= columns)
      throw ShapeError(
          fmt::format("accuracy: class {} at position {} is out of range for {} classes", t.data<std::int64_t>()[row], row, columns));
    hits += position_of_largest(p, row, columns) == right;
  }
  return static_cast<double>(hits) / static_cast<double>(rows);
}

double mean_of_differences(const Tensor& prediction, const Tensor& target) {
  const Array &p = prediction.value(), &t = target.value();
  check_alike("mean_absolute_error", p, t);
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) sum += std::abs(p.as_double(i) - t.as_double(i));
  return sum / static_cast<double>(p.size());
}

}  // namespace

const Metric binary_accuracy{"binary_accuracy", share_of_binary};
const Metric accuracy{"accuracy", share_of_classes};
const Metric mean_absolute_error{"mean_absolute_error", mean_of_differences};

}  // namespace reel::metrics
