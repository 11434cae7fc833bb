#include <reel/core/plot/render.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <reel/core/plot/axis.hpp>
#include <reel/core/plot/geometry.hpp>
#include <reel/core/plot/legend.hpp>
#include <reel/core/plot/marks.hpp>
#include <reel/core/plot/text.hpp>

namespace reel::plot::detail {

namespace {

constexpr double title_size = 16, label_size = 13;  // pixels
constexpr double bold = 1.15;                       // how much wider than regular text
constexpr double edge = 14, tick_length = 5;
constexpr const char* ink = "#333333";

/// Page and axes. Heights need no measuring; the left margin is measured from the labels of y's ticks, the right one from x's last label.
struct Layout {
  Box frame;
  Axis x;
  Axis y;
};

/// Whether the x values are all integers, as epochs are; such an axis has no ticks between them.
bool integer_x(const Drawing& drawing) {
  for (const Series& series : drawing.series)
    for (const double v : series.x)
      if (std::isfinite(v) && v != std::floor(v)) return false;
  return !drawing.series.empty();
}

int ticks_for(double length, double each) { return static_cast<int>(std::clamp(std::round(length / each), 3.0, 7.0)); }

Axis x_axis_between(const Drawing& drawing, Limits limits, double left, double right) {
  Axis axis(limits, false, left, right);
  axis.place_ticks_side_by_side(ticks_for(right - left, 80), integer_x(drawing));
  return axis;
}

Layout layout_of(const Drawing& drawing) {
  const FigureOptions& options = drawing.options;
  const View view = view_of(drawing);
  double top = edge + (options.title.empty() ? 0 : title_size + 8);
  // The ticks of an axis across the whole page tell whether x needs a line below for its label or for a note.
  const bool x_note = !x_axis_between(drawing, view.x, 0, options.width).labels().note.empty();
  const double below = options.x_label.empty() && !x_note ? 0 : label_size + 8;
  const double bottom = options.height - edge - tick_size - tick_length - 2 - below;
  const auto y_axis = [&] {
    Axis axis(view.y, drawing.log_y, bottom, top);
    axis.place_ticks(ticks_for(bottom - top, 45));
    return axis;
  };
  Axis y = y_axis();
  if (!y.labels().note.empty()) {
    top += tick_size + 4;
    y = y_axis();
  }
  const double labels = std::min(y.widest_label(), 0.4 * options.width);
  const double left = std::round(edge + (options.y_label.empty() ? 0 : label_size + 8) + labels + tick_length + 3) + 0.5;
  double right = options.width - edge - 4.5;
  Axis x = x_axis_between(drawing, view.x, left, right);
  if (!x.major().empty()) {
    const double overhang = x.pixel(x.major().back()) + text_width(x.labels().texts.back(), tick_size) / 2 - (options.width - 6);
    if (overhang > 0) x = x_axis_between(drawing, view.x, left, right -= std::ceil(overhang));
  }
  return {{left, top, right, bottom}, x, y};
}

/// The middle of the nearest pixel, where a thin line is sharp.
double sharp(double position) { return std::floor(position) + 0.5; }

std::string text(double x, double y, double size, const char* anchor, std::string_view content, std::string_view more = "") {
  return fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{}\" text-anchor=\"{}\"{}>{}</text>\n", pixels(x), pixels(y), pixels(size),
                     anchor, more, escape(content));
}

std::string grid(const Layout& layout) {
  const Box& frame = layout.frame;
  std::string minor, major;
  const auto across = [&](double y) { return fmt::format("M{} {}H{}", pixels(frame.left), pixels(sharp(y)), pixels(frame.right)); };
  const auto upright = [&](double x) { return fmt::format("M{} {}V{}", pixels(sharp(x)), pixels(frame.top), pixels(frame.bottom)); };
  for (const double v : layout.y.minor()) minor += across(layout.y.pixel(v));
  for (const double v : layout.y.major()) major += across(layout.y.pixel(v));
  for (const double v : layout.x.major()) major += upright(layout.x.pixel(v));
  const auto path = [](const std::string& d, const char* color) {
    return d.empty() ? d : fmt::format("<path d=\"{}\" stroke=\"{}\" fill=\"none\"/>\n", d, color);
  };
  return "<g class=\"grid\">\n" + path(minor, "#f3f3f3") + path(major, "#e4e4e4") + "</g>\n";
}

std::string axis_marks(const Layout& layout) {
  const Box& frame = layout.frame;
  const Axis& x = layout.x;
  const Axis& y = layout.y;
  std::string marks, x_texts, y_texts;
  const double baseline = frame.bottom + tick_length + 2 + tick_size * 0.85;
  for (std::size_t i = 0; i < x.major().size(); ++i) {
    const double at = x.pixel(x.major()[i]);
    marks += fmt::format("M{} {}v{}", pixels(sharp(at)), pixels(frame.bottom), pixels(tick_length));
    x_texts += text(at, baseline, tick_size, "middle", x.labels().texts[i]);
  }
  for (std::size_t i = 0; i < y.major().size(); ++i) {
    const double at = y.pixel(y.major()[i]);
    marks += fmt::format("M{} {}h-{}", pixels(frame.left), pixels(sharp(at)), pixels(tick_length));
    y_texts += text(frame.left - tick_length - 3, at + 0.36 * tick_size, tick_size, "end", y.labels().texts[i]);
  }
  return fmt::format(
      "<path class=\"frame\" d=\"M{0} {1}H{2}V{3}H{0}Z{4}\" stroke=\"#888888\" fill=\"none\"/>\n"
      "<g class=\"x-ticks\">\n{5}</g>\n<g class=\"y-ticks\">\n{6}</g>\n",
      pixels(frame.left), pixels(frame.top), pixels(frame.right), pixels(frame.bottom), marks, x_texts, y_texts);
}

std::string captions(const Drawing& drawing, const Layout& layout) {
  const FigureOptions& options = drawing.options;
  const Box& frame = layout.frame;
  const double center = (frame.left + frame.right) / 2, middle = (frame.top + frame.bottom) / 2;
  std::string out;
  if (!options.title.empty()) {
    const FittedText title = fit(options.title, title_size, 10, (options.width - 2 * edge) / bold);
    // Centred above the axes, moved as far as a long title needs.
    const double half = bold * text_width(title.text, title.size) / 2 + 4;
    const double at = std::max(std::min(center, options.width - half), half);
    out += text(at, edge + title_size * 0.7, title.size, "middle", title.text, " class=\"title\" font-weight=\"600\"");
  }
  if (!layout.y.labels().note.empty())
    out += text(frame.left, frame.top - 6, tick_size, "start", layout.y.labels().note, " class=\"y-note\"");
  double x_room = frame.right - frame.left;
  if (const std::string& note = layout.x.labels().note; !note.empty()) {
    out += text(frame.right, options.height - edge, tick_size, "end", note, " class=\"x-note\"");
    x_room -= 2 * (text_width(note, tick_size) + 8);
  }
  if (!options.x_label.empty()) {
    const FittedText label = fit(options.x_label, label_size, 9, std::max(x_room, 30.0));
    out += text(center, options.height - edge, label.size, "middle", label.text, " class=\"x-label\"");
  }
  if (!options.y_label.empty()) {
    const FittedText label = fit(options.y_label, label_size, 9, options.height - 8.0);
    const double half = text_width(label.text, label.size) / 2 + 4, x = edge + label_size * 0.6;
    const double y = std::max(std::min(middle, options.height - half), half);
    out += text(x, y, label.size, "middle", label.text,
                fmt::format(" class=\"y-label\" transform=\"rotate(-90 {} {})\"", pixels(x), pixels(y)));
  }
  return out;
}

std::string series_svg(const Series& series, const Shapes& shapes) {
  const bool is_line = series.mark == Mark::line;
  const std::string tooltip = series.options.label.empty() ? "" : fmt::format("<title>{}</title>\n", escape(series.options.label));
  if (series.mark == Mark::band) return fmt::format("<g class=\"band\">\n{}{}</g>\n", tooltip, areas_svg(series.options, shapes.areas));
  return fmt::format("<g class=\"{}\">\n{}{}{}</g>\n", is_line ? "line" : "scatter", tooltip, lines_svg(series.options, shapes.lines),
                     dots_svg(series.options, is_line ? 2.5 * series.options.width : series.options.size, shapes.dots));
}

/// Returns the text for screen readers: the title, what is drawn against what, and the series.
std::string description(const Drawing& drawing) {
  const FigureOptions& options = drawing.options;
  std::string out = options.title.empty() ? "Figure" : options.title;
  if (!options.x_label.empty() && !options.y_label.empty()) out += fmt::format(": {} against {}", options.y_label, options.x_label);
  const char* separator = "; ";
  for (const Series& series : drawing.series) {
    if (series.options.label.empty()) continue;
    out += separator + series.options.label;
    separator = ", ";
  }
  return out;
}

/// FNV-1a, 64 bits (Fowler, Noll and Vo). It names the clip path after the content, because several pictures may be put in one HTML page.
std::uint64_t hash(std::string_view content) {
  std::uint64_t h = 14695981039346656037u;
  for (const char c : content) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return h;
}

constexpr const char* page =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" aria-label=\"{2}\" "
    "fill=\"{3}\" font-family=\"{4}\">\n<title>{5}</title>\n<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n";
constexpr const char* fonts =
    "Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, Noto Sans, PingFang SC, Hiragino Sans, Microsoft YaHei, Noto Sans CJK "
    "SC, "
    "sans-serif";

}  // namespace

std::string render(const Drawing& drawing) {
  const FigureOptions& options = drawing.options;
  const Layout layout = layout_of(drawing);
  const Box& frame = layout.frame;
  std::vector<Shapes> shapes;
  std::string data;
  for (const Series& series : drawing.series) {
    shapes.push_back(shapes_of(series, layout.x, layout.y, drawing.log_y, frame));
    data += series_svg(series, shapes.back());
  }
  std::string out = fmt::format(page, options.width, options.height, escape(description(drawing)), ink, fonts,
                                escape(options.title.empty() ? "Figure" : options.title));
  out += grid(layout);
  const std::string rectangle = fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>", pixels(frame.left), pixels(frame.top),
                                            pixels(frame.right - frame.left), pixels(frame.bottom - frame.top));
  const std::string id = fmt::format("reel-{:016x}", hash(out + rectangle + data));
  out += fmt::format("<clipPath id=\"{0}\">{1}</clipPath>\n<g clip-path=\"url(#{0})\">\n{2}</g>\n", id, rectangle, data);
  out += axis_marks(layout) + captions(drawing, layout);
  return out + legend_svg(drawing.series, shapes, drawing.legend, frame) + "</svg>\n";
}

}  // namespace reel::plot::detail
