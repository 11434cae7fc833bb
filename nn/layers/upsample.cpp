#include <reel/nn/layers/upsample.hpp>

#include <fmt/format.h>
#include <reel/nn/layers/checks.hpp>

namespace reel::nn {

namespace {

const char* name_of_mode(Interpolation mode) {
  switch (mode) {
    case Interpolation::linear: return "linear";
    case Interpolation::bilinear: return "bilinear";
    case Interpolation::trilinear: return "trilinear";
    default: return "nearest";
  }
}

}  // namespace

Upsample::Upsample(InterpolateOptions options, SourceLocation at) : options_(options) {
  detail::require("Upsample", options.size.empty() != (options.scale_factor == 0), "it needs either a size or a scale_factor", at);
  detail::require("Upsample", options.scale_factor >= 0, fmt::format("scale_factor is {}; it has to be positive", options.scale_factor),
                  at);
  if (!options.size.empty()) detail::per_axis("Upsample", "size", options.size, options.size.size(), 1, at);
  detail::require("Upsample", !(options.align_corners && options.mode == Interpolation::nearest), "nearest has no align_corners", at);
}

Tensor Upsample::forward(const Tensor& x) {
  const CallSite site(called_at());
  return interpolate(x, options_);
}

std::string Upsample::description() const {
  const std::string target = options_.size.empty() ? fmt::format("scale_factor={}", options_.scale_factor)
                                                   : fmt::format("size={}", detail::short_text(options_.size));
  return fmt::format("Upsample({}, {}{})", target, name_of_mode(options_.mode), options_.align_corners ? ", align_corners" : "");
}

}  // namespace reel::nn
