#pragma once
#include <initializer_list>
#include <utility>
#include <vector>

#include <reel/autograd/parameter.hpp>
#include <reel/autograd/tensor.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

/// The tensors to differentiate with respect to: variables, parameters, or intermediate results.
class Variables {
 public:
  Variables(std::initializer_list<Tensor> tensors);
  Variables(std::vector<Tensor> tensors) : tensors_(std::move(tensors)) {}
  Variables(const std::vector<ParameterRef>& parameters);

  const std::vector<Tensor>& tensors() const& { return tensors_; }
  std::vector<Tensor> tensors() && { return std::move(tensors_); }

 private:
  std::vector<Tensor> tensors_;
};

struct GradientOptions {
  /// Record a history for the gradients, so that they can be differentiated again.
  bool differentiable = false;
  /// The gradient of y to start from (dL/dy for some loss L), of y's shape and dtype; by default 1, if y is a scalar.
  Tensor seed = {};
};

/// Returns dy/dx for each x, of x's shape and dtype; zeros where y does not depend on x. Changes no state: the gradients of parameters stay
/// as they are, and the history stays. Throws GradientError when y is not a scalar and no seed is given, when y has no history, when an x
/// is a constant, or when a rule returns a gradient of the wrong shape or dtype.
std::vector<Tensor> gradients(const Tensor& y, const Variables& x, const GradientOptions& options = {},
                              SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(GradientOptions, std::vector<Tensor> gradients(const Tensor&, const Variables&, ...));

}  // namespace reel
