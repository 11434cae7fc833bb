#pragma once
#include <string_view>

#include <reel/core/array.hpp>

namespace reel {

/// Options of max pooling. Each list has one number for all spatial axes, or one per axis.
struct MaxPoolOptions {
  /// Step from one window to the next, at least 1; the lengths of the kernel if empty.
  Ints stride = {};
  /// Number of places added at both sides of each spatial axis; they are never the largest. At most half of the kernel.
  Ints padding = 0;
  /// Step between neighbouring elements of a window; at least 1.
  Ints dilation = 1;
  /// Whether to include windows that reach over the end, as long as they begin inside (or in the padding at the start).
  bool ceil_mode = false;
};

/// Options of average pooling. Each list has one number for all spatial axes, or one per axis.
struct AvgPoolOptions {
  /// Step from one window to the next, at least 1; the lengths of the kernel if empty.
  Ints stride = {};
  /// Number of zeros added at both sides of each spatial axis; at most half of the kernel.
  Ints padding = 0;
  /// As in MaxPoolOptions.
  bool ceil_mode = false;
  /// Whether the zeros of the padding count as elements of a window.
  bool count_include_pad = true;
};

namespace kernels {

/// The windows of a pooling, over the last `spatial` axes of x; all axes before are batch axes. Plain data. Lists are (depth, height,
/// width); the unused axes come first and have length 1.
struct Pool {
  Shape x;
  std::size_t spatial = 0;
  std::size_t in[3] = {1, 1, 1}, out[3] = {1, 1, 1};
  bool adaptive = false;  // window o of an axis is [o·in / out, (o + 1)·in / out), rounded outwards to whole numbers; else:
  std::size_t kernel[3] = {1, 1, 1}, stride[3] = {1, 1, 1}, padding[3] = {0, 0, 0}, dilation[3] = {1, 1, 1};
  bool count_include_pad = true;

  /// Throws ShapeError naming `op` for numbers that do not fit each other. The functions below never return such a Pool.
  void check(std::string_view op) const;
  /// The shape of the result.
  Shape y() const;
  /// The number of planes (or volumes).
  std::size_t planes() const;
};

/// Return the windows of a pooling. They throw ShapeError, Error or DtypeError naming `op` for arguments that do not fit.
Pool max_pool_of(std::string_view op, std::size_t spatial, const Array& x, const Ints& kernel, const MaxPoolOptions& options);
Pool avg_pool_of(std::string_view op, std::size_t spatial, const Array& x, const Ints& kernel, const AvgPoolOptions& options);
Pool adaptive_pool_of(std::string_view op, std::size_t spatial, const Array& x, const Ints& output);

// The functions below throw ShapeError or DtypeError for arrays that do not have the pooling's shapes or are not of one floating dtype, and
// for indices outside of a plane.

/// The largest element of each window; NaN if the window has one.
Array max_pool(const Pool& pool, const Array& x);
/// The position (int64) in its plane of each largest element y = max_pool(x): the first of equal ones in row-major order, and the first
/// NaN.
Array max_pool_indices(const Pool& pool, const Array& x, const Array& y);
/// The elements of x at the indices.
Array gather_pooled(const Pool& pool, const Array& x, const Array& indices);
/// The transpose of gather_pooled(): the elements of y added at the indices.
Array max_unpool(const Pool& pool, const Array& y, const Array& indices);
/// The gradient of max_pool() with respect to x, where y = max_pool(x): max_unpool() of dy at y's indices.
Array max_pool_backward(const Pool& pool, const Array& x, const Array& y, const Array& dy);

/// The mean of each window, and the transpose of this linear map.
Array avg_pool(const Pool& pool, const Array& x);
Array avg_pool_backward(const Pool& pool, const Array& y);

}  // namespace kernels
}  // namespace reel
