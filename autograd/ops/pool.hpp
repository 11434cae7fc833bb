#pragma once
#include <reel/autograd/record.hpp>
#include <reel/core/kernels/pool.hpp>
#include <reel/core/mistake.hpp>

/// Pooling over windows of the spatial axes, floating. x is (N, C, spatial...) or (C, spatial...); N may be 0. Throws ShapeError for
/// another number of axes or a kernel that spans more than a padded axis, Error for options out of range.
namespace reel {

/// The largest element of each window. Of equal ones the first in row-major order gets the gradient; NaN where there is one, which then
/// gets it. Padding is never the largest.
Tensor max_pool1d(Operand x, Ints kernel, MaxPoolOptions options = {});
REEL_NO_SUCH_OPTION(MaxPoolOptions, Tensor max_pool1d(Operand, Ints, ...));
Tensor max_pool2d(Operand x, Ints kernel, MaxPoolOptions options = {});
REEL_NO_SUCH_OPTION(MaxPoolOptions, Tensor max_pool2d(Operand, Ints, ...));
Tensor max_pool3d(Operand x, Ints kernel, MaxPoolOptions options = {});
REEL_NO_SUCH_OPTION(MaxPoolOptions, Tensor max_pool3d(Operand, Ints, ...));

/// The mean of each window; zeros of the padding count unless count_include_pad is false. What ceil_mode adds past the padding never
/// counts.
Tensor avg_pool1d(Operand x, Ints kernel, AvgPoolOptions options = {});
REEL_NO_SUCH_OPTION(AvgPoolOptions, Tensor avg_pool1d(Operand, Ints, ...));
Tensor avg_pool2d(Operand x, Ints kernel, AvgPoolOptions options = {});
REEL_NO_SUCH_OPTION(AvgPoolOptions, Tensor avg_pool2d(Operand, Ints, ...));
Tensor avg_pool3d(Operand x, Ints kernel, AvgPoolOptions options = {});
REEL_NO_SUCH_OPTION(AvgPoolOptions, Tensor avg_pool3d(Operand, Ints, ...));

/// To `output` windows (one number for all spatial axes, or one for each): of an axis of length n, window o is from o·n / output to
/// (o + 1)·n / output, rounded outwards. Windows may overlap.
Tensor adaptive_avg_pool1d(Operand x, Ints output);
Tensor adaptive_avg_pool2d(Operand x, Ints output);
Tensor adaptive_avg_pool3d(Operand x, Ints output);
/// The same windows with their largest elements, as max_pool.
Tensor adaptive_max_pool1d(Operand x, Ints output);
Tensor adaptive_max_pool2d(Operand x, Ints output);
Tensor adaptive_max_pool3d(Operand x, Ints output);

/// One window of everything: (N, C, 1...) from (N, C, spatial...), with 1 to 3 spatial axes.
Tensor global_avg_pool(Operand x);
Tensor global_max_pool(Operand x);

}  // namespace reel
