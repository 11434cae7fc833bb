// A program that knows nothing of Reel and calls a library that holds it.
#include <cmath>
#include <cstdio>

extern "C" double slope_at(double at);

int main() {
  const double slope = slope_at(0.5), expected = std::tanh(0.5) + 0.5 / std::pow(std::cosh(0.5), 2);
  std::printf("slope %.6f\n", slope);
  return std::abs(slope - expected) < 1e-12 ? 0 : 1;
}
