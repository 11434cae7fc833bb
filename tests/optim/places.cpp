// What the optimizers, schedules and averages refuse names the line that asked for it.
#include <cmath>

#include <catch2/catch.hpp>

#include "../nn/error_text.hpp"
#include "problem.hpp"

using namespace reel;

TEST_CASE("optimizers, schedules, clipping and averages name the caller's line") {
  nn::Sequential model = line_model();
  optim::SGD sgd(model.parameters(), {.lr = 0.1});
  CHECK(placed_text([&] { sgd.group_lr(3); }) == "group 3 of an optimizer with 1 groups");
  CHECK(placed_text([&] { sgd.set_group_lr(3, 1); }) == "group 3 of an optimizer with 1 groups");
  CHECK(placed_text([&] { sgd.set_group_lr(0, -1); }) == "SGD: lr is -1; it has to be 0 or more");
  CHECK(placed_text([&] { sgd.options(2); }) == "group 2 of an optimizer with 1 groups");
  CHECK(placed_text([&] { sgd.find_option(2, "lr"); }) == "group 2 of an optimizer with 1 groups");
  CHECK(placed_text([&] { sgd.load_state({}); }).find("[without") == std::string::npos);
  CHECK(placed_text([&] { optim::LBFGS(model.parameters()).step(); }).find("[without") == std::string::npos);

  optim::StepLR steps(sgd, {.step_size = 1});
  CHECK(placed_text([&] { steps.load_state({}); }).find("[without") == std::string::npos);
  optim::ReduceLROnPlateau plateau(sgd);
  CHECK(placed_text([&] { plateau.step(); }) == "ReduceLROnPlateau: step() needs the number that is watched; call step_with(value)");
  optim::OneCycleLR cycle(sgd, {.max_lr = {0.1}, .total_steps = 2, .cycle_momentum = false});
  cycle.step();
  cycle.step();
  CHECK(placed_text([&] { cycle.step(); }) == "OneCycleLR: step 3 of a schedule of 2 steps");
  CHECK(placed_text([&] { cycle.step_with(1); }) == "OneCycleLR: step 3 of a schedule of 2 steps");
  optim::ChainedScheduler chain({&cycle});
  CHECK(placed_text([&] { chain.step(); }) == "OneCycleLR: step 3 of a schedule of 2 steps");

  const auto parameters = model.parameters();
  CHECK(placed_text([&] { optim::clip_grad_norm(parameters, -1); }) == "clip_grad_norm: max_norm is -1; it has to be 0 or more");
  CHECK(placed_text([&] { optim::clip_grad_norm(parameters, NAN); }) == "clip_grad_norm: max_norm is nan; it has to be 0 or more");
  CHECK(placed_text([&] { optim::clip_grad_value(parameters, -1); }) == "clip_grad_value: clip_value is -1; it has to be 0 or more");
  CHECK(placed_text([&] { optim::EMA(model, 1.5); }) == "EMA: decay is 1.5; it has to be at least 0 and below 1");
  optim::EMA ema(model);
  CHECK(placed_text([&] { ema.load_state({}); }).find("[without") == std::string::npos);
  model.replace(0, nn::Linear(3, 1));
  CHECK(placed_text([&] { ema.update(); }) == "EMA: the model's 0.weight is not what it was when the average began; make a new one");
}
