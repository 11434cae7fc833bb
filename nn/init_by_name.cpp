#include <cmath>

#include <fmt/format.h>
#include <reel/nn/init.hpp>

namespace reel::nn::init {

namespace {

/// PyTorch's default for weight and bias: uniform in ±1/√fan_in.
double pytorch_limit(const Shape& weight) {
  const double inputs = fan_in(weight, {});
  return inputs > 0 ? std::sqrt(1 / inputs) : 0;
}

Tensor pytorch(const Shape& shape, Dtype dtype) { return uniform(shape, -pytorch_limit(shape), pytorch_limit(shape), dtype, {}); }

struct Named {
  std::string_view name;
  Tensor (*weight)(const Shape& shape, Dtype dtype);
};

template <Tensor (*Make)(const Shape&, Options, SourceLocation)>
Tensor with_defaults(const Shape& shape, Dtype dtype) {
  return Make(shape, {.dtype = dtype}, {});
}

template <Tensor (*Make)(const Shape&, Dtype, SourceLocation)>
Tensor without_place(const Shape& shape, Dtype dtype) {
  return Make(shape, dtype, {});
}

constexpr Named initializers[] = {
    {"pytorch", pytorch},
    {"keras", with_defaults<glorot_uniform>},
    {"glorot_uniform", with_defaults<glorot_uniform>},
    {"glorot_normal", with_defaults<glorot_normal>},
    {"kaiming_uniform", with_defaults<kaiming_uniform>},
    {"kaiming_normal", with_defaults<kaiming_normal>},
    {"zeros", without_place<zeros>},
    {"ones", without_place<ones>},
    {"xavier_uniform", with_defaults<xavier_uniform>},
    {"xavier_normal", with_defaults<xavier_normal>},
    {"he_uniform", with_defaults<he_uniform>},
    {"he_normal", with_defaults<he_normal>},
    {"lecun_uniform", with_defaults<lecun_uniform>},
    {"lecun_normal", with_defaults<lecun_normal>},
    {"variance_scaling", [](const Shape& shape, Dtype dtype) { return variance_scaling(shape, {.dtype = dtype}, {}); }},
    {"orthogonal", with_defaults<orthogonal>},
    {"uniform", [](const Shape& shape, Dtype dtype) { return uniform(shape, 0, 1, dtype, {}); }},
    {"random_uniform", [](const Shape& shape, Dtype dtype) { return uniform(shape, -0.05, 0.05, dtype, {}); }},
    {"normal", [](const Shape& shape, Dtype dtype) { return normal(shape, 0, 1, dtype, {}); }},
    {"random_normal", [](const Shape& shape, Dtype dtype) { return normal(shape, 0, 0.05, dtype, {}); }},
    {"trunc_normal", [](const Shape& shape, Dtype dtype) { return trunc_normal(shape, 0, 1, -2, 2, dtype, {}); }},
    {"truncated_normal", [](const Shape& shape, Dtype dtype) { return trunc_normal(shape, 0, 0.05, -0.1, 0.1, dtype, {}); }},
    {"eye", without_place<eye>},
    {"identity", without_place<eye>},
    {"dirac", [](const Shape& shape, Dtype dtype) { return dirac(shape, 1, dtype, {}); }},
    {"sparse", [](const Shape& shape, Dtype dtype) { return sparse(shape, 0.1, 0.01, dtype, {}); }},
};

}  // namespace

Tensor weight_by_name(std::string_view name, const Shape& shape, Dtype dtype, SourceLocation at) {
  return reel::detail::placed(at, [&] {
    std::string names;
    for (const Named& initializer : initializers) {
      if (initializer.name == name) return initializer.weight(shape, dtype);
      names += (names.empty() ? "" : ", ") + std::string(initializer.name);
    }
    throw Error(fmt::format("there is no initializer '{}'; there are {}", name, names));
  });
}

Tensor bias_by_name(std::string_view name, const Shape& weight, Dtype dtype, SourceLocation at) {
  return bias_by_name(name, weight, weight[0], dtype, at);
}

Tensor bias_by_name(std::string_view name, const Shape& weight, std::size_t out, Dtype dtype, SourceLocation at) {
  return reel::detail::placed(at, [&] {
    if (name != "pytorch") return zeros({out}, dtype, {});
    return uniform({out}, -pytorch_limit(weight), pytorch_limit(weight), dtype, {});
  });
}

}  // namespace reel::nn::init
