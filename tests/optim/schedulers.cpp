#include <cmath>

#include <catch2/catch.hpp>
#include <reel/reel.hpp>

#include "../nn/error_text.hpp"

using namespace reel;

namespace {

// What the rates are is compared with PyTorch's by the oracle; here: groups, states, and what is refused.
struct Two {
  Parameter a{"a", ones({2})}, b{"b", ones({2})};
  optim::SGD sgd{{a.share()}, {.lr = 1, .momentum = 0.5}};
  Two() { sgd.add_group({b.share()}, {.lr = 0.1, .momentum = 0.5}); }
};

template <class S>
void step(S& scheduler, int n) {
  for (int i = 0; i < n; ++i) scheduler.step();
}

}  // namespace

TEST_CASE("schedules keep each group's own rate") {
  Two two;
  optim::StepLR steps(two.sgd, {.step_size = 2, .gamma = 0.5});
  step(steps, 4);
  CHECK(two.sgd.group_lr(0) == Approx(0.25));
  CHECK(two.sgd.group_lr(1) == Approx(0.025));
  Two other;
  optim::LambdaLR lambda(other.sgd, {[](std::int64_t t) { return 1.0 / static_cast<double>(1 + t); }, [](std::int64_t) { return 2.0; }});
  step(lambda, 3);
  CHECK(other.sgd.group_lr(0) == Approx(0.25));
  CHECK(other.sgd.group_lr(1) == Approx(0.2));
  Two cycle;
  optim::OneCycleLR one(cycle.sgd, {.max_lr = {1, 2}, .total_steps = 10, .max_momentum = {0.95, 0.99}});
  CHECK(cycle.sgd.group_lr(1) == Approx(2.0 / 25));
  CHECK(cycle.sgd.options(1).momentum == 0.99);
  step(one, 2);
  CHECK(cycle.sgd.group_lr(0) == Approx(1));
  CHECK(cycle.sgd.options(0).momentum == Approx(0.85));
}

TEST_CASE("warm-up and decay, one after the other") {
  Two two;
  optim::LinearLR warm_up(two.sgd, {.start_factor = 0.25, .total_iters = 3});
  optim::ExponentialLR decay(two.sgd, {.gamma = 0.5});
  optim::SequentialLR schedule(two.sgd, {&warm_up, &decay}, {3});
  std::vector<double> rates;
  for (int i = 0; i < 6; ++i) {
    rates.push_back(two.sgd.lr());
    schedule.step();
  }
  const std::vector<double> expected{0.25, 0.5, 0.75, 1, 0.5, 0.25};
  for (std::size_t i = 0; i < 6; ++i) CHECK(rates[i] == Approx(expected[i]));
}

TEST_CASE("a schedule goes on from its state and the optimizer's") {
  Two two, fresh;
  optim::CosineAnnealingWarmRestarts a(two.sgd, {.T_0 = 3, .T_mult = 2}), b(fresh.sgd, {.T_0 = 3, .T_mult = 2});
  step(a, 5);
  fresh.sgd.load_state(two.sgd.state());
  b.load_state(a.state());
  CHECK(b.last_epoch() == 5);
  for (int i = 0; i < 8; ++i) {
    CHECK(two.sgd.lr() == fresh.sgd.lr());
    a.step();
    b.step();
  }
  State broken = a.state();
  broken.erase("T_cur");
  CHECK(placed_text([&] { b.load_state(broken); }) == "CosineAnnealingWarmRestarts: the state does not fit; missing: T_cur");
  CHECK(b.last_epoch() == 13);
}

TEST_CASE("ReduceLROnPlateau waits, reduces and cools down") {
  Two two;
  optim::ReduceLROnPlateau plateau(two.sgd, {.factor = 0.5, .patience = 1, .cooldown = 1, .min_lr = {0.2, 0}});
  for (const double loss : {3.0, 2.0, 2.0, 2.0}) plateau.step_with(loss);
  CHECK(two.sgd.group_lr(0) == Approx(0.5));
  CHECK(two.sgd.group_lr(1) == Approx(0.05));
  for (const double loss : {2.0, 2.0, 2.0}) plateau.step_with(loss);  // one of them is cooled down in
  CHECK(two.sgd.group_lr(0) == Approx(0.25));
  for (int i = 0; i < 9; ++i) plateau.step_with(std::nan(""));
  CHECK(two.sgd.group_lr(0) == Approx(0.2));
  CHECK(plateau.best() == 2);
  CHECK(placed_text([&] { plateau.step(); }) == "ReduceLROnPlateau: step() needs the number that is watched; call step_with(value)");
}

TEST_CASE("schedulers refuse options that make no sense") {
  Two two;
  optim::Adagrad adagrad(two.sgd.parameters());
  CHECK(placed_text([&] { optim::StepLR(two.sgd, {.step_size = 0}); }) == "StepLR: step_size is 0; it has to be 1 or more");
  CHECK(placed_text([&] { optim::LinearLR(two.sgd, {.start_factor = 2}); }) ==
        "LinearLR: start_factor is 2; it has to lie between 0 and 1");
  CHECK(placed_text([&] { optim::OneCycleLR(two.sgd, {.max_lr = {1}}); }) ==
        "OneCycleLR: total_steps is 0; give it, or epochs and steps_per_epoch, as 1 or more");
  CHECK(placed_text([&] {
          optim::OneCycleLR(two.sgd, {.max_lr = {1, 2, 3}, .total_steps = 5});
        }) == "OneCycleLR: 3 values of max_lr for 2 groups; it needs one, or one a group");
  CHECK(placed_text([&] { optim::OneCycleLR(adagrad, {.max_lr = {1}, .total_steps = 5}); }) ==
        "OneCycleLR: Adagrad has neither momentum nor betas; set .cycle_momentum = false");
  CHECK(placed_text([&] { optim::CyclicLR(adagrad, {.base_lr = {0.1}, .max_lr = {1}}); }) ==
        "CyclicLR: Adagrad has no momentum; set .cycle_momentum = false");
  CHECK(placed_text([&] { optim::ReduceLROnPlateau(two.sgd, {.factor = 1}); }) ==
        "ReduceLROnPlateau: factor is 1; it has to be at least 0 and below 1");
  CHECK(placed_text([&] { optim::LambdaLR(two.sgd, std::vector<optim::LrLambda>(3)); }) == "LambdaLR: 3 functions for 2 groups");
  optim::ExponentialLR a(two.sgd, {.gamma = 0.5}), b(adagrad, {.gamma = 0.5});
  CHECK(placed_text([&] {
          optim::ChainedScheduler({&a, &b});
        }) == "ChainedScheduler: its schedulers have different optimizers; all need the same");
  CHECK(placed_text([&] { optim::SequentialLR(two.sgd, {&a, nullptr}, {3}); }) == "SequentialLR: one of its schedulers is null");
  CHECK(placed_text([&] { optim::ChainedScheduler({}); }) == "ChainedScheduler was given no schedulers");
  CHECK(placed_text([&] { optim::SequentialLR(two.sgd, {&a}, {3}); }) ==
        "SequentialLR: 1 milestones for 1 schedulers; there has to be one between any two");
  optim::OneCycleLR cycle(two.sgd, {.max_lr = {1}, .total_steps = 2});
  step(cycle, 2);
  CHECK(placed_text([&] { cycle.step(); }) == "OneCycleLR: step 3 of a schedule of 2 steps");
  optim::LambdaLR negative(two.sgd, [](std::int64_t t) { return t > 0 ? -1.0 : 1.0; });
  CHECK_THROWS_AS(negative.step(), Error);
}
