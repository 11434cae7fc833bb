#pragma once
#include <optional>

#include <reel/autograd/ops/normalization.hpp>
#include <reel/core/mistake.hpp>
#include <reel/nn/module.hpp>

/// Normalization: (x - mean) / √(variance + eps), times a weight that begins at 1, plus a bias that begins at 0. Constructors throw
/// ShapeError for sizes below 1, and Error for options out of range.
namespace reel::nn {

struct BatchNormOptions {
  double eps = 1e-5;
  /// How much of the running averages each batch replaces; none: they are the plain averages of all batches.
  std::optional<double> momentum = 0.1;
  /// Whether there are a weight and a bias.
  bool affine = true;
  /// Whether there are running averages, which evaluation then uses; otherwise it uses the batch's own mean and variance too.
  bool track_running_stats = true;
  Dtype dtype = float32;
};

namespace detail {

/// What BatchNorm1d, BatchNorm2d and BatchNorm3d share (Ioffe and Szegedy 2015). In training each channel is normalized over the batch,
/// and a call replaces part of the running averages, which hold the unbiased variance, also under NoGrad; calls that checkpoint() repeats
/// or gradcheck() makes do not count. In evaluation x is normalized by the running averages, which stay.
///
/// Not for several threads at a time in training: they would update the averages at once.
class BatchNorm : public Module {
 public:
  std::optional<Parameter> weight, bias;  ///< (channels,)
  Tensor running_mean, running_var;       ///< (channels,); not defined where they are not tracked
  Tensor num_batches_tracked;             ///< (), int64

  Tensor forward(const Tensor& x) override;
  std::string description() const override;
  /// How much of the running averages each batch replaces; none: they are the plain averages of all batches.
  std::optional<double> momentum() const { return momentum_; }
  /// Throws Error outside 0 to 1.
  void set_momentum(std::optional<double> momentum, SourceLocation at = SourceLocation::here());
  /// Forgets all batches: mean 0, variance 1. Nothing where there are no running averages.
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

/// x (N, channels) or (N, channels, length).
struct BatchNorm1d : detail::BatchNorm {
  REEL_MEMBERS(weight, bias, running_mean, running_var, num_batches_tracked)
  explicit BatchNorm1d(Integer channels, BatchNormOptions options = {}, SourceLocation at = SourceLocation::here())
      : BatchNorm(1, channels, options, at) {}
  REEL_NO_SUCH_OPTION(BatchNormOptions, explicit BatchNorm1d(Integer, ...));
};
/// x (N, channels, height, width).
struct BatchNorm2d : detail::BatchNorm {
  REEL_MEMBERS(weight, bias, running_mean, running_var, num_batches_tracked)
  explicit BatchNorm2d(Integer channels, BatchNormOptions options = {}, SourceLocation at = SourceLocation::here())
      : BatchNorm(2, channels, options, at) {}
  REEL_NO_SUCH_OPTION(BatchNormOptions, explicit BatchNorm2d(Integer, ...));
};
/// x (N, channels, depth, height, width).
struct BatchNorm3d : detail::BatchNorm {
  REEL_MEMBERS(weight, bias, running_mean, running_var, num_batches_tracked)
  explicit BatchNorm3d(Integer channels, BatchNormOptions options = {}, SourceLocation at = SourceLocation::here())
      : BatchNorm(3, channels, options, at) {}
  REEL_NO_SUCH_OPTION(BatchNormOptions, explicit BatchNorm3d(Integer, ...));
};

struct LayerNormLayerOptions {
  double eps = 1e-5;
  /// Whether there is a weight, and whether there is a bias beside it.
  bool affine = true;
  bool bias = true;
  Dtype dtype = float32;
};

/// Over the last axes of x, which have this shape: each row by itself (Ba, Kiros, Hinton 2016).
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
  /// By default the machine epsilon of x's dtype.
  std::optional<double> eps = {};
  /// Whether there is a weight.
  bool affine = true;
  Dtype dtype = float32;
};

/// x / √(mean x² + eps), times a weight, over the last axes of x, which have this shape (Zhang, Sennrich 2019).
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

/// x (N, channels, ...): each of the groups of channels of each element of the batch by itself (Wu, He 2018).
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
  /// Whether there are a weight and a bias; by default not, as PyTorch has it.
  bool affine = false;
  Dtype dtype = float32;
};

namespace detail {

/// What InstanceNorm1d to 3d share: each channel of each element of the batch by itself, in training and in evaluation (Ulyanov et al.
/// 2016).
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

/// x (N, channels, length).
struct InstanceNorm1d : detail::InstanceNorm {
  REEL_MEMBERS(weight, bias)
  explicit InstanceNorm1d(Integer channels, InstanceNormOptions options = {}, SourceLocation at = SourceLocation::here())
      : InstanceNorm(1, channels, options, at) {}
  REEL_NO_SUCH_OPTION(InstanceNormOptions, explicit InstanceNorm1d(Integer, ...));
};
/// x (N, channels, height, width).
struct InstanceNorm2d : detail::InstanceNorm {
  REEL_MEMBERS(weight, bias)
  explicit InstanceNorm2d(Integer channels, InstanceNormOptions options = {}, SourceLocation at = SourceLocation::here())
      : InstanceNorm(2, channels, options, at) {}
  REEL_NO_SUCH_OPTION(InstanceNormOptions, explicit InstanceNorm2d(Integer, ...));
};
/// x (N, channels, depth, height, width).
struct InstanceNorm3d : detail::InstanceNorm {
  REEL_MEMBERS(weight, bias)
  explicit InstanceNorm3d(Integer channels, InstanceNormOptions options = {}, SourceLocation at = SourceLocation::here())
      : InstanceNorm(3, channels, options, at) {}
  REEL_NO_SUCH_OPTION(InstanceNormOptions, explicit InstanceNorm3d(Integer, ...));
};

struct LocalResponseNormOptions {
  double alpha = 1e-4, beta = 0.75, k = 1;
};

/// x / (k + alpha · mean x²)^beta, the mean over `size` channels around each one; of an even size, one more of those before. Channels
/// outside count as 0 (Krizhevsky et al. 2012, but for the mean, which PyTorch takes instead of the sum).
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
