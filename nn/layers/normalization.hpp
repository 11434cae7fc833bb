#pragma once
#include <optional>

#include <reel/autograd/ops/normalization.hpp>
#include <reel/core/mistake.hpp>
#include <reel/nn/module.hpp>

/// Normalization layers: (x - mean) / √(variance + eps), times a weight, initially 1, plus a bias, initially 0. The result has x's shape.
/// Constructors throw ShapeError for sizes below 1, and Error for options out of range.
namespace reel::nn {

struct BatchNormOptions {
  double eps = 1e-5;
  /// Weight of each batch in the running averages, from 0 to 1; without a value they are the plain averages of all batches.
  std::optional<double> momentum = 0.1;
  /// Whether there are a weight and a bias.
  bool affine = true;
  /// Whether there are running averages, which are used in evaluation; otherwise evaluation, too, uses the batch's own mean and variance.
  bool track_running_stats = true;
  Dtype dtype = float32;
};

namespace detail {

/// Base of BatchNorm1d, BatchNorm2d and BatchNorm3d (Ioffe and Szegedy 2015). In training each channel is normalized over the batch, and
/// each call updates the running averages, which hold the mean and the unbiased variance, also under NoGrad; calls that checkpoint()
/// repeats or gradcheck() makes do not count. In evaluation x is normalized by the running averages, which do not change.
///
/// In training, only one thread at a time may call the layer, since calls update the running averages.
class BatchNorm : public Module {
 public:
  std::optional<Parameter> weight, bias;  ///< (channels,)
  Tensor running_mean, running_var;       ///< (channels,); undefined unless they are tracked
  Tensor num_batches_tracked;             ///< (), int64

  Tensor forward(const Tensor& x) override;
  std::string description() const override;
  /// The option momentum.
  std::optional<double> momentum() const { return momentum_; }
  /// Sets the option momentum. Throws Error for a number outside of [0, 1].
  void set_momentum(std::optional<double> momentum, SourceLocation at = SourceLocation::here());
  /// Resets the running averages to mean 0 and variance 1. Does nothing where there are none.
  void reset_running_stats();

 protected:
  BatchNorm(std::size_t spatial, Integer channels, const BatchNormOptions& options, SourceLocation at);

 private:
  void check(const Tensor& x) const;
  void update(const BatchNormResult& batch);

  std::size_t spatial_, channels_;
  double eps_;
  std::optional<double> momentum_;
};

}  // namespace detail

/// Batch normalization of x (N, channels) or (N, channels, length).
struct BatchNorm1d : detail::BatchNorm {
  REEL_MEMBERS(weight, bias, running_mean, running_var, num_batches_tracked)
  explicit BatchNorm1d(Integer channels, BatchNormOptions options = {}, SourceLocation at = SourceLocation::here())
      : BatchNorm(1, channels, options, at) {}
  REEL_NO_SUCH_OPTION(BatchNormOptions, explicit BatchNorm1d(Integer, ...));
};
/// Batch normalization of x (N, channels, height, width).
struct BatchNorm2d : detail::BatchNorm {
  REEL_MEMBERS(weight, bias, running_mean, running_var, num_batches_tracked)
  explicit BatchNorm2d(Integer channels, BatchNormOptions options = {}, SourceLocation at = SourceLocation::here())
      : BatchNorm(2, channels, options, at) {}
  REEL_NO_SUCH_OPTION(BatchNormOptions, explicit BatchNorm2d(Integer, ...));
};
/// Batch normalization of x (N, channels, depth, height, width).
struct BatchNorm3d : detail::BatchNorm {
  REEL_MEMBERS(weight, bias, running_mean, running_var, num_batches_tracked)
  explicit BatchNorm3d(Integer channels, BatchNormOptions options = {}, SourceLocation at = SourceLocation::here())
      : BatchNorm(3, channels, options, at) {}
  REEL_NO_SUCH_OPTION(BatchNormOptions, explicit BatchNorm3d(Integer, ...));
};

struct LayerNormLayerOptions {
  double eps = 1e-5;
  /// Whether there is a weight.
  bool affine = true;
  /// Whether there is a bias, too; without a weight there is none.
  bool bias = true;
  Dtype dtype = float32;
};

/// Layer normalization (Ba, Kiros and Hinton 2016): mean and variance are taken over the last axes of x, which have this shape, separately
/// for each position of the other axes.
class LayerNorm : public Module {
 public:
  std::optional<Parameter> weight, bias;  ///< of the normalized shape
  REEL_MEMBERS(weight, bias)

