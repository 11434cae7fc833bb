#include <catch2/catch.hpp>
#include <reel/testing/catch.hpp>

#include "error_text.hpp"
#include "models.hpp"

using namespace reel;
using Catch::Contains;
using Texts = std::vector<std::string>;
using List = std::vector<Tensor>;

TEST_CASE("hooks see inputs and results, in the order in which they were added") {
  nn::Linear layer(2, 3);
  Texts seen;
  const nn::ModuleHook first =
      layer.on_forward([&](const Tensor& x, const Tensor& y) { seen.push_back(to_string(x.shape()) + " to " + to_string(y.shape())); });
  const nn::ModuleHook second = layer.on_forward([&](const Tensor&, const Tensor&) { seen.push_back("second"); });
  const nn::ModuleHook before = layer.on_forward_pre([&](const Tensor& x) { seen.push_back("before " + to_string(x.shape())); });
  layer(ones({4, 2}));
  CHECK(seen == Texts{"before (4, 2)", "(4, 2) to (4, 3)", "second"});
}

TEST_CASE("hooks may replace what goes in and what comes out, each what the one before left") {
  nn::Linear layer(2, 2);
  const Tensor x = tensor({{1.0, 2.0}});
  const Tensor expected = layer(2 * x) * 3 + 1;
  const nn::ModuleHook a = layer.on_forward_pre([](const Tensor& input) { return 2 * input; });
  const nn::ModuleHook b = layer.on_forward([](const Tensor&, const Tensor& y) { return y * 3; });
  const nn::ModuleHook c = layer.on_forward([](const Tensor&, const Tensor& y) { return y + 1; });
  const nn::ModuleHook d = layer.on_forward([](const Tensor&, const Tensor&) { return Tensor(); });
  CHECK(identical(layer(x).value(), expected.value()));
  nn::Sequential copy{layer};  // a copy has no hooks
  CHECK(identical((copy(2 * x) * 3 + 1).value(), expected.value()));
}

TEST_CASE("a hook ends with its handle, by remove(), or with the module") {
  nn::Linear layer(1, 1);
  int calls = 0;
  const auto count = [&](const Tensor&) { ++calls; };
  {
    const nn::ModuleHook hook = layer.on_forward_pre(count);
    CHECK(hook.active());
    layer(ones({1, 1}));
  }
  layer(ones({1, 1}));
  CHECK(calls == 1);
  nn::ModuleHook hook = layer.on_forward_pre(count);
  hook.remove();
  CHECK_FALSE(hook.active());
  hook.remove();
  layer(ones({1, 1}));
  CHECK(calls == 1);
  layer.on_forward_pre(count).keep();
  nn::Linear moved = std::move(layer);
  moved(ones({1, 1}));
  CHECK(calls == 2);
  nn::Sequential model{tanh}, other{relu};
  const nn::ModuleHook stays = model.on_forward_pre(count);
  model = other;  // takes over layers, not hooks
  model(ones({1, 1}));
  CHECK(calls == 3);
  other = std::move(model);
  other(ones({1, 1}));
  CHECK(calls == 4);
  nn::ModuleHook late;
  {
    nn::Linear gone(1, 1);
    late = gone.on_forward_pre(count);
  }
  late.remove();
}

TEST_CASE("a backward hook sees the gradients of its module's own input and result") {
  nn::Linear first(2, 3), second(3, 1);
  const Tensor x = ones({4, 2});
  const Tensor h = first(x);
  Tensor dx, dy;
  const nn::ModuleHook hook = second.on_backward([&](const Tensor& in, const Tensor& out) {
    dx = in;
    dy = out;
  });
  const Tensor loss = sum(second(h) * 2) + sum(h * 5);  // h is used elsewhere as well
  loss.backward();
  CHECK(identical(dy.value(), full({4, 1}, 2).value()));
  CHECK(allclose(dx, matmul(dy, second.weight)));
  CHECK(allclose(first.bias->grad(), sum(dx + 5, 0)));
}

TEST_CASE("a backward hook may replace the gradient that goes on") {
  nn::Linear first(2, 2), second(2, 1);
  const nn::ModuleHook hook = second.on_backward([](const Tensor& dx, const Tensor&) { return dx * 0; });
  sum(second(first(ones({1, 2})))).backward();
  CHECK(max(abs(first.weight.grad())).item<float>() == 0);
  CHECK(max(abs(second.weight.grad())).item<float>() > 0);
}

