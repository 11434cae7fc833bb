#include <reel/nn/data/scalers.hpp>

#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/reduce.hpp>

namespace reel::data {

namespace {

/// The features as float64, so that sums over long columns keep their digits. Throws for features that a scaler cannot learn from.
Tensor checked(const char* scaler, const Tensor& features) {
  if (features.rank() != 2 || features.shape()[0] == 0)
    throw ShapeError(fmt::format("{}: features are {}; it learns from (rows, columns) with at least one row", scaler, features.shape()));
  const std::size_t columns = features.shape()[1];
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (!std::isfinite(features.value().as_double(i)))
      throw Error(fmt::format("{}: the feature in row {}, column {} is {}; fill or drop what is missing first", scaler, i / columns,
                              i % columns, features.value().as_double(i)));
  }
  return astype(features.detach(), float64);
}

Dtype stored(const Tensor& features) { return is_floating(features.dtype()) ? features.dtype() : float32; }

Tensor zero_to_one(const Tensor& scale) { return where(scale == 0.0, 1.0, scale); }

/// Throws ShapeError unless x has the scaler's columns: broadcasting would use one column's scale for all.
void check_width(const char* scaler, const Tensor& x, const Tensor& learned, SourceLocation at) {
  located(Operand(x, at), [&] {
    if (x.rank() == 0 || x.shape().back() != learned.size())
      throw ShapeError(fmt::format("{}: x is {}; it learned from {} columns and needs as many", scaler, x.shape(), learned.size()));
  });
}

}  // namespace

Standardizer::Standardizer(const Tensor& features, SourceLocation at) {
  const Tensor x = reel::detail::placed(at, [&] { return checked("Standardizer", features); });
  const Tensor lowest = min(x, 0), is_constant = lowest == max(x, 0);
  // The mean of equal numbers may differ from them by a rounding error, which a division by an equally small deviation would turn into 1.
  const Tensor center = where(is_constant, lowest, reel::mean(x, 0));
  mean = astype(center, stored(features));
  std = astype(zero_to_one(sqrt(reel::mean(square(x - center), 0))), stored(features));
}

Standardizer::Standardizer(std::size_t columns, Dtype dtype)
    : mean(zeros({columns}, {.dtype = dtype})), std(ones({columns}, {.dtype = dtype})) {}

Tensor Standardizer::forward(const Tensor& x) { return std::as_const(*this)(x, called_at()); }

Tensor Standardizer::operator()(const Tensor& x, SourceLocation at) const {
  check_width("Standardizer", x, mean, at);
  const CallSite site(at);
  return (x - mean) / std;
}

Tensor Standardizer::inverse(const Tensor& scaled, SourceLocation at) const {
  check_width("Standardizer", scaled, mean, at);
  const CallSite site(at);
  return scaled * std + mean;
}

std::string Standardizer::description() const { return fmt::format("Standardizer({})", mean.size()); }

MinMaxScaler::MinMaxScaler(const Tensor& features, SourceLocation at) {
  const Tensor x = reel::detail::placed(at, [&] { return checked("MinMaxScaler", features); });
  const Tensor lowest = min(x, 0);
  low = astype(lowest, stored(features));
  range = astype(zero_to_one(max(x, 0) - lowest), stored(features));
}

MinMaxScaler::MinMaxScaler(std::size_t columns, Dtype dtype)
    : low(zeros({columns}, {.dtype = dtype})), range(ones({columns}, {.dtype = dtype})) {}

Tensor MinMaxScaler::forward(const Tensor& x) { return std::as_const(*this)(x, called_at()); }

Tensor MinMaxScaler::operator()(const Tensor& x, SourceLocation at) const {
  check_width("MinMaxScaler", x, low, at);
  const CallSite site(at);
  return (x - low) / range;
}

Tensor MinMaxScaler::inverse(const Tensor& scaled, SourceLocation at) const {
  check_width("MinMaxScaler", scaled, low, at);
  const CallSite site(at);
  return scaled * range + low;
}

std::string MinMaxScaler::description() const { return fmt::format("MinMaxScaler({})", low.size()); }

}  // namespace reel::data
