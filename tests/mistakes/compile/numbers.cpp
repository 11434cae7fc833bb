// Tensors where a number is asked for, and words that C++ has, too.
#include <iostream>

#include <reel/reel.hpp>

using namespace reel;

double numbers(const Tensor& x, const Tensor& loss) {
  const double a = round(2.5) + floor(2.5) + ceil(2.5) + pow(2.0, 3) + max(1, 2) + min(1.0, 2.0) + max(1, 2.5);
  const Tensor b = round(x) + max(x) + max(x, {0}) + min(x, 0) + pow(x, 2) + pow(2, x) + stddev(x) + stddev(x, {0}, {.correction = 0}) + reel::std(x);
  // SAYS 1 reference to 'std' is ambiguous
  // g++ SAYS 7 write stddev(
  // clang++ SAYS 8 write stddev(
  const Tensor c = std(x);
  if ((x > 0).at<bool>({0})) return a;
  // g++ SAYS 1 from 'reel::Tensor' to 'bool'
  // clang++ SAYS 1 'reel::Tensor' is not contextually convertible to 'bool'
  if (x > 0) return a;
  const float l = loss.item<float>();
  // g++ SAYS 1 cannot convert 'const reel::Tensor' to 'float'
  // clang++ SAYS 1 no viable conversion from 'const reel::Tensor' to 'float'
  float f = loss;
  return l;
}
