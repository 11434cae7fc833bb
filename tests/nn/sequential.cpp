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
  CHECK(placed_text<ShapeError>([&] { model[2]; }) == "layer 2 of a Sequential of 2 layers");
  CHECK(placed_text<ShapeError>([&] { nn::Sequential()[0]; }) == "layer 0 of a Sequential of 0 layers");
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

TEST_CASE("layers are replaced and inserted, and names, state and paths follow") {
  nn::Sequential model{nn::Linear(2, 3), relu, nn::Linear(3, 1)};
  const Tensor x = ones({4, 2});
  model(x);
  const Parameter first = model.get<nn::Linear>(0).weight;
  model.replace(2, nn::Linear(3, 5));
  CHECK(model(x).shape() == Shape{4, 5});
  CHECK(model.get<nn::Linear>(2).weight.name() == "2.weight");
  CHECK(identical(model.get<nn::Linear>(0).weight.value(), first.value()));
  model.insert(1, nn::Linear(3, 3, {.bias = false}));
  CHECK(model.size() == 4);
  CHECK(model(x).shape() == Shape{4, 5});
  CHECK(model.get<nn::Linear>(1).weight.name() == "1.weight");
  CHECK(model.get<nn::Linear>(3).weight.name() == "3.weight");
  CHECK(model.state().size() == 5);
  CHECK(model.state().contains("3.bias"));
  const Tape tape(mean(model(x)));
  CHECK(tape[tape.size() - 2].module() == "3");
  model.insert(model.size(), sigmoid);
  model.push_back(nn::Linear(5, 2));
  CHECK(model(x).shape() == Shape{4, 2});
  CHECK(&model[-1] == &model[5]);
  CHECK(model.get<nn::Linear>(-1).weight.shape() == Shape{2, 5});
  CHECK(placed_text<ShapeError>([&] { model.replace(6, relu); }) == "layer 6 of a Sequential of 6 layers");
  CHECK(placed_text<ShapeError>([&] { model.insert(7, relu); }) == "layer 7 of a Sequential of 6 layers");
  CHECK(placed_text<ShapeError>([&] { model[-7]; }) == "layer -7 of a Sequential of 6 layers");
  CHECK_THAT(placed_text([&] { model.get<nn::Linear>(4); }), Catch::Contains("is another layer") && !Catch::Contains("[without"));
  // An optimizer that is made afterwards trains the new layers.
  optim::SGD sgd(model.parameters(), {.lr = 0.1});
  const Array before = model.get<nn::Linear>(-1).weight.value();
  mean(model(x)).backward();
  sgd.step();
  CHECK_FALSE(identical(before, model.get<nn::Linear>(-1).weight.value()));

  nn::ModuleList list{nn::Linear(2, 3)};
  list.insert(0, nn::Linear(1, 2));
  list.replace(1, nn::Linear(2, 4));
  list.push_back(nn::Linear(4, 4));
  CHECK(list.get<nn::Linear>(1).weight.shape() == Shape{4, 2});
  CHECK(list.state().contains("2.weight"));
  CHECK(placed_text<ShapeError>([&] { list.replace(3, nn::Linear(1, 1)); }) == "module 3 of a ModuleList of 3");
  nn::ModuleDict dict{{"a", nn::Linear(2, 3)}};
  dict.replace("a", nn::Linear(2, 7));
  CHECK(dict.get<nn::Linear>("a").weight.shape() == Shape{7, 2});
  CHECK(placed_text([&] { dict.replace("b", nn::Linear(1, 1)); }) == "ModuleDict has no 'b'; it has a");
  CHECK(placed_text([&] { dict["b"]; }) == "ModuleDict has no 'b'; it has a");

  const std::initializer_list<nn::Sequential::Layer> layers{nn::Linear(1, 1)};
  const nn::Sequential taken(layers);
  CHECK_THAT(error_text([&] { nn::Sequential again(layers); }), Catch::Contains("was put into a list of modules already"));
  // A layer is assigned as what it is, and a Module& has neither copy nor assignment.
  STATIC_REQUIRE(std::is_copy_assignable_v<nn::Linear>);
  STATIC_REQUIRE(std::is_copy_constructible_v<nn::Sequential>);
  STATIC_REQUIRE_FALSE(std::is_assignable_v<nn::Module&, nn::Linear>);
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<nn::Module>);
}
