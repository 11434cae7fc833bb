#pragma once
#include <reel/autograd/ops/resample.hpp>
#include <reel/nn/module.hpp>

namespace reel::nn {

/// x (N, C, spatial...) in another size, as interpolate(): `nn::Upsample({.scale_factor = 2, .mode = Interpolation::bilinear})`.
class Upsample : public Module {
 public:
  REEL_MEMBERS()
  /// Throws Error unless either size or scale_factor is given, and positive, or where align_corners is set for nearest.
  explicit Upsample(InterpolateOptions options, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  InterpolateOptions options_;
};

}  // namespace reel::nn
