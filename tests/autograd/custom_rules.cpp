// with_rule(): the gradient of a function given by the user.
#include "message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;

namespace {

/// Rounds; the gradient passes as if it had not.
Tensor straight_through(Operand x) {
  return with_rule(
      "round", "dx = dy", [](const Tensor& t) { return astype(astype(t + 0.5, int64), t.dtype()); }, {x},
      [](const Pullback& p) { return Gradients{p.dy()}; });
}

/// log(1 + exp(x)) of any ops, with the derivative that does not overflow.
Tensor log1pexp(Operand x) {
  return with_rule(
      "log1pexp", "dx = dy·σ(x)", [](const Tensor& t) { return log(exp(t) + 1.0); }, {x},
      [](const Pullback& p) { return Gradients{p.dy() * sigmoid(p.input(0))}; });
}

}  // namespace

TEST_CASE("The rule stands instead of the ops' own derivatives") {
  const Tensor x = variable(doubles({0.2, 1.7, 2.4}));
  const Tensor y = straight_through(x);
  CHECK(is_same(y, doubles({0, 2, 2})));
  CHECK(is_same(gradients(sum(y * y), {x})[0], doubles({0, 4, 4})));
  Parameter w("w", doubles({0.2, 1.7}));
  sum(straight_through(w) * doubles({1, 10})).backward();
  CHECK(is_same(w.grad(), doubles({1, 10})));
}

TEST_CASE("An op with a rule of its own is an op like every other") {
  const Tensor x = variable(doubles({-1.0, 0.5, 800.0})).named("x");
  const int line = __LINE__ + 1;
  const Tensor y = log1pexp(x);
  const Tape tape(y);
  REQUIRE(tape.size() == 2);
  CHECK(tape[1].op() == "log1pexp");
  CHECK(tape[1].rule() == "dx = dy·σ(x)");
  CHECK(to_string(tape[1].location()).starts_with("custom_rules.cpp:"));
  CHECK(line > 0);
  CHECK(number(gradients(y.row(2), {x})[0].row(2)) == 1);  // the ops' own derivative there is NaN
  CHECK(identical(tape.rerun().back(), y.value()));
  CHECK(identical(tape[1].run({doubles({0}).value()}), log(doubles({2})).value()));
  const Tensor small = doubles({-1.0, 0.5});
  const auto f = [](const auto& in) { return log1pexp(in[0]); };
  CHECK(gradcheck(f, {small}, {.order = 3}).ok());
  CHECK(allclose(jvp(log1pexp, small, doubles({1, 2})).tangent, sigmoid(small) * doubles({1, 2}), 1e-14));
  CHECK(allclose(jacobian(log1pexp, small), jacobian(softplus, small), 1e-13));
  CHECK(allclose(hessian([](const Tensor& t) { return sum(log1pexp(t)); }, small),
                 hessian([](const Tensor& t) { return sum(softplus(t)); }, small), 1e-12));
}

TEST_CASE("Several inputs, captured values, and a gradient that is clipped") {
  const Tensor a = variable(doubles({1, -2})), b = variable(doubles({3, 4}));
  const Tensor limit = doubles({0.5});
  const auto clipped = [&](const Tensor& x, const Tensor& y) {
    return with_rule(
        "clipped_product", "da = clip(dy·b)", [](const Tensor& s, const Tensor& t) { return s * t; }, {x, y},
        [limit](const Pullback& p) {
          const double c = limit.item<double>();
          return Gradients{p.needs(0) ? clamp(p.dy() * p.input(1), -c, c) : none, none};
        });
  };
  const auto g = gradients(sum(clipped(a, b)), {a, b});
  CHECK(is_same(g[0], doubles({0.5, 0.5})));
  CHECK(is_same(g[1], doubles({0, 0})));
  const Tensor y = clipped(a, b);
  CHECK(is_same(gradients(sum(y), {a})[0], doubles({0.5, 0.5})));
  const std::vector<Tensor> list{a, b};
  const Tensor z = with_rule(
      "sum_of", "dy for all", [](const std::vector<Tensor>& in) { return in[0] + in[1]; }, list,
      [](const Pullback& p) {
        return Gradients{p.dy(), p.dy()};
      });
  CHECK(is_same(gradients(sum(z), {a})[0], doubles({1, 1})));
}

TEST_CASE("Random draws of a function with a rule are the same when it runs again") {
  const SeedScope seed(3);
  const Tensor x = variable(ones({16}, {.dtype = float64}));
  const Tensor y = with_rule(
      "noisy", "dx = dy", [](const Tensor& t) { return t + random::normal({16}, {.dtype = float64}); }, {x},
      [](const Pullback& p) { return Gradients{p.dy()}; });
  CHECK(identical(Tape(y).rerun().back(), y.value()));
}

TEST_CASE("Without anything to differentiate by, the result is a constant") {
  CHECK_FALSE(straight_through(doubles({1.2})).has_history());
  const Tensor x = variable(doubles({1.2}));
  const NoGrad pause;
  CHECK_FALSE(straight_through(x).has_history());
}

TEST_CASE("A rule of its own inside a checkpoint, and around one") {
  const Tensor x = variable(doubles({0.2, 1.7}));
  const auto f = [](const Tensor& t) { return straight_through(t * 2.0) * t; };
  CHECK(is_same(gradients(sum(checkpoint(f, x)), {x})[0], gradients(sum(f(x)), {x})[0]));
}

TEST_CASE("Mistakes in a function with a rule are named, with the place") {
  const Tensor x = variable(doubles({1, 2})).named("x");
  Parameter w("w", doubles({1, 2}));
  const auto with = [&](const auto& f, const auto& rule) { return with_rule("mine", "dx = ?", f, {x}, rule); };
  const auto same = [](const Pullback& p) { return Gradients{p.dy()}; };
  CHECK_THAT(message_of<GradientError>([&] { with([&](const Tensor& t) { return t * w; }, same); }),
             Contains("mine: its function uses parameter 'w', which is not among the inputs, so that its gradient would be lost; list it "
                      "there, or detach() it (custom_rules.cpp:"));
  CHECK_THAT(message_of<Error>([&] { with([](const Tensor&) { return Tensor(); }, same); }),
             Contains("mine: its function returned a tensor that is not defined (custom_rules.cpp:"));
  CHECK(with([&](const Tensor& t) { return t * w.tensor().detach(); }, same).has_history());
  const auto gradient_of = [&](const auto& rule) {
    const Tensor y = with([](const Tensor& t) { return t * 2.0; }, rule);
    return message_of<GradientError>([&] { gradients(sum(y), {x}); });
  };
  CHECK_THAT(gradient_of([](const Pullback& p) { return Gradients{sum(p.dy())}; }),
             Contains("mine: its rule returned a gradient of shape () and dtype float64 for input 0, which has shape (2,) and dtype "
                      "float64 (custom_rules.cpp:"));
  CHECK_THAT(gradient_of([](const Pullback& p) {
               return Gradients{p.dy(), p.dy()};
             }),
             Contains("mine: its rule returned 2 gradients for 1 inputs (custom_rules.cpp:"));
  CHECK_THAT(gradient_of([](const Pullback&) -> Gradients { throw Error("never"); }), Contains("the rule of mine failed: never ("));
}
