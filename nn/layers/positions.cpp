#include <reel/nn/layers/positions.hpp>

#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/functions.hpp>
#include <reel/autograd/ops/join.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/autograd/random.hpp>
#include <reel/nn/layers/checks.hpp>

namespace reel::nn {

Tensor sinusoidal_encoding(Integer length, Integer features, Dtype dtype, SourceLocation at) {
  const std::size_t rows = detail::size_of("sinusoidal_encoding", "length", length, at);
  const std::size_t columns = detail::size_of("sinusoidal_encoding", "features", features, at);
  Array table({rows, columns}, float64);
  double* p = table.mutable_data<double>();
  for (std::size_t t = 0; t < rows; ++t)
    for (std::size_t c = 0; c < columns; ++c) {
      const double angle = static_cast<double>(t) / std::pow(10000, static_cast<double>(c - c % 2) / static_cast<double>(columns));
      *p++ = c % 2 == 0 ? std::sin(angle) : std::cos(angle);
    }
  return Tensor(table.astype(dtype));
}

namespace {

/// Checks x and returns its number of steps.
std::size_t steps_of(const std::string& name, const Tensor& x, std::size_t features, bool batch_first) {
  if (x.rank() == 3 && x.shape()[2] == features) return x.shape()[batch_first ? 1 : 0];
  const char* const letters = batch_first ? "(N, length, features)" : "(length, N, features)";
  throw ShapeError(fmt::format("{}: x is {}; it needs three axes {} with {} features", name, x.shape(), letters, features));
}

Tensor sum_with(const Tensor& x, const Tensor& table, const PositionalEncodingOptions& o, bool training) {
  const Tensor y = x + (o.batch_first ? table : unsqueeze(table, 1));
  return training && o.dropout > 0 ? dropout(y, o.dropout) : y;
}

void check_dropout(const char* name, double p, SourceLocation at) {
  detail::require(name, p >= 0 && p < 1, fmt::format("dropout is {}; it has to be at least 0 and below 1", p), at);
}

}  // namespace

SinusoidalPositionalEncoding::SinusoidalPositionalEncoding(Integer features, PositionalEncodingOptions options, SourceLocation at)
    : features_(detail::size_of("SinusoidalPositionalEncoding", "features", features, at)), options_(options) {
  check_dropout("SinusoidalPositionalEncoding", options.dropout, at);
}

Tensor SinusoidalPositionalEncoding::forward(const Tensor& x) {
  const CallSite site(called_at());
  const std::size_t steps = located(x, [&] { return steps_of(type_name(), x, features_, options_.batch_first); });
  const Dtype dtype = is_floating(x.dtype()) ? x.dtype() : float32;
  const Tensor table = steps > 0 ? sinusoidal_encoding(steps, features_, dtype) : zeros({0, features_}, {.dtype = dtype});
  return sum_with(x, table, options_, is_training());
}

std::string SinusoidalPositionalEncoding::description() const { return fmt::format("SinusoidalPositionalEncoding({})", features_); }

LearnedPositionalEncoding::LearnedPositionalEncoding(Integer max_length, Integer features, PositionalEncodingOptions options,
                                                     SourceLocation at)
    : weight(random::normal({detail::size_of("LearnedPositionalEncoding", "max_length", max_length, at),
                             detail::size_of("LearnedPositionalEncoding", "features", features, at)},
                            {.std = 0.02}, at)),
      options_(options) {
  check_dropout("LearnedPositionalEncoding", options.dropout, at);
}

Tensor LearnedPositionalEncoding::forward(const Tensor& x) {
  const CallSite site(called_at());
  const std::size_t steps = located(x, [&] {
    const std::size_t n = steps_of(type_name(), x, weight.shape()[1], options_.batch_first);
    if (n > weight.shape()[0])
      throw ShapeError(
          fmt::format("LearnedPositionalEncoding: x is {}; its {} steps are more than the {} of weight", x.shape(), n, weight.shape()[0]));
    return n;
  });
  return sum_with(x, slice(weight, {{0, static_cast<std::ptrdiff_t>(steps)}}), options_, is_training());
}

std::string LearnedPositionalEncoding::description() const {
  return fmt::format("LearnedPositionalEncoding({}, {})", weight.shape()[0], weight.shape()[1]);
}

RotaryEmbedding::RotaryEmbedding(Integer features, double base, SourceLocation at)
    : half_(detail::size_of("RotaryEmbedding", "features", features, at) / 2), base_(base) {
  reel::detail::placed(at, [&] {
    if (features.value % 2 != 0) throw ShapeError(fmt::format("RotaryEmbedding: features is {}; it has to be even", features.value));
  });
}

Tensor RotaryEmbedding::turned(const Tensor& x, std::ptrdiff_t first) const {
  const CallSite site(called_at());
  located(x, [&] {
    if (x.rank() < 2 || x.shape().back() != 2 * half_)
      throw ShapeError(
          fmt::format("RotaryEmbedding: x is {}; it needs axes (..., length, features) with {} features", x.shape(), 2 * half_));
  });
  const std::size_t steps = x.shape()[x.rank() - 2];
  Array angles({steps, half_}, float64);
  double* p = angles.mutable_data<double>();
  for (std::size_t t = 0; t < steps; ++t)
    for (std::size_t i = 0; i < half_; ++i)
      *p++ = static_cast<double>(first + static_cast<std::ptrdiff_t>(t)) /
             std::pow(base_, static_cast<double>(i) / static_cast<double>(half_));
  const Tensor angle{std::move(angles)};
  const Tensor c = astype(cos(angle), x.dtype()), s = astype(sin(angle), x.dtype());
  const auto half = static_cast<std::ptrdiff_t>(half_);
  const Tensor a = slice(x, {ellipsis, {0, half}}), b = slice(x, {ellipsis, {half, 2 * half}});
  return concatenate({a * c - b * s, b * c + a * s}, -1);
}

Tensor RotaryEmbedding::operator()(const Tensor& x, Integer first, SourceLocation at) {
  return call(
      at, [&](const Tensor& heads) { return turned(heads, first.value); }, x);
}

Tensor RotaryEmbedding::forward(const Tensor& x) { return turned(x, 0); }

std::string RotaryEmbedding::description() const { return fmt::format("RotaryEmbedding({})", 2 * half_); }

}  // namespace reel::nn
