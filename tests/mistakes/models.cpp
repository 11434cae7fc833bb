// Mistakes with modules: names that are left out, copies and moves, names that are not there.
#include "../core/temporary_folder.hpp"
#include "words.hpp"

using namespace reel;
using reel::test::refused;
using reel::test::warned;

namespace {

struct OneMissing : nn::Module {
  nn::Linear layer{2, 1};
  Parameter scale{ones({1})};
  REEL_MEMBERS(layer)
  Tensor forward(const Tensor& x) override { return layer(x) * scale; }
};

struct LayerMissing : nn::Module {
  nn::Linear first{2, 2}, last{2, 1, {.bias = false}};
  REEL_MEMBERS(first)
  Tensor forward(const Tensor& x) override { return last(first(x)); }
};

struct NoMembers : nn::Module {
  nn::Linear layer{2, 1};
  Tensor forward(const Tensor& x) override { return layer(x); }
};

Tensor loss_of(nn::Module& model) { return mean(square(model(ones({4, 2})))); }

void train_step(nn::Module& model, optim::Optimizer& optimizer) {
  optimizer.zero_grad();
  loss_of(model).backward();
  optimizer.step();
}

/// A model that is taken by value where a reference is meant.
Tensor loss_of_copy(nn::Linear model) { return loss_of(model); }

}  // namespace

// Each mistake stands on one line, whose number has to be in the answer.
// clang-format off

TEST_CASE("a parameter that REEL_MEMBERS leaves out") {
  OneMissing model;
  optim::SGD sgd(model.parameters());
  loss_of(model).backward();
  warned(__LINE__, [&] { sgd.step(); }, {"a parameter of shape (1,) gets a gradient, and no optimizer has it", "used by mul", "the REEL_MEMBERS of OneMissing should name it"});
  CHECK(reel::test::warnings_of([&] { train_step(model, sgd); }).empty());
  OneMissing other;
  optim::Trainer trainer(other, nn::mse_loss, optim::SGD(other.parameters()));
  warned(__LINE__, [&] { trainer.fit({ones({4, 2}), zeros({4, 1})}); }, {"no optimizer has it", "the REEL_MEMBERS of OneMissing should name it"});
  CHECK_THAT(model.summary({1, 2}), Catch::Contains("1 parameter used here is not named in REEL_MEMBERS: not trained, not saved"));
}

TEST_CASE("a layer that REEL_MEMBERS leaves out") {
  LayerMissing model;
  optim::Adam adam(model.parameters());
  loss_of(model).backward();
  warned(__LINE__, [&] { adam.step(); }, {"no optimizer has it", "LayerMissing calls a Linear that its REEL_MEMBERS does not name"});
}

TEST_CASE("a model without REEL_MEMBERS is neither saved nor trained") {
  const TemporaryFolder folder;
  NoMembers model;
  refused(__LINE__, [&] { save_safetensors(folder.path("a"), model.state()); }, {"would hold no tensors", "names no parameter, buffer or layer in REEL_MEMBERS"});
  refused(__LINE__, [&] { optim::save_checkpoint(folder.path("a"), {.model = &model}); }, {"would hold no tensors of the model", "REEL_MEMBERS"});
  refused(__LINE__, [&] { optim::SGD sgd(model.parameters()); }, {"no parameters"});
  CHECK(folder.names().empty());
  CHECK_THAT(model.summary({1, 2}), Catch::Contains("2 parameters used here are not named in REEL_MEMBERS"));
}

TEST_CASE("a function in a Sequential that refers to a layer, or holds a copy of one") {
  nn::Linear hidden(1, 1, {.bias = false});
  nn::Sequential referring{nn::Linear(2, 1), [&hidden](const Tensor& x) { return hidden(x); }};
  optim::SGD sgd(referring.parameters());
  loss_of(referring).backward();
  warned(__LINE__, [&] { sgd.step(); }, {"a function in a Sequential refers to this Linear, whose parameters it cannot show", "write a module"});
  nn::Sequential holding{nn::Linear(2, 1), [hidden](const Tensor& x) mutable { return hidden(x); }};
  optim::SGD other(holding.parameters());
  loss_of(holding).backward();
  warned(__LINE__, [&] { other.step(); }, {"a function in a Sequential refers to this Linear"});
  nn::Sequential alone{[&hidden](const Tensor& x) { return hidden(x); }};
  refused(__LINE__, [&] { optim::SGD sgd_of_none(alone.parameters()); }, {"no parameters"});
}

