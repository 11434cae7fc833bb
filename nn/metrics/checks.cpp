#include <reel/nn/metrics/checks.hpp>

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

}  // namespace

void check_alike(const char* metric, const Array& prediction, const Array& target) {
  if (prediction.shape() != target.shape())
    throw ShapeError(fmt::format("{}: prediction is {} and target is {}; both need one shape", metric, prediction.shape(), target.shape()));
}

Array largest_of_rows(const Array& scores) {
  Array result({scores.shape()[0]}, int64);
  auto* const positions = result.mutable_data<std::int64_t>();
  for (std::size_t row = 0; row < result.size(); ++row) positions[row] = position_of_largest(scores, row, scores.shape()[1]);
  return result;
}

Classified classified(const char* metric, const Array& scores, const Array& target) {
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
