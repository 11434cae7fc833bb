// Three wrong rules, and what a gradient check says of each: which op, which element, which mistake.
#include <reel/reel.hpp>

using namespace reel;

// The sum over the batch is forgotten: only the first row reaches the bias.
Tensor add_bias(Operand x, Operand bias) {
  return record(
      "add_bias", "dx = dy   db = dy[0]", {x, bias}, [](const Inputs& in) { return kernels::add(in[0], in[1]); },
      [](const Pullback& p) {
        return Gradients{p.dy(), p.dy().row(0)};
      });
}

// The rule reads the input where it needs the output.
Tensor bad_tanh(Operand x) {
  return record(
      "bad_tanh", "dx = dy·(1 - x²)", {x}, [](const Inputs& in) { return kernels::tanh(in[0]); },
      [](const Pullback& p) { return Gradients{p.dy() * (1 - square(p.input(0)))}; });
}

// Right in first order, but the derivative is detached from the tape, so that second derivatives are wrong.
Tensor stiff_square(Operand x) {
  return record(
      "stiff_square", "dx = dy·2x", {x}, [](const Inputs& in) { return kernels::square(in[0]); },
      [](const Pullback& p) { return Gradients{p.dy() * (2 * p.input(0)).detach()}; });
}

/// Prints the report, and fails unless it says what it should.
template <class F>
void expect_found(const F& f, const std::vector<Tensor>& inputs, int order, const char* op, const char* mistake) {
  const GradcheckReport report = gradcheck(f, inputs, {.order = order});
  fmt::print("{}\n", report.message());
  if (report.ok() || report.details().op != op || report.details().mistake != mistake)
    throw Error(fmt::format("the mistake in {} was not found", op));
}

void run() {
  manual_seed(1);
  const auto values = [](const Shape& shape) { return variable(random::normal(shape, {.dtype = float64})); };
  const Tensor x = values({4, 3}), w = values({3, 2}), b = values({2});

  // The whole network is checked; the report names the op whose rule is wrong.
  expect_found([](const auto& in) { return mean(square(add_bias(matmul(in[0], in[1]), in[2]))); }, {x, w, b}, 1, "add_bias",
               "missing broadcast sum");
  expect_found([](const auto& in) { return sum(exp(bad_tanh(in[0]))); }, {x}, 1, "bad_tanh", "output and input mixed up");
  expect_found([](const auto& in) { return stiff_square(in[0]); }, {x}, 2, "stiff_square", "left the tape");

  // A right rule passes, and the report says what that does not prove. A layer's parameters are checked, too.
  nn::Linear layer(3, 2, {.dtype = float64});
  const GradcheckReport right = gradcheck(layer, {x});
  fmt::print("Linear(3, 2): {}\n", right.message());
  // An op over empty, broadcast and odd shapes, and over zeros, ties, large and tiny numbers.
  const GradcheckReport op = gradcheck_op([](const Tensor& a, const Tensor& c) { return atan2(a, c); }, {.low = 0.1});
  fmt::print("atan2: {}", op.message());
  if (!right.ok() || !op.ok()) throw Error("a right rule was refused");
}

int main() {
  try {
    run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "06_gradient_check: {}\n", error.what());
    return 1;
  }
}
