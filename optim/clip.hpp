#pragma once
#include <vector>

#include <reel/autograd/parameter.hpp>
#include <reel/core/mistake.hpp>

namespace reel::optim {

struct ClipNormOptions {
  double norm_type = 2;  ///< p of the p-norm, above 0; infinity for the largest absolute value
  /// Throw when the norm is NaN or infinite; otherwise the gradients become what scaling by it makes of them.
  bool error_if_nonfinite = false;
};

/// Scales all gradients by one factor, max_norm / (norm + 1e-6), if the norm of all of them together is larger than max_norm; returns the
/// norm before (Pascanu, Mikolov and Bengio 2013), as PyTorch's. Parameters without a gradient do not count. Throws Error for a max_norm
/// that is negative or no number, GradientError where error_if_nonfinite asks for it, naming the parameter.
double clip_grad_norm(const std::vector<ParameterRef>& parameters, double max_norm, const ClipNormOptions& options = {},
                      SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(ClipNormOptions, double clip_grad_norm(const std::vector<ParameterRef>&, double, ...));

/// Multiplies all gradients: 1 / n makes the mean of the n micro-batches whose gradients backward() added up.
void scale_grad(const std::vector<ParameterRef>& parameters, double factor, SourceLocation at = SourceLocation::here());

/// Limits each element of the gradients to [-clip_value, clip_value]; NaN stays. Throws Error for a negative clip_value.
void clip_grad_value(const std::vector<ParameterRef>& parameters, double clip_value, SourceLocation at = SourceLocation::here());

}  // namespace reel::optim
