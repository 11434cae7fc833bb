#pragma once
#include <reel/autograd/record.hpp>
#include <reel/core/kernels/conv.hpp>
#include <reel/core/mistake.hpp>

/// Convolutions and transposed convolutions in 1, 2 and 3 dimensions, floating. x is (N, C, spatial...), or (C, spatial...) for one image
/// without a batch axis; the result has the same form. N may be 0.
namespace reel {

/// y[n, f, o] = bias[f] + Σ_c,k weight[f, c, k]·x[n, c, stride·o + dilation·k - padding] (a cross-correlation, as usual), where x is 0
/// outside its range. weight is (out, in/groups, kernel...), bias (out,). An axis of length n becomes (n + 2·padding - dilation·(kernel -
/// 1) - 1) / stride + 1 long, rounded down. Throws ShapeError for shapes that do not fit each other or a kernel that is longer than the
/// padded axis, Error for options out of range, DtypeError for different dtypes.
Tensor conv1d(Operand x, Operand weight, Operand bias, ConvOptions options = {});
Tensor conv1d(Operand x, Operand weight, ConvOptions options = {});
REEL_NO_SUCH_OPTION(ConvOptions, Tensor conv1d(Operand, Operand, ...));
Tensor conv2d(Operand x, Operand weight, Operand bias, ConvOptions options = {});
Tensor conv2d(Operand x, Operand weight, ConvOptions options = {});
REEL_NO_SUCH_OPTION(ConvOptions, Tensor conv2d(Operand, Operand, ...));
Tensor conv3d(Operand x, Operand weight, Operand bias, ConvOptions options = {});
Tensor conv3d(Operand x, Operand weight, ConvOptions options = {});
REEL_NO_SUCH_OPTION(ConvOptions, Tensor conv3d(Operand, Operand, ...));

/// Transposed convolution: the gradient of a convolution with respect to x, as an op that makes axes longer. weight is (in, out/groups,
/// kernel...), bias (out,). An axis of length n becomes stride·(n - 1) + dilation·(kernel - 1) + 1 + output_padding - 2·padding long.
/// Errors as above.
Tensor conv_transpose1d(Operand x, Operand weight, Operand bias, ConvTransposeOptions options = {});
Tensor conv_transpose1d(Operand x, Operand weight, ConvTransposeOptions options = {});
REEL_NO_SUCH_OPTION(ConvTransposeOptions, Tensor conv_transpose1d(Operand, Operand, ...));
Tensor conv_transpose2d(Operand x, Operand weight, Operand bias, ConvTransposeOptions options = {});
Tensor conv_transpose2d(Operand x, Operand weight, ConvTransposeOptions options = {});
REEL_NO_SUCH_OPTION(ConvTransposeOptions, Tensor conv_transpose2d(Operand, Operand, ...));
Tensor conv_transpose3d(Operand x, Operand weight, Operand bias, ConvTransposeOptions options = {});
Tensor conv_transpose3d(Operand x, Operand weight, ConvTransposeOptions options = {});
REEL_NO_SUCH_OPTION(ConvTransposeOptions, Tensor conv_transpose3d(Operand, Operand, ...));

}  // namespace reel
