#pragma once
#include <reel/core/plot/picture.hpp>
#include <reel/optim/training/history.hpp>

namespace reel::plot {

/// A picture of the loss and every metric over the epochs, one panel each, with the validation data's values where there are any. Throws
/// Error for a history without epochs.
Picture training(const optim::History& history, SourceLocation where = SourceLocation::here());

}  // namespace reel::plot
