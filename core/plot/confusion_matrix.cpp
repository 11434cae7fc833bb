#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/core/plot/picture.hpp>
#include <reel/core/plot/picture_page.hpp>
#include <reel/core/plot/text.hpp>

namespace reel::plot {

namespace {

using detail::page_edge, detail::page_text_size, detail::pixels, detail::text_svg;

/// White to dark blue.
std::string shade(double share) {
  const auto mix = [&](double white, double blue) { return static_cast<int>(std::lround(white + (blue - white) * share)); };
  return fmt::format("#{:02x}{:02x}{:02x}", mix(255, 11), mix(255, 74), mix(255, 140));
}

std::vector<std::string> names_of(const Array& counts, const ConfusionMatrixOptions& options) {
  if (counts.rank() != 2 || counts.shape()[0] != counts.shape()[1] || counts.size() == 0)
    throw ShapeError(fmt::format("confusion_matrix: counts are {}; it needs (classes, classes)", counts.shape()));
  std::vector<std::string> names = options.names;
  if (names.empty())
    for (std::size_t i = 0; i < counts.shape()[0]; ++i) names.push_back(fmt::format("{}", i));
  if (names.size() != counts.shape()[0])
    throw Error(fmt::format("confusion_matrix: there are {} names for {} classes", names.size(), counts.shape()[0]));
  return names;
}

std::string count_text(double count) { return count == std::floor(count) ? fmt::format("{:.0f}", count) : fmt::format("{:.3g}", count); }

}  // namespace

Picture confusion_matrix(const Array& counts, const ConfusionMatrixOptions& options, SourceLocation where) {
  const std::vector<std::string> names = reel::detail::placed(where, [&] { return names_of(counts, options); });
  const std::size_t n = names.size();
  double widest_name = 0, widest_count = 0;
  for (const std::string& name : names) widest_name = std::max(widest_name, detail::text_width(name, page_text_size));
  for (std::size_t i = 0; i < counts.size(); ++i)
    widest_count = std::max(widest_count, detail::text_width(count_text(counts.as_double(i)), page_text_size));
  widest_name = std::min(widest_name, 140.0);
  const double cell = std::max(34.0, std::ceil(widest_count) + 10);
  // Names below the columns stand upright where they are wider than a cell.
  const bool upright = widest_name > cell - 4;
  const double label = page_text_size + 8;
  const double left = page_edge + label + widest_name + 8, top = detail::below_title(options.title);
  const double side = cell * static_cast<double>(n), names_height = upright ? widest_name + 8 : page_text_size + 6;
  std::string cells, texts;
  for (std::size_t row = 0; row < n; ++row) {
    double total = 0;
    for (std::size_t column = 0; column < n; ++column) total += counts.as_double(row * n + column);
    const double y = top + static_cast<double>(row) * cell;
    for (std::size_t column = 0; column < n; ++column) {
      const double count = counts.as_double(row * n + column), share = total > 0 ? std::clamp(count / total, 0.0, 1.0) : 0;
      const double x = left + static_cast<double>(column) * cell;
      cells += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\" stroke=\"#dddddd\"/>\n", pixels(x), pixels(y),
                           pixels(cell), pixels(cell), shade(share));
      texts += text_svg(x + cell / 2, y + cell / 2 + 0.36 * page_text_size, page_text_size, "middle", count_text(count),
                        share > 0.5  ? " fill=\"#ffffff\""
                        : count == 0 ? " fill=\"#aaaaaa\""
                                     : "");
    }
    const detail::FittedText name = detail::fit(names[row], page_text_size, 8, widest_name);
    const double middle = static_cast<double>(row) * cell + cell / 2 + 0.36 * page_text_size, x = left + middle, under = top + side + 6;
    texts += text_svg(left - 8, top + middle, name.size, "end", name.text);
    texts +=
        upright
            ? text_svg(x, under, name.size, "end", name.text, fmt::format(" transform=\"rotate(-90 {} {})\"", pixels(x), pixels(under)))
            : text_svg(left + static_cast<double>(row) * cell + cell / 2, top + side + page_text_size + 4, name.size, "middle", name.text);
  }
  const double height = top + side + names_height + label + page_edge, x = page_edge + page_text_size * 0.6, y = top + side / 2;
  texts += text_svg(left + side / 2, height - page_edge, page_text_size + 1, "middle", "predicted");
  texts += text_svg(x, y, page_text_size + 1, "middle", "true", fmt::format(" transform=\"rotate(-90 {} {})\"", pixels(x), pixels(y)));
  return Picture(detail::page_svg(left + side + page_edge, height, options.title, cells + texts));
}

}  // namespace reel::plot
