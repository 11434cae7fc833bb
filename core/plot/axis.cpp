#include <reel/core/plot/axis.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <reel/core/plot/text.hpp>

namespace reel::plot::detail {

namespace {

constexpr double margin = 0.04;  // of the data's range, on both sides

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void add(double v) { low = std::min(low, v), high = std::max(high, v); }
};

/// Room around one value, or around values that differ by rounding only.
Limits around(double value) {
  const double half = std::max(0.1 * std::abs(value), 1e-289);
  return value == 0 ? Limits{-1, 1} : Limits{value - half, value + half};
}

Limits padded(Range range, bool log) {
  if (range.low > range.high) return log ? Limits{1, 10} : Limits{0, 1};
  if (!usable_limits(range.low, range.high)) {
    const double middle = range.low / 2 + range.high / 2;
    return log ? Limits{std::max(middle / 3, 1e-299), std::min(middle * 3, 1e300)} : around(middle);
  }
  if (log) {
    const double factor = std::pow(10, margin * (std::log10(range.high) - std::log10(range.low)));
    return {std::max(range.low / factor, 1e-299), std::min(range.high * factor, 1e300)};
  }
  const double pad = margin * (range.high - range.low);
  return {range.low - pad, range.high + pad};
}

bool within(const std::optional<Limits>& limits, double v) { return !limits || (v >= limits->low && v <= limits->high); }

}  // namespace

// The bounds leave room for margins and differences without overflow.
bool drawable(double value, bool log) { return std::abs(value) <= 0.9e300 && (!log || value >= 1e-298); }

View view_of(const Drawing& drawing) {
  Range x, y;
  for (const Series& series : drawing.series) {
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!drawable(series.x[i], false) || !drawable(series.y[i], drawing.log_y)) continue;
      // With one axis limited, the other shows what is left.
      if (within(drawing.y_limits, series.y[i])) x.add(series.x[i]);
      if (within(drawing.x_limits, series.x[i])) y.add(series.y[i]);
      if (series.mark == Mark::band && within(drawing.x_limits, series.x[i]) && drawable(series.high[i], drawing.log_y))
        y.add(series.high[i]);
    }
  }
  return {drawing.x_limits.value_or(padded(x, false)), drawing.y_limits.value_or(padded(y, drawing.log_y))};
}

Axis::Axis(Limits limits, bool log, double from, double to) : limits_(limits), log_(log), from_(from), to_(to) {}

double Axis::fraction(double value) const {
  if (log_) return (std::log10(value) - std::log10(limits_.low)) / (std::log10(limits_.high) - std::log10(limits_.low));
  return (value - limits_.low) / (limits_.high - limits_.low);
}

void Axis::place_ticks(int count, bool whole) {
  if (log_) {
    ticks_ = log_ticks(limits_.low, limits_.high, count);
    labels_ = label_log_ticks(ticks_.major);
  } else {
    ticks_ = {nice_ticks(limits_.low, limits_.high, count, whole), {}};
    labels_ = label_ticks(ticks_.major);
  }
}

void Axis::place_ticks_side_by_side(int count, bool whole) {
  for (; count >= 2; --count) {
    place_ticks(count, whole);
    if (major().size() < 2 || std::abs(pixel(major()[1]) - pixel(major()[0])) >= widest_label() + tick_size) return;
  }
}

double Axis::widest_label() const {
  double widest = 0;
  for (const std::string& text : labels_.texts) widest = std::max(widest, text_width(text, tick_size));
  return widest;
}

}  // namespace reel::plot::detail
