#pragma once
#include <reel/core/array.hpp>

/// Further elementwise functions of int64. Of those in elementwise.hpp, add, sub, mul, pow, maximum, minimum, neg, square, abs and clamp
/// take int64 as well.
namespace reel::kernels {

/// The sign of x: -1, 0 or 1. int64 only.
Array sign(const Array& x);
/// The remainder of a / b with the sign of a. int64 only; throws Error where b is 0.
Array fmod(const Array& a, const Array& b);

}  // namespace reel::kernels
