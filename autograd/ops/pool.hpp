#pragma once
#include <reel/autograd/record.hpp>
#include <reel/core/kernels/pool.hpp>
#include <reel/core/mistake.hpp>

/// Pooling over windows of the spatial axes, floating. x is (N, C, spatial...) or (C, spatial...); N may be 0. Throws ShapeError for
/// another number of axes or a kernel that is longer than a padded axis, Error for options out of range.
namespace reel {

/// The largest element of each window. Of several equal ones the first in row-major order gets the gradient. A window with a NaN gives NaN,
/// and the NaN gets the gradient. Padding is never the largest.
Tensor max_pool1d(Operand x, Ints kernel, MaxPoolOptions options = {});
REEL_NO_SUCH_OPTION(MaxPoolOptions, Tensor max_pool1d(Operand, Ints, ...));
Tensor max_pool2d(Operand x, Ints kernel, MaxPoolOptions options = {});
REEL_NO_SUCH_OPTION(MaxPoolOptions, Tensor max_pool2d(Operand, Ints, ...));
Tensor max_pool3d(Operand x, Ints kernel, MaxPoolOptions options = {});
REEL_NO_SUCH_OPTION(MaxPoolOptions, Tensor max_pool3d(Operand, Ints, ...));

/// The mean of each window; the padding's zeros are counted unless count_include_pad is false. What ceil_mode adds beyond the padding is
/// never counted.
Tensor avg_pool1d(Operand x, Ints kernel, AvgPoolOptions options = {});
REEL_NO_SUCH_OPTION(AvgPoolOptions, Tensor avg_pool1d(Operand, Ints, ...));
Tensor avg_pool2d(Operand x, Ints kernel, AvgPoolOptions options = {});
REEL_NO_SUCH_OPTION(AvgPoolOptions, Tensor avg_pool2d(Operand, Ints, ...));
Tensor avg_pool3d(Operand x, Ints kernel, AvgPoolOptions options = {});
REEL_NO_SUCH_OPTION(AvgPoolOptions, Tensor avg_pool3d(Operand, Ints, ...));

/// Pools into `output` windows per axis (one number for all spatial axes, or one per axis): on an axis of length n, window o extends from
/// o·n / output to (o + 1)·n / output, rounded outwards. Windows may overlap.
Tensor adaptive_avg_pool1d(Operand x, Ints output);
Tensor adaptive_avg_pool2d(Operand x, Ints output);
Tensor adaptive_avg_pool3d(Operand x, Ints output);
/// The same windows with their maximum, as in max_pool.
Tensor adaptive_max_pool1d(Operand x, Ints output);
Tensor adaptive_max_pool2d(Operand x, Ints output);
Tensor adaptive_max_pool3d(Operand x, Ints output);

/// One window over all spatial axes: (N, C, spatial...) becomes (N, C, 1...), with 1 to 3 spatial axes.
Tensor global_avg_pool(Operand x);
Tensor global_max_pool(Operand x);

}  // namespace reel
