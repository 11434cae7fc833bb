#pragma once
#include <optional>
#include <vector>

#include <reel/autograd/debug/finding.hpp>
#include <reel/autograd/parameter.hpp>
#include <reel/core/mistake.hpp>

namespace reel::debug {

struct AlertOptions {
  /// Parameters that the result should depend on; usually model.parameters().
  std::vector<ParameterRef> parameters = {};
  /// The gradient of the result to start from, of its shape and dtype; default 1, if the result is a scalar.
  Tensor seed = {};
  /// Compare every op's rule with numeric derivatives, once per source line. Runs each op many times. Default false.
  bool check_rules = false;
  /// Vanishing: a leaf's gradient norm is below this fraction of the largest leaf's, or if there is only one leaf, of the largest gradient
  /// norm on the way to it. Exploding: the norm is above this multiple of the seed's.
  double vanishing = 1e-6, exploding = 1e6;
  /// Fraction of an op's units (elements) that has to be dead (saturated).
  double dead = 0.5, saturated = 0.9;
  /// Fraction of a sum, by the magnitude of its terms, that has to cancel.
  double cancellation = 0.9999;
};

/// Returns everything that looks wrong with a result and its gradients, in the order in which a user should look at it: NaN and infinities
/// where they were born, oldest first; wrong rules; parameters without a gradient, or with one that was not cleared; silently broadcast
/// shapes; exploding and vanishing gradients; dead units, saturation, cancellation, unused parts. Costs about three backward passes.
std::vector<Finding> alerts(const Tensor& result, const AlertOptions& options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(AlertOptions, std::vector<Finding> alerts(const Tensor&, ...));

/// Returns the first op, in the order of both passes, that made a NaN or an infinity; nothing if there is none. For a result of more than
/// one element only the forward pass is searched.
std::optional<Finding> find_first_nonfinite(const Tensor& result, SourceLocation at = SourceLocation::here());

}  // namespace reel::debug
