// A formula is an op: one lambda, one SIMD pass for the value, one for all of its derivatives, of any order up to four.
#include <reel/autograd/elementwise.hpp>
#include <reel/reel.hpp>

#include <cmath>

using namespace reel;

// The Student t negative log likelihood, less its constants: a loss that outliers do not dominate. Three inputs, all differentiable; ν and
// the scale are trained along with the rest.
const auto student_t = elementwise("student_t", [](auto error, auto scale, auto nu) {
  const auto z = error / scale;
  return 0.5 * (nu + 1) * log(1 + z * z / nu) + log(scale);
});

// Numbers are captured by value; where() takes the place of `if`.
auto huber(double delta) {
  return elementwise("huber", [delta](auto x) { return where(abs(x) < delta, 0.5 * x * x, delta * (abs(x) - 0.5 * delta)); });
}

void require(bool ok, const char* what) {
  if (!ok) throw Error(std::string("this does not hold: ") + what);
}

void run() {
  manual_seed(3);

  // First and second derivatives with respect to every input, against numeric ones.
  const Tensor e = variable(random::normal({20}, {.dtype = float64}));
  const Tensor s = variable(0.8, {.dtype = float64}), nu = variable(3.0, {.dtype = float64});
  const GradcheckReport report = gradcheck([](const auto& in) { return student_t(in[0], in[1], in[2]); }, {e, s, nu}, {.order = 2});
  fmt::print("{}", report.message());
  require(report.ok(), "student_t has the right gradients");

  // Third order, by differentiating second derivatives.
  const Tensor x = variable(tensor({-2.0, -0.5, 0.5, 2.0}, {.dtype = float64}));
  Tensor y = tanh(x) * huber(1)(x);
  for (int order = 1; order <= 3; ++order) {
    y = gradients(sum(y), {x}, {.differentiable = true})[0];
    fmt::print("derivative {}: {}\n", order, y);
  }

  // A line through points of which every tenth is far off: squared errors follow the outliers, the formula does not.
  const Tensor t = random::uniform({400, 1}, {.low = -1, .high = 1});
  const Tensor outlier = random::bernoulli({400, 1}, {.p = 0.1});
  const Tensor target = 2.0 * t - 1.0 + random::normal({400, 1}, {.std = 0.1}) + 8.0 * outlier;
  const auto fitted = [&](const auto& loss) {
    nn::Linear line(1, 1);
    optim::Adam adam(line.parameters(), {.lr = 0.05});
    for (int step = 0; step < 400; ++step) {
      adam.zero_grad();
      mean(loss(line(t) - target)).backward();
      adam.step();
    }
    return std::pair(line.weight.value().item<double>(), line.bias->value().item<double>());
  };
  const auto [slope, start] = fitted([](const Tensor& error) { return square(error); });
  const auto [robust_slope, robust_start] = fitted([](const Tensor& error) { return student_t(error, 0.1, 3.0); });
  fmt::print("\nthe line is y = 2.00 t - 1.00\nby squares      y = {:.2f} t {:+.2f}\nby student_t    y = {:.2f} t {:+.2f}\n", slope, start,
             robust_slope, robust_start);
  require(std::abs(robust_slope - 2) < 0.1 && std::abs(robust_start + 1) < 0.1, "the formula's line is the right one");
}

int main() {
  try {
    run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "05_formula: {}\n", error.what());
    return 1;
  }
}
