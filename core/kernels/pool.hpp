#pragma once
#include <string_view>

#include <reel/core/array.hpp>

namespace reel {

/// Of max pooling. Each list has one number for all spatial axes, or one for each.
struct MaxPoolOptions {
  /// The kernel's lengths where empty.
  Ints stride = {};
  /// Places on both sides of each axis that never are the largest; at most half of the kernel.
  Ints padding = 0;
  Ints dilation = 1;
  /// Also windows that go over the end, as long as they begin inside (or in the padding at the start).
  bool ceil_mode = false;
};

/// Of average pooling. Each list has one number for all spatial axes, or one for each.
struct AvgPoolOptions {
  /// The kernel's lengths where empty.
  Ints stride = {};
  /// Zeros on both sides of each axis; at most half of the kernel.
  Ints padding = 0;
  bool ceil_mode = false;
  /// Whether the zeros count as elements of a window.
  bool count_include_pad = true;
};

namespace kernels {

/// The windows of a pooling, over the last `spatial` axes of x; all axes before are independent. Plain data. Lists are (depth, height,
/// width); axes that are not there come first, with length 1.
struct Pool {
  Shape x;
  std::size_t spatial = 0;
  std::size_t in[3] = {1, 1, 1}, out[3] = {1, 1, 1};
  bool adaptive = false;  // window o of an axis is [o·in / out, (o + 1)·in / out), outwards to whole numbers; else:
  std::size_t kernel[3] = {1, 1, 1}, stride[3] = {1, 1, 1}, padding[3] = {0, 0, 0}, dilation[3] = {1, 1, 1};
  bool count_include_pad = true;

  /// Throws ShapeError in the name of `op` for numbers that do not belong together, which none of the functions below makes.
  void check(std::string_view op) const;
  Shape y() const;
  /// How many planes (or volumes) there are.
  std::size_t planes() const;
};

/// Throw ShapeError, Error or DtypeError in the name of `op` for arguments that do not fit.
Pool max_pool_of(std::string_view op, std::size_t spatial, const Array& x, const Ints& kernel, const MaxPoolOptions& options);
Pool avg_pool_of(std::string_view op, std::size_t spatial, const Array& x, const Ints& kernel, const AvgPoolOptions& options);
Pool adaptive_pool_of(std::string_view op, std::size_t spatial, const Array& x, const Ints& output);

// ShapeError or DtypeError for arrays that are not the pooling's, or not of one floating dtype, and for indices outside of a plane.

/// The largest element of each window; NaN where there is one.
Array max_pool(const Pool& pool, const Array& x);
/// Where that, y, is, as a position in its plane (int64): the first of equal ones in row-major order, and the first NaN.
Array max_pool_indices(const Pool& pool, const Array& x, const Array& y);
/// x's elements at the indices.
Array gather_pooled(const Pool& pool, const Array& x, const Array& indices);
/// The transpose of gather_pooled: y's elements added at the indices.
Array max_unpool(const Pool& pool, const Array& y, const Array& indices);
/// max_unpool of dy at the indices of y = max_pool(x).
Array max_pool_backward(const Pool& pool, const Array& x, const Array& y, const Array& dy);

/// The mean of each window, and the transpose of that map.
Array avg_pool(const Pool& pool, const Array& x);
Array avg_pool_backward(const Pool& pool, const Array& y);

}  // namespace kernels
}  // namespace reel
