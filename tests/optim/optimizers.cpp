#include <cmath>
#include <limits>

#include <catch2/catch.hpp>
#include <reel/reel.hpp>

#include "../nn/error_text.hpp"

using namespace reel;

namespace {

Tensor doubles(const Values& values) { return tensor(values, {.dtype = float64}); }

/// One step with this gradient; the parameter's only element afterwards.
double step(optim::Optimizer& optimizer, Parameter& p, double gradient) {
  p.set_grad(full(p.shape(), gradient, {.dtype = p.dtype()}));
  optimizer.step();
  return p.value().as_double(0);
}

Parameter named(const char* name, double value, Dtype dtype = float64) { return Parameter(name, full({1}, value, {.dtype = dtype})); }

/// A list of handles, as Module::parameters() gives it.
template <class... P>
std::vector<ParameterRef> list(P&... parameters) {
  return {parameters.share()...};
}

}  // namespace

TEST_CASE("SGD follows its formula") {
  Parameter plain = named("a", 1), decayed = named("b", 1), damped = named("c", 1), nesterov = named("d", 1);
  optim::SGD sgd(list(plain), {.lr = 0.1});
  CHECK(step(sgd, plain, 2) == Approx(0.8));
  CHECK(step(sgd, plain, -1) == Approx(0.9));
  optim::SGD decay(list(decayed), {.lr = 0.1, .weight_decay = 0.5});
  CHECK(step(decay, decayed, 2) == Approx(1 - 0.1 * (2 + 0.5)));
  optim::SGD damping(list(damped), {.lr = 0.1, .momentum = 0.9, .dampening = 0.5});
  CHECK(step(damping, damped, 2) == Approx(0.8));
  CHECK(step(damping, damped, 2) == Approx(0.8 - 0.1 * (0.9 * 2 + 0.5 * 2)));
  optim::SGD ahead(list(nesterov), {.lr = 0.1, .momentum = 0.9, .nesterov = true});
  CHECK(step(ahead, nesterov, 2) == Approx(1 - 0.1 * (2 + 0.9 * 2)));
}

TEST_CASE("Adam's first step has the size of the learning rate, AdamW shrinks apart from it") {
  Parameter p = named("p", 1), w = named("w", 1), tiny = named("t", 1);
  optim::Adam adam(list(p), {.lr = 0.1});
  CHECK(step(adam, p, 1000) == Approx(0.9));
  optim::AdamW adamw(list(w), {.lr = 0.1, .weight_decay = 0.5});
  CHECK(step(adamw, w, -3) == Approx(1 - 0.1 * 0.5 + 0.1));
  optim::Adam large_eps(list(tiny), {.lr = 0.1, .eps = 1});
  CHECK(step(large_eps, tiny, 1) == Approx(1 - 0.1 * 0.5));
}

TEST_CASE("float32 parameters follow float64 ones to their precision") {
  const auto run = [](Dtype dtype) {
    Parameter p = named("p", 1, dtype), q = named("q", 1, dtype);
    optim::Adam adam(list(p), {.lr = 0.01});
    optim::SGD sgd(list(q), {.lr = 0.01, .momentum = 0.9});
    double x = 0, y = 0;
    for (int i = 1; i <= 50; ++i) {
      x = step(adam, p, std::sin(i));
      y = step(sgd, q, std::sin(i));
    }
    return std::pair(x, y);
  };
  CHECK(run(float32).first == Approx(run(float64).first).epsilon(1e-4));
  CHECK(run(float32).second == Approx(run(float64).second).epsilon(1e-4));
}

TEST_CASE("groups have options of their own") {
  Parameter slow = named("slow", 1), fast = named("fast", 1);
  optim::SGD sgd(list(slow), {.lr = 0.1});
  sgd.add_group(list(fast), {.lr = 1, .weight_decay = 0.5});
  CHECK(sgd.groups() == 2);
  CHECK(sgd.parameters().size() == 2);
  slow.set_grad(doubles({1.0}));
  fast.set_grad(doubles({1.0}));
  sgd.step();
  CHECK(slow.value().as_double(0) == Approx(0.9));
  CHECK(fast.value().as_double(0) == Approx(1 - 1.5));
  CHECK(sgd.lr() == 0.1);
  CHECK(sgd.group_lr(1) == 1);
  sgd.set_group_lr(1, 0.5);
  CHECK(sgd.options(1).lr == 0.5);
  CHECK(sgd.options().lr == 0.1);
  sgd.set_lr(0.25);
  CHECK(sgd.group_lr(0) == 0.25);
  CHECK(sgd.group_lr(1) == 0.25);
  CHECK(sgd.options(1).weight_decay == 0.5);
}

