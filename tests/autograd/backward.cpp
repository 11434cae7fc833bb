// backward() and gradients(): what they give, what they leave alone, what they refuse.
#include <cmath>

#include "message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;

namespace {

Parameter weight(const Values& values) { return Parameter("w", doubles(values)); }

}  // namespace

TEST_CASE("backward() adds to a parameter's gradient until it is cleared") {
  Parameter w = weight({1, 2});
  CHECK_FALSE(w.has_grad());
  sum(w * w).backward();
  CHECK(is_same(w.grad(), doubles({2, 4})));
  const Tensor first = w.grad();
  sum(w * 3.0).backward();
  CHECK(is_same(w.grad(), doubles({5, 7})));
  CHECK(is_same(first, doubles({2, 4})));
  w.clear_grad();
  CHECK_FALSE(w.has_grad());
  const std::string rule = " has no gradient; call backward() on a result that depends on it first";
  expect<GradientError>(
      __LINE__, [&] { w.grad(); }, "parameter w" + rule);
  expect<GradientError>(
      __LINE__, [] { Parameter(zeros({1})).grad(); }, "a parameter" + rule);
}

TEST_CASE("Parameters that get one gradient do not share it afterwards") {
  Parameter a("a", doubles({1})), b("b", doubles({2}));
  const Tensor y = sum(a + b);
  y.backward({.retain = true});
  sum(a * 1.0).backward();
  CHECK(is_same(a.grad(), doubles({2})));
  CHECK(is_same(b.grad(), doubles({1})));
}

TEST_CASE("A seed stays as it was, also where it becomes a gradient") {
  Parameter w = weight({1, 2});
  const Tensor seed = doubles({10, 20});
  w.tensor().backward({.seed = seed});
  w.tensor().backward({.seed = seed});
  CHECK(is_same(w.grad(), doubles({20, 40})));
  CHECK(is_same(seed, doubles({10, 20})));
}

TEST_CASE("History is let go by backward(), unless it is asked to stay") {
  Parameter w = weight({3});
  const int line = __LINE__ + 1;
  const Tensor y = exp(w).named("y"), loss = sum(y * y);
  loss.backward({.retain = true});
  loss.backward({.retain = true});
  loss.backward();
  CHECK(number(w.grad()) == Approx(6 * std::exp(6)));
  const std::string recorded = fmt::format("backward: the history of sum (recorded at backward.cpp:{}) was released by ", line);
  expect<GradientError>(
      __LINE__, [&] { loss.backward(); }, recorded + "an earlier backward(); pass {.retain = true} to that one to keep it");
  CHECK_THAT(message_of<GradientError>([&] { gradients(loss, {w}); }),
             Contains("gradients: the history of sum (recorded at backward.cpp:"));
  CHECK_THAT(message_of<GradientError>([&] { (y + 1.0).backward(); }), Contains("the history of exp 'y' (recorded at"));
}

TEST_CASE("gradients() leaves history and parameters' gradients alone") {
  Parameter w = weight({3});
  const Tensor loss = sum(w * w);
  for (int i = 0; i < 2; ++i) CHECK(number(gradients(loss, {w})[0]) == 6);
  CHECK_FALSE(w.has_grad());
  loss.backward();
  gradients(sum(w * 5.0), {w});
  CHECK(number(w.grad()) == 6);
}

TEST_CASE("A seed weighs the outputs") {
  const Tensor x = variable(doubles({1, 2, 3}));
  const Tensor y = x * x;
  CHECK(is_same(gradients(y, {x}, {.seed = doubles({1, 10, 100})})[0], doubles({2, 40, 600})));
  Parameter w = weight({1, 2});
  (w * w).backward({.seed = doubles({1, -1})});
  CHECK(is_same(w.grad(), doubles({2, -4})));
}

TEST_CASE("What cannot be differentiated is refused, with the place") {
  Parameter w = weight({1, 2});
  const Tensor x = variable(doubles({1, 2})), y = x * 2.0, c = doubles({1, 2});
  expect<GradientError>(
      __LINE__, [&] { y.backward(); },
      "backward: the tensor has shape (2,); a gradient needs one number: take its sum or mean, or give .seed");
  expect<GradientError>(
      __LINE__, [&] { gradients(y, {x}, {.seed = doubles({1})}); },
      "gradients: the seed is (1,) float64 and the tensor is (2,) float64; they need one shape and dtype");
  CHECK_THAT(message_of<GradientError>([&] { (w * w).backward({.seed = ones({2})}); }),
             Contains("backward: the seed is (2,) float32 and the tensor is (2,) float64"));
  expect<GradientError>(
      __LINE__, [&] { sum(c).backward(); },
      "backward: the tensor has no history: nothing that it was computed from is a variable or a parameter that requires a gradient, or it "
      "was computed under NoGrad or detached");
  CHECK_THAT(message_of<GradientError>([&] { sum(y.detach()).backward(); }), Contains("has no history"));
  CHECK_THAT(message_of<GradientError>([&] { gradients(sum(x > 1.0), {x}); }), Contains("gradients: greater has no gradient"));
  CHECK_THAT(message_of<Error>([&] { gradients(Tensor(), {x}); }), Contains("gradients: the tensor is not defined"));
  expect<GradientError>(
      __LINE__, [&] { sum(y).backward(); },
      "backward: no parameter that requires a gradient is in the history; for variables, gradients(y, {x}) returns the gradient");
  const auto of_constant = [&] { gradients(sum(y), {x, c}); };
  expect<GradientError>(__LINE__ - 1, of_constant,
                        "gradients: variable 1 of 2 is a constant; make it with variable() before computing with it");
}

