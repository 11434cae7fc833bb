#include <catch2/catch.hpp>

#include "error_text.hpp"
#include "models.hpp"

using namespace reel;
using Names = std::vector<std::string>;

static_assert(std::is_nothrow_move_constructible_v<nn::Linear>,
              "a vector of layers would copy them, and with them their parameters, when it grows");
static_assert(std::is_nothrow_move_constructible_v<Highway>);
static_assert(std::is_nothrow_move_constructible_v<nn::Sequential>);

TEST_CASE("a module finds the parameters of all kinds of members, in the order in which it names them") {
  Everything model;
  CHECK(names_of(model.parameters()) == Names{"bare",
                                              "present",
                                              "child.weight",
                                              "child.bias",
                                              "maybe.weight",
                                              "maybe.bias",
                                              "list.0.weight",
                                              "list.0.bias",
                                              "list.1.weight",
                                              "weights.0",
                                              "mine",
                                              "unique.weight",
                                              "unique.bias",
                                              "shared.weight",
                                              "shared.bias",
                                              "nested.transform.weight",
                                              "nested.transform.bias",
                                              "nested.gate.weight",
                                              "nested.gate.bias",
                                              "nested.scale"});
  const auto named = model.named_parameters();
  CHECK(named[10].first == "weights.1");
  CHECK(named[10].second.name() == "mine");
  CHECK(named[10].second.is_same(model.weights[1]));
}

TEST_CASE("state has parameters and the buffers that are there") {
  const Everything model;
  const State state = model.state();
  CHECK(state.size() == 21);
  CHECK(state.contains("buffer"));
  CHECK(state.contains("weights.1"));
  CHECK(state.contains("nested.scale"));
  CHECK_FALSE(state.contains("undefined"));
  CHECK_FALSE(state.contains("absent"));
  CHECK_FALSE(state.at("bare").has_history());
}

TEST_CASE("a state stays as it was when the model learns on") {
  nn::Linear model(1, 1);
  const State state = model.state();
  model.weight.set_value(full({1, 1}, 5));
  model.bias->update([](auto* p, std::size_t) { p[0] = 7; });
  CHECK(state.at("weight").item<float>() != 5);
  CHECK(state.at("bias").item<float>() != 7);
  CHECK(model.state().at("bias").item<float>() == 7);
}

TEST_CASE("a copy of a module has parameters and buffers of its own, and the same numbers") {
  Everything source;
  source.unique.reset();  // a unique_ptr would forbid the copy of the struct; the layers that can be copied are copied here
  Highway copy(source.nested_);
  CHECK(same_bits(copy.state(), source.nested_.state()));
  CHECK_FALSE(copy.scale.is_same(source.nested_.scale));
  copy.scale.set_value(full({2}, 3));
  CHECK(source.nested_.scale.value().at<float>({0}) == 1);
  source.nested_.gate.weight.set_requires_grad(false);
  const Highway frozen(source.nested_);
  CHECK_FALSE(frozen.gate.weight.requires_grad());
  CHECK(frozen.scale.requires_grad());
}

namespace {

struct Autoencoder : nn::Module {
  nn::Linear encode;
  Parameter decode;
  Autoencoder() : encode(3, 3), decode(encode.weight.share()) {}
  REEL_MEMBERS(encode, decode)
  Tensor forward(const Tensor& x) override { return matmul(encode(x), decode); }
};

}  // namespace

TEST_CASE("a shared parameter is one parameter, and saved under both names") {
  Autoencoder model;
  CHECK(names_of(model.parameters()) == Names{"encode.weight", "encode.bias"});
  CHECK(model.state().size() == 3);
  CHECK(identical(model.state().at("decode").value(), model.state().at("encode.weight").value()));

  sum(model(ones({1, 3}))).backward();
  CHECK(model.decode.has_grad());
  CHECK(identical(model.decode.grad().value(), model.encode.weight.grad().value()));
  model.decode.set_value(zeros({3, 3}));
  CHECK(model.encode.weight.value().at<float>({2, 2}) == 0);

  Autoencoder moved = std::move(model);
  CHECK(moved.decode.is_same(moved.encode.weight));
}

