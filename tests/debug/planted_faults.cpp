// Mistakes that people make, each in a small program. The first alert has to name the op and the line.
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>

#include <reel/autograd/debug/live.hpp>
#include <reel/autograd/debug/terminal/session.hpp>

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

/// What the faults are computed in.
Dtype precision = float64;

Tensor numbers(const Values& values) { return tensor(values, {.dtype = precision}); }
Tensor leaf(const Values& values, const char* name = "x") { return variable(numbers(values)).named(name); }

Array map(const Array& x, double (*f)(double)) {
  Array y = x;
  visit(y.dtype(), [&](auto t) {
    auto* const data = y.mutable_data<decltype(t)>();
    for (std::size_t i = 0; i < y.size(); ++i) data[i] = static_cast<decltype(t)>(f(static_cast<double>(data[i])));
  });
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
    const Tensor difference = x - numbers({1, 2});
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
    const Tensor ratio = x / numbers({0, 1});
    add({"0 / 0", "div", line, sum(ratio)});
  }
  {
    const Tensor x = leaf({1, 3});
    const Tensor masked = x + numbers({-inf, -inf});
    const int line = __LINE__ + 1;
    const Tensor shifted = masked - max(masked);
    add({"inf - inf in a row that is masked as a whole", "sub", line, sum(exp(shifted))});
  }
  {
    const Tensor x = leaf({0, 3});
    const Tensor far = numbers({inf, 1});
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
    const Tensor data = numbers({1, std::nan("")}).named("data");
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
    const Tensor w = numbers({3, 3});
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
    const Tensor x = numbers({{1, 2}, {3, 4}, {5, 6}, {7, 8}});
    const Tensor w = leaf({{1, -1}, {1, 2}}, "w");
    const Tensor z = matmul(x, w) - 100.0;
    const int line = __LINE__ + 1;
    const Tensor h = relu(z);
    add({"a bias that kills all units", "relu", line, sum(square(h - 1.0))});
  }
  {
    const Tensor x = numbers({{1, 2}, {3, 4}, {5, 6}, {7, 8}});
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
        [](const Pullback& p) { return Gradients{full(p.input(0).shape(), 2, {.dtype = p.input(0).dtype()})}; });
    add({"a rule that forgets dy", "twice", here.line, sum(y * numbers({1, 2, 3}))});
  }
}

// UniquePtr here, since a tape does not keep an unused parameter alive.
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
    const Tensor prediction = leaf({{1}, {2}, {3}}, "prediction"), target = numbers({1, 2, 4});
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
    const bool is_coarse = precision == float32;  // then the difference itself has lost its digits, which is told first
    const int later = __LINE__ + 1;
    const Tensor difference = a - b;
    add({"two large parts that cancel", is_coarse ? "sub" : "mul", is_coarse ? later : line, sum(difference)});
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
  precision = GENERATE(float64, float32);
  faults.clear();
  for (Parameter* p : {&w, &unused, &again}) {
    p->clear_grad();
    p->to(precision);
  }
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
    CAPTURE(fault.what, fault.blamed, fault.line, first, precision);
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

namespace {

struct Healthy {
  const char* what;
  Tensor loss;
};

/// Each of the losses on two linear layers with labels of the same dtype as people have them, constants that no gradient reaches.
std::vector<Healthy> healthy_losses(Dtype dtype) {
  const SeedScope fixed(4);
  const auto constant = [&](const Tensor& t) { return astype(t.detach(), dtype); };
  const Tensor x = constant(random::normal({4, 3}));
  nn::Linear layer(3, 2);
  layer.to(dtype);
  const Tensor y = tanh(layer(x)), other = tanh(layer(x * 0.5 + 1.0)), positive = exp(y);
  const Tensor target = constant(random::normal({4, 2})), share = constant(random::uniform({4, 2}, {.low = 0.1, .high = 0.9}));
  const Tensor sign = constant(where(target > 0.0, 1.0, -1.0)), hot = constant(target > 0.0), sign_of_row = constant(sign[{{}, 0}]);
  const Tensor classes = tensor({0, 1, 1, 0});
  return {
      {"mse_loss", nn::mse_loss(y, target)},
      {"l1_loss", nn::l1_loss(y, target)},
      {"huber_loss", nn::huber_loss(y, target)},
      {"smooth_l1_loss", nn::smooth_l1_loss(y, target)},
      {"binary_cross_entropy", nn::binary_cross_entropy(sigmoid(y), hot)},
      {"binary_cross_entropy_with_logits", nn::binary_cross_entropy_with_logits(y, hot)},
      {"cross_entropy", nn::cross_entropy(y, classes)},
      {"cross_entropy of shares", nn::cross_entropy(y, softmax(share).detach())},
      {"nll_loss", nn::nll_loss(log_softmax(y), classes)},
      {"kl_div", nn::kl_div(log_softmax(y), softmax(share).detach())},
      {"hinge_loss", nn::hinge_loss(y, sign)},
      {"hinge_embedding_loss", nn::hinge_embedding_loss(positive, sign)},
      {"poisson_nll_loss", nn::poisson_nll_loss(y, share)},
      {"gaussian_nll_loss", nn::gaussian_nll_loss(y, target, positive)},
      {"gaussian_nll_loss of a constant variance", nn::gaussian_nll_loss(y, target, share)},
      {"cosine_embedding_loss", nn::cosine_embedding_loss(y, other, sign_of_row)},
      {"margin_ranking_loss", nn::margin_ranking_loss(y, other, sign)},
      {"triplet_margin_loss", nn::triplet_margin_loss(y, other, target)},
      {"ctc_loss", nn::ctc_loss(reshape(log_softmax(y), {4, 1, 2}), tensor({{1}}), tensor({4}), tensor({1}))},
      {"a mask of bools", sum(y * astype(target > 0.0, dtype))},
      {"where and lerp", sum(where(target > 0.0, lerp(y, target, share), other * target))},
  };
}

}  // namespace

TEST_CASE("No rule of a loss is called wrong: by alerts, by a stepper's check and by the prompt's") {
  for (const Dtype dtype : {float32, float64}) {
    for (const Healthy& healthy : healthy_losses(dtype)) {
      CAPTURE(healthy.what, dtype);
      for (const auto& alert : debug::alerts(healthy.loss, {.check_rules = true}))
        if (alert.problem() == debug::Problem::wrong_rule) FAIL_CHECK(alert.message());
      debug::Stepper step(healthy.loss);
      debug::Session session{debug::Playback(debug::Stepper(healthy.loss))};
      for (std::size_t i = 0; i < step.entries(); ++i) {
        const Entry entry = step.entry(i);
        if (entry.is_leaf() || !entry.output().has_history()) continue;
        const GradcheckReport report = step.check(i, {.order = 2, .kinks = Kinks::allow});
        CAPTURE(entry.op(), report.message());
        CHECK(report.ok());
        CHECK_THAT(session.run(fmt::format("check #{}", i)).text,
                   !Catch::Contains("your rule gives") || Catch::Contains("not differentiable"));
      }
    }
  }
}
