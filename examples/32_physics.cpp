// A network that solves differential equations. It is told no solution, only the equation: the loss is how far its own derivatives are from
// fulfilling it (Lagaris, Likas and Fotiadis, Artificial neural networks for solving ordinary and partial differential equations, 1998;
// Raissi, Perdikaris and Karniadakis, Physics-informed neural networks, 2019).
//
// That takes an engine whose gradients can be differentiated. u'' is a gradient's gradient, by the network's input, and training takes the
// gradient of that by the weights: three derivatives in a row, all exact. Where gradients are numbers without a history, u'' would have to
// be a difference quotient, with a step length that is too long or too short, or the formulas would have to be derived by hand for each
// network.
#include <reel/reel.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

using namespace reel;
constexpr double pi = std::numbers::pi;

// d(y)/d(x) point by point. Each y_i depends on the x_i beside it alone, so the gradient of the sum has them all, and `differentiable`
// makes it a tensor like any other: with a history.
Tensor derivative(const Tensor& y, const Tensor& x) { return gradients(sum(y), {x}, {.differentiable = true})[0]; }

// Makes small what an equation leaves over, at all points together. The loss is smooth and there are no batches: the case for a
// quasi-Newton method. It is a sum because LBFGS overlooks curvatures below 1e-10, which a mean soon has.
template <class Residual>
void solve(nn::Module& network, const Residual& residual, int steps) {
  optim::LBFGS lbfgs(network.parameters(), {.tolerance_grad = 1e-10, .tolerance_change = 0, .history_size = 50, .strong_wolfe = true});
  for (int step = 0; step < steps; ++step) {
    lbfgs.step([&] {
      lbfgs.zero_grad();
      const Tensor loss = sum(square(residual()));
      loss.backward();
      return loss;
    });
  }
  fmt::print("    mean square of the residual {:.1e} after {} evaluations\n", mean(square(residual())).template item<double>(),
             lbfgs.evaluations());
}

double largest_error(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item<double>(); }

// The ends of n equal steps from low to high, (n + 1, 1).
Tensor points(double low, double high, int n) { return low + (high - low) / n * astype(unsqueeze(arange(0, n + 1), -1), float64); }

// u'' + u = 0 with u(0) = 0 and u(π/2) = 1: the sine.
double oscillator() {
  fmt::print("u'' + u = 0, u(0) = 0, u(π/2) = 1\n");
  nn::Sequential network{nn::Linear(1, 16), tanh, nn::Linear(16, 16), tanh, nn::Linear(16, 1)};
  network.to(float64);
  // The boundary values are built in: they hold for any output of the network.
  const auto u = [&](const Tensor& x) { return 2 / pi * x + x * (pi / 2 - x) * network(x); };

  const Tensor x = variable(points(0, pi / 2, 50));
  solve(
      network,
      [&] {
        const Tensor value = u(x), slope = derivative(value, x);
        return derivative(slope, x) + value;
      },
      20);
  // The solution is a function that can be evaluated between the points, and so can its derivatives.
  const Tensor between = variable(points(0, pi / 2, 333));
  fmt::print("    largest error of u {:.1e}, of u' {:.1e}\n", largest_error(u(between), sin(between)),
             largest_error(derivative(u(between), between), cos(between)));
  return largest_error(u(between), sin(between));
}

constexpr double viscosity = 0.1 / pi;

// Burgers' equation, u_t + u u_x = ν u_xx, on -1 <= x <= 1 and 0 <= t <= 1, from u = -sin(πx): a wave that gets steeper and steeper at x =
// 0. The exact solution by Cole and Hopf's transform: a mean of sines under a kernel that widens with time.
double exact(double x, double t) {
  if (t == 0) return -std::sin(pi * x);
  const double width = std::sqrt(4 * viscosity * t);
  double above = 0, below = 0;
  for (double z = -8; z <= 8; z += 0.01) {  // the trapezoidal rule, which is exact to rounding for such integrands
    const double y = pi * (x - width * z), weight = std::exp(-z * z - (std::cos(y) + 1) / (2 * pi * viscosity));
    above -= std::sin(y) * weight;
    below += weight;
  }
  return above / below;
}

struct Wave {
  nn::Sequential network{nn::Linear(2, 24), tanh, nn::Linear(24, 24), tanh, nn::Linear(24, 24), tanh, nn::Linear(24, 1)};

  Wave() { network.to(float64); }
  // At t = 0 the sine, at both ends 0.
  Tensor u(const Tensor& x, const Tensor& t) { return -sin(pi * x) + t * (1.0 - square(x)) * network(concatenate({x, t}, -1)); }
  Tensor residual(const Tensor& x, const Tensor& t) {
    const Tensor value = u(x, t), u_x = derivative(value, x);
    return derivative(value, t) + value * u_x - viscosity * derivative(u_x, x);
  }
};

double burgers() {
  fmt::print("u_t + u u_x = ν u_xx, u(x, 0) = -sin(πx)\n");
  Wave wave;
  const Tensor r = random::uniform({1000, 1}, {.low = -1, .high = 1, .dtype = float64});
  const Tensor x = variable(r * abs(r));  // more points where the wave is steep
  const Tensor t = variable(random::uniform({1000, 1}, {.dtype = float64}));
  solve(
      wave.network, [&] { return wave.residual(x, t); }, 40);

  plot::Figure figure({.title = "Burgers' equation: network and exact solution", .x_label = "x", .y_label = "u"});
  double worst = 0;
  const Tensor line = points(-1, 1, 200);
  for (const double at : {0.0, 0.25, 0.5, 1.0}) {
    std::vector<double> truth;
    for (std::size_t i = 0; i < line.size(); ++i) truth.push_back(exact(line.value().as_double(i), at));
    const Tensor value = wave.u(line, full(line.shape(), at, {.dtype = float64}));
    figure.line(line, truth, {.label = at == 0 ? "exact" : "", .color = "gray", .width = 5})
        .line(line, value, {.label = fmt::format("t = {}", at)});
    worst = std::max(worst, largest_error(flatten(value), Tensor(Array::of<double>({truth.size()}, truth))));
  }
  figure.save("burgers.svg");
  fmt::print("    largest error of u {:.1e}\n    Picture: burgers.svg\n", worst);
  return worst;
}

void require(bool ok, const char* what) {
  if (!ok) throw Error(std::string("this does not hold: ") + what);
}

int main(int argc, char** argv) {
  try {
    manual_seed(argc > 1 ? std::stoull(argv[1]) : 0);
    require(oscillator() < 1e-5, "the sine is right to 1e-5");
    require(burgers() < 1e-2, "the wave is right to 1e-2");
  } catch (const std::exception& error) {
    fmt::print(stderr, "32_physics: {}\n", error.what());
    return 1;
  }
}