namespace {

struct Stack : nn::Module {
  std::vector<nn::Linear> layers;
  REEL_MEMBERS(layers)
  Tensor forward(const Tensor& x) override {
    Tensor y = x;
    for (nn::Linear& layer : layers) y = layer(y);
    return y;
  }
};

/// One step, which has to change every parameter of the model.
bool learns(nn::Module& model, optim::Optimizer& optimizer, const Tensor& x) {
  const State before = model.state();
  optimizer.zero_grad();
  mean(square(model(x) - 1)).backward();
  optimizer.step();
  for (const auto& [name, tensor] : model.state())
    if (identical(tensor.value(), before.at(name).value())) return false;
  return true;
}

}  // namespace

TEST_CASE("an optimizer follows a model that is moved, and a vector of layers that grows") {
  manual_seed(1);
  Stack stack;
  stack.layers.emplace_back(2, 2);
  optim::SGD sgd(stack.parameters(), {.lr = 0.1});
  for (int i = 0; i < 9; ++i) stack.layers.emplace_back(2, 2);
  stack.layers.resize(1, nn::Linear(1, 1));
  CHECK(learns(stack, sgd, ones({3, 2})));
  Stack moved = std::move(stack);
  CHECK(learns(moved, sgd, ones({3, 2})));
  std::vector<Stack> stacks;
  stacks.push_back(std::move(moved));
  stacks.emplace_back();
  stacks.emplace_back();
  CHECK(learns(stacks[0], sgd, ones({3, 2})));

  nn::Sequential model{nn::Linear(2, 3), tanh, nn::Linear(3, 1)};
  optim::Adam adam(model.parameters(), {.lr = 0.1});
  nn::Sequential other(std::move(model));
  CHECK(learns(other, adam, ones({3, 2})));
  nn::Sequential third;
  third = std::move(other);
  CHECK(learns(third, adam, ones({3, 2})));
}

TEST_CASE("load_state takes over what state() gave, bit for bit") {
  manual_seed(2);
  Everything source, target;
  source.buffer = tensor({1.5, -0.0, 2.5});
  CHECK_FALSE(same_bits(source.state(), target.state()));
  target.load_state(source.state());
  CHECK(same_bits(source.state(), target.state()));
  CHECK_FALSE(target.bare.is_same(source.bare));
  target.bare.set_value(full({2}, 9));
  CHECK(source.bare.value().at<float>({0}) == 1);
}

TEST_CASE("load_state lists all that does not fit in one error, and then changes nothing") {
  nn::Sequential model{nn::Linear(2, 3), relu, nn::Linear(3, 1)};
  const State before = model.state();
  State state = before;
  for (auto& [name, tensor] : state) tensor = tensor + 1;
  state.erase("0.bias");
  state.erase("2.weight");
  state["2.bias"] = zeros({4});
  state["0.weight"] = zeros({3, 2}, {.dtype = float64});
  state["head.weight"] = zeros({1});
  state["a"] = zeros({1});
  CHECK(placed_text([&] { model.load_state(state); }) ==
        "load_state: the state does not fit Sequential; missing: 0.bias, 2.weight; unexpected: a, head.weight; "
        "different: 0.weight is (3, 2) float32 here and (3, 2) float64 in the state, 2.bias is (1,) float32 here and (4,) float32 in the "
        "state; {.convert = true} converts float32 and float64");
  CHECK(same_bits(model.state(), before));
}

TEST_CASE("a buffer that is not there yet may be loaded or left out") {
  Everything source, target;
  source.undefined = ones({2});
  target.load_state(source.state());
  CHECK(target.undefined.shape() == Shape{2});
  Everything third;
  third.load_state(Everything().state());
  CHECK_FALSE(third.undefined.defined());
}

TEST_CASE("train and eval reach every module below") {
  Everything model;
  CHECK(model.is_training());
  model.eval();
  for (const nn::Module* const part :
       {static_cast<nn::Module*>(&model), static_cast<nn::Module*>(&model.child), static_cast<nn::Module*>(&model.list[1]),
        static_cast<nn::Module*>(model.shared.get()), static_cast<nn::Module*>(&model.nested_.gate)})
    CHECK_FALSE(part->is_training());
  model.train();
  CHECK(model.nested_.gate.is_training());
  CHECK(model.unique->is_training());
}

