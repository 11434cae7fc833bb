#include <cmath>

#include <catch2/catch.hpp>

#include "error_text.hpp"
#include "models.hpp"

using namespace reel;
using Catch::Contains;

TEST_CASE("Linear computes x Wᵀ + b over the last axis") {
  nn::Linear layer(2, 3, {.dtype = float64});
  layer.weight.set_value(tensor({{1, 2}, {3, 4}, {5, 6}}, {.dtype = float64}));
  layer.bias->set_value(tensor({10, 20, 30}, {.dtype = float64}));
  const Tensor x = tensor({{1, 1}, {0, -1}}, {.dtype = float64});
  CHECK(identical(layer(x).value(), tensor({{13, 27, 41}, {8, 16, 24}}, {.dtype = float64}).value()));
  CHECK(layer(reshape(x, {1, 2, 1, 2})).shape() == Shape{1, 2, 1, 3});
  CHECK(identical(layer(x.row(0)).value(), tensor({13, 27, 41}, {.dtype = float64}).value()));
}

TEST_CASE("Linear's gradients are those of the formula") {
  nn::Linear layer(2, 3, {.dtype = float64});
  const Tensor x = variable(tensor({{1, 2}, {3, 4}}, {.dtype = float64})), dy = tensor({{1, 0, 2}, {0, 1, 3}}, {.dtype = float64});
  const Tensor loss = sum(layer(x) * dy);
  const auto g = gradients(loss, {x, layer.weight, *layer.bias});
  CHECK(allclose(g[0], matmul(dy, layer.weight)));
  CHECK(allclose(g[1], matmul(transpose(dy), x)));
  CHECK(allclose(g[2], sum(dy, 0)));
}

TEST_CASE("Linear without a bias") {
  nn::Linear layer(2, 1, {.bias = false});
  CHECK_FALSE(layer.bias.has_value());
  CHECK(names_of(layer.parameters()) == std::vector<std::string>{"weight"});
  CHECK(layer.description() == "Linear(2, 1, no bias)");
  CHECK(allclose(layer(ones({1, 2})), reshape(sum(layer.weight), {1, 1})));
  CHECK_THAT(error_text([&] { layer.load_state(nn::Linear(2, 1).state()); }), Contains("unexpected: bias"));
}

TEST_CASE("Linear starts as PyTorch's does, or as Keras's Dense") {
  manual_seed(5);
  nn::Linear pytorch(100, 200), keras(100, 200, {.init = "keras"});
  CHECK(pytorch.weight.shape() == Shape{200, 100});
  CHECK(max(abs(pytorch.weight)).item<float>() <= 0.1f);
  CHECK(max(abs(pytorch.weight)).item<float>() > 0.099f);
  CHECK(max(abs(*pytorch.bias)).item<float>() <= 0.1f);
  CHECK(max(abs(*pytorch.bias)).item<float>() > 0.09f);
  const float glorot = std::sqrt(6.0f / 300);
  CHECK(max(abs(keras.weight)).item<float>() <= glorot);
  CHECK(max(abs(keras.weight)).item<float>() > 0.99f * glorot);
  CHECK(max(abs(*keras.bias)).item<float>() == 0);
  CHECK_THAT(error_text([] { nn::Linear(1, 1, {.init = "xavier"}); }), Contains("there is no initializer 'xavier'"));
}

TEST_CASE("Linear names what does not fit") {
  nn::Linear layer(4, 2);
  const int line = __LINE__ + 1;
  const std::string text = error_text<ShapeError>([&] { layer(ones({3, 5})); });
  CHECK_THAT(text, Contains("(3, 5)") && Contains("(2, 4)") && Contains("linear.cpp:" + std::to_string(line)));
  CHECK_THAT(error_text<DtypeError>([&] { layer(ones({3, 4}, {.dtype = float64})); }), Contains("float64") && Contains("float32"));
  CHECK_THAT(error_text([&] { layer(Tensor()); }), Contains("not defined"));
}

TEST_CASE("Linear takes batches without rows") {
  nn::Linear layer(4, 2);
  const Tensor y = layer(zeros({0, 4}));
  CHECK(y.shape() == Shape{0, 2});
  sum(y).backward();
  CHECK(max(abs(layer.weight.grad())).item<float>() == 0);
}
