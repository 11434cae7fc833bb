#pragma once
#include <reel/autograd/record.hpp>
#include <reel/core/kernels/resample.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

/// x (N, C, spatial...) in another size, with 1 to 3 spatial axes; floating. Output o of an axis lies at s = (o + ½)·r - ½ among the
/// inputs, at 0 and no lower, with r = 1/scale_factor, or in/out where a size is given; with align_corners at s = o·(in - 1)/(out - 1).
/// linear, bilinear (two spatial axes) and trilinear (three) take the elements on both sides of s in the proportion of their distances; an
/// axis that keeps its length stays as it is. nearest takes element floor(o·r). As PyTorch's interpolate, but for its rounding of o·r to
/// float32.  Throws ShapeError when the mode is for another number of axes or an axis is empty, Error for options that contradict each
/// other.
Tensor interpolate(Operand x, InterpolateOptions options);
REEL_NO_SUCH_OPTION(InterpolateOptions, Tensor interpolate(Operand, ...));

}  // namespace reel
