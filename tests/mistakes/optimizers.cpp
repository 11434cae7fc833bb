// Mistakes with optimizers, schedules, clipping and averages.
#include <cmath>

#include "words.hpp"

using namespace reel;
using reel::test::refused;
using reel::test::warned;

// Each mistake stands on one line, whose number has to be in the answer.
// clang-format off

TEST_CASE("step() without backward(), or before it") {
  nn::Linear model(2, 1);
  optim::SGD sgd(model.parameters());
  warned(__LINE__, [&] { sgd.step(); }, {"SGD: step() changes nothing, since none of its 2 parameters has a gradient", "backward() has to come after zero_grad() and before step()"});
  optim::Adam adam(model.parameters());
  sum(model(ones({1, 2}))).backward();
  adam.zero_grad();
  warned(__LINE__, [&] { adam.step(); }, {"Adam: step() changes nothing", "backward() has to come after zero_grad() and before step()"});
}

TEST_CASE("steps that need something else") {
  nn::Linear model(2, 1);
  optim::LBFGS lbfgs(model.parameters());
  refused(__LINE__, [&] { lbfgs.step(); }, {"LBFGS: step() needs a closure", "clears the gradients, computes the loss, calls backward() and returns it"});
  optim::SGD sgd(model.parameters());
  optim::ReduceLROnPlateau plateau(sgd);
  refused(__LINE__, [&] { plateau.step(); }, {"ReduceLROnPlateau: step() needs the number that is watched", "step_with(value)"});
}

TEST_CASE("groups that an optimizer has not") {
  nn::Linear model(2, 1);
  optim::SGD sgd(model.parameters());
  refused(__LINE__, [&] { sgd.group_lr(3); }, {"group 3 of an optimizer with 1 groups"});
  refused(__LINE__, [&] { sgd.set_group_lr(3, 0.1); }, {"group 3 of an optimizer with 1 groups"});
  refused(__LINE__, [&] { sgd.set_lr(-1); }, {"SGD: lr is -1", "0 or more"});
}

TEST_CASE("states of other optimizers and schedules") {
  nn::Linear model(2, 1);
  optim::SGD sgd(model.parameters());
  optim::StepLR steps(sgd, {.step_size = 1});
  optim::EMA average(model);
  refused(__LINE__, [&] { sgd.load_state(optim::Adam(model.parameters()).state()); }, {"group.0"});
  refused(__LINE__, [&] { sgd.load_state({}); }, {"group.0"});
  refused(__LINE__, [&] { steps.load_state({}); }, {"the state does not fit; missing: "});
  refused(__LINE__, [&] { average.load_state({}); }, {"the state does not fit; missing: "});
}

TEST_CASE("a schedule goes on past its end") {
  nn::Linear model(2, 1);
  optim::SGD sgd(model.parameters(), {.momentum = 0.9});
  optim::OneCycleLR cycle(sgd, {.max_lr = 0.1, .total_steps = 2});
  cycle.step();
  cycle.step();
  refused(__LINE__, [&] { cycle.step(); }, {"OneCycleLR: step 3 of a schedule of 2 steps"});
}

TEST_CASE("numbers out of range for clipping and averages") {
  nn::Linear model(2, 1);
  const auto parameters = model.parameters();
  refused(__LINE__, [&] { optim::clip_grad_norm(parameters, -1); }, {"clip_grad_norm: max_norm is -1", "0 or more"});
  refused(__LINE__, [&] { optim::clip_grad_norm(parameters, std::nan("")); }, {"clip_grad_norm: max_norm is nan", "0 or more"});
  refused(__LINE__, [&] { optim::clip_grad_value(parameters, -1); }, {"clip_grad_value: clip_value is -1", "0 or more"});
  refused(__LINE__, [&] { optim::EMA(model, 1.5); }, {"EMA: decay is 1.5", "at least 0 and below 1"});
}

TEST_CASE("a backward() of other parameters, long before, is not blamed for a step() without one") {
  Parameter alone(ones({1}));
  sum(alone * 2).backward();
  nn::Linear model(2, 1);
  optim::SGD sgd(model.parameters());
  warned(__LINE__, [&] { sgd.step(); }, {"backward() has to come after zero_grad() and before step()"});
  optim::SGD other(nn::Linear(model).parameters());
  sum(alone * 2).backward();
  sum(model(ones({1, 2}))).backward();
  warned(__LINE__, [&] { other.step(); }, {"backward() has to come after zero_grad() and before step()"});
}
