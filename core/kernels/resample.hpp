#pragma once
#include <string_view>

#include <reel/core/kernels/pool.hpp>

namespace reel {

/// How interpolate finds a value between elements: the element at or before it, or straight lines along one, two or three spatial axes.
enum class Interpolation { nearest, linear, bilinear, trilinear };

struct InterpolateOptions {
  /// The result's lengths: one number for all spatial axes, or one for each. Either this or scale_factor.
  Ints size = {};
  /// Lengths are multiplied by it, and rounded down.
  double scale_factor = 0;
  Interpolation mode = Interpolation::nearest;
  /// Whether the first and last elements stay first and last, rather than the outer borders of the elements. Not for nearest.
  bool align_corners = false;
};

namespace kernels {

/// One axis of a resampling: how each output is a weighted sum of some inputs. Plain data.
struct AxisMap {
  enum class Kind { same, windows, adaptive, nearest, linear };
  Kind kind = Kind::same;
  std::size_t in = 1, out = 1;
  std::size_t kernel = 1, stride = 1, padding = 0;  // windows: means of them
  bool count_include_pad = true;
  double scale = 0;  // inputs per output where given, else in / out
  bool align_corners = false;
};

/// A linear map of each axis of the last three at most: of averages or interpolations. Plain data.
struct Resampling {
  Shape x, y;
  AxisMap axes[3];  // depth, height, width

  /// Throws ShapeError in the name of `op` for shapes and axes that do not belong together, which none of the functions below makes.
  void check(std::string_view op) const;
};

Resampling averages_of(const Pool& pool);
/// Throws ShapeError, Error or DtypeError in the name of `op`.
Resampling interpolation_of(std::string_view op, const Array& x, const InterpolateOptions& options);

/// Throws ShapeError or DtypeError unless x has the map's shape and is floating.
Array resample(const Resampling& map, const Array& x);
/// The transpose of resample.
Array resample_backward(const Resampling& map, const Array& y);

}  // namespace kernels
}  // namespace reel