TEST_CASE("a backward hook of a module whose input is a constant is called with the gradient of the result") {
  nn::Linear layer(2, 1);
  int calls = 0;
  bool has_input_gradient = true;
  const nn::ModuleHook hook = layer.on_backward([&](const Tensor& dx, const Tensor& dy) {
    ++calls;
    has_input_gradient = dx.defined();
    CHECK(dy.shape() == Shape{3, 1});
  });
  sum(layer(ones({3, 2}))).backward();
  CHECK(calls == 1);
  CHECK_FALSE(has_input_gradient);
  const NoGrad pause;
  layer(ones({3, 2}));
  CHECK(calls == 1);
}

TEST_CASE("hooks leave values and gradients as they were, bit for bit") {
  manual_seed(3);
  nn::Sequential model{nn::Linear(2, 4), tanh, nn::Linear(4, 1)};
  const Tensor x = random::normal({5, 2});
  const auto run = [&] {
    model.zero_grad();
    const Tensor loss = sum(model(x));
    loss.backward();
    List list{loss};
    for (const ParameterRef& p : model.parameters()) list.push_back(p.grad());
    return list;
  };
  const List before = run();
  std::vector<nn::ModuleHook> hooks;
  Texts order;
  model.apply([&](const std::string& name, nn::Module& module) {
    hooks.push_back(module.on_backward([&order, name](const Tensor&, const Tensor&) { order.push_back(name); }));
  });
  const List after = run();
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < after.size(); ++i) CHECK(identical(after[i].value(), before[i].value()));
  CHECK(order == Texts{"", "2", "1", "0"});
}

TEST_CASE("second derivatives go through a module with hooks") {
  nn::Linear layer(2, 2, {.dtype = float64});
  nn::Sequential model{layer, tanh};
  int calls = 0;
  const nn::ModuleHook hook = model.on_backward([&](const Tensor&, const Tensor&) { ++calls; });
  CHECK_THAT(model, HasRightGradient({random::normal({3, 2}, {.dtype = float64})}, {.order = 2}));
  CHECK(calls > 0);
}

namespace {

struct TwoInputs : nn::Module {
  nn::Linear a{2, 2}, b{3, 2};
  REEL_MEMBERS(a, b)
  List operator()(const Tensor& x, const Tensor& y, SourceLocation at = SourceLocation::here()) {
    return call(
        at,
        [&](const Tensor& s, const Tensor& t) {
          return List{a(s) * b(t), a(s)};
        },
        x, y);
  }
};

}  // namespace

TEST_CASE("hooks of a module with several inputs and results see lists of them, all gradients together") {
  TwoInputs model;
  const Tensor x = variable(ones({1, 2})), y = variable(full({1, 3}, 2));
  std::vector<std::size_t> sizes;
  const nn::ModuleHook before = model.on_forward_pre([&](const List& in) {
    sizes.push_back(in.size());
    return List{Tensor(), in[1] * 2};
  });
  const nn::ModuleHook after = model.on_forward([&](const List& in, const List& out) {
    sizes.insert(sizes.end(), {in.size(), out.size()});
  });
  List seen, results;
  const nn::ModuleHook backward = model.on_backward([&](const List& in, const List& out) {
    seen = in;
    results = out;
    return List{in[0] * 10};
  });
  const List out = model(x, y);
  CHECK(sizes == std::vector<std::size_t>{2, 2, 2});
  CHECK(allclose(out[0], model.a(x) * model.b(2 * y)));
  const Tensor both = sum(out[0]) + 3 * sum(out[1]);
  const auto g = gradients(both, {x, y});
  REQUIRE(results.size() == 2);
  CHECK(allclose(results[1], full({1, 2}, 3)));
  CHECK(allclose(g[0], seen[0] * 10));
  CHECK(allclose(g[1], seen[1] * 2));
  gradients(sum(out[1]), {x});
  CHECK_FALSE(results[0].defined());  // nothing of the sweep before is left
  CHECK_FALSE(seen[1].defined());
}

