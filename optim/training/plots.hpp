#pragma once
#include <reel/core/plot/picture.hpp>
#include <reel/optim/training/history.hpp>

namespace reel::plot {

/// Loss and every metric over the epochs, a panel each, training against validation where there is any. Throws Error for no epochs.
Picture training(const optim::History& history, SourceLocation where = SourceLocation::here());

}  // namespace reel::plot
