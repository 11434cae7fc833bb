#include <reel/core/plot/marks.hpp>

#include <cstddef>

#include <fmt/format.h>

#include <reel/core/plot/text.hpp>

namespace reel::plot::detail {

namespace {

std::string opacity(const char* what, double alpha) {
  return alpha < 1 ? fmt::format(" {}-opacity=\"{}\"", what, fmt::format("{:.3g}", alpha)) : std::string();
}

/// A path from the first point to the last.
std::string steps(const std::vector<Point>& line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    out += i == 0 ? 'M' : 'L';
    out += pixels(line[i].x) + ' ' + pixels(line[i].y);
  }
  return out;
}

}  // namespace

std::string lines_svg(const SeriesOptions& options, const std::vector<std::vector<Point>>& lines) {
  if (lines.empty()) return {};
  std::string out = "<path d=\"";
  for (const std::vector<Point>& line : lines) out += steps(line);
  const std::string dashes = options.dashes
                                 ? fmt::format("stroke-dasharray=\"{} {}\"", pixels(3 * options.width), pixels(2 * options.width))
                                 : "stroke-linecap=\"round\"";
  return out + fmt::format("\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\" {}{}/>\n", options.color,
                           pixels(options.width), dashes, opacity("stroke", options.alpha));
}

std::string areas_svg(const SeriesOptions& options, const std::vector<std::vector<Point>>& areas) {
  if (areas.empty()) return {};
  std::string out = "<path d=\"";
  for (const std::vector<Point>& area : areas) out += steps(area) + 'Z';
  return out + fmt::format("\" fill=\"{}\"{}/>\n", options.color, opacity("fill", options.alpha));
}

std::string dots_svg(const SeriesOptions& options, double diameter, const std::vector<Point>& dots) {
  if (dots.empty()) return {};
  std::string out = fmt::format("<g fill=\"{}\"{}>\n", options.color, opacity("fill", options.alpha));
  for (const Point p : dots) out += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"/>\n", pixels(p.x), pixels(p.y), pixels(diameter / 2));
  return out + "</g>\n";
}

}  // namespace reel::plot::detail
