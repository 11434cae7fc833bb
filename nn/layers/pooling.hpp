#pragma once
#include <reel/autograd/ops/pool.hpp>
#include <reel/core/mistake.hpp>
#include <reel/nn/layers/op_layer.hpp>

/// Pooling over windows of the last one, two or three axes of x (N, C, spatial...) or (C, spatial...). A kernel or an output is one length
/// for all spatial axes, or one length per axis. Constructors throw ShapeError for lengths out of range, such as a kernel below 1, and
/// Error for a padding of more than half the kernel.
namespace reel::nn {

namespace detail {

template <std::size_t Spatial>
class MaxPool : public Module {
 public:
  explicit MaxPool(Ints kernel, MaxPoolOptions options = {}, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  Ints kernel_;
  MaxPoolOptions options_;
};

template <std::size_t Spatial>
class AvgPool : public Module {
 public:
  explicit AvgPool(Ints kernel, AvgPoolOptions options = {}, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  Ints kernel_;
  AvgPoolOptions options_;
};

template <std::size_t Spatial>
class AdaptivePool : public Module {
 public:
  std::string description() const override;

 protected:
  AdaptivePool(const char* kind, Ints output, SourceLocation at);
  Ints output_;
};

template <std::size_t Spatial>
class AdaptiveAvgPool : public AdaptivePool<Spatial> {
 public:
  explicit AdaptiveAvgPool(Ints output, SourceLocation at = SourceLocation::here()) : AdaptivePool<Spatial>("Avg", output, at) {}
  Tensor forward(const Tensor& x) override;
};

template <std::size_t Spatial>
class AdaptiveMaxPool : public AdaptivePool<Spatial> {
 public:
  explicit AdaptiveMaxPool(Ints output, SourceLocation at = SourceLocation::here()) : AdaptivePool<Spatial>("Max", output, at) {}
  Tensor forward(const Tensor& x) override;
};

extern template class MaxPool<1>;
extern template class MaxPool<2>;
extern template class MaxPool<3>;
extern template class AvgPool<1>;
extern template class AvgPool<2>;
extern template class AvgPool<3>;
extern template class AdaptivePool<1>;
extern template class AdaptivePool<2>;
extern template class AdaptivePool<3>;
extern template class AdaptiveAvgPool<1>;
extern template class AdaptiveAvgPool<2>;
extern template class AdaptiveAvgPool<3>;
extern template class AdaptiveMaxPool<1>;
extern template class AdaptiveMaxPool<2>;
extern template class AdaptiveMaxPool<3>;

}  // namespace detail

/// Max pooling, the largest element of each window: `nn::MaxPool2d(3, {.stride = 2})`. The default stride is the kernel's length.
struct MaxPool1d : detail::MaxPool<1> {
  using MaxPool::MaxPool;
  REEL_MEMBERS()
};
struct MaxPool2d : detail::MaxPool<2> {
  using MaxPool::MaxPool;
  REEL_MEMBERS()
};
struct MaxPool3d : detail::MaxPool<3> {
  using MaxPool::MaxPool;
  REEL_MEMBERS()
};

/// Average pooling, the mean of each window. The default stride is the kernel's length.
struct AvgPool1d : detail::AvgPool<1> {
  using AvgPool::AvgPool;
  REEL_MEMBERS()
};
struct AvgPool2d : detail::AvgPool<2> {
  using AvgPool::AvgPool;
  REEL_MEMBERS()
};
struct AvgPool3d : detail::AvgPool<3> {
  using AvgPool::AvgPool;
  REEL_MEMBERS()
};

/// Average pooling with windows chosen so that each spatial axis of the result has the length `output`, whatever the input's.
struct AdaptiveAvgPool1d : detail::AdaptiveAvgPool<1> {
  using AdaptiveAvgPool::AdaptiveAvgPool;
  REEL_MEMBERS()
};
struct AdaptiveAvgPool2d : detail::AdaptiveAvgPool<2> {
  using AdaptiveAvgPool::AdaptiveAvgPool;
  REEL_MEMBERS()
};
struct AdaptiveAvgPool3d : detail::AdaptiveAvgPool<3> {
  using AdaptiveAvgPool::AdaptiveAvgPool;
  REEL_MEMBERS()
};

/// Max pooling with the windows of the adaptive average pooling.
struct AdaptiveMaxPool1d : detail::AdaptiveMaxPool<1> {
  using AdaptiveMaxPool::AdaptiveMaxPool;
  REEL_MEMBERS()
};
struct AdaptiveMaxPool2d : detail::AdaptiveMaxPool<2> {
  using AdaptiveMaxPool::AdaptiveMaxPool;
  REEL_MEMBERS()
};
struct AdaptiveMaxPool3d : detail::AdaptiveMaxPool<3> {
  using AdaptiveMaxPool::AdaptiveMaxPool;
  REEL_MEMBERS()
};

/// The mean over all spatial axes: (N, C, spatial...) to (N, C, 1...).
struct GlobalAvgPool : detail::OpLayer<global_avg_pool> {
  REEL_MEMBERS()
};
/// The largest element over all spatial axes: (N, C, spatial...) to (N, C, 1...).
struct GlobalMaxPool : detail::OpLayer<global_max_pool> {
  REEL_MEMBERS()
};

}  // namespace reel::nn
