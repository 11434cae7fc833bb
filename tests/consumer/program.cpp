// Trains a line on six points, the first thing that a new user might try.
#include <reel/reel.hpp>

#include <cmath>

using namespace reel;

int main() {
  manual_seed(1);
  const Tensor x = tensor({{-1.0}, {0.0}, {1.0}, {2.0}, {3.0}, {4.0}}), y = 2 * x + 1;
  nn::Linear line(1, 1);
  optim::SGD sgd(line.parameters(), {.lr = 0.05});
  for (int step = 0; step < 400; ++step) {
    sgd.zero_grad();
    nn::mse_loss(line(x), y).backward();
    sgd.step();
  }
  const double slope = line.weight.value().item<double>(), offset = line.bias->value().item<double>();
  fmt::print("y = {:.3f} x + {:.3f}\n\n{}\n\n{}", slope, offset, line, Tape(nn::mse_loss(line(x), y)));
  fmt::print("weight = {}, {}, {}\n", line.weight, line.weight.dtype(), x.shape());
  return std::abs(slope - 2) < 1e-2 && std::abs(offset - 1) < 1e-2 ? 0 : 1;
}
