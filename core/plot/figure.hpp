#pragma once
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <reel/core/array.hpp>
#include <reel/core/error.hpp>
#include <reel/core/mistake.hpp>

/// Charts and pictures of data as SVG files, which every browser shows.
namespace reel::plot {

/// A type that holds an Array, such as Tensor.
template <class T>
concept HoldsArray = requires(const T& t) {
  { t.value() } -> std::convertible_to<const Array&>;
};

/// A container of numbers other than text.
template <class T>
concept NumberRange = !HoldsArray<T> && requires(const T& t) {
  requires std::is_arithmetic_v<std::remove_cvref_t<decltype(*t.begin())>>;
  requires !std::is_same_v<std::remove_cvref_t<decltype(*t.begin())>, char>;
  t.begin() != t.end();
};

/// The numbers of an Array, of a type that holds an Array, or of a container, copied and flattened.
class Values {
 public:
  Values(const Array& array);
  template <HoldsArray T>
  Values(const T& holder) : Values(static_cast<const Array&>(holder.value())) {}
  template <NumberRange T>
  Values(const T& range) {
    for (const auto v : range) numbers_.push_back(static_cast<double>(v));
  }

  std::size_t size() const { return numbers_.size(); }
  const std::vector<double>& numbers() const& { return numbers_; }
  std::vector<double> numbers() && { return std::move(numbers_); }

 private:
  std::vector<double> numbers_;
};

struct FigureOptions {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  int width = 640;  // pixels
  int height = 420;
};

struct SeriesOptions {
  std::string label = {};  // name in the legend; a series without label is not listed
  std::string color = {};  // a name such as "red", #rrggbb or #rgb; by default the next of a colour-blind-safe cycle
  double alpha = 1;        // opacity, 0 to 1
  double size = 6;         // diameter of scatter()'s markers, pixels
  double width = 2;        // width of lines, pixels
  bool dashes = false;     // whether lines are dashed
};

struct BandOptions {
  std::string label = {};
  std::string color = {};
  double alpha = 0.2;
};

/// The place of the legend. `best` is the corner, or else the side, where the legend covers the fewest points.
enum class LegendPosition { best, top_right, top_left, bottom_right, bottom_left, right, left, none };

namespace detail {

struct Limits {
  double low;
  double high;
};

enum class Mark { line, scatter, band };

struct Series {
  Mark mark;
  std::vector<double> x;
  std::vector<double> y;
  SeriesOptions options;          // `color` resolved to #rrggbb
  std::vector<double> high = {};  // the high values of a band, whose low values are y
};

/// All data of a figure, ready to be drawn.
struct Drawing {
  FigureOptions options;
  std::vector<Series> series = {};
  std::optional<Limits> x_limits = {};
  std::optional<Limits> y_limits = {};
  bool log_y = false;
  LegendPosition legend = LegendPosition::best;
  std::size_t cycled = 0;  // series that took their colour from the cycle
};

}  // namespace detail

/// A chart of lines, points and bands with axes, ticks, a grid and a legend:
///
///     plot::Figure figure;
///     figure.scatter(x, y, {.label = "true", .color = "red"}).line(x, fit, {.label = "fitted"});
///     figure.labels("X", "Y").save("fit.svg");
///
/// NaN and infinite values (and, on a log axis, values that are not positive) leave a gap in a line and are omitted from a scatter. Texts
/// are UTF-8. The same calls give the same bytes. A figure without series has empty axes. Functions that are called on a temporary return
/// the figure by value instead of by reference.
class Figure {
 public:
  /// Throws Error for a width or height outside 120 to 10000 pixels.
  explicit Figure(FigureOptions options = {}, SourceLocation where = SourceLocation::here());
  REEL_NO_SUCH_OPTION(FigureOptions, explicit Figure(...));

