#pragma once
#include <string>

#include <reel/core/plot/picture.hpp>
#include <reel/nn/module.hpp>

namespace reel::plot {

/// How large the gradients are, parameter by parameter in the module's order: mean and largest |gradient|, on a logarithmic axis, as after
/// backward(). Shrinking from layer to layer they vanish, growing they explode. Parameters without a gradient are left out. Throws Error
/// where none has one.
Picture gradient_flow(nn::Module& model, const std::string& title = "Gradient flow", SourceLocation where = SourceLocation::here());

}  // namespace reel::plot
