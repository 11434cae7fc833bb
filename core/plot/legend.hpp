#pragma once
#include <string>
#include <vector>

#include <reel/core/plot/geometry.hpp>

namespace reel::plot::detail {

/// Returns the SVG of the legend of the labelled series, in the corner or at the side of `frame` that `position` names, or where it covers
/// the least of `shapes` (the shapes of `series`). Empty when no series has a label.
std::string legend_svg(const std::vector<Series>& series, const std::vector<Shapes>& shapes, LegendPosition position, const Box& frame);

}  // namespace reel::plot::detail
