// One neuron, by hand: z = w·x + b, ŷ = f(z), L = loss(ŷ, y). Every gradient that the engine derives from the tape stands next to the
// formula that a textbook gets by the chain rule, worked out in plain C++; the program fails where they differ.
#include <reel/reel.hpp>

#include <cmath>

using namespace reel;

constexpr double x1 = 0.5, x2 = -1.0, y = 1.0;  // one sample and its target
constexpr double tolerance = 1e-12;

double largest_difference = 0;

double compared(double engine, double textbook) {
  const double difference = std::abs(engine - textbook);
  if (!(difference <= largest_difference)) largest_difference = difference;  // written this way, NaN counts as different
  return difference;
}

struct Activation {
  const char* name;
  Tensor (*engine)(Operand);
  double (*value)(double z);
  double (*slope)(double z);
  const char* slope_text;
};

double logistic(double z) { return 1 / (1 + std::exp(-z)); }

const Activation activations[] = {
    {"sigmoid", sigmoid, logistic, [](double z) { return logistic(z) * (1 - logistic(z)); }, "σ'(z) = σ(z)(1 - σ(z))"},
    {"tanh", tanh, [](double z) { return std::tanh(z); }, [](double z) { return 1 - std::tanh(z) * std::tanh(z); },
     "tanh'(z) = 1 - tanh²(z)"},
    {"relu", relu, [](double z) { return z > 0 ? z : 0; }, [](double z) { return z > 0 ? 1.0 : 0.0; }, "relu'(z) = 1 where z > 0, else 0"},
};

struct Loss {
  const char* name;
  Tensor (*engine)(const Tensor& prediction);
  double (*value)(double prediction);
  double (*slope)(double prediction);
  const char* slope_text;
};

const Loss losses[] = {
    {"mean squared error L = ½(ŷ - y)²", [](const Tensor& p) { return 0.5 * square(p - y); },
     [](double p) { return 0.5 * (p - y) * (p - y); }, [](double p) { return p - y; }, "ŷ - y"},
    {"cross entropy L = -y log ŷ - (1 - y) log(1 - ŷ)", [](const Tensor& p) { return -(y * log(p) + (1 - y) * log(1 - p)); },
     [](double p) { return -(y * std::log(p) + (1 - y) * std::log(1 - p)); }, [](double p) { return (p - y) / (p * (1 - p)); },
     "(ŷ - y) / (ŷ(1 - ŷ))"},
};

void row(const char* what, double engine, double textbook, const char* formula) {
  compared(engine, textbook);
  fmt::print("  {:<7} {:>14.10f}  {:>14.10f}   {}\n", what, engine, textbook, formula);
}

// A weight vector that makes z = 0.7, so that all three activations land between 0 and 1, where cross entropy is defined.
void compare(const Activation& f, const Loss& loss) {
  const Tensor x = tensor({x1, x2}, {.dtype = float64});
  const Parameter w("w", tensor({0.8, -0.1}, {.dtype = float64})), b("b", tensor(0.2, {.dtype = float64}));
  const Tensor z = (sum(w * x) + b).named("z");
  const Tensor prediction = f.engine(z).named("prediction");
  const Tensor L = loss.engine(prediction).named("loss");
  const auto d = gradients(L, {prediction, z, w, b});

  const double by_hand_z = 0.8 * x1 - 0.1 * x2 + 0.2, p = f.value(by_hand_z);
  const double dp = loss.slope(p), dz = dp * f.slope(by_hand_z);
  fmt::print("{}, {}, with {}\n", f.name, loss.name, f.slope_text);
  fmt::print("  {:<7} {:>14}  {:>14}   {}\n", "", "engine", "textbook", "formula");
  row("z", z.item<double>(), by_hand_z, "w·x + b");
  row("ŷ", prediction.item<double>(), p, "f(z)");
  row("L", L.item<double>(), loss.value(p), "");
  row("∂L/∂ŷ", d[0].item<double>(), dp, loss.slope_text);
  row("∂L/∂z", d[1].item<double>(), dz, "∂L/∂ŷ · f'(z)");
  row("∂L/∂w₁", d[2].at<double>({0}), dz * x1, "∂L/∂z · x₁");
  row("∂L/∂w₂", d[2].at<double>({1}), dz * x2, "∂L/∂z · x₂");
  row("∂L/∂b", d[3].item<double>(), dz, "∂L/∂z");
  fmt::print("\n");
}

// Gradient descent w ← w - lr ∂L/∂w, once by the engine and once by the formulas, side by side.
void descend() {
  constexpr double lr = 2.0;
  const Tensor x = tensor({x1, x2}, {.dtype = float64});
  Parameter w("w", tensor({0.8, -0.1}, {.dtype = float64})), b("b", tensor(0.2, {.dtype = float64}));
  optim::SGD sgd({w, b}, {.lr = lr});
  double w1 = 0.8, w2 = -0.1, bias = 0.2;

  fmt::print("gradient descent on the sigmoid neuron, L = ½(ŷ - y)², lr = {}\n", lr);
  fmt::print("  step      w₁        w₂        b         ŷ         L       ∂L/∂w₁    ∂L/∂w₂    ∂L/∂b\n");
  for (int step = 0; step <= 5; ++step) {
    const Tensor prediction = sigmoid(sum(w * x) + b);
    const Tensor loss = 0.5 * square(prediction - y);
    sgd.zero_grad();
    loss.backward();
    const double d1 = w.grad().at<double>({0}), d2 = w.grad().at<double>({1}), db = b.grad().item<double>();
    fmt::print("  {:>4} {:>9.5f} {:>9.5f} {:>9.5f} {:>9.5f} {:>9.5f} {:>9.5f} {:>9.5f} {:>9.5f}\n", step, w1, w2, bias,
               prediction.item<double>(), loss.item<double>(), d1, d2, db);
    sgd.step();

    const double p = logistic(w1 * x1 + w2 * x2 + bias), dz = (p - y) * p * (1 - p);
    w1 -= lr * dz * x1;
    w2 -= lr * dz * x2;
    bias -= lr * dz;
    compared(w.value().at<double>({0}), w1);
    compared(w.value().at<double>({1}), w2);
    compared(b.value().item<double>(), bias);
  }
}

int main() {
  fmt::print("x = ({}, {}), y = {}, w = (0.8, -0.1), b = 0.2\n\n", x1, x2, y);
  for (const Loss& loss : losses)
    for (const Activation& activation : activations) compare(activation, loss);
  descend();

  fmt::print("\nlargest difference between engine and textbook: {:.1e}\n", largest_difference);
  if (!(largest_difference <= tolerance)) {
    fmt::print(stderr, "03_one_neuron: they differ by more than {:.0e}\n", tolerance);
    return 1;
  }
}
