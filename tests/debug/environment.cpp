// A program that knows nothing of debugging.
#include <cmath>
#include <cstring>

#include <fmt/format.h>
#include <reel/reel.hpp>

using namespace reel;

int main(int, char** arguments) {
  const bool is_forward = std::strcmp(arguments[1], "forward") == 0;
  const Tensor x = variable(tensor({4.0, is_forward ? -1.0 : 0.0}, {.dtype = float64}));
  try {
    Tensor loss;
    if (is_forward) loss = sum(log(x * 2.0));
    if (!is_forward) loss = sum(where(x > 0.0, sqrt(x), 0.0));
    gradients(loss, {x});
    if (std::strcmp(arguments[1], "page") == 0) sum(x * Parameter(ones({2}, {.dtype = float64}))).backward();
    fmt::print("loss {}\n", std::abs(loss.item<double>()));
  } catch (const Error& e) {
    fmt::print("{}\n", e.what());
  }
}
