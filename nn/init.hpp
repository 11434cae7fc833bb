#pragma once
#include <optional>
#include <string_view>

#include <reel/autograd/tensor.hpp>

/// Starting values for weights, drawn from the default generator (manual_seed). A weight has shape (out, in, ...); fan_in is the number
/// of inputs to an output, fan_out the other way round, both times the axes after the second. Floating dtypes only.
namespace reel::nn::init {

struct Options {
  Dtype dtype = float32;
  /// Multiplies the width of the distribution: 1, √2 before a ReLU (He et al. 2015), 5/3 before a tanh. By default 1, in kaiming_ √2.
  std::optional<double> gain = {};
};

/// Uniform in ±gain √(6 / (fan_in + fan_out)) (Glorot and Bengio 2010): Keras's default.
Tensor glorot_uniform(const Shape& shape, Options options = {});
/// Normal with standard deviation gain √(2 / (fan_in + fan_out)).
Tensor glorot_normal(const Shape& shape, Options options = {});
/// Uniform in ±gain √(3 / fan_in) (He et al. 2015).
Tensor kaiming_uniform(const Shape& shape, Options options = {});
/// Normal with standard deviation gain / √fan_in.
Tensor kaiming_normal(const Shape& shape, Options options = {});
Tensor uniform(const Shape& shape, double low, double high, Dtype dtype = float32);
Tensor normal(const Shape& shape, double mean, double std, Dtype dtype = float32);
Tensor zeros(const Shape& shape, Dtype dtype = float32);
Tensor constant(const Shape& shape, double value, Dtype dtype = float32);

/// A weight by the initializer's name: "glorot_uniform", "glorot_normal", "kaiming_uniform", "kaiming_normal", "zeros"; "pytorch" is what
/// PyTorch's Linear does (uniform in ±1/√fan_in), "keras" what Keras's Dense does (glorot_uniform). Throws Error for another name, with the
/// list.
Tensor weight_by_name(std::string_view name, const Shape& shape, Dtype dtype = float32);
/// The bias that goes with it, shape (out,): uniform in ±1/√fan_in for "pytorch", else zeros.
Tensor bias_by_name(std::string_view name, const Shape& weight, Dtype dtype = float32);

}  // namespace reel::nn::init