  explicit LayerNorm(Ints shape, LayerNormLayerOptions options = {}, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  Shape shape_;
  double eps_;
};

struct RmsNormLayerOptions {
  /// Added to the mean square. By default the machine epsilon of x's dtype.
  std::optional<double> eps = {};
  /// Whether there is a weight.
  bool affine = true;
  Dtype dtype = float32;
};

/// Root mean square normalization (Zhang and Sennrich 2019): x / √(mean x² + eps), times a weight. The mean is taken over the last axes of
/// x, which have this shape.
class RMSNorm : public Module {
 public:
  std::optional<Parameter> weight;  ///< of the normalized shape
  REEL_MEMBERS(weight)

  explicit RMSNorm(Ints shape, RmsNormLayerOptions options = {}, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  Shape shape_;
  std::optional<double> eps_;
};

struct GroupNormLayerOptions {
  double eps = 1e-5;
  /// Whether there are a weight and a bias.
  bool affine = true;
  Dtype dtype = float32;
};

/// Group normalization (Wu and He 2018) of x (N, channels, ...): channels are split into groups, and each group of each sample is
/// normalized separately.
class GroupNorm : public Module {
 public:
  std::optional<Parameter> weight, bias;  ///< (channels,)
  REEL_MEMBERS(weight, bias)

  /// Throws ShapeError unless groups divides channels.
  GroupNorm(Integer groups, Integer channels, GroupNormLayerOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(GroupNormLayerOptions, GroupNorm(Integer, Integer, ...));
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  std::size_t groups_, channels_;
  double eps_;
};

struct InstanceNormOptions {
  double eps = 1e-5;
  /// Whether there are a weight and a bias; by default there are none, as in PyTorch.
  bool affine = false;
  Dtype dtype = float32;
};

namespace detail {

/// Base of InstanceNorm1d, 2d and 3d (Ulyanov et al. 2016): each channel of each sample is normalized separately, in training and in
/// evaluation.
class InstanceNorm : public Module {
 public:
  std::optional<Parameter> weight, bias;  ///< (channels,)

  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 protected:
  InstanceNorm(std::size_t spatial, Integer channels, const InstanceNormOptions& options, SourceLocation at);

 private:
  std::size_t spatial_, channels_;
  double eps_;
};

}  // namespace detail

/// Instance normalization of x (N, channels, length).
struct InstanceNorm1d : detail::InstanceNorm {
  REEL_MEMBERS(weight, bias)
  explicit InstanceNorm1d(Integer channels, InstanceNormOptions options = {}, SourceLocation at = SourceLocation::here())
      : InstanceNorm(1, channels, options, at) {}
  REEL_NO_SUCH_OPTION(InstanceNormOptions, explicit InstanceNorm1d(Integer, ...));
};
/// Instance normalization of x (N, channels, height, width).
struct InstanceNorm2d : detail::InstanceNorm {
  REEL_MEMBERS(weight, bias)
  explicit InstanceNorm2d(Integer channels, InstanceNormOptions options = {}, SourceLocation at = SourceLocation::here())
      : InstanceNorm(2, channels, options, at) {}
  REEL_NO_SUCH_OPTION(InstanceNormOptions, explicit InstanceNorm2d(Integer, ...));
};
/// Instance normalization of x (N, channels, depth, height, width).
struct InstanceNorm3d : detail::InstanceNorm {
  REEL_MEMBERS(weight, bias)
  explicit InstanceNorm3d(Integer channels, InstanceNormOptions options = {}, SourceLocation at = SourceLocation::here())
      : InstanceNorm(3, channels, options, at) {}
  REEL_NO_SUCH_OPTION(InstanceNormOptions, explicit InstanceNorm3d(Integer, ...));
};

struct LocalResponseNormOptions {
  double alpha = 1e-4, beta = 0.75, k = 1;
};

/// Local response normalization: x / (k + alpha · mean x²)^beta, with the mean over `size` neighbouring channels; if the size is even, one
/// more channel before than after. Channels out of range count as 0. x is (N, C, spatial...). As in Krizhevsky et al. (2012), but with the
/// mean instead of the sum, as in PyTorch.
class LocalResponseNorm : public Module {
 public:
  REEL_MEMBERS()
  explicit LocalResponseNorm(Integer size, LocalResponseNormOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(LocalResponseNormOptions, explicit LocalResponseNorm(Integer, ...));
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  std::size_t size_;
  LocalResponseNormOptions options_;
};

}  // namespace reel::nn
