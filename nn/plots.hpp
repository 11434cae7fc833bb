#pragma once
#include <string>

#include <reel/core/plot/picture.hpp>
#include <reel/nn/module.hpp>

namespace reel::plot {

/// A picture of the gradients' sizes after backward(): mean and largest |gradient| per parameter, in the module's order, on a logarithmic
/// axis. Gradients that shrink from layer to layer vanish, gradients that grow explode. Parameters without a gradient are left out. Throws
/// Error where no parameter has a gradient.
Picture gradient_flow(nn::Module& model, const std::string& title = "Gradient flow", SourceLocation where = SourceLocation::here());

}  // namespace reel::plot
