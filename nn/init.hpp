#pragma once
#include <optional>
#include <string_view>

#include <reel/autograd/tensor.hpp>
#include <reel/core/mistake.hpp>

/// Starting values for weights, drawn from the default generator (manual_seed). A weight has shape (out, in, ...); fan_in is the number
/// of inputs to an output, fan_out the other way round, both times the axes after the second. Floating dtypes only.
namespace reel::nn::init {

/// What a width is divided by: fan_in keeps the variance on the way forward, fan_out on the way back.
enum class Fan { in, out, average };

/// Of a weight of this shape. Throws ShapeError for less than two axes.
double fan_in(const Shape& shape, SourceLocation at = SourceLocation::here());

struct Options {
  Dtype dtype = float32;
  /// Multiplies the width of the distribution: 1, √2 before a ReLU (He et al. 2015), 5/3 before a tanh; see gain(). By default 1, in
  /// kaiming_ √2.
  std::optional<double> gain = {};
  /// For kaiming_ and lecun_.
  Fan fan = Fan::in;
};

/// Uniform in ±gain √(6 / (fan_in + fan_out)) (Glorot and Bengio 2010): Keras's default. PyTorch's xavier_uniform.
Tensor glorot_uniform(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor glorot_uniform(const Shape&, ...));
Tensor xavier_uniform(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor xavier_uniform(const Shape&, ...));
/// Normal with standard deviation gain √(2 / (fan_in + fan_out)).
Tensor glorot_normal(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor glorot_normal(const Shape&, ...));
Tensor xavier_normal(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor xavier_normal(const Shape&, ...));
/// Uniform in ±gain √(3 / fan) (He et al. 2015). Keras's he_uniform.
Tensor kaiming_uniform(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor kaiming_uniform(const Shape&, ...));
Tensor he_uniform(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor he_uniform(const Shape&, ...));
/// Normal with standard deviation gain / √fan.
Tensor kaiming_normal(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor kaiming_normal(const Shape&, ...));
Tensor he_normal(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor he_normal(const Shape&, ...));
/// As kaiming_, with gain 1 (LeCun et al. 1998).
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
/// Variance scale / fan. As Keras's VarianceScaling, from which its glorot_normal, he_normal and lecun_normal are: they are cut at two
/// deviations, those above are not.
Tensor variance_scaling(const Shape& shape, VarianceScalingOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(VarianceScalingOptions, Tensor variance_scaling(const Shape&, ...));

/// (rows, rest): orthonormal rows, or columns where there are more rows, times gain, of even distribution over all such matrices
/// (Saxe et al. 2013). Throws ShapeError for less than two axes.
Tensor orthogonal(const Shape& shape, Options options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(Options, Tensor orthogonal(const Shape&, ...));

Tensor uniform(const Shape& shape, double low, double high, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
Tensor normal(const Shape& shape, double mean, double std, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
/// Normal, but nothing outside [low, high]. Throws Error where less than a twentieth of the distribution lies inside.
Tensor trunc_normal(const Shape& shape, double mean, double std, double low, double high, Dtype dtype = float32,
                    SourceLocation at = SourceLocation::here());
Tensor zeros(const Shape& shape, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
Tensor ones(const Shape& shape, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
Tensor constant(const Shape& shape, double value, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
/// The identity matrix; extra rows or columns are 0. Throws ShapeError unless there are two axes.
Tensor eye(const Shape& shape, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
/// A convolution that passes its channels on: 1 in the middle of the kernel from channel i of a group to its filter i. Throws ShapeError
/// unless there are three to five axes and groups divides the first.
Tensor dirac(const Shape& shape, std::size_t groups = 1, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
/// Normal of mean 0, but of each column this share, rounded up, is 0, at random places (Martens 2010). Throws ShapeError unless there are
/// two axes, Error for a share outside [0, 1].
Tensor sparse(const Shape& shape, double sparsity, double std = 0.01, Dtype dtype = float32, SourceLocation at = SourceLocation::here());

/// The gain for what comes after the weight, by the name of the activation: linear, conv, sigmoid and softmax 1, tanh 5/3, relu √2,
/// leaky_relu √(2 / (1 + negative_slope²)), selu 3/4. Throws Error for another name.
double gain(std::string_view nonlinearity, double negative_slope = 0.01, SourceLocation at = SourceLocation::here());

/// A weight by the initializer's name, as above with its defaults. Also "pytorch", what PyTorch's layers do (uniform in ±1/√fan_in);
/// "keras", what Keras's do (glorot_uniform); PyTorch's "uniform" in [0, 1), "normal" of mean 0 and deviation 1 and "trunc_normal" cut at
/// ±2; Keras's "random_uniform" in ±0.05, "random_normal" and "truncated_normal" (cut at two deviations) of deviation 0.05, "identity" for
/// eye; "sparse" with a tenth of zeros. Throws Error for another name, with the list.
Tensor weight_by_name(std::string_view name, const Shape& shape, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
/// The bias that goes with it, shape (out,): uniform in ±1/√fan_in for "pytorch", else zeros. `out` is the weight's first length where it
/// is not given.
Tensor bias_by_name(std::string_view name, const Shape& weight, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
Tensor bias_by_name(std::string_view name, const Shape& weight, std::size_t out, Dtype dtype, SourceLocation at = SourceLocation::here());

}  // namespace reel::nn::init
