#pragma once
#include <reel/autograd/record.hpp>
#include <reel/core/kernels/unfold.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

/// The windows of x (N, C, height, width) as columns: (N, C·kernel, windows), channels first, then the kernel's elements, windows in
/// row-major order; or without N. `im2col`: a convolution is a matrix product with it. Floating. Throws ShapeError when the kernel spans
/// more than the padded image.
Tensor unfold(Operand x, Ints kernel, UnfoldOptions options = {});
REEL_NO_SUCH_OPTION(UnfoldOptions, Tensor unfold(Operand, Ints, ...));
/// Columns summed at their places in an image of `output` (height, width): the transpose of unfold (`col2im`). Throws ShapeError unless x
/// (N, C·kernel, windows) has as many windows as unfold would make.
Tensor fold(Operand x, Ints output, Ints kernel, UnfoldOptions options = {});
REEL_NO_SUCH_OPTION(UnfoldOptions, Tensor fold(Operand, Ints, Ints, ...));

}  // namespace reel
