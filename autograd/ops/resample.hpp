#pragma once
#include <reel/autograd/record.hpp>
#include <reel/core/kernels/resample.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

/// Resamples x (N, C, spatial...), with 1 to 3 spatial axes, to another size; x must be floating. Output o of an axis lies at input
/// position s = max(0, (o + ½)·r - ½), with r = 1/scale_factor, or in/out if a size is given; with align_corners at s = o·(in - 1)/(out -
/// 1). The modes linear, bilinear (two spatial axes) and trilinear (three) interpolate linearly between the elements on both sides of s; an
/// axis that keeps its length is unchanged. The mode nearest takes element floor(o·r). As PyTorch's interpolate, except that PyTorch rounds
/// o·r to float32. Throws ShapeError when the mode is for another number of axes or an axis is empty, Error for options that contradict
/// each other.
Tensor interpolate(Operand x, InterpolateOptions options);
REEL_NO_SUCH_OPTION(InterpolateOptions, Tensor interpolate(Operand, ...));

}  // namespace reel
