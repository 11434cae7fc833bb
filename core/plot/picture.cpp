#include <reel/core/plot/picture.hpp>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <reel/core/io/file.hpp>
#include <reel/core/plot/color.hpp>
#include <reel/core/plot/picture_page.hpp>
#include <reel/core/plot/text.hpp>

namespace reel::plot {

namespace detail {

std::string page_svg(double width, double height, const std::string& title, const std::string& content) {
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" fill=\"#333333\" "
      "font-family=\"Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, Noto Sans, sans-serif\">\n<title>{2}</title>\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
      pixels(width), pixels(height), escape(title.empty() ? "Figure" : title));
  if (!title.empty()) {
    constexpr double bold = 1.15;  // how much wider than regular text
    const FittedText fitted = fit(title, page_title_size, 9, (width - 2 * page_edge) / bold);
    out += text_svg(width / 2, page_edge + page_title_size * 0.7, fitted.size, "middle", fitted.text, " font-weight=\"600\"");
  }
  return out + content + "</svg>\n";
}

std::string text_svg(double x, double y, double size, const char* anchor, std::string_view content, std::string_view more) {
  return fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{}\" text-anchor=\"{}\"{}>{}</text>\n", pixels(x), pixels(y), pixels(size),
                     anchor, more, escape(content));
}

void save_svg(const std::string& path, const std::string& svg, SourceLocation where) {
  reel::detail::placed(where, [&] {
    const std::string ending = std::filesystem::path(path).extension().string();
    const bool is_svg =
        ending.empty() || (ending.size() == 4 && (ending[1] | 32) == 's' && (ending[2] | 32) == 'v' && (ending[3] | 32) == 'g');
    if (!is_svg)
      throw IoError(
          fmt::format("save: {} ends in {}, but what is written is SVG; save it as .svg, of which rsvg-convert, inkscape or a browser make "
                      "other formats",
                      path, ending));
    io::write_file(path, svg, {});
  });
}

double below_title(const std::string& title) { return page_edge + (title.empty() ? 0 : page_title_size + 10); }

}  // namespace detail

const Picture& Picture::save(const std::string& path, SourceLocation where) const& {
  detail::save_svg(path, svg_, where);
  return *this;
}

Picture arrange(const std::vector<Figure>& figures, std::size_t columns, SourceLocation where) {
  reel::detail::placed(where, [&] {
    if (figures.empty() || columns == 0)
      throw Error(fmt::format("arrange: {} figures in {} columns; both have to be at least 1", figures.size(), columns));
  });
  double width = 0, top = 0;
  std::string content;
  for (std::size_t first = 0; first < figures.size(); first += columns) {
    double left = 0, height = 0;
    for (std::size_t i = first; i < std::min(figures.size(), first + columns); ++i) {
      const FigureOptions& options = figures[i].options();
      const std::string svg = figures[i].svg();
      content += fmt::format("<svg x=\"{}\" y=\"{}\" {}", detail::pixels(left), detail::pixels(top), svg.substr(svg.find("<svg ") + 5));
      left += options.width;
      height = std::max<double>(height, options.height);
    }
    width = std::max(width, left);
    top += height;
  }
  return Picture(detail::page_svg(width, top, "", content));
}

namespace {

Figure figure_of_classes(const Array& points, const Array& classes, const std::vector<std::string>& names, FigureOptions options) {
  if (points.rank() != 2 || points.shape()[1] != 2 || classes.rank() != 1 || classes.dtype() != int64 ||
      classes.size() != points.shape()[0])
    throw ShapeError(fmt::format("scatter_by_class: points are {} and classes {} {}; it needs (n, 2) and int64 (n,)", points.shape(),
                                 name_of(classes.dtype()), classes.shape()));
  std::size_t count = names.size();
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const std::int64_t k = classes.data<std::int64_t>()[i];
    constexpr std::int64_t most = 1000;
    if (k < 0 || k >= most || (!names.empty() && k >= static_cast<std::int64_t>(names.size())))
      throw Error(
          fmt::format("scatter_by_class: class {} at position {} is out of range for {} names", k, i, names.empty() ? 1000 : names.size()));
    count = std::max(count, static_cast<std::size_t>(k) + 1);
  }
  Figure figure(std::move(options), {});
  for (std::size_t k = 0; k < count; ++k) {
    std::vector<double> x, y;
    for (std::size_t i = 0; i < classes.size(); ++i) {
      if (classes.data<std::int64_t>()[i] != static_cast<std::int64_t>(k)) continue;
      x.push_back(points.as_double(2 * i));
      y.push_back(points.as_double(2 * i + 1));
    }
    if (x.empty()) continue;
    figure.scatter(
        x, y, {.label = names.empty() ? fmt::format("{}", k) : names[k], .color = detail::class_color(k, count), .alpha = 0.75, .size = 5},
        {});
  }
  return figure;
}

}  // namespace

Figure scatter_by_class(const Array& points, const Array& classes, const std::vector<std::string>& names, FigureOptions options,
                        SourceLocation where) {
  return reel::detail::placed(where, [&] { return figure_of_classes(points, classes, names, std::move(options)); });
}

}  // namespace reel::plot