  /// Adds points. Throws ShapeError when x and y differ in length, Error for a colour that does not exist or an option out of range.
  Figure& scatter(const Values& x, const Values& y, const SeriesOptions& options = {}, SourceLocation where = SourceLocation::here()) &;
  Figure scatter(const Values& x, const Values& y, const SeriesOptions& options = {}, SourceLocation where = SourceLocation::here()) && {
    return std::move(scatter(x, y, options, where));
  }
  REEL_NO_SUCH_OPTION(SeriesOptions, Figure& scatter(const Values&, const Values&, ...));
  /// Adds a line through the points in their order; throws as scatter() does.
  Figure& line(const Values& x, const Values& y, const SeriesOptions& options = {}, SourceLocation where = SourceLocation::here()) &;
  Figure line(const Values& x, const Values& y, const SeriesOptions& options = {}, SourceLocation where = SourceLocation::here()) && {
    return std::move(line(x, y, options, where));
  }
  /// Adds a line through (1, y[0]), (2, y[1]), ..., for example one point per epoch.
  Figure& line(const Values& y, const SeriesOptions& options = {}, SourceLocation where = SourceLocation::here()) &;
  Figure line(const Values& y, const SeriesOptions& options = {}, SourceLocation where = SourceLocation::here()) && {
    return std::move(line(y, options, where));
  }
  REEL_NO_SUCH_OPTION(SeriesOptions, Figure& line(const Values&, ...));

  /// Adds the area between `low` and `high`, for example an uncertainty. Without `.color` it has the colour of the next line or scatter, so
  /// that a band added before its line matches it. The area has a gap where one of the three values cannot be drawn. Throws as scatter()
  /// does.
  Figure& band(const Values& x, const Values& low, const Values& high, const BandOptions& options = {},
               SourceLocation where = SourceLocation::here()) &;
  Figure band(const Values& x, const Values& low, const Values& high, const BandOptions& options = {},
              SourceLocation where = SourceLocation::here()) && {
    return std::move(band(x, low, high, options, where));
  }
  REEL_NO_SUCH_OPTION(BandOptions, Figure& band(const Values&, const Values&, const Values&, ...));

  Figure& title(std::string text) &;
  Figure title(std::string text) && { return std::move(title(std::move(text))); }
  /// Sets the labels of the axes.
  Figure& labels(std::string x, std::string y) &;
  Figure labels(std::string x, std::string y) && { return std::move(labels(std::move(x), std::move(y))); }
  Figure& legend(LegendPosition position) &;
  Figure legend(LegendPosition position) && { return std::move(legend(position)); }
  /// Sets the range of an axis, which by default is that of the data. Throws Error unless low < high, both finite (and positive on a log
  /// axis).
  Figure& x_limits(double low, double high, SourceLocation where = SourceLocation::here()) &;
  Figure x_limits(double low, double high, SourceLocation where = SourceLocation::here()) && {
    return std::move(x_limits(low, high, where));
  }
  Figure& y_limits(double low, double high, SourceLocation where = SourceLocation::here()) &;
  Figure y_limits(double low, double high, SourceLocation where = SourceLocation::here()) && {
    return std::move(y_limits(low, high, where));
  }
  /// Makes the y axis logarithmic. Throws Error if y_limits() has set a limit that is not positive.
  Figure& log_y(bool on = true, SourceLocation where = SourceLocation::here()) &;
  Figure log_y(bool on = true, SourceLocation where = SourceLocation::here()) && { return std::move(log_y(on, where)); }

  const FigureOptions& options() const& { return drawing_.options; }
  FigureOptions options() && { return std::move(drawing_.options); }
  /// Returns the picture as the text of an SVG file.
  std::string svg() const;
  /// Writes svg() to `path`; an old file stays until the new one is complete. Throws IoError naming the path, also if it does not end in
  /// .svg: other programs convert SVG files to PNG or PDF, as `rsvg-convert figure.svg -o figure.png` does.
  Figure& save(const std::string& path, SourceLocation where = SourceLocation::here()) &;
  const Figure& save(const std::string& path, SourceLocation where = SourceLocation::here()) const&;
  Figure save(const std::string& path, SourceLocation where = SourceLocation::here()) && { return std::move(save(path, where)); }

 private:
  Figure& add(const char* function, detail::Series series, SourceLocation where);

  detail::Drawing drawing_;
};

}  // namespace reel::plot
