// Recording, differentiating and looking at tapes while memory runs out.
#include <reel/autograd/debug/stepper.hpp>
#include <reel/autograd/elementwise.hpp>
#include <reel/core/kernels/elementwise.hpp>

#include "survives.hpp"

using namespace failing;

namespace {

const auto swish = elementwise("swish", [](auto x) { return x / (1 + exp(-x)); });

/// Two parameters, and gradients that are there already.
struct Weights {
  SeedScope seed{3};
  Parameter w{"w", random::normal({6, 5})}, b{"b", zeros({5})};
  Tensor x = random::normal({4, 6});

  Weights() {
    w.set_grad(ones({6, 5}));
    w.tensor();
  }
  std::string state() const { return Digest().add(std::vector<ParameterRef>{w.share(), b.share()}); }
};

Tensor some_ops(const Tensor& x, const Parameter& w, const Parameter& b) {
  const Tensor h = swish(matmul(x, w) + b);
  const Tensor rows = concatenate({slice(h, {Slice(0, 2)}), take(h, tensor({0, 3, 3}))}, 0);
  return mean(square(log_softmax(rows * 0.5, -1))) + sum(max(transpose(rows), 1)) + logsumexp(reshape(h, {-1}), 0);
}

struct Forward : Weights {
  Tensor y;
  void run() { y = some_ops(x, w, b).named("y"); }
  std::string result() const { return Digest().add(y); }
};

struct Backward : Weights {
  void run() { some_ops(x, w, b).backward(); }
  std::string result() const { return state(); }
};

struct Higher : Weights {
  std::vector<Tensor> found;
  void run() {
    found.clear();
    const Tensor v = variable(x);
    const auto f = [](const Tensor& t) { return sum(tanh(t * t) * t); };
    const Tensor slope = gradients(f(v), {v}, {.differentiable = true})[0];
    found.push_back(gradients(sum(square(slope)), {v})[0]);
    found.push_back(hvp(f, x, ones({4, 6})));
    found.push_back(jacobian([](const Tensor& t) { return sum(sigmoid(t), 1); }, x));
    found.push_back(hessian(f, slice(x, {Slice(0, 1)})));
    found.push_back(vmap([](const Tensor& row) { return row * sum(row); })(x));
  }
  std::string result() const { return Digest().add(found); }
};

struct Checkpointed : Weights {
  std::vector<Tensor> found;
  void run() {
    found.clear();
    const Tensor v = variable(x);
    const auto inner = [this](const Tensor& t) { return tanh(matmul(t, w) + b); };
    const Tensor y = checkpoint([&](const Tensor& t) { return checkpoint(inner, t) * 2; }, v);
    found = gradients(sum(square(y)), {v, w, b});
    const Tensor z = with_rule(
        "round", "dx = dy", [](const Tensor& t) { return floor(t); }, {v}, [](const Pullback& p) { return Gradients{p.dy()}; });
    found.push_back(gradients(sum(z), {v})[0]);
  }
  std::string result() const { return Digest().add(found); }
};

Tensor scaled(Operand x, double factor) {
  return record(
      "scaled", "dx = factor dy", {x}, [factor](const Inputs& in) { return kernels::mul(in[0], Array::scalar(factor, in[0].dtype())); },
      [factor](const Pullback& p) { return Gradients{scaled(p.dy(), factor)}; }, [factor] { return fmt::format("factor={}", factor); });
}

struct Hooked : Weights {
  nn::Sequential model{nn::Linear(6, 3), tanh};
  std::vector<Tensor> found;
  Hooked() { model.parameters(); }
  void run() {
    found.clear();
    const Tensor v = variable(x);
    const nn::ModuleHook before = model.on_forward_pre([](const Tensor& t) { return t * 2; });
    const nn::ModuleHook after = model.on_forward([](const Tensor&, const Tensor& y) { return y + 1; });
    const nn::ModuleHook backward = model.on_backward([](const Tensor& dx, const Tensor&) { return dx * 0.5; });
    const Tensor y = model(v);
    const GradientHook hook = on_gradient(y, [](const Tensor& g) { return g * 3; });
    found = gradients(sum(square(y)), {v});
    found.push_back(scaled(v, 3));
  }
  std::string result() const { return Digest().add(found); }
};

struct OnTape : Weights {
  std::string text;
  std::vector<Array> again;
  void run() {
    const Tape tape(some_ops(x, w, b));
    text = tape.to_string();
    again = tape.rerun();
  }
  std::string result() const { return Digest().add(text.substr(0, 4)).add(again); }
};

struct Checked : Weights {
  std::string text;
  void run() {
    const GradcheckReport report =
        gradcheck([](const std::vector<Tensor>& in) { return swish(in[0]) * sum(in[0]); }, {slice(x, {Slice(0, 1)})});
    text = report.ok() ? "ok" : report.message();
  }
  std::string result() const { return text; }
};

struct Stepped : Weights {
  std::string text;
  void run() {
    text.clear();
    debug::Stepper stepper(some_ops(x, w, b));
    while (stepper.next()) {}
    while (stepper.back()) {}
    stepper.append_backward();
    stepper.run_to_end();
    text = fmt::format("{} {}", stepper.size(), stepper.event());
  }
  std::string result() const { return text; }
};

/// Large enough for two threads.
struct Large {
  SeedScope seed{4};
  Parameter w{"w", random::normal({256, 256})}, filters{"filters", random::normal({8, 3, 3, 3})};
  Tensor x = random::normal({300, 256}), images = random::normal({8, 3, 24, 24});
  std::vector<Tensor> found;

  void run() {
    found.clear();
    const Tensor v = variable(x);
    found = gradients(mean(square(softmax(swish(matmul(v, w)), 1))) + sum(exp(v) * 0.001), {v, w});
    found.push_back(gradients(sum(relu(conv2d(images, filters, {.padding = 1}))), {filters})[0]);
  }
  std::string state() const { return Digest().add(std::vector<ParameterRef>{w.share(), filters.share()}); }
  std::string result() const { return Digest().add(found); }
};

}  // namespace

TEST_CASE("memory runs out in a forward pass") { survives<Forward>(); }
TEST_CASE("memory runs out in backward()") { survives<Backward>(); }
TEST_CASE("memory runs out in derivatives of higher order") { survives<Higher>(); }
TEST_CASE("memory runs out in checkpoints and rules of one's own") { survives<Checkpointed>(); }
TEST_CASE("memory runs out around hooks") { survives<Hooked>(); }
TEST_CASE("memory runs out in a tape") { survives<OnTape>(); }
TEST_CASE("memory runs out in a gradient check") { survives<Checked>(); }
TEST_CASE("memory runs out in a stepper") { survives<Stepped>(); }
TEST_CASE("memory runs out in kernels of one and of two threads") { survives<Large>({.threads = {1, 2}}); }
