#pragma once
#include <string_view>

#include <reel/core/kernels/conv.hpp>

namespace reel {

/// Of unfold and fold; each list has one number for both axes, or one for each.
struct UnfoldOptions {
  Ints dilation = 1;
  /// Zeros on both sides of height and width.
  Ints padding = 0;
  Ints stride = 1;
};

namespace kernels {

/// The windows of x (N, C, height, width) or (C, height, width), as a convolution with one filter would see them. Throws ShapeError, Error
/// or DtypeError in the name of `op`.
Conv windows_of(std::string_view op, const Array& x, const Ints& kernel, const UnfoldOptions& options);
/// Those of which fold's argument, (N, C·kernel, windows) or (C·kernel, windows), consists.
Conv folded_windows_of(std::string_view op, const Array& columns, const Ints& output, const Ints& kernel, const UnfoldOptions& options);

/// (N, C·kernel, windows): what each tap of the kernel reads for each window.
Array unfold(const Conv& c, const Array& x);
/// The transpose of unfold: the sum of all windows at their places.
Array fold(const Conv& c, const Array& columns);

}  // namespace kernels
}  // namespace reel
