#include <catch2/catch.hpp>

#include "error_text.hpp"
#include "models.hpp"

using namespace reel;
using Catch::Contains;
using Names = std::vector<std::string>;

namespace {

Tensor twice(const Tensor& x) { return 2 * x; }
Tensor swish(Operand x) { return x * sigmoid(x); }

/// Of the layers, as the summary shows them.
Names descriptions(nn::Sequential& model) {
  Names result;
  for (std::size_t i = 0; i < model.size(); ++i) result.push_back(model[i].description());
  return result;
}

}  // namespace

TEST_CASE("layers are applied one after the other") {
  nn::Linear first(2, 3), second(3, 1);
  nn::Sequential model{first, relu, second};
  const Tensor x = tensor({{1.0, -2.0}, {0.5, 3.0}});
  CHECK(identical(model(x).value(), second(relu(first(x))).value()));
  CHECK(model.size() == 3);
}

TEST_CASE("modules, functions and lambdas are layers, and the summary names them") {
  const double slope = 3;
  nn::Sequential model{nn::Linear(2, 2),
                       relu,
                       tanh,
                       sigmoid,
                       twice,
                       swish,
                       [slope](const Tensor& x) { return slope * x; },
                       [](const Tensor& x) { return softmax(x, -1); },
                       nn::Sequential{softplus},
                       nn::Dropout(0)};
  CHECK(descriptions(model) ==
        Names{"Linear(2, 2)", "relu", "tanh", "sigmoid", "function", "function", "function", "function", "Sequential", "Dropout(0)"});
  const Tensor y = model(ones({3, 2}));
  CHECK(y.shape() == Shape{3, 2});
  const NoGrad pause;
  nn::Sequential unrecorded{relu, exp};
  CHECK(descriptions(unrecorded) == Names{"relu", "exp"});
}

TEST_CASE("lambdas compute what they say, with what they captured") {
  const Tensor shift = tensor({1.0, 2.0});
  int calls = 0;
  nn::Sequential model{[shift](const Tensor& x) { return x + shift; },
                       [&calls](const Tensor& x) {
                         ++calls;
                         return square(x);
                       },
                       twice};
  CHECK(allclose(model(zeros({1, 2})), tensor({{2.0, 8.0}})));
  CHECK(calls == 1);
}

TEST_CASE("softmax and log_softmax as layers") {
  nn::Sequential probabilities{[](const Tensor&x) { return softmax(x, -1); }}, logarithms{[](const Tensor&x) { return log_softmax(x); }};
  const Tensor x = tensor({{0.0, 1.0}, {2.0, 2.0}});
  CHECK(allclose(sum(probabilities(x), -1), ones({2})));
  CHECK(allclose(exp(logarithms(x)), probabilities(x)));
}

TEST_CASE("what a lambda records has the place in its own source, an op that of the call") {
  const int lambda_line = __LINE__ + 1;
  nn::Sequential model{[](const Tensor& x) { return sqrt(x); }, exp};
  const int call_line = __LINE__ + 1;
  const Tensor y = model(variable(ones({2})));
  CHECK(entry_of(y, "sqrt").location().line == lambda_line);
  CHECK(entry_of(y, "sqrt").module() == "0");
  CHECK(entry_of(y, "exp").location().line == call_line);
  CHECK(entry_of(y, "exp").module() == "1");
}

TEST_CASE("an empty Sequential gives back what it gets") {
  nn::Sequential empty;
  const Tensor x = ones({2});
  CHECK(identical(empty(x).value(), x.value()));
  CHECK(empty.size() == 0);
  CHECK(empty.parameters().empty());
  CHECK(empty.state().empty());
}

TEST_CASE("a Sequential of one layer") {
  nn::Sequential model{nn::Linear(2, 1)};
  CHECK(model.size() == 1);
  CHECK(names_of(model.parameters()) == Names{"0.weight", "0.bias"});
}

TEST_CASE("append adds a layer at the end") {
  nn::Sequential model;
  model.append(nn::Linear(2, 3));
  model.append(relu);
  model.append(nn::Sequential{nn::Linear(3, 1), sigmoid});
  CHECK(model.size() == 3);
  CHECK(names_of(model.parameters()) == Names{"0.weight", "0.bias", "2.0.weight", "2.0.bias"});
  CHECK(model(ones({4, 2})).shape() == Shape{4, 1});
  model.append([](const Tensor& x) { return x * 0.0; });
  CHECK(model(ones({1, 2})).item<float>() == 0);
}

TEST_CASE("operator[] gives a layer to look at and to change") {
  nn::Sequential model{nn::Linear(2, 1), relu};
  auto& layer = dynamic_cast<nn::Linear&>(model[0]);
  layer.weight.set_value(zeros({1, 2}));
  layer.bias->set_value(ones({1}));
  CHECK(model(ones({1, 2})).item<float>() == 1);
  CHECK(error_text<ShapeError>([&] { model[2]; }) == "layer 2 of a Sequential of 2 layers");
  CHECK(error_text<ShapeError>([&] { nn::Sequential()[0]; }) == "layer 0 of a Sequential of 0 layers");
}

TEST_CASE("copies of a Sequential are independent, assigned ones too") {
  nn::Sequential model{nn::Linear(2, 3), relu, nn::Sequential{nn::Linear(3, 1)}};
  const Tensor x = ones({2, 2});
  nn::Sequential copy(model), assigned;
  assigned = model;
  CHECK(same_bits(copy.state(), model.state()));
  CHECK(same_bits(assigned.state(), model.state()));
  CHECK(identical(copy(x).value(), model(x).value()));
  optim::SGD sgd(copy.parameters(), {.lr = 0.5});
  sum(copy(x)).backward();
  sgd.step();
  CHECK_FALSE(same_bits(copy.state(), model.state()));
  CHECK(same_bits(assigned.state(), model.state()));
  CHECK_FALSE(model.parameters()[0].has_grad());
  model.eval();
  nn::Sequential evaluating = model;
  CHECK_FALSE(evaluating.is_training());
  CHECK_FALSE(evaluating[2].is_training());

  const nn::Sequential& itself = model;
  const State before = model.state();
  model = itself;
  CHECK(same_bits(model.state(), before));
}

TEST_CASE("layers given to a Sequential are copied or moved, never shared") {
  nn::Linear layer(2, 1);
  nn::Sequential model{layer, nn::Linear(1, 1)};
  layer.weight.set_value(full({1, 2}, 9));
  CHECK(model.state().at("0.weight").at<float>({0, 0}) != 9);
  nn::Linear moved(2, 1);
  const ParameterRef weight = moved.weight.share();
  nn::Sequential owner;
  owner.append(std::move(moved));
  CHECK(owner.parameters()[0].is_same(weight));
}
