// Parameters that get gradients and that nobody trains: said once, with the line and the class to look at.
#include <optional>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "../nn/error_text.hpp"
#include "problem.hpp"

using namespace reel;
using Catch::Contains;

namespace {

std::vector<std::string> warnings;

/// Collects reel's warnings while it lives.
struct Warnings {
  Warnings() {
    warnings.clear();
    set_warning_handler([](const std::string& text) { warnings.push_back(text); });
  }
  ~Warnings() { set_warning_handler(nullptr); }
};

struct OneMissing : nn::Module {
  nn::Linear a{2, 3}, b{3, 1};
  REEL_MEMBERS(a)
  Tensor forward(const Tensor& x) override { return b(relu(a(x))); }
};

struct Scaled : nn::Module {
  nn::Linear layer{2, 1};
  Parameter scale{ones({1})};
  REEL_MEMBERS(layer)
  Tensor forward(const Tensor& x) override { return layer(x) * scale; }
  static constexpr int line = __LINE__ - 1;
};

/// Nets in which the missing name is further up.
struct Inside : nn::Module {
  Scaled scaled;
  nn::Linear own{1, 1};
  REEL_MEMBERS(scaled, own)
  Tensor forward(const Tensor& x) override { return own(scaled(x)); }
};

Tensor loss_of(nn::Module& model) { return mean(square(model(ones({4, 2})))); }

void step(nn::Module& model, optim::Optimizer& optimizer) {
  optimizer.zero_grad();
  loss_of(model).backward();
  optimizer.step();
}

}  // namespace

TEST_CASE("step() says once which parameter of the loss no optimizer has, and which class leaves it out") {
  const Warnings collected;
  Scaled model;
  optim::SGD sgd(model.parameters());
  step(model, sgd);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Contains("a parameter of shape (1,) gets a gradient, and no optimizer has it") &&
                              Contains("used by mul (untrained.cpp:" + std::to_string(Scaled::line) + ")") &&
                              Contains("the REEL_MEMBERS of Scaled should name it"));
  step(model, sgd);
  CHECK(warnings.size() == 1);

  Inside deeper;
  optim::Adam adam(deeper.parameters());
  step(deeper, adam);
  REQUIRE(warnings.size() == 2);
  CHECK_THAT(warnings[1], Contains("(in scaled, untrained.cpp:") && Contains("the REEL_MEMBERS of Scaled should name it"));
}

TEST_CASE("a module that is called and not named is said with the class that calls it") {
  const Warnings collected;
  OneMissing model;
  optim::SGD sgd(model.parameters());
  step(model, sgd);
  REQUIRE(warnings.size() == 2);  // weight and bias
  for (const std::string& text : warnings) CHECK_THAT(text, Contains("OneMissing calls a Linear that its REEL_MEMBERS does not name"));
}

TEST_CASE("a function in a Sequential that refers to a module is said") {
  const Warnings collected;
  nn::Linear hidden(1, 1);
  nn::Sequential model{nn::Linear(2, 1), [&hidden](const Tensor& x) { return hidden(x); }};
  optim::SGD sgd(model.parameters());
  step(model, sgd);
  REQUIRE(warnings.size() == 2);
  CHECK_THAT(warnings[0], Contains("a function in a Sequential refers to this Linear, whose parameters it cannot show"));
}

TEST_CASE("fit says it at its first step") {
  const Warnings collected;
  OneMissing model;
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.01}));
  trainer.fit(line_problem(20), {.epochs = 3, .batch_size = 5});
  CHECK(warnings.size() == 2);
}

TEST_CASE("LBFGS and step() with a closure say it as well") {
  const Warnings collected;
  Scaled model, other;
  const auto closure = [](nn::Module& m) {
    return [&m] {
      m.zero_grad();
      const Tensor loss = loss_of(m);
      loss.backward();
      return loss;
    };
  };
  optim::LBFGS lbfgs(model.parameters());
  lbfgs.step(closure(model));
  CHECK(warnings.size() == 1);
  optim::SGD sgd(other.parameters());
  sgd.step(closure(other));
  CHECK(warnings.size() == 2);
}

TEST_CASE("a layer that was replaced after the optimizer was made is said") {
  const Warnings collected;
  nn::Sequential model{nn::Linear(2, 2), nn::Linear(2, 1)};
  optim::SGD sgd(model.parameters());
  model.replace(1, nn::Linear(2, 1, {.bias = false}));
  step(model, sgd);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Contains("parameter 1.weight of shape (1, 2) gets a gradient, and no optimizer has it") &&
                              Contains("give it to the optimizer, or freeze it"));
}

