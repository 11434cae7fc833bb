#include <catch2/catch.hpp>
#include <reel/reel.hpp>

using namespace reel;

namespace {

bool contains(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("the training's picture has a panel for the loss and for each metric") {
  optim::History history;
  history.loss = {2, 1};
  history.val_loss = {2.5, 1.5};
  history.metrics = {{"accuracy", {0.5, 0.7}}, {"val_accuracy", {0.4, 0.6}}, {"auc", {0.5, 0.9}}};
  const std::string svg = plot::training(history).svg();
  for (const char* const title : {">loss<", ">accuracy<", ">auc<", ">validation<"}) CHECK(contains(svg, title));
  CHECK_FALSE(contains(svg, "val_"));
  CHECK_THROWS_AS(plot::training({}), Error);
}

TEST_CASE("gradient flow names the parameters that have gradients") {
  nn::Sequential model{nn::Linear(3, 4), relu, nn::Linear(4, 1)};
  CHECK_THROWS_AS(plot::gradient_flow(model), Error);
  mean(square(model(ones({2, 3})))).backward();
  model.parameters().front().clear_grad();
  const std::string svg = plot::gradient_flow(model).svg();
  CHECK_FALSE(contains(svg, ">0.weight<"));
  for (const char* const name : {">0.bias<", ">2.weight<", ">2.bias<"}) CHECK(contains(svg, name));
}
