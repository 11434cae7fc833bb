#include <reel/core/plot/figure.hpp>

#include <cmath>
#include <numeric>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <reel/core/plot/color.hpp>
#include <reel/core/plot/picture_page.hpp>
#include <reel/core/plot/render.hpp>
#include <reel/core/plot/ticks.hpp>

namespace reel::plot {

namespace {

std::string place(SourceLocation where) {
  const std::string text = to_string(where);
  return text.empty() ? text : fmt::format(" ({})", text);
}

/// `scatter "true"`, the series as messages name it.
std::string name_of(const char* function, const SeriesOptions& options) {
  return options.label.empty() ? std::string(function) : fmt::format("{} \"{}\"", function, options.label);
}

void check_options(const std::string& name, const SeriesOptions& options, SourceLocation where) {
  const auto check = [&](bool valid, std::string_view option, double value, std::string_view rule) {
    if (!valid) throw Error(fmt::format("{}: {} is {}; it must be {}{}", name, option, value, rule, place(where)));
  };
  check(options.alpha >= 0 && options.alpha <= 1, "alpha", options.alpha, "between 0 and 1");
  check(options.size > 0 && options.size <= 1000, "size", options.size, "more than 0 and at most 1000 pixels");
  check(options.width > 0 && options.width <= 1000, "width", options.width, "more than 0 and at most 1000 pixels");
}

detail::Limits checked_limits(const char* function, double low, double high, bool log, SourceLocation where) {
  if (!detail::usable_limits(low, high))
    throw Error(fmt::format("{}: low is {} and high is {}; both must be finite, and low below high by more than rounding{}", function, low,
                            high, place(where)));
  if (log && low <= 0) throw Error(fmt::format("{}: low is {}, but on a log axis limits must be positive{}", function, low, place(where)));
  return {low, high};
}

}  // namespace

Values::Values(const Array& array) {
  numbers_.reserve(array.size());
  for (std::size_t i = 0; i < array.size(); ++i) numbers_.push_back(array.as_double(i));
}

Figure::Figure(FigureOptions options, SourceLocation where) : drawing_{std::move(options)} {
  const auto check = [&](const char* name, int pixels) {
    if (pixels < 120 || pixels > 10000)
      throw Error(fmt::format("Figure: {} is {}; it must be 120 to 10000 pixels{}", name, pixels, place(where)));
  };
  check("width", drawing_.options.width);
  check("height", drawing_.options.height);
}

Figure& Figure::add(const char* function, detail::Series series, SourceLocation where) {
  SeriesOptions& options = series.options;
  const std::string name = name_of(function, options);
  if (series.x.size() != series.y.size())
    throw ShapeError(fmt::format("{}: x has {} values and y has {}; each point needs one of both{}", name, series.x.size(), series.y.size(),
                                 place(where)));
  check_options(name, options, where);
  if (options.color.empty() && series.mark == detail::Mark::band) {
    options.color = detail::cycle_color(drawing_.cycled);
  } else if (options.color.empty()) {
    // When the colours repeat, they get the other kind of line.
    if ((drawing_.cycled / detail::cycle_length()) % 2 == 1) options.dashes = !options.dashes;
    options.color = detail::cycle_color(drawing_.cycled++);
  } else if (const std::string color = detail::parse_color(options.color); !color.empty()) {
    options.color = color;
  } else {
    throw Error(fmt::format("{}: there is no color \"{}\"; {}{}", name, options.color, detail::color_help(), place(where)));
  }
  drawing_.series.push_back(std::move(series));
  return *this;
}

Figure& Figure::scatter(const Values& x, const Values& y, const SeriesOptions& options, SourceLocation where) & {
  return add("scatter", {detail::Mark::scatter, x.numbers(), y.numbers(), options}, where);
}

Figure& Figure::line(const Values& x, const Values& y, const SeriesOptions& options, SourceLocation where) & {
  return add("line", {detail::Mark::line, x.numbers(), y.numbers(), options}, where);
}

Figure& Figure::line(const Values& y, const SeriesOptions& options, SourceLocation where) & {
  std::vector<double> x(y.size());
  std::iota(x.begin(), x.end(), 1.0);
  return add("line", {detail::Mark::line, std::move(x), y.numbers(), options}, where);
}

Figure& Figure::band(const Values& x, const Values& low, const Values& high, const BandOptions& options, SourceLocation where) & {
  const SeriesOptions series{.label = options.label, .color = options.color, .alpha = options.alpha};
  if (low.size() != high.size())
    throw ShapeError(fmt::format("{}: low has {} values and high has {}; each point needs one of both{}", name_of("band", series),
                                 low.size(), high.size(), place(where)));
  return add("band", {detail::Mark::band, x.numbers(), low.numbers(), series, high.numbers()}, where);
}

Figure& Figure::title(std::string text) & {
  drawing_.options.title = std::move(text);
  return *this;
}

Figure& Figure::labels(std::string x, std::string y) & {
  drawing_.options.x_label = std::move(x);
  drawing_.options.y_label = std::move(y);
  return *this;
}

Figure& Figure::legend(LegendPosition position) & {
  drawing_.legend = position;
  return *this;
}

Figure& Figure::x_limits(double low, double high, SourceLocation where) & {
  drawing_.x_limits = checked_limits("x_limits", low, high, false, where);
  return *this;
}

Figure& Figure::y_limits(double low, double high, SourceLocation where) & {
  drawing_.y_limits = checked_limits("y_limits", low, high, drawing_.log_y, where);
  return *this;
}

Figure& Figure::log_y(bool on, SourceLocation where) & {
  if (drawing_.y_limits) checked_limits("log_y", drawing_.y_limits->low, drawing_.y_limits->high, on, where);
  drawing_.log_y = on;
  return *this;
}

std::string Figure::svg() const { return detail::render(drawing_); }

Figure& Figure::save(const std::string& path, SourceLocation where) & {
  std::as_const(*this).save(path, where);
  return *this;
}

const Figure& Figure::save(const std::string& path, SourceLocation where) const& {
  detail::save_svg(path, svg(), where);
  return *this;
}

}  // namespace reel::plot