TEST_CASE("ModeScope gives each module its own mode back") {
  Everything model;
  model.child.eval();
  {
    const nn::ModeScope mode(model, false);
    CHECK_FALSE(model.is_training());
    CHECK_FALSE(model.nested_.gate.is_training());
  }
  CHECK(model.is_training());
  CHECK(model.nested_.gate.is_training());
  CHECK_FALSE(model.child.is_training());
  {
    const nn::ModeScope mode(model, true);
    CHECK(model.child.is_training());
  }
  CHECK_FALSE(model.child.is_training());
}

namespace {

struct Counter : nn::Module {
  Parameter weight{ones({2})};
  Tensor mean = zeros({2});
  Tensor count = zeros({1}, {.dtype = int64});
  Tensor undefined;
  REEL_MEMBERS(weight, mean, count, undefined)
};

}  // namespace

TEST_CASE("to() converts parameters and floating buffers, and optimizers go on") {
  Counter counter;
  counter.to(float64);
  CHECK(counter.weight.dtype() == float64);
  CHECK(counter.mean.dtype() == float64);
  CHECK(counter.count.dtype() == int64);
  CHECK_FALSE(counter.undefined.defined());
  CHECK(placed_text<DtypeError>([&] { counter.to(int64); }) == "Counter: a module cannot be int64; it needs float32 or float64");

  nn::Linear model(1, 1);
  const ParameterRef held = model.weight.share();
  model.to(float64);
  CHECK(held.dtype() == float64);
  CHECK(model(zeros({1, 1}, {.dtype = float64})).dtype() == float64);
}

TEST_CASE("set_requires_grad freezes a part, and zero_grad clears all") {
  Highway model(2);
  model.gate.set_requires_grad(false);
  sum(model(ones({1, 2}))).backward();
  CHECK_FALSE(model.gate.weight.has_grad());
  CHECK(model.transform.weight.has_grad());
  CHECK(model.scale.has_grad());
  model.zero_grad();
  CHECK_FALSE(model.transform.weight.has_grad());
  CHECK_FALSE(model.scale.has_grad());
  model.gate.set_requires_grad(true);
  sum(model(ones({1, 2}))).backward();
  CHECK(model.gate.weight.has_grad());
}

TEST_CASE("a module without forward() says so") {
  Counter counter;
  const int line = __LINE__ + 1;
  const std::string text = error_text([&] { counter(ones({1})); });
  CHECK(text == fmt::format("Counter has no forward(const Tensor&); override it, or call the functions that it has (module.cpp:{})", line));
}

namespace {

struct Doubled : nn::Linear {
  Parameter factor{full({1}, 2)};
  Doubled() : Linear(2, 2) {}
  REEL_MEMBERS(weight, bias, factor)
  Tensor forward(const Tensor& x) override { return Linear::forward(x) * factor; }
};

template <class T>
struct Wrapper : nn::Module {
  T inner;
  explicit Wrapper(T t) : inner(std::move(t)) {}
  REEL_MEMBERS(inner)
  Tensor forward(const Tensor& x) override { return inner(x); }
};

}  // namespace

TEST_CASE("a module may derive from another, or be a template") {
  Doubled doubled;
  CHECK(names_of(doubled.parameters()) == Names{"weight", "bias", "factor"});
  nn::Linear plain(2, 2);
  plain.weight.set_value(doubled.weight.value());
  plain.bias->set_value(doubled.bias->value());
  const Tensor x = ones({3, 2});
  CHECK(allclose(doubled(x), 2 * plain(x)));

  Wrapper<nn::Linear> wrapper(nn::Linear(2, 1));
  CHECK(names_of(wrapper.parameters()) == Names{"inner.weight", "inner.bias"});
  CHECK(wrapper.type_name() == "Wrapper<reel::nn::Linear>");
}
