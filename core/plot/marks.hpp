#pragma once
#include <string>
#include <vector>

#include <reel/core/plot/geometry.hpp>

namespace reel::plot::detail {

/// Return the SVG of lines, of areas and of round markers in the colour, opacity and width of a series.
std::string lines_svg(const SeriesOptions& options, const std::vector<std::vector<Point>>& lines);
std::string areas_svg(const SeriesOptions& options, const std::vector<std::vector<Point>>& areas);
std::string dots_svg(const SeriesOptions& options, double diameter, const std::vector<Point>& dots);

}  // namespace reel::plot::detail