TEST_CASE("hooks of an LSTM see its states, and its result as a module") {
  nn::LSTM lstm(2, 3);
  std::size_t inputs = 0, results = 0;
  const nn::ModuleHook hook = lstm.on_forward([&](const List& in, const List& out) {
    inputs = in.size();
    results = out.size();
  });
  lstm(ones({4, 1, 2}));
  CHECK(inputs == 3);
  CHECK(results == 3);
  static_cast<nn::Module&>(lstm)(ones({4, 1, 2}));
  CHECK(inputs == 1);
  CHECK(results == 1);
}

TEST_CASE("what a hook does wrong is an error") {
  nn::Linear layer(2, 1);
  const nn::ModuleHook hook = layer.on_forward([](const List&, const List& out) { return List{out[0], out[0]}; });
  CHECK_THAT(error_text([&] { layer(ones({1, 2})); }), Contains("a module's hook returned 2 tensors for 1 results"));
  nn::Linear other(2, 1);
  const nn::ModuleHook shape = other.on_backward([](const Tensor&, const Tensor&) { return ones({7}); });
  const Tensor x = variable(ones({1, 2}));
  CHECK_THAT(error_text<GradientError>([&] { gradients(sum(other(x)), {x}); }), Contains("(7,)") && Contains("(1, 2)"));
}

TEST_CASE("a backward hook that is reached through the input alone gets an undefined dy, in sweeps of any order") {
  nn::Sequential model{nn::Linear(2, 2), tanh};
  Texts seen;
  const auto text = [](const List& list) {
    std::string result;
    for (const Tensor& t : list) result += t.defined() ? to_string(t.shape()) : "-";
    return result;
  };
  const nn::ModuleHook lists = model.on_backward([&](const List& dx, const List& dy) { seen.push_back(text(dx) + " from " + text(dy)); });
  const nn::ModuleHook pair = model.on_backward([&](const Tensor&, const Tensor& dy) { seen.push_back(dy.defined() ? "dy" : "no dy"); });
  const Tensor x = variable(random::normal({3, 2})), y = model(x);
  const Tensor slope = gradients(sum(y), {x}, {.differentiable = true})[0];
  gradients(sum(y * 2), {x});
  gradients(sum(square(slope)), {x});
  CHECK(seen == Texts{"(3, 2) from (3, 2)", "dy", "(3, 2) from (3, 2)", "dy", "(3, 2) from -", "no dy"});
}

namespace {

bool rule_fails = false;

struct Fussy : nn::Module {
  REEL_MEMBERS()
  Tensor forward(const Tensor& x) override {
    return record(
        "fussy", "dx = dy", {x * x}, [](const Inputs& in) { return in[0]; },
        [](const Pullback& p) {
          if (rule_fails) throw Error("no");
          return Gradients{p.dy()};
        });
  }
};

}  // namespace

TEST_CASE("a sweep that failed inside of a module leaves no gradient to the hooks of the next one") {
  Fussy module;
  bool had_dy = false;
  const nn::ModuleHook hook = module.on_backward([&](const Tensor&, const Tensor& dy) { had_dy = dy.defined(); });
  const Tensor x = variable(tensor({1.0, 2.0})), y = module(x);
  const Tensor slope = gradients(sum(y), {x}, {.differentiable = true})[0];
  CHECK(had_dy);
  rule_fails = true;
  CHECK_THROWS_AS(gradients(sum(y * 2), {x}), GradientError);
  rule_fails = false;
  gradients(sum(square(slope)), {x});
  CHECK_FALSE(had_dy);
}

TEST_CASE("a module without inputs, or without results, has hooks that get undefined tensors") {
  struct Source : nn::Module {
    REEL_MEMBERS()
    using Module::call;
    Tensor operator()(SourceLocation at = SourceLocation::here()) {
      return call(at, [] { return ones({2}); });
    }
    List nothing(const Tensor& x, SourceLocation at = SourceLocation::here()) {
      return call(
          at, [](const Tensor&) { return List(); }, x);
    }
  } source;
  int calls = 0;
  const nn::ModuleHook before = source.on_forward_pre([&](const Tensor& x) { calls += !x.defined(); });
  const nn::ModuleHook after = source.on_forward([&](const Tensor& x, const Tensor&) { calls += !x.defined(); });
  CHECK(source().shape() == Shape{2});
  CHECK(calls == 2);
  CHECK(source.nothing(ones({2})).empty());
}