TEST_CASE("frozen parts, two optimizers, training by hand and gradients that somebody reads are no false alarm") {
  const Warnings collected;
  {  // frozen
    nn::Sequential model{nn::Linear(2, 2), nn::Linear(2, 1)};
    model.freeze("0");
    optim::SGD sgd(model[1].parameters());
    step(model, sgd);
  }
  {  // a generator is trained through a critic, and each has an optimizer
    nn::Linear generator(2, 2), critic(2, 1);
    optim::SGD of_generator(generator.parameters()), of_critic(critic.parameters());
    for (int i = 0; i < 2; ++i) {
      of_critic.zero_grad();
      mean(critic(generator(ones({3, 2})).detach())).backward();
      of_critic.step();
      of_generator.zero_grad();
      mean(critic(generator(ones({3, 2})))).backward();
      of_generator.step();
    }
  }
  {  // by hand
    nn::Linear model(2, 1);
    for (int i = 0; i < 2; ++i) {
      model.zero_grad();
      mean(square(model(ones({3, 2})))).backward();
      for (ParameterRef p : model.parameters()) p.set_value(p.tensor().detach() - 0.1 * p.grad());
    }
  }
  {  // an image's gradient beside a trained model
    nn::Linear model(2, 1);
    optim::SGD sgd(model.parameters());
    Parameter image(ones({1, 2}));
    mean(model(image)).backward();
    const Tensor direction = sign(image.grad());
    sgd.zero_grad();
    mean(model(image.tensor().detach() + direction)).backward();
    sgd.step();
  }
  {  // a parameter that a later optimizer has, and one that is gone
    nn::Linear model(2, 1);
    optim::SGD sgd(model.parameters());
    std::optional<Parameter> gone{ones({1})};
    Parameter later(ones({1}));
    mean(model(ones({1, 2})) * *gone * later).backward();
    gone.reset();
    optim::SGD more({later.share()});
    sgd.step();
    more.step();
  }
  CHECK(warnings.empty());
}

TEST_CASE("a step without any gradient is said once, with where the gradients went") {
  const Warnings collected;
  nn::Linear model(2, 1);
  optim::SGD sgd(model.parameters());
  nn::Sequential copy{model};
  mean(copy(ones({1, 2}))).backward();
  const int line = __LINE__ - 1;
  sgd.step();
  sgd.step();
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0],
             Contains("SGD: step() changes nothing, since none of its 2 parameters has a gradient") &&
                 Contains("backward() reached 2 parameters that no optimizer has (untrained.cpp:" + std::to_string(line) + ")") &&
                 Contains("a copy of a module or parameter is another one"));
}

TEST_CASE("a parameter that was moved from is an error to an optimizer, and so is an optimizer that was") {
  nn::Linear layer(2, 1);
  auto parameters = layer.parameters();
  const ParameterRef kept = std::move(parameters[0]);
  CHECK_THAT(placed_text([&] { optim::SGD sgd(parameters); }), Contains("a parameter that was moved from was used"));
  optim::SGD sgd(layer.parameters());
  const optim::SGD other = std::move(sgd);
  CHECK(placed_text([&] { sgd.step(); }) == "SGD: it was moved from and used afterwards");
  CHECK(placed_text([&] { sgd.zero_grad(); }) == "SGD: it was moved from and used afterwards");
  CHECK(placed_text([&] { sgd.lr(); }) == "SGD: it was moved from and used afterwards");
  CHECK(placed_text([&] { sgd.state(); }) == "SGD: it was moved from and used afterwards");
  CHECK(other.parameters().size() == 2);
  nn::Sequential model = line_model();
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters()));
  optim::Trainer taken = std::move(trainer);
  CHECK_THAT(placed_text([&] { trainer.fit(line_problem(4)); }), Contains("Trainer: it was moved from"));
  CHECK(taken.fit(line_problem(4)).epochs() == 1);
}

TEST_CASE("what a user's loss, model, metric or callback throws is named") {
  const data::Dataset set = line_problem(4);
  nn::Sequential model = line_model();
  const auto fit = [&](optim::Loss loss, std::vector<metrics::Metric> metrics, std::vector<optim::Callback*> callbacks) {
    optim::Trainer trainer(model, std::move(loss), optim::SGD(model.parameters()), {.metrics = std::move(metrics)});
    trainer.fit(set, {.callbacks = std::move(callbacks)});
  };
  struct Thrower : optim::Callback {
    void on_batch_end(optim::Trainer&, std::size_t, double) override { throw std::runtime_error("mine"); }
  } thrower;
  CHECK(placed_text([&] { fit([](const Tensor&, const Tensor&) -> Tensor { throw std::runtime_error("mine"); }, {}, {}); }) ==
        "the loss threw: mine");
  const metrics::Metric metric{"m", [](const Tensor&, const Tensor&) -> double { throw std::runtime_error("mine"); }};
  CHECK(placed_text([&] { fit(nn::mse_loss, {metric}, {}); }) == "a metric threw: mine");
  CHECK(placed_text([&] { fit(nn::mse_loss, {}, {&thrower}); }) == "a callback threw: mine");
}
