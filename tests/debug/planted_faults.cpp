// Mistakes that people make, each in a small program. The first alert has to name the op and the line.
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>

#include <reel/autograd/debug/live.hpp>
#include "../autograd/message.hpp"

using namespace reel;
using namespace reel::test;

namespace {

struct Fault {
  const char* what;
  std::string blamed;  // as it stands in the message
  int line;
  Tensor loss;
  std::vector<ParameterRef> parameters = {};
};

const double inf = std::numeric_limits<double>::infinity();

Tensor leaf(const Values& values, const char* name = "x") { return variable(doubles(values)).named(name); }

Array map(const Array& x, double (*f)(double)) {
  Array y = x;
  auto* const data = y.mutable_data<double>();
  for (std::size_t i = 0; i < y.size(); ++i) data[i] = f(data[i]);
  return y;
}

std::vector<Fault> faults;
void add(Fault fault) { faults.push_back(std::move(fault)); }

void born_forward() {
  {
    const Tensor x = leaf({1, 3});
    const int line = __LINE__ + 1;
    const Tensor inner = sqrt(x - 2.0);
    add({"sqrt(sqrt(x - 2)): the first sqrt", "sqrt #2", line, sum(sqrt(inner))});
  }
  {
    const Tensor x = leaf({1, 3});
    const int line = __LINE__ + 1;
    add({"log(-x), though its gradient is finite", "log", line, sum(log(-x))});
  }
  {
    const Tensor x = leaf({1, 3});
    const Tensor difference = x - doubles({1, 2});
    const int line = __LINE__ + 1;
    const Tensor logarithm = log(difference);
    add({"log of 0", "log", line, mean(logarithm * 0.5)});
  }
  {
    const Tensor x = variable(tensor({1.0, 95.0})).named("x");
    const int line = __LINE__ + 1;
    const Tensor e = exp(x);
    add({"softmax by hand overflows", "exp", line, sum(square(e / sum(e)))});
  }
  {
    const Tensor x = leaf({0, 3});
    const int line = __LINE__ + 1;
    const Tensor ratio = x / doubles({0, 1});
    add({"0 / 0", "div", line, sum(ratio)});
  }
  {
    const Tensor x = leaf({1, 3});
    const Tensor masked = x + doubles({-inf, -inf});
    const int line = __LINE__ + 1;
    const Tensor shifted = masked - max(masked);
    add({"inf - inf in a row that is masked as a whole", "sub", line, sum(exp(shifted))});
  }
  {
    const Tensor x = leaf({0, 3});
    const Tensor far = doubles({inf, 1});
    const int line = __LINE__ + 1;
    add({"0 times inf", "mul", line, sum(x * far)});
  }
  {
    const Tensor x = leaf({-2, 3});
    const int line = __LINE__ + 1;
    add({"a negative base with a fraction for a power", "pow", line, sum(pow(x, 0.5))});
  }
  {
    const Tensor x = leaf({1, 3});
    const int line = __LINE__ + 1;
    const Tensor nothing = mean(slice(x, {{2, 2}}));
    add({"the mean of nothing", "mean", line, nothing * 2.0});
  }
  {
    const Tensor data = doubles({1, std::nan("")}).named("data");
    const Tensor w = leaf({1, 2}, "w");
    const int line = __LINE__ + 1;
    add({"NaN in the data", "constant #0 'data'", line, sum(data * w)});
  }
}

void born_backward() {
  {
    const Tensor x = leaf({4, 0});
    const int line = __LINE__ + 1;
    add({"the slope of sqrt at 0", "the rule of sqrt", line, sum(sqrt(x))});
  }
  {
    const Tensor x = leaf({4, 0});
    const int line = __LINE__ + 1;
    const Tensor root = sqrt(x);
    add({"where() does not mask an infinite slope", "the rule of sqrt", line, sum(where(x > 0.0, root, 0.0))});
  }
  {
    const Tensor x = leaf({4, 0});
    const int line = __LINE__ + 1;
    const Tensor logarithm = log(x);
    add({"where() hides log 0", "log", line, sum(where(x > 0.0, logarithm, 0.0))});
  }
  {
    const Tensor x = leaf({0, 0});
    const Tensor squares = sum(square(x));
    const int line = __LINE__ + 1;
    const Tensor norm = sqrt(squares);
    add({"the norm of a zero vector", "the rule of sqrt", line, norm * 3.0});
  }
  {
    const Tensor x = leaf({4, 0});
    const int line = __LINE__ + 1;
    add({"x to the power 1/2 at 0", "the rule of pow", line, sum(pow(x, 0.5))});
  }
  {
    const Tensor x = leaf({4, 1}), d = leaf({2, 0}, "d");
    const int line = __LINE__ + 1;
    const Tensor ratio = x / d;
    add({"where() hides a division by 0", "div", line, sum(where(d > 0.0, ratio, 0.0))});
  }
  {
    const Tensor x = leaf({4, 0});
    const SourceLocation here = SourceLocation::here();
    const Tensor y = record(
        "safe_root", "dx = dy·y/2x", {Operand(x, here)}, [](const Inputs& in) { return kernels::sqrt(in[0]); },
        [](const Pullback& p) { return Gradients{p.dy() * p.output() / (2.0 * p.input(0))}; });
    add({"a rule of one's own divides by 0", "the rule of safe_root", here.line, sum(y)});
  }
}

void too_small_and_too_large() {
  {
    Tensor h = leaf({0.1, 0.2});
    int line = 0;
    for (int i = 0; i < 30; ++i) {
      line = __LINE__ + 1;
      h = sigmoid(h);
    }
    add({"thirty sigmoids", "sigmoid", line, sum(h)});
  }
  {
    const Tensor x = variable(tensor({1.0, 2.0})).named("x");
    const Tensor scaled = x * 20.0;
    const int line = __LINE__ + 1;
    const Tensor h = tanh(scaled);
    add({"tanh of numbers that are not normalized", "tanh", line, sum(square(h))});
  }
  {
    const Tensor x = leaf({1, 2});
    const int line = __LINE__ + 1;
    const Tensor scaled = x * 1e-9;
    add({"the wrong unit", "mul", line, sum(scaled)});
  }
  {
    Tensor h = leaf({0.1, 0.2});
    const Tensor w = doubles({3, 3});
    int line = 0;
    for (int i = 0; i < 30; ++i) {
      line = __LINE__ + 1;
      h = h * w;
    }
    add({"a recurrence that grows", "mul", line, sum(h)});
  }
  {
    const Tensor x = leaf({1, 2});
    const int line = __LINE__ + 1;
    const Tensor scaled = x / 1e-8;
    add({"divided by next to nothing", "div", line, sum(scaled)});
  }
  {
    const Tensor x = doubles({{1, 2}, {3, 4}, {5, 6}, {7, 8}});
    const Tensor w = leaf({{1, -1}, {1, 2}}, "w");
    const Tensor z = matmul(x, w) - 100.0;
    const int line = __LINE__ + 1;
    const Tensor h = relu(z);
    add({"a bias that kills all units", "relu", line, sum(square(h - 1.0))});
  }
  {
    const Tensor x = doubles({{1, 2}, {3, 4}, {5, 6}, {7, 8}});
    const Tensor w = leaf({{1, -1, -1}, {1, -2, -3}}, "w");
    const Tensor z = matmul(x, w);
    const int line = __LINE__ + 1;
    const Tensor h = relu(z);
    add({"two of three units dead", "relu", line, sum(square(h - 1.0))});
  }
  {
    const Tensor x = leaf({5, 6, 7, 8, 9});
    const int line = __LINE__ + 1;
    const Tensor h = clamp(x, 0, 1);
    add({"all beyond the clamp", "clamp", line, sum(h)});
  }
}

void wrong_rules() {
  const Tensor x = leaf({1, 2, -3});
  {
    const SourceLocation here = SourceLocation::here();
    const Tensor y = record(
        "cube", "dx = dy·2x²", {Operand(x, here)}, [](const Inputs& in) { return map(in[0], [](double v) { return v * v * v; }); },
        [](const Pullback& p) { return Gradients{p.dy() * 2.0 * square(p.input(0))}; });
    add({"a wrong factor", "cube", here.line, sum(y)});
  }
  {
    const SourceLocation here = SourceLocation::here();
    const Tensor y = record(
        "minus", "dx = dy", {Operand(x, here)}, [](const Inputs& in) { return kernels::neg(in[0]); },
        [](const Pullback& p) { return Gradients{p.dy()}; });
    add({"a wrong sign", "minus", here.line, sum(square(y))});
  }
  {
    const SourceLocation here = SourceLocation::here();
    const Tensor y = record(
        "total", "dx = dy/n", {Operand(x, here)}, [](const Inputs& in) { return kernels::sum(in[0], {0}, false); },
        [](const Pullback& p) { return Gradients{broadcast_to(p.dy(), p.input(0).shape()) / 3.0}; });
    add({"the mean's rule for a sum", "total", here.line, y * 2.0});
  }
  {
    const SourceLocation here = SourceLocation::here();
    const Tensor y = record(
        "twice", "dx = 2", {Operand(x, here)}, [](const Inputs& in) { return map(in[0], [](double v) { return 2 * v; }); },
        [](const Pullback& p) { return Gradients{full(p.input(0).shape(), 2, {.dtype = float64})}; });
    add({"a rule that forgets dy", "twice", here.line, sum(y * doubles({1, 2, 3}))});
  }
}

// Owned here, since a tape does not keep an unused parameter alive.
Parameter w{"w", doubles({1, 2})}, unused{"unused", doubles({1, 2})}, again{"again", doubles({{1, 2}, {3, 4}})};

void forgotten() {
  {
    sum(square(w)).backward();
    const int line = __LINE__ + 1;
    add({"gradients not cleared between steps", "parameter #0 'w'", line, sum(exp(w))});
  }
  {
    for (int step = 0; step < 2; ++step) mean(square(again)).backward();
    const int line = __LINE__ + 1;
    add({"the same step twice, never cleared", "parameter #0 'again'", line, mean(square(again))});
  }
  {
    const Tensor prediction = leaf({{1}, {2}, {3}}, "prediction"), target = doubles({1, 2, 4});
    const int line = __LINE__ + 1;
    const Tensor error = prediction - target;
    add({"(n, 1) against (n,)", "sub", line, mean(square(error))});
  }
  {
    const Tensor x = leaf({1, 2});
    const int line = __LINE__ + 1;
    add({"a parameter that the loss does not reach", "parameter unused", line, sum(x * 2.0), {unused}});
  }
  {
    const debug::Live watching;  // without which a comparison is a constant to the tape
    const Tensor x = leaf({1, 2}), threshold = leaf({0, 3}, "threshold");
    const int line = __LINE__ + 1;
    const Tensor chosen = x > threshold;
    add({"a comparison has no slope", "greater", line, sum(where(chosen, x, 0.0))});
  }
  {
    const Tensor x = leaf({1, 2});
    const Tensor a = x * 1000.001;
    const int line = __LINE__ - 1;
    const Tensor b = x * 1000.0;
    add({"two large parts that cancel", "mul", line, sum(a - b)});
  }
  {
    const Tensor x = leaf({{1, 2, 3, 4}});
    const int line = __LINE__ + 1;
    const Tensor gates = tanh(x * 0.5);
    add({"half of the result is not used", "tanh", line, sum(slice(gates, {{}, {0, 2}}))});
  }
}

}  // namespace

