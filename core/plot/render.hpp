#pragma once
#include <string>

#include <reel/core/plot/figure.hpp>

namespace reel::plot::detail {

/// Returns the drawing as the text of an SVG file.
std::string render(const Drawing& drawing);

}  // namespace reel::plot::detail