TEST_CASE("copies that are trained in place of the model, or the model in place of its copies") {
  const std::vector<std::string> cure = {"SGD: step() changes nothing, since none of its", "has a gradient", "that no optimizer has", "a copy of a module or parameter is another one"};
  nn::Linear model(2, 1);
  auto w = model.weight;
  std::vector<Parameter> list{model.weight, *model.bias};
  optim::SGD of_copy({w.share()}), of_list({list[0].share(), list[1].share()}), of_model(model.parameters()), of_model_too(model.parameters());
  nn::Linear other(2, 1);
  loss_of(other).backward();  // in no optimizer
  warned(__LINE__, [&] { of_copy.step(); }, cure);
  warned(__LINE__, [&] { of_list.step(); }, cure);
  nn::Sequential around{model};
  loss_of(around).backward();
  warned(__LINE__, [&] { of_model.step(); }, cure);
  mean(matmul(ones({4, 2}), transpose(Parameter(w)))).backward();
  warned(__LINE__, [&] { of_model_too.step(); }, cure);
  optim::SGD of_outer(other.parameters());
  const Tensor loss = loss_of_copy(other);
  refused(__LINE__, [&] { loss.backward(); }, {"the parameters in the history are gone"});
}

TEST_CASE("a layer that is replaced after the optimizer was made") {
  nn::Sequential model{nn::Linear(2, 2), nn::Linear(2, 1)};
  optim::SGD sgd(model.parameters());
  model.replace(1, nn::Linear(2, 1, {.bias = false}));
  loss_of(model).backward();
  warned(__LINE__, [&] { sgd.step(); }, {"parameter 1.weight of shape (1, 2) gets a gradient, and no optimizer has it", "give it to the optimizer, or freeze it"});
}

TEST_CASE("what was moved from is used") {
  const Tensor x = ones({1, 2});
  nn::Linear linear(2, 1);
  const nn::Linear taken = std::move(linear);
  refused(__LINE__, [&] { linear(x); }, {"Linear was moved from and used afterwards", "what it was is where it was moved to"});
  refused(__LINE__, [&] { relu(linear.weight); }, {"a parameter that was moved from was used"});
  refused(__LINE__, [&] { linear.load_state({}); }, {"Linear was moved from and used afterwards"});
  nn::Sequential model{nn::Linear(2, 1)};
  const nn::Sequential taken_too = std::move(model);
  refused(__LINE__, [&] { model(x); }, {"Sequential was moved from and used afterwards"});
  optim::SGD sgd(nn::Linear(taken).parameters());
  const optim::SGD moved = std::move(sgd);
  refused(__LINE__, [&] { sgd.step(); }, {"SGD: it was moved from and used afterwards"});
  Tensor y = ones({2});
  const Tensor z = std::move(y);
  refused(__LINE__, [&] { y + 1; }, {"add"});
}

TEST_CASE("names and dtypes that a module has not") {
  nn::Sequential model{nn::Linear(2, 1), nn::Linear(1, 1)};
  refused(__LINE__, [&] { model.submodule("nope"); }, {"Sequential has no module 'nope'; it has 0, 1"});
  refused(__LINE__, [&] { model.freeze("nope"); }, {"'nope' names no parameter", "0.weight, 0.bias"});
  refused(__LINE__, [&] { model.unfreeze("nope"); }, {"'nope' names no parameter"});
  refused(__LINE__, [&] { model.to(int64); }, {"a module cannot be int64", "float32 or float64"});
}

TEST_CASE("values and gradients that a parameter cannot have") {
  nn::Linear layer(2, 1);
  refused(__LINE__, [&] { layer.weight.to(int64); }, {"a parameter cannot be int64", "float32 or float64"});
  refused(__LINE__, [&] { layer.weight.add_grad(zeros({3})); }, {"its new gradient is (3,)", "(1, 2)"});
  refused(__LINE__, [&] { layer.weight.set_grad(zeros({3})); }, {"its new gradient is (3,)", "(1, 2)"});
  refused(__LINE__, [&] { layer.weight.set_value(zeros({3})); }, {"its new value is (3,)", "(1, 2)"});
}
