#pragma once
#include <optional>

#include <reel/core/mistake.hpp>
#include <reel/nn/layers/linear.hpp>

namespace reel::nn {

/// Bilinear layer, y_o = x1ᵀ W_o x2 + b_o over the last axes: x1 (..., in1) and x2 (..., in2), with the same leading axes, to (..., out).
class Bilinear : public Module {
 public:
  Parameter weight;               ///< (out, in1, in2)
  std::optional<Parameter> bias;  ///< (out,)
  REEL_MEMBERS(weight, bias)

  /// Throws ShapeError for sizes below 1, Error for an unknown initializer. The initializer "pytorch" is uniform in ±1/√in1.
  Bilinear(Integer in1, Integer in2, Integer out, LinearOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(LinearOptions, Bilinear(Integer, Integer, Integer, ...));
  Tensor operator()(const Tensor& x1, const Tensor& x2, SourceLocation at = SourceLocation::here());
  std::string description() const override;
};

}  // namespace reel::nn
