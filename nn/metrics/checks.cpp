#include <reel/nn/metrics/checks.hpp>

#include <string>
#include <string_view>

#include <fmt/format.h>
#include <reel/core/error.hpp>

namespace reel::metrics {

namespace {

std::int64_t position_of_largest(const Array& a, std::size_t row, std::size_t columns) {
  std::size_t best = 0;
  for (std::size_t c = 1; c < columns; ++c)
    if (a.as_double(row * columns + c) > a.as_double(row * columns + best)) best = c;
  return static_cast<std::int64_t>(best);
}

/// The metric's name with the option, as a user writes it.
std::string logits_option(std::string_view metric) { return fmt::format("{}({{.from_logits = true}})", metric); }

}  // namespace

void check_alike(const char* metric, const Array& prediction, const Array& target) {
  if (prediction.shape() != target.shape())
    throw ShapeError(fmt::format("{}: prediction is {} and target is {}; both need one shape", metric, prediction.shape(), target.shape()));
}

void check_probabilities(const char* metric, const Array& prediction) {
  for (std::size_t i = 0; i < prediction.size(); ++i)
    if (prediction.as_double(i) < 0 || prediction.as_double(i) > 1)
      throw Error(fmt::format("{}: prediction has {} at position {}, and probabilities lie from 0 to 1; for logits say {}", metric,
                              prediction.as_double(i), i, logits_option(metric)));
}

void check_columns(const char* metric, const Array& scores) {
  if (scores.rank() == 2 && scores.shape()[1] == 1)
    throw ShapeError(fmt::format(
        "{}: prediction is {}; one column leaves no choice between classes, so all would be right: binary_accuracy compares one "
        "number for each sample with 0.5",
        metric, scores.shape()));
}

Array largest_of_rows(const Array& scores) {
  Array result({scores.shape()[0]}, int64);
  auto* const positions = result.mutable_data<std::int64_t>();
  for (std::size_t row = 0; row < result.size(); ++row) positions[row] = position_of_largest(scores, row, scores.shape()[1]);
  return result;
}

Classified classified(const char* metric, const Array& scores, const Array& target) {
  check_columns(metric, scores);
  const bool by_class = target.dtype() == int64 && target.rank() == 1;
  if (scores.rank() != 2 || target.rank() == 0 || target.shape()[0] != scores.shape()[0] || (!by_class && target.shape() != scores.shape()))
    throw ShapeError(
        fmt::format("{}: prediction is {} and target is {}; it needs (n, classes) and classes (n,) in int64, or probabilities (n, classes)",
                    metric, scores.shape(), target.shape()));
  const auto columns = static_cast<std::int64_t>(scores.shape()[1]);
  Classified result{scores, by_class ? target : largest_of_rows(target)};
  const std::span<const std::int64_t> classes = result.classes.span<std::int64_t>();
  for (std::size_t row = 0; row < classes.size(); ++row)
    if (classes[row] < 0 || classes[row] >= columns)
      throw ShapeError(fmt::format("{}: class {} at position {} is out of range for {} classes", metric, classes[row], row, columns));
  return result;
}

}  // namespace reel::metrics