namespace {

/// The page that lists the faults, without its backquotes.
std::string page() {
  std::ifstream file(REEL_SOURCE_DIR "/autograd/debug/README.md");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  std::erase(text, '`');
  return text;
}

}  // namespace

TEST_CASE("The first alert names the op and the line of planted faults") {
  faults.clear();
  for (Parameter* p : {&w, &unused, &again}) p->clear_grad();
  born_forward();
  born_backward();
  too_small_and_too_large();
  wrong_rules();
  forgotten();
  std::size_t named = 0;
  const std::string listed = page();
  for (const Fault& fault : faults) {
    const auto found = debug::alerts(fault.loss, {.parameters = fault.parameters, .check_rules = true});
    const std::string first = found.empty() ? "nothing" : found.front().message();
    const bool right =
        first.find(fault.blamed) != std::string::npos && first.find(fmt::format("planted_faults.cpp:{}", fault.line)) != std::string::npos;
    named += right;
    CHECK_THAT(listed, Catch::Contains(fmt::format(" {} |", fault.what)));
    CAPTURE(fault.what, fault.blamed, fault.line, first);
    CHECKED_ELSE(right) { FAIL_CHECK("not named: " + first); }
  }
  CHECK(faults.size() >= 30);
  CHECK(named == faults.size());
}

