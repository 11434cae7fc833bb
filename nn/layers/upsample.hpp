#pragma once
#include <reel/autograd/ops/resample.hpp>
#include <reel/nn/module.hpp>

namespace reel::nn {

/// Resizes the spatial axes of x (N, C, spatial...), as interpolate() does: `nn::Upsample({.scale_factor = 2, .mode =
/// Interpolation::bilinear})`.
class Upsample : public Module {
 public:
  REEL_MEMBERS()
  /// Throws Error unless exactly one of size and scale_factor is given and positive, and where align_corners is set for nearest.
  explicit Upsample(InterpolateOptions options, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  InterpolateOptions options_;
};

}  // namespace reel::nn
