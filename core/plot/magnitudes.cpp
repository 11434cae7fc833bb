#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/core/plot/axis.hpp>
#include <reel/core/plot/picture.hpp>
#include <reel/core/plot/picture_page.hpp>
#include <reel/core/plot/text.hpp>

namespace reel::plot {

namespace {

using detail::page_edge, detail::page_text_size, detail::pixels, detail::text_svg;

bool is_drawn(double value) { return std::isfinite(value) && value > 1e-290; }

/// Whole powers of ten around all values.
detail::Limits limits_of(const std::vector<MagnitudeRow>& rows) {
  double low = 1e300, high = 0;
  for (const MagnitudeRow& row : rows) {
    for (const double value : {row.mean, row.largest}) {
      if (!is_drawn(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  if (high == 0) return {0.1, 1};
  const double from = std::floor(std::log10(low) - 0.1), to = std::ceil(std::log10(high) + 1e-9);
  return {std::pow(10, from), std::pow(10, std::max(to, from + 1))};
}

std::string bar(double left, double top, double right, double height, const char* color) {
  return fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"/>\n", pixels(left), pixels(top), pixels(right - left),
                     pixels(height), color);
}

constexpr const char* light = "#a9cbe6";
constexpr const char* dark = "#0072b2";

}  // namespace

Picture magnitudes(const std::vector<MagnitudeRow>& rows, const std::string& title, SourceLocation where) {
  if (rows.empty()) reel::detail::placed(where, [] { throw Error("magnitudes: there are no rows"); });
  constexpr double row_height = 20, plot_width = 380, legend_height = 22;
  double names = 0;
  for (const MagnitudeRow& row : rows) names = std::max(names, detail::text_width(row.name, page_text_size));
  names = std::min(names, 260.0);
  const double left = page_edge + names + 10, right = left + plot_width, top = detail::below_title(title) + legend_height;
  const double bottom = top + row_height * static_cast<double>(rows.size()) + 4;
  detail::Axis axis(limits_of(rows), true, left, right);
  axis.place_ticks_side_by_side(7, false);
  std::string content;
  for (std::size_t i = 0; i < axis.major().size(); ++i) {
    const double x = std::floor(axis.pixel(axis.major()[i])) + 0.5;
    content += fmt::format("<path d=\"M{0} {1}V{2}\" stroke=\"#e4e4e4\"/>\n", pixels(x), pixels(top), pixels(bottom));
    content += text_svg(x, bottom + page_text_size + 4, page_text_size, "middle", axis.labels().texts[i]);
  }
  content += bar(left, top - 19, left + 14, 10, dark) + text_svg(left + 20, top - 10, page_text_size, "start", "mean |gradient|");
  content += bar(left + 130, top - 19, left + 144, 10, light) + text_svg(left + 150, top - 10, page_text_size, "start", "max |gradient|");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const MagnitudeRow& row = rows[i];
    const double y = top + static_cast<double>(i) * row_height + 4, baseline = y + row_height / 2 - 2 + 0.36 * page_text_size;
    const detail::FittedText name = detail::fit(row.name, page_text_size, 8, names);
    content += text_svg(left - 8, baseline, name.size, "end", name.text);
    if (is_drawn(row.largest)) content += bar(left, y, axis.pixel(row.largest), row_height - 4, light);
    if (is_drawn(row.mean)) content += bar(left, y + 3, axis.pixel(row.mean), row_height - 10, dark);
    if (!is_drawn(row.largest))
      content += text_svg(left + 6, baseline, page_text_size, "start",
                          row.largest == 0          ? "0"
                          : std::isnan(row.largest) ? "NaN"
                          : std::isinf(row.largest) ? "infinite"
                                                    : "nearly 0",
                          " fill=\"#c62828\"");
  }
  content += fmt::format("<path d=\"M{0} {1}V{2}H{3}\" stroke=\"#888888\" fill=\"none\"/>\n", pixels(std::floor(left) + 0.5), pixels(top),
                         pixels(std::floor(bottom) + 0.5), pixels(right));
  return Picture(detail::page_svg(right + page_edge + 20, bottom + page_text_size + 8 + page_edge, title, content));
}

}  // namespace reel::plot