TEST_CASE("A variable that the result does not depend on gets zeros of its shape and dtype") {
  const Tensor x = variable(doubles({1, 2})), unused = variable(ones({2, 3}));
  const auto g = gradients(sum(x), {unused, x});
  CHECK(is_same(g[0], zeros({2, 3})));
  CHECK(is_same(g[1], doubles({1, 1})));
  CHECK(is_same(gradients(sum(x), {exp(x)})[0], doubles({0, 0})));
}

TEST_CASE("A result on the way can be differentiated by, also the result itself") {
  const Tensor x = variable(doubles({1, 2}));
  const Tensor h = exp(x), y = sum(h * h);
  const auto g = gradients(y, {h, x, y, h});
  CHECK(is_same(g[0], h * 2.0));
  CHECK(is_same(g[1], h * 2.0 * h));
  CHECK(number(g[2]) == 1);
  CHECK(is_same(g[3], g[0]));
}

TEST_CASE("Diamonds: every path counts once") {
  const Tensor a = variable(3.0, {.dtype = float64});
  const Tensor b = a + a, c = b * b;
  CHECK(number(gradients(c, {a})[0]) == 24);
  const Tensor d = c * b + a;  // 8a³ + a
  CHECK(number(gradients(d, {a})[0]) == 24 * 9 + 1);
  Tensor power = a;
  for (int i = 0; i < 60; ++i) power = power + power;  // 2^60 paths
  CHECK(number(gradients(power, {a})[0]) == std::pow(2.0, 60));
}

TEST_CASE("A parameter that is used several times gets the sum") {
  Parameter w = weight({{1, 2}, {3, 4}});
  const Tensor x = doubles({{1, 1}});
  sum(matmul(matmul(x, w), w)).backward();
  CHECK(is_same(w.grad(), doubles({{7, 11}, {9, 13}})));  // xᵀ(W1)ᵀ + (xW)ᵀ1ᵀ
}

TEST_CASE("gradients of gradients: tanh to fourth order") {
  const Tensor x = variable(doubles({-1.2, 0.0, 0.3, 2.0}));
  Tensor d = tanh(x);
  std::vector<Tensor> orders;
  for (int order = 1; order <= 4; ++order) {
    d = gradients(sum(d), {x}, {.differentiable = order < 4})[0];
    orders.push_back(d);
  }
  CHECK_FALSE(orders[3].has_history());
  for (int i = 0; i < 4; ++i) {
    const double y = std::tanh(x.at<double>({i})), s = 1 - y * y;
    CHECK(orders[0].at<double>({i}) == Approx(s).epsilon(1e-12));
    CHECK(orders[1].at<double>({i}) == Approx(-2 * y * s).epsilon(1e-12).margin(1e-15));
    CHECK(orders[2].at<double>({i}) == Approx(s * (6 * y * y - 2)).epsilon(1e-12));
    CHECK(orders[3].at<double>({i}) == Approx(8 * y * s * (2 - 3 * y * y)).epsilon(1e-12).margin(1e-15));
  }
}

TEST_CASE("Differentiable gradients reach parameters and seeds") {
  Parameter w = weight({1, 2});
  const Tensor x = variable(doubles({3, 4})), seed = variable(1.0, {.dtype = float64});
  const Tensor y = sum(square(w * x));  // dy/dx = 2 w² x
  const Tensor g = gradients(y, {x}, {.differentiable = true, .seed = seed})[0];
  sum(g).backward({.retain = true});
  CHECK(is_same(w.grad(), doubles({12, 32})));  // 4 w x
  CHECK(number(gradients(sum(g), {seed})[0]) == 38);
}

TEST_CASE("Differentiable gradients are recorded even under NoGrad, others never") {
  const Tensor x = variable(doubles({1, 2}));
  const Tensor y = sum(exp(x));
  const NoGrad pause;
  CHECK(gradients(y, {x}, {.differentiable = true})[0].has_history());
  CHECK_FALSE(gradients(y, {x})[0].has_history());
  CHECK_FALSE(is_recording());
}

TEST_CASE("A penalty on a gradient trains") {
  Parameter w = weight({0.5, -1});
  const Tensor x = variable(doubles({1, 2}));
  const Tensor g = gradients(sum(tanh(w * x)), {x}, {.differentiable = true})[0];
  sum(square(g)).backward();
  for (int i = 0; i < 2; ++i) {  // g = w s with s = 1 - tanh²(wx):  d(g²)/dw = 2g (s - 2 w x y s)
    const double v = w.value().at<double>({i}), u = x.at<double>({i}), t = std::tanh(v * u), s = 1 - t * t;
    CHECK(w.grad().at<double>({i}) == Approx(2 * v * s * (s - 2 * v * u * t * s)).epsilon(1e-12));
  }
}
