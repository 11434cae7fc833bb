#include <reel/core/plot/geometry.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace reel::plot::detail {

namespace {

/// A line of more points than this has its x rounded to a quarter of a pixel: nobody sees that, and `extend` keeps the file small.
constexpr std::size_t many = 20000;

Point rounded(Point p) { return {std::round(p.x * 100) / 100, std::round(p.y * 100) / 100}; }

/// Whether `p` is on the vertical from `a` to `b`, between them.
bool within_vertical(Point a, Point p, Point b) {
  return a.x == p.x && p.x == b.x && p.y >= std::min(a.y, b.y) && p.y <= std::max(a.y, b.y);
}

/// Adds a point unless the line looks the same without it. A long series has many points on each column of the picture, of which the
/// first, the last and the extremes are seen.
void extend(std::vector<Point>& line, Point p) {
  if (!line.empty() && line.back() == p) return;
  while (line.size() >= 2) {
    const std::size_t n = line.size();
    if (within_vertical(line[n - 2], line[n - 1], p)) {
      line.pop_back();  // on the way from the one before
    } else if (n >= 3 && line[n - 1].x == p.x && within_vertical(line[n - 3], line[n - 1], line[n - 2])) {
      line.pop_back();  // a turn inside the stretch that is drawn already
    } else {
      break;
    }
  }
  if (line.empty() || line.back() != p) line.push_back(p);
}

void finish(Shapes& shapes, std::vector<Point>& line) {
  if (line.size() == 1) shapes.dots.push_back(line[0]);
  if (line.size() > 1) shapes.lines.push_back(std::move(line));
  line.clear();
}

void add_step(Shapes& shapes, std::vector<Point>& line, Segment step, const Box& box) {
  const std::optional<Segment> seen = clip(step, box);
  if (!seen) return finish(shapes, line);
  const Point from = rounded(seen->from);
  if (line.empty() || line.back() != from) {
    finish(shapes, line);
    line.push_back(from);
  }
  extend(line, rounded(seen->to));
  if (seen->to != step.to) finish(shapes, line);
}

/// Far outside the frame only the direction matters; bounded, differences of coordinates stay finite.
double bounded(double v) { return std::clamp(v, -1e12, 1e12); }

/// The stretches of a band on which all three numbers can be drawn, each along its low values and back along the high ones.
Shapes areas_of(const Series& series, const Axis& x, const Axis& y, bool log_y) {
  Shapes shapes;
  std::vector<Point> low, high;
  const auto close = [&] {
    if (low.size() > 1) {
      low.insert(low.end(), high.rbegin(), high.rend());
      shapes.areas.push_back(low);
    }
    low.clear();
    high.clear();
  };
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (!drawable(series.x[i], false) || !drawable(series.y[i], log_y) || !drawable(series.high[i], log_y)) {
      close();
      continue;
    }
    const double at = bounded(x.pixel(series.x[i]));
    low.push_back(rounded({at, bounded(y.pixel(series.y[i]))}));
    high.push_back(rounded({at, bounded(y.pixel(series.high[i]))}));
  }
  close();
  return shapes;
}

}  // namespace

std::optional<Segment> clip(Segment segment, const Box& box) {
  const Point a = segment.from, b = segment.to;
  double enter = 0, leave = 1;
  const auto cut = [&](double direction, double distance) {
    if (direction == 0) return distance >= 0;
    const double t = distance / direction;
    if (direction < 0) enter = std::max(enter, t);
    if (direction > 0) leave = std::min(leave, t);
    return enter <= leave;
  };
  const double dx = b.x - a.x, dy = b.y - a.y;
  if (!cut(-dx, a.x - box.left) || !cut(dx, box.right - a.x) || !cut(-dy, a.y - box.top) || !cut(dy, box.bottom - a.y)) return {};
  const auto at = [&](double t) { return Point{a.x + t * dx, a.y + t * dy}; };
  return Segment{enter > 0 ? at(enter) : a, leave < 1 ? at(leave) : b};
}

Shapes shapes_of(const Series& series, const Axis& x, const Axis& y, bool log_y, const Box& frame) {
  if (series.mark == Mark::band) return areas_of(series, x, y, log_y);
  const Box seen = frame.grown(std::max(series.options.size, series.options.width) + 4);
  Shapes shapes;
  std::vector<Point> line;
  std::optional<Point> previous;
  bool drawn = false;  // whether `previous` is part of a segment
  const auto gap = [&] {
    if (previous && !drawn && seen.contains(*previous)) shapes.dots.push_back(rounded(*previous));
    finish(shapes, line);
    previous.reset();
    drawn = false;
  };
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (!drawable(series.x[i], false) || !drawable(series.y[i], log_y)) {
      gap();
      continue;
    }
    Point p{bounded(x.pixel(series.x[i])), bounded(y.pixel(series.y[i]))};
    if (series.mark == Mark::scatter) {
      if (seen.contains(p) && (shapes.dots.empty() || shapes.dots.back() != rounded(p))) shapes.dots.push_back(rounded(p));
      continue;
    }
    if (series.x.size() > many) p.x = std::round(p.x * 4) / 4;
    if (previous) {
      add_step(shapes, line, {*previous, p}, seen);
      drawn = true;
    }
    previous = p;
  }
  gap();
  return shapes;
}

}  // namespace reel::plot::detail
