#pragma once
#include <string_view>

#include <reel/core/kernels/pool.hpp>

namespace reel {

/// How interpolate() computes a value between elements: the element at or before it, or linear interpolation along one, two or three
/// spatial axes.
enum class Interpolation { nearest, linear, bilinear, trilinear };

/// Options of interpolate().
struct InterpolateOptions {
  /// Spatial lengths of the result: one number for all axes, or one per axis. Give either this or scale_factor.
  Ints size = {};
  /// Factor by which the lengths are multiplied; the product is rounded down.
  double scale_factor = 0;
  /// The method; linear, bilinear and trilinear need 1, 2 or 3 spatial axes.
  Interpolation mode = Interpolation::nearest;
  /// Whether the centres of the first and last elements are aligned, instead of the outer borders of the elements. Not for nearest.
  bool align_corners = false;
};

namespace kernels {

/// One axis of a resampling: how each output is a weighted sum of some inputs. Plain data.
struct AxisMap {
  enum class Kind { same, windows, adaptive, nearest, linear };
  Kind kind = Kind::same;
  std::size_t in = 1, out = 1;
  std::size_t kernel = 1, stride = 1, padding = 0;  // for windows, whose means are taken
  bool count_include_pad = true;
  double scale = 0;  // inputs per output; 0 means in / out
  bool align_corners = false;
};

/// A linear map along each of the last three axes at most: averages or interpolations. Plain data.
struct Resampling {
  Shape x, y;
  AxisMap axes[3];  // depth, height, width

  /// Throws ShapeError naming `op` for shapes and axes that do not fit each other. The functions below never return such a Resampling.
  void check(std::string_view op) const;
};

/// Returns the map of an average pooling.
Resampling averages_of(const Pool& pool);
/// Returns the map of an interpolation. Throws ShapeError, Error or DtypeError naming `op` for arguments that do not fit.
Resampling interpolation_of(std::string_view op, const Array& x, const InterpolateOptions& options);

/// Throws ShapeError or DtypeError unless x has the map's shape and is floating.
Array resample(const Resampling& map, const Array& x);
/// The transpose of resample().
Array resample_backward(const Resampling& map, const Array& y);

}  // namespace kernels
}  // namespace reel
