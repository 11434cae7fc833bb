#pragma once
#include <optional>

#include <reel/core/mistake.hpp>
#include <reel/nn/module.hpp>

namespace reel::nn {

struct LinearOptions {
  bool bias = true;
  /// An initializer's name, see init::weight_by_name; "keras" is Keras's Dense.
  std::string_view init = "pytorch";
  Dtype dtype = float32;
};

/// y = x Wᵀ + b over the last axis of x: (..., in) to (..., out).
class Linear : public Module {
 public:
  Parameter weight;               ///< (out, in)
  std::optional<Parameter> bias;  ///< (out,)
  REEL_MEMBERS(weight, bias)

  /// Throws ShapeError for sizes below 1, and Error for an initializer that there is not.
  Linear(Integer in, Integer out, LinearOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(LinearOptions, Linear(Integer, Integer, ...));
  Tensor forward(const Tensor& x) override;
  std::string description() const override;
};

}  // namespace reel::nn