TEST_CASE("Programs without a fault raise no alert") {
  manual_seed(1);
  const Tensor x = random::normal({32, 8}), target = random::normal({32, 1});
  nn::Linear first(8, 10), second(10, 1);
  const Tensor loss = nn::mse_loss(second(tanh(first(x))), target);
  std::vector<ParameterRef> parameters = first.parameters();
  for (const ParameterRef& p : second.parameters()) parameters.push_back(p);
  const auto before = debug::alerts(loss, {.parameters = parameters, .check_rules = true});
  for (const auto& alert : before) FAIL_CHECK(alert.message());
  loss.backward({.retain = true});  // a gradient of this very pass is none of an earlier one
  for (const auto& alert : debug::alerts(loss)) FAIL_CHECK(alert.message());
  // A mask of infinities is meant.
  const Tensor scores = variable(tensor({{1.0, 2.0}, {3.0, 0.5}})), allowed = tensor({{true, false}, {true, true}});
  const Tensor masked = where(allowed, scores, -INFINITY);
  for (const auto& alert : debug::alerts(sum(square(softmax(masked))))) FAIL_CHECK(alert.message());
  const Tensor logs = scores + log(where(allowed, 1.0, 0.0));
  for (const auto& alert : debug::alerts(sum(square(softmax(logs))))) FAIL_CHECK(alert.message());
}
