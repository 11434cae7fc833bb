#pragma once
#include <string>
#include <vector>

#include <reel/core/plot/geometry.hpp>

namespace reel::plot::detail {

/// The SVG of the legend: the labelled series, in the corner of `frame` (or at its side) that `position` names, or where it covers the
/// least of `shapes`, which are those of `series`. Empty when no series has a label.
std::string legend_svg(const std::vector<Series>& series, const std::vector<Shapes>& shapes, LegendPosition position, const Box& frame);

}  // namespace reel::plot::detail
