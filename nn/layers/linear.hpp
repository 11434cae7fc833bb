#pragma once
#include <optional>

#include <reel/core/mistake.hpp>
#include <reel/nn/module.hpp>

namespace reel::nn {

struct LinearOptions {
  /// Whether there is a bias.
  bool bias = true;
  /// Name of the weight's initializer, see init::weight_by_name(); "keras" initializes as Keras's Dense does.
  std::string_view init = "pytorch";
  Dtype dtype = float32;
};

/// Fully connected layer, y = x Wᵀ + b over the last axis of x: (..., in) to (..., out).
class Linear : public Module {
 public:
  Parameter weight;               ///< (out, in)
  std::optional<Parameter> bias;  ///< (out,)
  REEL_MEMBERS(weight, bias)

  /// Throws ShapeError for sizes below 1, Error for an unknown initializer.
  Linear(Integer in, Integer out, LinearOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(LinearOptions, Linear(Integer, Integer, ...));
  Tensor forward(const Tensor& x) override;
  std::string description() const override;
};

}  // namespace reel::nn
