#pragma once
#include <vector>

#include <reel/autograd/parameter.hpp>
#include <reel/core/mistake.hpp>

namespace reel::optim {

struct ClipNormOptions {
  double norm_type = 2;  ///< p of the p-norm, positive; infinity for the largest absolute value
  /// Whether a norm that is NaN or infinite is an error; otherwise the gradients are scaled by it all the same.
  bool error_if_nonfinite = false;
};

/// Clips the gradients' norm, as PyTorch does (Pascanu, Mikolov and Bengio 2013): if the norm of all gradients together is larger than
/// max_norm, multiplies each gradient by max_norm / (norm + 1e-6). Returns the norm before clipping. Parameters without a gradient do not
/// count. Throws Error for a max_norm that is negative or NaN; with error_if_nonfinite GradientError, naming the parameter.
double clip_grad_norm(const std::vector<ParameterRef>& parameters, double max_norm, const ClipNormOptions& options = {},
                      SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(ClipNormOptions, double clip_grad_norm(const std::vector<ParameterRef>&, double, ...));

/// Multiplies all gradients by a factor. After backward() of n micro-batches, the factor 1 / n turns the sum of their gradients into the
/// mean.
void scale_grad(const std::vector<ParameterRef>& parameters, double factor, SourceLocation at = SourceLocation::here());

/// Clamps each element of the gradients to [-clip_value, clip_value]; NaN stays NaN. Throws Error for a negative clip_value.
void clip_grad_value(const std::vector<ParameterRef>& parameters, double clip_value, SourceLocation at = SourceLocation::here());

}  // namespace reel::optim
