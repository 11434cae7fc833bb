#pragma once
#include <optional>
#include <vector>

#include <reel/autograd/debug/finding.hpp>
#include <reel/autograd/parameter.hpp>
#include <reel/core/mistake.hpp>

namespace reel::debug {

struct AlertOptions {
  /// Those that the result should reach; usually model.parameters().
  std::vector<ParameterRef> parameters = {};
  Tensor seed = {};
  /// Check every op's rule against numeric derivatives, once for each line. Costs many runs of each op.
  bool check_rules = false;
  /// A leaf's gradient vanishes if its norm is below this part of the largest leaf's, or of the largest on its way where there is only one
  /// leaf; it explodes if its norm is above this multiple of the seed's.
  double vanishing = 1e-6, exploding = 1e6;
  /// The part of an op's units, or elements, that has to be dead, or saturated.
  double dead = 0.5, saturated = 0.9;
  /// The part of a sum's terms that has to cancel.
  double cancellation = 0.9999;
};

/// All that looks wrong with a result and its gradients, in the order in which it should be looked at: NaN and infinities where they were
/// born, oldest first; wrong rules; parameters without a gradient, or with one that was not cleared; silently broadcast shapes;
/// exploding and vanishing gradients; dead units, saturation, cancellation, unused parts. Costs about three backward passes.
std::vector<Finding> alerts(const Tensor& result, const AlertOptions& options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(AlertOptions, std::vector<Finding> alerts(const Tensor&, ...));

/// The first op, in the order of both passes, that made a NaN or an infinity; for a result without a single number the forward pass only.
std::optional<Finding> find_first_nonfinite(const Tensor& result, SourceLocation at = SourceLocation::here());

}  // namespace reel::debug
