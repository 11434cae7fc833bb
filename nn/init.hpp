#pragma once
#include <optional>
#include <string_view>

#include <reel/autograd/tensor.hpp>
#include <reel/core/mistake.hpp>

/// Initial values of weights, drawn from the default generator (manual_seed). A weight has shape (out, in, ...), where ... is a kernel's
/// shape; fan_in is in times the kernel's number of elements, fan_out is out times it. The dtype has to be floating.
namespace reel::nn::init {

/// Which fan the variance is divided by: fan_in keeps the variance of activations, fan_out that of gradients; average is their mean.
enum class Fan { in, out, average };

/// The fan_in of a weight of this shape. Throws ShapeError for fewer than two axes.
double fan_in(const Shape& shape, SourceLocation at = SourceLocation::here());

struct Options {
  Dtype dtype = float32;
  /// Factor of the distribution's width: 1, √2 before a ReLU (He et al. 2015), 5/3 before a tanh; see gain(). The default is 1, for the
  /// kaiming_ and he_ functions √2.
  std::optional<double> gain = {};
  /// The fan that the kaiming_, he_ and lecun_ functions use.
  Fan fan = Fan::in;
};

/// A tensor of this shape, uniform in ±gain √(6 / (fan_in + fan_out)) (Glorot and Bengio 2010). Keras's default; in PyTorch xavier_uniform.
Tensor glorot_uniform(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor glorot_uniform(const Shape&, ...));
Tensor xavier_uniform(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor xavier_uniform(const Shape&, ...));
/// Normal with mean 0 and standard deviation gain √(2 / (fan_in + fan_out)) (Glorot and Bengio 2010).
Tensor glorot_normal(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor glorot_normal(const Shape&, ...));
Tensor xavier_normal(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor xavier_normal(const Shape&, ...));
/// Uniform in ±gain √(3 / fan) (He et al. 2015). In Keras he_uniform.
Tensor kaiming_uniform(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor kaiming_uniform(const Shape&, ...));
Tensor he_uniform(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor he_uniform(const Shape&, ...));
/// Normal with mean 0 and standard deviation gain / √fan (He et al. 2015).
Tensor kaiming_normal(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor kaiming_normal(const Shape&, ...));
Tensor he_normal(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor he_normal(const Shape&, ...));
/// As kaiming_uniform() and kaiming_normal(), but with gain 1 (LeCun et al. 1998).
Tensor lecun_uniform(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor lecun_uniform(const Shape&, ...));
Tensor lecun_normal(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor lecun_normal(const Shape&, ...));

enum class Distribution { uniform, normal, truncated_normal };

struct VarianceScalingOptions {
  double scale = 1;
  Fan fan = Fan::in;
  Distribution distribution = Distribution::truncated_normal;
  Dtype dtype = float32;
};
/// Mean 0 and variance scale / fan, as Keras's VarianceScaling. Keras's glorot_normal, he_normal and lecun_normal are made from it: they
/// are truncated at two standard deviations, the functions above are not.
Tensor variance_scaling(const Shape& shape, VarianceScalingOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(VarianceScalingOptions, Tensor variance_scaling(const Shape&, ...));

/// gain times a random orthogonal matrix, reshaped from (out, everything else): rows are orthonormal, or columns where there are more rows.
/// Uniformly distributed over all such matrices (Saxe et al. 2013). Throws ShapeError for fewer than two axes.
Tensor orthogonal(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor orthogonal(const Shape&, ...));

/// Uniform in [low, high).
Tensor uniform(const Shape& shape, double low, double high, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
/// Normal with this mean and standard deviation.
Tensor normal(const Shape& shape, double mean, double std, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
/// Truncated normal: normal values, redrawn outside of [low, high]. Throws Error where less than a twentieth of the distribution lies
/// inside.
Tensor trunc_normal(const Shape& shape, double mean, double std, double low, double high, Dtype dtype = float32,
                    SourceLocation at = SourceLocation::here());
Tensor zeros(const Shape& shape, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
Tensor ones(const Shape& shape, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
Tensor constant(const Shape& shape, double value, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
/// The identity matrix; extra rows or columns are 0. Throws ShapeError unless there are two axes.
Tensor eye(const Shape& shape, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
/// A convolution weight that is the identity (Zagoruyko and Komodakis 2017): 1 in the middle of the kernel from channel i of each group to
/// its filter i, else 0. Throws ShapeError unless there are three to five axes and `groups` divides the first.
Tensor dirac(const Shape& shape, std::size_t groups = 1, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
/// Normal with mean 0 and this standard deviation, but in each column the share `sparsity` of the elements, rounded up, is 0, at random
/// places (Martens 2010). Throws ShapeError unless there are two axes, Error for a sparsity outside [0, 1].
Tensor sparse(const Shape& shape, double sparsity, double std = 0.01, Dtype dtype = float32, SourceLocation at = SourceLocation::here());

/// The gain for the activation that follows the weight, by its name: linear, conv, sigmoid and softmax 1, tanh 5/3, relu √2,
/// leaky_relu √(2 / (1 + negative_slope²)), selu 3/4. Throws Error for another name.
double gain(std::string_view nonlinearity, double negative_slope = 0.01, SourceLocation at = SourceLocation::here());

/// A weight from the initializer of this name, one of the functions above with default options. Other names are "pytorch", the default of
/// PyTorch's layers (uniform in ±1/√fan_in); "keras", the default of Keras's layers (glorot_uniform); PyTorch's "uniform" in [0, 1),
/// "normal" with mean 0 and standard deviation 1, and "trunc_normal" truncated at ±2; Keras's "random_uniform" in ±0.05, "random_normal"
/// and "truncated_normal" (at two deviations) with standard deviation 0.05, and "identity" for eye; "sparse" with a tenth of zeros. Throws
/// Error for another name, with the list.
Tensor weight_by_name(std::string_view name, const Shape& shape, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
/// The bias that goes with a weight of this shape from the initializer of this name: shape (out,), uniform in ±1/√fan_in for "pytorch",
/// else zeros. `out` is the weight's first length where it is not given.
Tensor bias_by_name(std::string_view name, const Shape& weight, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
Tensor bias_by_name(std::string_view name, const Shape& weight, std::size_t out, Dtype dtype, SourceLocation at = SourceLocation::here());

}  // namespace reel::nn::init
