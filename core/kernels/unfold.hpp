#pragma once
#include <string_view>

#include <reel/core/kernels/conv.hpp>

namespace reel {

/// Options of unfold() and fold(). Each list has one number for height and width, or one for each.
struct UnfoldOptions {
  /// Step between neighbouring elements of a window; at least 1.
  Ints dilation = 1;
  /// Number of zeros added at both sides of height and width.
  Ints padding = 0;
  /// Step from one window to the next; at least 1.
  Ints stride = 1;
};

namespace kernels {

/// The windows of x (N, C, height, width) or (C, height, width), as the convolution with one filter that reads them. Throws ShapeError,
/// Error or DtypeError naming `op` for arguments that do not fit.
Conv windows_of(std::string_view op, const Array& x, const Ints& kernel, const UnfoldOptions& options);
/// The windows that fold()'s argument, (N, C·kernel, windows) or (C·kernel, windows), consists of; `output` is the height and width of
/// fold()'s result.
Conv folded_windows_of(std::string_view op, const Array& columns, const Ints& output, const Ints& kernel, const UnfoldOptions& options);

/// The elements that each tap of the kernel reads in each window, shape (N, C·kernel, windows), or without N for an x without batch axis.
Array unfold(const Conv& c, const Array& x);
/// The transpose of unfold(): adds all windows at their places.
Array fold(const Conv& c, const Array& columns);

}  // namespace kernels
}  // namespace reel