TEST_CASE("optimizers refuse options and parameters that make no sense") {
  Parameter p = named("p", 1), q = named("q", 1);
  CHECK(placed_text([&] { optim::SGD({}); }) == "an optimizer was given no parameters");
  CHECK(placed_text([&] { optim::SGD(list(p, q, p)); }) == "parameter p is in the optimizer twice");
  CHECK(placed_text([&] { optim::SGD(list(p), {.lr = -1}); }) == "SGD: lr is -1, momentum 0 and weight_decay 0; none may be negative");
  CHECK_THROWS_AS(optim::SGD(list(p), {.lr = std::nan("")}), Error);
  CHECK(placed_text([&] { optim::SGD(list(p), {.nesterov = true}); }) == "SGD: nesterov needs a momentum above 0 and no dampening");
  CHECK(placed_text([&] {
          optim::Adam(list(p), {.betas = {0.9, 1.0}});
        }) == "Adam: the betas are 0.9 and 1; both have to be at least 0 and below 1");
  CHECK(placed_text([&] { optim::Adam(list(p), {.eps = -1}); }) == "Adam: lr is 0.001, eps -1 and weight_decay 0; none may be negative");
  CHECK(placed_text([&] { optim::AdamW(list(p), {.weight_decay = -0.5}); }) ==
        "AdamW: lr is 0.001, eps 1e-08 and weight_decay -0.5; none may be negative");

  optim::SGD sgd(list(p), {.lr = 0.5});
  CHECK(placed_text([&] { sgd.add_group(list(q, p), {}); }) == "parameter p is in the optimizer twice");
  CHECK(placed_text([&] { sgd.add_group(list(q), {.momentum = -1}); }) ==
        "SGD: lr is 0.01, momentum -1 and weight_decay 0; none may be negative");
  CHECK(sgd.groups() == 1);
  CHECK(sgd.parameters().size() == 1);
  CHECK(placed_text([&] { sgd.set_lr(-0.1); }) == "SGD: lr is -0.1; it has to be 0 or more");
  CHECK_THROWS_AS(sgd.set_lr(std::nan("")), Error);
  CHECK(sgd.lr() == 0.5);
  CHECK(placed_text([&] { sgd.set_group_lr(1, 0.1); }) == "group 1 of an optimizer with 1 groups");
  CHECK(placed_text([&] { sgd.group_lr(2); }) == "group 2 of an optimizer with 1 groups");
  CHECK(placed_text([&] { sgd.options(1); }) == "group 1 of an optimizer with 1 groups");
}

TEST_CASE("each optimizer refuses its own options that make no sense") {
  Parameter p = named("p", 1);
  CHECK(placed_text([&] { optim::RMSprop(list(p), {.alpha = -1}); }) == "RMSprop: alpha is -1 and momentum 0; none may be negative");
  CHECK(placed_text([&] { optim::Adagrad(list(p), {.lr_decay = -1}); }) ==
        "Adagrad: lr_decay is -1 and initial_accumulator_value 0; none may be negative");
  CHECK(placed_text([&] { optim::Adadelta(list(p), {.rho = 2}); }) == "Adadelta: rho is 2; it has to lie between 0 and 1");
  CHECK(placed_text([&] {
          optim::Adamax(list(p), {.betas = {1, 0.9}});
        }) == "Adamax: the betas are 1 and 0.9; both have to be at least 0 and below 1");
  CHECK(placed_text([&] { optim::NAdam(list(p), {.momentum_decay = -1}); }) == "NAdam: momentum_decay is -1; it may not be negative");
  CHECK(placed_text([&] { optim::RAdam(list(p), {.eps = -1}); }) == "RAdam: lr is 0.001, eps -1 and weight_decay 0; none may be negative");
  CHECK(placed_text([&] { optim::Lion(list(p), {.weight_decay = -1}); }) == "Lion: lr is 0.0001 and weight_decay -1; none may be negative");
  CHECK(placed_text([&] { optim::LBFGS(list(p), {.max_iter = 0}); }) ==
        "LBFGS: max_iter is 0, max_eval 0 and history_size 100; they have to be at least 1, 0 and 1");
}

TEST_CASE("options are found by name") {
  Parameter p = named("p", 1);
  optim::Adam adam(list(p), {.betas = {0.8, 0.9}});
  REQUIRE(adam.find_option(0, "betas.1"));
  CHECK(*adam.find_option(0, "betas.1") == 0.9);
  CHECK(adam.find_option(0, "momentum") == nullptr);
  CHECK_THROWS_AS(adam.find_option(1, "lr"), Error);
}

