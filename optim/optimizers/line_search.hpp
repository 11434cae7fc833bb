#pragma once
// Internal; not installed. A line search for the strong Wolfe conditions (Nocedal and Wright 2006, algorithms 3.5 and 3.6), with the
// safeguards that PyTorch's has.
#include <algorithm>
#include <cmath>
#include <utility>

namespace reel::optim {

/// The minimum, within bounds, of the cubic with these values and derivatives at two points; the middle of the bounds where it has none.
template <class Point>
double cubic_minimum(const Point& a, const Point& b, double low, double high) {
  const Point &left = a.t <= b.t ? a : b, &right = a.t <= b.t ? b : a;
  const double d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t), square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const double d2 = std::sqrt(square);
  const double t = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2));
  return std::min(std::max(t, low), high);
}

/// Returns a point along a direction at which the loss has decreased enough and its derivative is small enough. `at(t)` evaluates the loss,
/// `start` is the point at 0, and `size` is the largest absolute element of the direction.
template <class At, class Point>
Point strong_wolfe(const At& at, const Point& start, double t, double size, double tolerance_change) {
  constexpr double c1 = 1e-4, c2 = 0.9;
  constexpr int most = 25;
  const auto is_too_high = [&](const Point& p) { return p.loss > start.loss + c1 * p.t * start.slope; };
  const auto is_flat = [&](const Point& p) { return std::abs(p.slope) <= -c2 * start.slope; };

  // Move ahead until the minimum is bracketed.
  Point before = start, now = at(t);
  int calls = 0;
  for (;; ++calls) {
    if (calls == most) {
      before = start;
      break;
    }
    if (is_too_high(now) || (calls > 1 && now.loss >= before.loss)) break;
    if (is_flat(now)) return now;
    if (now.slope >= 0) break;
    const double next = cubic_minimum(before, now, now.t + 0.01 * (now.t - before.t), now.t * 10);
    before = std::exchange(now, at(next));
  }

  // Narrow the bracket; `low` is its end with the lower loss.
  Point low = std::move(before), high = std::move(now);
  if (!(low.loss <= high.loss)) std::swap(low, high);
  bool was_near_an_end = false;
  for (; calls < most && std::abs(high.t - low.t) * size >= tolerance_change; ++calls) {
    const double left = std::min(low.t, high.t), right = std::max(low.t, high.t), margin = 0.1 * (right - left);
    t = cubic_minimum(low, high, left, right);
    const bool is_near_an_end = std::min(right - t, t - left) < margin;
    if (is_near_an_end && (was_near_an_end || t >= right || t <= left)) {
      t = std::abs(t - right) < std::abs(t - left) ? right - margin : left + margin;
      was_near_an_end = false;
    } else {
      was_near_an_end = is_near_an_end;
    }
    Point middle = at(t);
    if (is_too_high(middle) || middle.loss >= low.loss) {
      high = std::move(middle);
      if (!(low.loss <= high.loss)) std::swap(low, high);
    } else if (is_flat(middle)) {
      return middle;
    } else {
      if (middle.slope * (high.t - low.t) >= 0) high = low;
      low = std::move(middle);
    }
  }
  return low;
}

}  // namespace reel::optim
