#pragma once
#include <reel/core/array.hpp>

/// Elementwise functions of int64 beside those of elementwise.hpp, of which add, sub, mul, pow, maximum, minimum, neg, square, abs and
/// clamp take int64, too.
namespace reel::kernels {

/// -1, 0 or 1. int64 alone.
Array sign(const Array& x);
/// What is left of a after a whole number of b, with a's sign. int64 alone; throws Error where b is 0.
Array fmod(const Array& a, const Array& b);

}  // namespace reel::kernels