namespace {

template <class Optimizer, class Options>
void check_what_is_left_alone(const Options& options) {
  Parameter trained = named("a", 1), without = named("b", 1), frozen = named("c", 1);
  Optimizer optimizer(list(trained, without, frozen), options);
  const Tensor gradient = doubles({2.0});
  trained.set_grad(gradient);
  frozen.set_grad(gradient);
  frozen.set_requires_grad(false);
  for (int i = 0; i < 3; ++i) optimizer.step();
  CHECK(trained.value().as_double(0) != 1);
  CHECK(without.value().as_double(0) == 1);
  CHECK(frozen.value().as_double(0) == 1);
  CHECK(gradient.item<double>() == 2);
  CHECK(trained.grad().item<double>() == 2);
  optimizer.zero_grad();
  CHECK_FALSE(trained.has_grad());
  CHECK_FALSE(frozen.has_grad());
}

}  // namespace

TEST_CASE("optimizers leave gradients, frozen parameters and those without a gradient alone") {
  check_what_is_left_alone<optim::SGD>(optim::SGDOptions{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1, .nesterov = true});
  check_what_is_left_alone<optim::Adam>(optim::AdamOptions{.lr = 0.1, .weight_decay = 0.1});
  check_what_is_left_alone<optim::AdamW>(optim::AdamWOptions{.lr = 0.1});
  check_what_is_left_alone<optim::RMSprop>(optim::RMSpropOptions{.momentum = 0.9, .centered = true});
  check_what_is_left_alone<optim::Adagrad>(optim::AdagradOptions{.initial_accumulator_value = 1});
  check_what_is_left_alone<optim::Adadelta>(optim::AdadeltaOptions{});
  check_what_is_left_alone<optim::Adamax>(optim::AdamaxOptions{});
  check_what_is_left_alone<optim::NAdam>(optim::NAdamOptions{});
  check_what_is_left_alone<optim::RAdam>(optim::RAdamOptions{});
  check_what_is_left_alone<optim::Lion>(optim::LionOptions{.weight_decay = 0.1});
}

TEST_CASE("a step between forward and backward does not change the gradient") {
  Parameter w = named("w", 3);
  optim::SGD sgd(list(w), {.lr = 0.1});
  const Tensor first = sum(square(w)), second = sum(square(w) * 5);
  first.backward();
  sgd.step();
  CHECK(w.value().as_double(0) == Approx(2.4));
  sgd.zero_grad();
  second.backward();
  CHECK(w.grad().item<double>() == Approx(30));
}

TEST_CASE("a value that was kept does not change with the steps") {
  Parameter w = named("w", 3);
  const Tensor kept(w.value());
  optim::Adam adam(list(w), {.lr = 0.1});
  step(adam, w, 1);
  CHECK(kept.item<double>() == 3);
}

TEST_CASE("what an optimizer remembers follows parameters to another dtype") {
  Parameter p = named("p", 1, float32), q = named("q", 1, float32), same = named("r", 1, float64);
  optim::SGD sgd(list(p), {.lr = 0.1, .momentum = 0.9});
  optim::Adam adam(list(q), {.lr = 0.1}), reference(list(same), {.lr = 0.1});
  step(sgd, p, 2);
  step(adam, q, 2);
  step(reference, same, 2);
  p.to(float64);
  q.to(float64);
  CHECK(step(sgd, p, 2) == Approx(0.8 - 0.1 * (0.9 * 2 + 2)));
  CHECK(step(adam, q, -1) == Approx(step(reference, same, -1)).epsilon(1e-6));
}

TEST_CASE("optimizers go on after they were moved") {
  Parameter p = named("p", 1);
  optim::SGD sgd(list(p), {.lr = 0.1, .momentum = 0.9});
  step(sgd, p, 2);
  optim::SGD moved = std::move(sgd);
  CHECK(step(moved, p, 2) == Approx(0.8 - 0.1 * (0.9 * 2 + 2)));
}

TEST_CASE("a parameter without elements can be trained along") {
  Parameter empty(zeros({0, 3}));
  optim::SGD sgd(list(empty), {.momentum = 0.9});
  optim::Adam adam(list(empty));
  empty.set_grad(zeros({0, 3}));
  sgd.step();
  adam.step();
  CHECK(empty.size() == 0);
}

TEST_CASE("what an optimizer remembers of gradients that stay 0 becomes 0, and no denormal number") {
  Parameter p(full({20}, 1)), q(full({20}, 1));
  optim::Adam adam(list(p), {.betas = {0.9, 0.99}});
  optim::SGD sgd(list(q), {.momentum = 0.9});
  step(adam, p, 1);
  step(sgd, q, 1);
  for (int i = 0; i < 10000; ++i) {
    step(adam, p, 0);
    step(sgd, q, 0);
  }
  const auto is_zero = [](const Tensor& moment) { return identical(moment.value(), Array::zeros({20})); };
  CHECK(is_zero(adam.state().at("state.0.exp_avg")));
  CHECK(is_zero(adam.state().at("state.0.exp_avg_sq")));
  CHECK(is_zero(sgd.state().at("state.0.momentum_buffer")));
}
