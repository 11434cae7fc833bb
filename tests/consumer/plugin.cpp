// A shared library with Reel inside, as a plugin or an extension module of another language has it.
#include <reel/reel.hpp>

/// The derivative of tanh(x)·x, by the tape.
extern "C" double slope_at(double at) {
  const reel::Tensor x = reel::variable(at, {.dtype = reel::float64});
  return reel::gradients(reel::tanh(x) * x, {x})[0].item<double>();
}
