#pragma once
#include <reel/autograd/record.hpp>
#include <reel/core/kernels/unfold.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

/// Extracts the sliding windows of x (N, C, height, width), or without N, as columns (`im2col`): (N, C·kernel, windows), channels first,
/// then the kernel's elements, with the windows in row-major order. A convolution is a matrix product with this result. x must be floating.
/// Throws ShapeError when the kernel is larger than the padded image.
Tensor unfold(Operand x, Ints kernel, UnfoldOptions options = {});
REEL_NO_SUCH_OPTION(UnfoldOptions, Tensor unfold(Operand, Ints, ...));
/// Sums columns into an image of size `output` (height, width), each at its window's position: the transpose of unfold (`col2im`). Throws
/// ShapeError unless x (N, C·kernel, windows) has the number of windows that unfold would make.
Tensor fold(Operand x, Ints output, Ints kernel, UnfoldOptions options = {});
REEL_NO_SUCH_OPTION(UnfoldOptions, Tensor fold(Operand, Ints, Ints, ...));

}  // namespace reel
