#include <reel/core/plot/legend.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <fmt/format.h>

#include <reel/core/plot/marks.hpp>
#include <reel/core/plot/text.hpp>

namespace reel::plot::detail {

namespace {

constexpr double row_height = 19, padding = 8, sample_width = 26, gap = 8, distance = 10;  // pixels; distance: from the frame

struct Row {
  const Series* series;  // null in the last row when there are too many
  FittedText text;
};

std::vector<Row> rows_of(const std::vector<Series>& series, const Box& frame) {
  const double room = 0.6 * (frame.right - frame.left) - 2 * padding - sample_width - gap;
  const double rows_that_fit = std::floor((frame.bottom - frame.top - 2 * (distance + padding)) / row_height);
  const std::size_t most = static_cast<std::size_t>(std::max(rows_that_fit, 1.0));
  std::vector<Row> rows;
  for (const Series& s : series)
    if (!s.options.label.empty()) rows.push_back({&s, fit(s.options.label, tick_size, 9, room)});
  if (rows.size() > most) {
    const std::size_t hidden = rows.size() - most + 1;
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(most - 1), rows.end());
    rows.push_back({nullptr, {fmt::format("\u2026 {} more", hidden), tick_size}});
  }
  return rows;
}

Box box_at(LegendPosition position, double width, double height, const Box& frame) {
  const bool is_left = position == LegendPosition::top_left || position == LegendPosition::bottom_left || position == LegendPosition::left;
  const double left = std::round(is_left ? frame.left + distance : frame.right - distance - width);
  double top = frame.top + distance;
  if (position == LegendPosition::bottom_left || position == LegendPosition::bottom_right) top = frame.bottom - distance - height;
  if (position == LegendPosition::left || position == LegendPosition::right) top = (frame.top + frame.bottom - height) / 2;
  return {left, std::round(top), left + width, std::round(top) + height};
}

/// How much of the data a box hides: markers, and lines in lengths of a marker.
double covered(const std::vector<Shapes>& shapes, const Box& box) {
  double sum = 0;
  for (const Shapes& shape : shapes) {
    sum += static_cast<double>(std::count_if(shape.dots.begin(), shape.dots.end(), [&](Point p) { return box.contains(p); }));
    for (const std::vector<Point>& line : shape.lines) {
      for (std::size_t i = 1; i < line.size(); ++i)
        if (const auto part = clip({line[i - 1], line[i]}, box))
          sum += std::hypot(part->to.x - part->from.x, part->to.y - part->from.y) / 6;
    }
  }
  return sum;
}

Box best_box(double width, double height, const Box& frame, const std::vector<Shapes>& shapes) {
  using enum LegendPosition;
  Box chosen = box_at(top_right, width, height, frame);
  double least = covered(shapes, chosen.grown(4));
  for (const LegendPosition position : {top_left, bottom_right, bottom_left, right, left}) {
    if (least == 0) break;
    const Box box = box_at(position, width, height, frame);
    if (const double hidden = covered(shapes, box.grown(4)); hidden < least) chosen = box, least = hidden;
  }
  return chosen;
}

std::string sample(const Series& series, double left, double middle) {
  if (series.mark == Mark::line) return lines_svg(series.options, {{{left, middle}, {left + sample_width, middle}}});
  if (series.mark == Mark::band) {
    const double right = left + sample_width, top = middle - 5, bottom = middle + 5;
    return areas_svg(series.options, {{{left, top}, {right, top}, {right, bottom}, {left, bottom}}});
  }
  SeriesOptions options = series.options;
  options.size = std::min(options.size, row_height - 6);
  return dots_svg(options, options.size, {{left + sample_width / 2, middle}});
}

}  // namespace

std::string legend_svg(const std::vector<Series>& series, const std::vector<Shapes>& shapes, LegendPosition position, const Box& frame) {
  const std::vector<Row> rows = rows_of(series, frame);
  if (rows.empty() || position == LegendPosition::none) return {};
  double text_room = 0;
  for (const Row& row : rows) text_room = std::max(text_room, text_width(row.text.text, row.text.size));
  const double width = std::ceil(2 * padding + sample_width + gap + text_room);
  const double height = 2 * padding + row_height * static_cast<double>(rows.size()) - 4;
  const Box box = position == LegendPosition::best ? best_box(width, height, frame, shapes) : box_at(position, width, height, frame);

  std::string out = fmt::format(
      "<g class=\"legend\">\n<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\" fill=\"#ffffff\" fill-opacity=\"0.88\" "
      "stroke=\"#cccccc\"/>\n",
      pixels(box.left), pixels(box.top), pixels(width), pixels(height));
  double middle = box.top + padding + (row_height - 4) / 2;
  for (const Row& row : rows) {
    if (row.series) out += sample(*row.series, box.left + padding, middle);
    out += fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{}\">{}</text>\n", pixels(box.left + padding + sample_width + gap),
                       pixels(middle + 0.35 * tick_size), pixels(row.text.size), escape(row.text.text));
    middle += row_height;
  }
  return out + "</g>\n";
}

}  // namespace reel::plot::detail
