// A value, its gradient, and the tape between them.
#include <reel/reel.hpp>

using namespace reel;

int main() {
  const Tensor x = variable(0.5, {.dtype = float64}).named("x");
  const Tensor y = (x * tanh(x)).named("y");
  const Tensor slope = gradients(y, {x})[0];

  fmt::print("y     = x tanh(x) = {}\n", y);
  fmt::print("dy/dx             = {}\n\n", slope);
  fmt::print("{}", Tape(y));
}
