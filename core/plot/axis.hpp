#pragma once
#include <vector>

#include <reel/core/plot/figure.hpp>
#include <reel/core/plot/ticks.hpp>

namespace reel::plot::detail {

/// The size of tick labels, in pixels.
inline constexpr double tick_size = 12;

/// Whether a value can be drawn on a linear or logarithmic axis.
bool drawable(double value, bool log);

/// The limits of both axes: those that the user set, else the range of the drawable points with a margin.
struct View {
  Limits x;
  Limits y;
};
View view_of(const Drawing& drawing);

/// An axis: the positions of its values on the page, and its ticks. `from` and `to` are the pixels of the low and the high limit.
class Axis {
 public:
  Axis(Limits limits, bool log, double from, double to);

  double pixel(double value) const { return from_ + (to_ - from_) * fraction(value); }

  /// Places about `count` major ticks at most; with `whole`, at whole numbers only.
  void place_ticks(int count, bool whole = false);
  /// Places as many ticks, up to `count`, as have labels that stand side by side without touching.
  void place_ticks_side_by_side(int count, bool whole);

  const std::vector<double>& major() const { return ticks_.major; }
  const std::vector<double>& minor() const { return ticks_.minor; }
  const TickLabels& labels() const { return labels_; }
  double widest_label() const;

 private:
  /// The position of a value between the limits: 0 at the low limit, 1 at the high one.
  double fraction(double value) const;

  Limits limits_;
  bool log_;
  double from_;
  double to_;
  LogTicks ticks_ = {};
  TickLabels labels_ = {};
};

}  // namespace reel::plot::detail
