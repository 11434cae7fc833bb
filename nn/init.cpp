#include <reel/nn/init.hpp>

#include <cmath>

#include <fmt/format.h>
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

/// Half the width of the uniform distribution; a layer without inputs has nothing to scale.
double bound(double squared, double fan) { return fan > 0 ? std::sqrt(squared / fan) : 0; }

Tensor symmetric(const Shape& shape, double limit, Dtype dtype) {
  return random::uniform(shape, {.low = -limit, .high = limit, .dtype = dtype});
}

}  // namespace

Tensor glorot_uniform(const Shape& shape, Options o) {
  const Fans f = fans(shape);
  return symmetric(shape, o.gain.value_or(1) * bound(6, f.in + f.out), o.dtype);
}

Tensor glorot_normal(const Shape& shape, Options o) {
  const Fans f = fans(shape);
  return normal(shape, 0, o.gain.value_or(1) * bound(2, f.in + f.out), o.dtype);
}

Tensor kaiming_uniform(const Shape& shape, Options o) {
  return symmetric(shape, o.gain.value_or(for_relu) * bound(3, fans(shape).in), o.dtype);
}
Tensor kaiming_normal(const Shape& shape, Options o) {
  return normal(shape, 0, o.gain.value_or(for_relu) * bound(1, fans(shape).in), o.dtype);
}
Tensor uniform(const Shape& shape, double low, double high, Dtype dtype) {
  return random::uniform(shape, {.low = low, .high = high, .dtype = dtype});
}
Tensor normal(const Shape& shape, double mean, double std, Dtype dtype) {
  return random::normal(shape, {.mean = mean, .std = std, .dtype = dtype});
}
Tensor zeros(const Shape& shape, Dtype dtype) { return reel::zeros(shape, {.dtype = dtype}); }
Tensor constant(const Shape& shape, double value, Dtype dtype) { return full(shape, value, {.dtype = dtype}); }

Tensor weight_by_name(std::string_view name, const Shape& shape, Dtype dtype) {
  if (name == "pytorch") return symmetric(shape, bound(1, fans(shape).in), dtype);
  if (name == "keras" || name == "glorot_uniform") return glorot_uniform(shape, {.dtype = dtype});
  if (name == "glorot_normal") return glorot_normal(shape, {.dtype = dtype});
  if (name == "kaiming_uniform") return kaiming_uniform(shape, {.dtype = dtype});
  if (name == "kaiming_normal") return kaiming_normal(shape, {.dtype = dtype});
  if (name == "zeros") return zeros(shape, dtype);
  throw Error(fmt::format(
      "there is no initializer '{}'; there are pytorch, keras, glorot_uniform, glorot_normal, kaiming_uniform, kaiming_normal, zeros",
      name));
}

Tensor bias_by_name(std::string_view name, const Shape& weight, Dtype dtype) {
  const Shape shape{weight[0]};
  return name == "pytorch" ? symmetric(shape, bound(1, fans(weight).in), dtype) : zeros(shape, dtype);
}

}  // namespace reel::nn::init
