#include <reel/nn/metrics/confusion.hpp>

#include <numeric>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/nn/metrics/checks.hpp>

namespace reel::metrics {

namespace {

constexpr const char* name = "confusion_matrix";

bool holds_classes(const Array& a) { return a.dtype() == int64 && a.rank() == 1; }

/// Classes (n,), from classes or from scores.
Array classes_of(const Array& a, std::size_t classes) {
  if (holds_classes(a)) {
    const std::span<const std::int64_t> values = a.span<std::int64_t>();
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i] < 0 || values[i] >= static_cast<std::int64_t>(classes))
        throw ShapeError(fmt::format("{}: class {} at position {} is out of range for {} classes", name, values[i], i, classes));
    return a;
  }
  if (a.rank() == 2 && a.shape()[1] == 1)
    throw ShapeError(
        fmt::format("{}: {} has one column, which leaves no choice between classes; for one number for each sample, count the classes "
                    "astype(reshape(x, {{-1}}) > 0.5, int64) in a ConfusionMatrix(2) (binary_accuracy compares them)",
                    name, a.shape()));
  if (a.rank() != 2 || a.shape()[1] != classes)
    throw ShapeError(fmt::format("{}: {} is neither scores (n, {}) nor classes (n,) in int64", name, a.shape(), classes));
  return largest_of_rows(a);
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(std::size_t classes)
    : classes_(require_count(name, "the number of classes", classes)), counts_(Array::zeros({classes, classes}, int64)) {}

void ConfusionMatrix::add(const Tensor& prediction, const Tensor& target, SourceLocation at) {
  reel::detail::placed(at, [&] { add_up(prediction, target); });
}

void ConfusionMatrix::add_up(const Tensor& prediction, const Tensor& target) {
  const Array &p = prediction.value(), &t = target.value();
  std::size_t classes = classes_;
  if (classes == 0 && p.rank() == 2) classes = p.shape()[1];
  if (classes == 0)
    throw ShapeError(fmt::format("{}: prediction is {}; say how many classes there are: ConfusionMatrix(classes)", name, p.shape()));
  const Array predicted = classes_of(p, classes), right = classes_of(t, classes);
  if (predicted.size() != right.size())
    throw ShapeError(fmt::format("{}: prediction is {} and target is {}; both need one sample a row", name, p.shape(), t.shape()));
  if (classes_ == 0) counts_ = Array::zeros({classes, classes}, int64);
  classes_ = classes;
  auto* const counts = counts_.mutable_data<std::int64_t>();
  for (std::size_t i = 0; i < right.size(); ++i)
    ++counts[static_cast<std::size_t>(right.data<std::int64_t>()[i]) * classes +
             static_cast<std::size_t>(predicted.data<std::int64_t>()[i])];
}

std::int64_t ConfusionMatrix::total() const {
  const std::span<const std::int64_t> counts = counts_.span<std::int64_t>();
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

Array confusion_matrix(const Tensor& prediction, const Tensor& target, std::size_t classes, SourceLocation at) {
  ConfusionMatrix matrix(classes);
  matrix.add(prediction, target, at);
  return matrix.counts();
}

}  // namespace reel::metrics
