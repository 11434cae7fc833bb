#pragma once
#include <reel/nn/module.hpp>

/// Dropout layers; p is the probability of dropping. Constructors throw Error unless 0 <= p < 1.
namespace reel::nn {

/// In training, sets each element to 0 with probability p and divides the others by 1 - p; in evaluation, returns x unchanged
/// (Srivastava et al. 2014).
class Dropout : public Module {
 public:
  REEL_MEMBERS()
  explicit Dropout(double p = 0.5, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  double p_;
};

namespace detail {

/// Base of Dropout1d, Dropout2d and Dropout3d: dropout of whole channels of x (N, C, spatial...) (Tompson et al. 2015).
class ChannelDropout : public Module {
 public:
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 protected:
  ChannelDropout(std::size_t spatial, double p, SourceLocation at);

 private:
  std::size_t spatial_;
  double p_;
};

}  // namespace detail

/// Dropout of whole channels of x (N, C, length), independently per sample.
struct Dropout1d : detail::ChannelDropout {
  REEL_MEMBERS()
  explicit Dropout1d(double p = 0.5, SourceLocation at = SourceLocation::here()) : ChannelDropout(1, p, at) {}
};
/// Dropout of whole channels of x (N, C, height, width), independently per sample.
struct Dropout2d : detail::ChannelDropout {
  REEL_MEMBERS()
  explicit Dropout2d(double p = 0.5, SourceLocation at = SourceLocation::here()) : ChannelDropout(2, p, at) {}
};
/// Dropout of whole channels of x (N, C, depth, height, width), independently per sample.
struct Dropout3d : detail::ChannelDropout {
  REEL_MEMBERS()
  explicit Dropout3d(double p = 0.5, SourceLocation at = SourceLocation::here()) : ChannelDropout(3, p, at) {}
};

/// Dropout that keeps mean 0 and variance 1, for networks with SELU: dropped elements get SELU's lower limit, then all elements are scaled
/// and shifted (Klambauer et al. 2017). In evaluation, returns x unchanged.
class AlphaDropout : public Module {
 public:
  REEL_MEMBERS()
  explicit AlphaDropout(double p = 0.5, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  double p_;
};

}  // namespace reel::nn
