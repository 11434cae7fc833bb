#pragma once
#include <optional>
#include <vector>

#include <reel/core/plot/axis.hpp>

namespace reel::plot::detail {

/// A place on the page, in pixels from the top left corner.
struct Point {
  double x;
  double y;
  friend bool operator==(const Point&, const Point&) = default;
};

struct Box {
  double left;
  double top;
  double right;
  double bottom;

  bool contains(Point p) const { return p.x >= left && p.x <= right && p.y >= top && p.y <= bottom; }
  Box grown(double by) const { return {left - by, top - by, right + by, bottom + by}; }
};

struct Segment {
  Point from;
  Point to;
};
/// The part of a segment inside the box, if any (Liang and Barsky, "A new concept and method for line clipping", 1984).
std::optional<Segment> clip(Segment segment, const Box& box);

/// The shapes of a series, clipped to the visible part and without points that change nothing; coordinates are multiples of 0.01.
struct Shapes {
  std::vector<std::vector<Point>> lines;       // each has at least two points
  std::vector<std::vector<Point>> areas = {};  // the closed outlines of bands
  std::vector<Point> dots;                     // markers of a scatter, and isolated points of a line
};
Shapes shapes_of(const Series& series, const Axis& x, const Axis& y, bool log_y, const Box& frame);

}  // namespace reel::plot::detail
