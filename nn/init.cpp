#include <reel/nn/init.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/arrange.hpp>
#include <reel/autograd/ops/decompositions.hpp>
#include <reel/autograd/ops/reduce.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/autograd/random.hpp>

namespace reel::nn::init {

namespace {

const double for_relu = std::sqrt(2.0);

struct Fans {
  double in, out;
};

Fans fans(const Shape& shape) {
  if (shape.rank() < 2)
    throw ShapeError(fmt::format("init: a weight of shape {} has no fan in and out; it needs at least the axes (out, in)", shape));
  double field = 1;
  for (std::size_t i = 2; i < shape.rank(); ++i) field *= static_cast<double>(shape[i]);
  return {static_cast<double>(shape[1]) * field, static_cast<double>(shape[0]) * field};
}

double fan_of(const Shape& shape, Fan fan) {
  const Fans f = fans(shape);
  return fan == Fan::in ? f.in : fan == Fan::out ? f.out : (f.in + f.out) / 2;
}

/// √(squared / fan); a layer without inputs has nothing to scale.
double bound(double squared, double fan) { return fan > 0 ? std::sqrt(squared / fan) : 0; }

Tensor symmetric(const Shape& shape, double limit, Dtype dtype) {
  return random::uniform(shape, {.low = -limit, .high = limit, .dtype = dtype});
}

void need_matrix(const char* name, const Shape& shape) {
  if (shape.rank() != 2) throw ShapeError(fmt::format("init: {} of shape {}; it needs two axes", name, shape));
}

/// The probability that a standard normal value lies in [low, high].
double normal_share(double low, double high) { return (std::erfc(-high / for_relu) - std::erfc(-low / for_relu)) / 2; }

// The functions themselves; the public ones below add the caller's place to their errors.
namespace plain {

Tensor normal(const Shape& shape, double mean, double std, Dtype dtype);
Tensor trunc_normal(const Shape& shape, double mean, double std, double low, double high, Dtype dtype);
Tensor constant(const Shape& shape, double value, Dtype dtype);
Tensor zeros(const Shape& shape, Dtype dtype);
Tensor ones(const Shape& shape, Dtype dtype);

double fan_in(const Shape& shape) { return fans(shape).in; }

Tensor glorot_uniform(const Shape& shape, Options o) {
  const Fans f = fans(shape);
  return symmetric(shape, o.gain.value_or(1) * bound(6, f.in + f.out), o.dtype);
}

Tensor glorot_normal(const Shape& shape, Options o) {
  const Fans f = fans(shape);
  return normal(shape, 0, o.gain.value_or(1) * bound(2, f.in + f.out), o.dtype);
}

Tensor kaiming_uniform(const Shape& shape, Options o) {
  return symmetric(shape, o.gain.value_or(for_relu) * bound(3, fan_of(shape, o.fan)), o.dtype);
}
Tensor kaiming_normal(const Shape& shape, Options o) {
  return normal(shape, 0, o.gain.value_or(for_relu) * bound(1, fan_of(shape, o.fan)), o.dtype);
}

Tensor xavier_uniform(const Shape& shape, Options o) { return plain::glorot_uniform(shape, o); }
Tensor xavier_normal(const Shape& shape, Options o) { return plain::glorot_normal(shape, o); }
Tensor he_uniform(const Shape& shape, Options o) { return plain::kaiming_uniform(shape, o); }
Tensor he_normal(const Shape& shape, Options o) { return plain::kaiming_normal(shape, o); }
Tensor lecun_uniform(const Shape& shape, Options o) {
  return plain::kaiming_uniform(shape, {.dtype = o.dtype, .gain = o.gain.value_or(1), .fan = o.fan});
}
Tensor lecun_normal(const Shape& shape, Options o) {
  return plain::kaiming_normal(shape, {.dtype = o.dtype, .gain = o.gain.value_or(1), .fan = o.fan});
}

Tensor variance_scaling(const Shape& shape, VarianceScalingOptions o) {
  if (!(o.scale > 0)) throw Error(fmt::format("init: variance_scaling with scale {}; it has to be positive", o.scale));
  const double std = bound(o.scale, fan_of(shape, o.fan));
  if (o.distribution == Distribution::uniform) return symmetric(shape, std::sqrt(3.0) * std, o.dtype);
  if (o.distribution == Distribution::normal) return normal(shape, 0, std, o.dtype);
  const double cut = 0.87962566103423978;  // the deviation of a standard normal distribution that is cut at ±2
  return trunc_normal(shape, 0, std / cut, -2 * std / cut, 2 * std / cut, o.dtype);
}

/// Q of a Gaussian matrix, with the signs that make R's diagonal positive; without them the distribution would not be uniform (Mezzadri,
/// Notices of the AMS 54, 2007).
Tensor orthogonal(const Shape& shape, Options o) {
  if (shape.rank() < 2) throw ShapeError(fmt::format("init: orthogonal of shape {}; it needs two axes or more", shape));
  const std::size_t rows = shape[0], columns = rows == 0 ? 0 : shape.elements() / rows;
  if (shape.elements() == 0) return zeros(shape, o.dtype);
  const std::size_t longer = std::max(rows, columns), shorter = std::min(rows, columns);
  const auto [q, r] = qr(random::normal({longer, shorter}, {.dtype = o.dtype}));
  const Tensor signs = where(diagonal(r) < 0, -1.0, ones({shorter}, o.dtype));
  const Tensor even = q * signs * o.gain.value_or(1);
  return reshape(rows < columns ? transpose(even) : even, shape);
}

Tensor uniform(const Shape& shape, double low, double high, Dtype dtype) {
  return random::uniform(shape, {.low = low, .high = high, .dtype = dtype});
}
Tensor normal(const Shape& shape, double mean, double std, Dtype dtype) {
  return random::normal(shape, {.mean = mean, .std = std, .dtype = dtype});
}

Tensor trunc_normal(const Shape& shape, double mean, double std, double low, double high, Dtype dtype) {
  if (!(std >= 0) || !(low <= high)) throw Error(fmt::format("init: trunc_normal with std {} in [{}, {}]", std, low, high));
  if (std == 0) return constant(shape, std::clamp(mean, low, high), dtype);
  if (const double share = normal_share((low - mean) / std, (high - mean) / std); share < 0.05)
    throw Error(fmt::format("init: trunc_normal of mean {} and std {} in [{}, {}]; {:.2g} of the distribution lies inside, it needs 0.05",
                            mean, std, low, high, share));
  Tensor result = normal(shape, mean, std, dtype);
  const auto outside = [&] { return logical_or(result<low, result> high); };
  for (Tensor redrawn = outside(); any(redrawn).item<bool>(); redrawn = outside())
    result = where(redrawn, normal(shape, mean, std, dtype), result);
  return result;
}

Tensor zeros(const Shape& shape, Dtype dtype) { return reel::zeros(shape, {.dtype = dtype}); }
Tensor ones(const Shape& shape, Dtype dtype) { return reel::ones(shape, {.dtype = dtype}); }
Tensor constant(const Shape& shape, double value, Dtype dtype) { return full(shape, value, {.dtype = dtype}); }

Tensor eye(const Shape& shape, Dtype dtype) {
  need_matrix("eye", shape);
  const Tensor on_diagonal = reshape(arange(0, static_cast<std::int64_t>(shape[0])), {shape[0], 1}) ==
                             reshape(arange(0, static_cast<std::int64_t>(shape[1])), {1, shape[1]});
  return astype(on_diagonal, dtype);
}

Tensor dirac(const Shape& shape, std::size_t groups, Dtype dtype) {
  if (shape.rank() < 3 || shape.rank() > 5 || groups == 0 || shape[0] % groups != 0)
    throw ShapeError(
        fmt::format("init: dirac of shape {} in {} groups; it needs (out, in / groups, kernel...), and groups divides out", shape, groups));
  Array weight = Array::zeros(shape, dtype);
  const Shape strides = strides_of(shape);
  std::size_t middle = 0;
  for (std::size_t a = 2; a < shape.rank(); ++a) middle += shape[a] / 2 * strides[a];
  const std::size_t filters = shape[0] / groups;
  const auto fill = [&](auto* data) {
    for (std::size_t f = 0; f < shape[0]; ++f)
      if (f % filters < shape[1]) data[f * strides[0] + f % filters * strides[1] + middle] = 1;
  };
  if (weight.size() == 0) return Tensor(weight);
  if (dtype == float32) fill(weight.mutable_data<float>());
  if (dtype == float64) fill(weight.mutable_data<double>());
  return Tensor(std::move(weight));
}

Tensor sparse(const Shape& shape, double sparsity, double std, Dtype dtype) {
  need_matrix("sparse", shape);
  if (!(sparsity >= 0 && sparsity <= 1))
    throw Error(fmt::format("init: sparse with a share of {} zeros; it has to be from 0 to 1", sparsity));
  const std::size_t rows = shape[0], columns = shape[1];
  const auto zeros_each = static_cast<std::int64_t>(std::ceil(sparsity * static_cast<double>(rows)));
  Array kept = Array::zeros({rows, columns}, boolean);
  if (kept.size() == 0) return zeros(shape, dtype);
  bool* const data = kept.mutable_data<bool>();
  for (std::size_t c = 0; c < columns; ++c) {
    const Tensor places = random::permutation(rows);
    for (std::size_t r = 0; r < rows; ++r) data[r * columns + c] = places.value().data<std::int64_t>()[r] >= zeros_each;
  }
  return normal(shape, 0, std, dtype) * astype(Tensor(std::move(kept)), dtype);
}

double gain(std::string_view nonlinearity, double negative_slope) {
  if (nonlinearity == "linear" || nonlinearity == "conv" || nonlinearity == "sigmoid" || nonlinearity == "softmax") return 1;
  if (nonlinearity == "tanh") return 5.0 / 3;
  if (nonlinearity == "relu") return for_relu;
  if (nonlinearity == "leaky_relu") return std::sqrt(2 / (1 + negative_slope * negative_slope));
  if (nonlinearity == "selu") return 0.75;
  throw Error(
      fmt::format("there is no gain for '{}'; there are linear, conv, sigmoid, softmax, tanh, relu, leaky_relu, selu", nonlinearity));
}

}  // namespace plain

}  // namespace

double fan_in(const Shape& shape, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::fan_in(shape); });
}
Tensor glorot_uniform(const Shape& shape, Options options, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::glorot_uniform(shape, options); });
}
Tensor xavier_uniform(const Shape& shape, Options options, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::xavier_uniform(shape, options); });
}
Tensor glorot_normal(const Shape& shape, Options options, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::glorot_normal(shape, options); });
}
Tensor xavier_normal(const Shape& shape, Options options, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::xavier_normal(shape, options); });
}
Tensor kaiming_uniform(const Shape& shape, Options options, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::kaiming_uniform(shape, options); });
}
Tensor he_uniform(const Shape& shape, Options options, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::he_uniform(shape, options); });
}
Tensor kaiming_normal(const Shape& shape, Options options, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::kaiming_normal(shape, options); });
}
Tensor he_normal(const Shape& shape, Options options, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::he_normal(shape, options); });
}
Tensor lecun_uniform(const Shape& shape, Options options, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::lecun_uniform(shape, options); });
}
Tensor lecun_normal(const Shape& shape, Options options, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::lecun_normal(shape, options); });
}
Tensor variance_scaling(const Shape& shape, VarianceScalingOptions options, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::variance_scaling(shape, options); });
}
Tensor orthogonal(const Shape& shape, Options options, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::orthogonal(shape, options); });
}
Tensor uniform(const Shape& shape, double low, double high, Dtype dtype, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::uniform(shape, low, high, dtype); });
}
Tensor normal(const Shape& shape, double mean, double std, Dtype dtype, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::normal(shape, mean, std, dtype); });
}
Tensor trunc_normal(const Shape& shape, double mean, double std, double low, double high, Dtype dtype, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::trunc_normal(shape, mean, std, low, high, dtype); });
}
Tensor zeros(const Shape& shape, Dtype dtype, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::zeros(shape, dtype); });
}
Tensor ones(const Shape& shape, Dtype dtype, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::ones(shape, dtype); });
}
Tensor constant(const Shape& shape, double value, Dtype dtype, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::constant(shape, value, dtype); });
}
Tensor eye(const Shape& shape, Dtype dtype, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::eye(shape, dtype); });
}
Tensor dirac(const Shape& shape, std::size_t groups, Dtype dtype, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::dirac(shape, groups, dtype); });
}
Tensor sparse(const Shape& shape, double sparsity, double std, Dtype dtype, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::sparse(shape, sparsity, std, dtype); });
}
double gain(std::string_view nonlinearity, double negative_slope, SourceLocation at) {
  return reel::detail::placed(at, [&] { return plain::gain(nonlinearity, negative_slope); });
}

}  // namespace reel::nn::init
