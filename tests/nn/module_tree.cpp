#include <catch2/catch.hpp>

#include "error_text.hpp"
#include "models.hpp"

using namespace reel;
using Catch::Contains;
using Names = std::vector<std::string>;

namespace {

Names names_of(const std::vector<std::pair<std::string, nn::Module*>>& modules) {
  Names names;
  for (const auto& [name, module] : modules) names.push_back(name);
  return names;
}

/// A language model in small, whose output layer is its embedding.
struct Tied : nn::Module {
  nn::Embedding embedding{5, 3};
  nn::Linear head{3, 5};
  REEL_MEMBERS(embedding, head)
  Tied() { head.weight = embedding.weight.share(); }
  Tensor forward(const Tensor& x) override { return head(embedding(x)); }
};

}  // namespace

TEST_CASE("named_modules, named_children and submodule walk over what is below") {
  nn::Sequential model = highway_model();
  CHECK(names_of(model.named_modules()) == Names{"", "0", "1", "1.transform", "1.gate", "2", "2.0", "2.1", "3", "4"});
  CHECK(names_of(model.named_children()) == Names{"0", "1", "2", "3", "4"});
  CHECK(model.named_modules()[0].second == &model);
  CHECK(&model.submodule("1.gate") == &model.get<Highway>(1).gate);
  CHECK(&model.submodule("") == &model);
  CHECK(placed_text([&] { model.submodule("1.gates"); }) ==
        "Sequential has no module '1.gates'; it has 0, 1, 1.transform, 1.gate, 2, 2.0, 2.1, 3, 4");
  CHECK(placed_text([&] { nn::Linear(1, 1).submodule("a"); }) == "Linear has no module 'a'; it has none");
  Everything all;
  all.shared.reset();
  CHECK(all.named_buffers().size() == 1);
  CHECK(all.named_buffers()[0].first == "buffer");
}

TEST_CASE("a module that stands in two places comes up once") {
  struct Twice : nn::Module {
    std::shared_ptr<nn::Linear> a = std::make_shared<nn::Linear>(1, 1), b = a;
    REEL_MEMBERS(a, b)
  } twice;
  CHECK(names_of(twice.named_modules()) == Names{"", "a"});
  CHECK(twice.state().size() == 4);
}

TEST_CASE("apply reaches what is below before what is above") {
  nn::Sequential model{nn::Linear(2, 2), nn::Sequential{nn::Linear(2, 1), tanh}};
  Names order;
  model.apply([&](const std::string& name, nn::Module&) { order.push_back(name); });
  CHECK(order == Names{"1.1", "1.0", "1", "0", ""});
  model.apply([](nn::Module& module) {
    if (auto* const linear = dynamic_cast<nn::Linear*>(&module)) linear->weight.set_value(ones(linear->weight.shape()));
  });
  CHECK(model.get<nn::Linear>(0).weight.value().at<float>({1, 1}) == 1);
}

TEST_CASE("freeze and unfreeze by name: a parameter, or all below a module") {
  nn::Sequential model{nn::Linear(2, 2), Highway(2), nn::Linear(2, 1)};
  const auto frozen = [&] {
    Names names;
    for (const auto& [name, parameter] : model.named_parameters())
      if (!parameter.requires_grad()) names.push_back(name);
    return names;
  };
  model.freeze("1.gate");
  CHECK(frozen() == Names{"1.gate.weight", "1.gate.bias"});
  model.freeze("2.bias").unfreeze("1.gate.bias");
  CHECK(frozen() == Names{"1.gate.weight", "2.bias"});
  sum(model(ones({1, 2}))).backward();
  CHECK_FALSE(model.get<Highway>(1).gate.weight.has_grad());
  CHECK(model.get<Highway>(1).gate.bias->has_grad());
  model.freeze();
  CHECK_FALSE(model(ones({1, 2})).has_history());
  model.unfreeze();
  CHECK(frozen().empty());
  CHECK_THAT(error_text([&] { model.freeze("1.gat"); }),
             Contains("Sequential: '1.gat' names no parameter, and no module that has some; there are 0.weight, 0.bias"));
}

TEST_CASE("tied weights are one parameter, in copies and clones too, but not between them") {
  manual_seed(4);
  Tied model;
  CHECK(model.parameters().size() == 2);
  CHECK(model.state().size() == 3);
  const Tensor x = tensor({1, 4}, {.dtype = int64});
  const auto check = [&](Tied& copy) {
    CHECK(copy.head.weight.is_same(copy.embedding.weight));
    CHECK_FALSE(copy.head.weight.is_same(model.head.weight));
    CHECK(copy.parameters().size() == 2);
    CHECK(identical(copy(x).value(), model(x).value()));
  };
  Tied copy = model, another = copy;
  check(copy);
  check(another);
  CHECK_FALSE(copy.head.weight.is_same(another.head.weight));
  Tied assigned;
  assigned = model;
  check(assigned);
  const UniquePtr<nn::Module> clone = model.clone();
  check(dynamic_cast<Tied&>(*clone));
  nn::Sequential inside{model, nn::Linear(5, 1)}, outside = inside;
  check(outside.get<Tied>(0));
  Tied moved = std::move(another);
  check(moved);
}

TEST_CASE("layers of a Sequential that share weights do so in its copies") {
  nn::Sequential model{nn::Embedding(4, 2), tanh, nn::Linear(2, 4)};
  model.get<nn::Linear>(2).weight = model.get<nn::Embedding>(0).weight.share();
  nn::Sequential copy = model;
  CHECK(copy.get<nn::Linear>(2).weight.is_same(copy.get<nn::Embedding>(0).weight));
  CHECK_FALSE(copy.get<nn::Linear>(2).weight.is_same(model.get<nn::Linear>(2).weight));
  const nn::Linear part = model.get<nn::Linear>(2);
  CHECK_FALSE(part.weight.is_same(model.get<nn::Linear>(2).weight));
}

TEST_CASE("copies of a parameter on its own, and of modules behind pointers, are not tied to others") {
  struct Shared : nn::Module {
    std::shared_ptr<nn::Linear> a = std::make_shared<nn::Linear>(1, 1), b = a;
    nn::Linear own{1, 1};
    REEL_MEMBERS(a, b, own)
  } shared;
  Shared copy = shared;
  CHECK(copy.a == shared.a);
  const Parameter one = shared.a->weight, two = shared.a->weight;
  CHECK_FALSE(one.is_same(two));
  CHECK_FALSE(copy.own.weight.is_same(shared.own.weight));
}

TEST_CASE("clone copies the whole object, whatever its class, and says when it cannot") {
  nn::Sequential model = highway_model();
  nn::Module& base = model;
  const UniquePtr<nn::Module> clone = base.clone();
  CHECK(clone->type_name() == "Sequential");
  CHECK(same_bits(clone->state(), model.state()));
  CHECK(model.submodule("1").clone()->type_name() == "Highway");
  struct Plain : nn::Linear {
    Plain() : Linear(1, 1) {}
  };
  CHECK_THAT(error_text([] { Plain().clone(); }), Contains("Plain has no clone(): the class needs a REEL_MEMBERS line of its own"));
  CHECK_THAT(error_text([] { Everything().clone(); }), Contains("and members that can be copied"));
}

TEST_CASE("one name of a shared parameter is enough in a state") {
  Tied model, other;
  State state = model.state();
  state.erase("head.weight");
  CHECK(other.load_state(state).ok());
  CHECK(same_bits(other.state(), model.state()));
  state.erase("embedding.weight");
  CHECK_THAT(error_text([&] { other.load_state(state); }), Contains("missing: embedding.weight, head.weight"));
}

TEST_CASE("load_state that is not strict takes what fits by name, and reports the rest") {
  nn::Sequential model{nn::Linear(2, 3), nn::Linear(3, 1)};
  const Tensor before = Tensor(model.get<nn::Linear>(1).weight.value());
  State state{{"0.weight", full({3, 2}, 7)}, {"head.weight", ones({1})}};
  const nn::LoadReport report = model.load_state(state, {.strict = false});
  CHECK(report.missing == Names{"0.bias", "1.weight", "1.bias"});
  CHECK(report.unexpected == Names{"head.weight"});
  CHECK_FALSE(report.ok());
  CHECK(model.get<nn::Linear>(0).weight.value().at<float>({0, 0}) == 7);
  CHECK(identical(model.get<nn::Linear>(1).weight.value(), before.value()));
  state["0.weight"] = ones({2, 2});
  CHECK(placed_text([&] { model.load_state(state, {.strict = false}); }) ==
        "load_state: the state does not fit Sequential; different: 0.weight is (3, 2) float32 here and (2, 2) float32 in the state");
  CHECK(model.load_state(model.state()).ok());
}

TEST_CASE("ModuleList and ModuleDict own modules of any class") {
  struct Heads : nn::Module {
    nn::ModuleList blocks{nn::Linear(2, 4), nn::Sequential{tanh, nn::Linear(4, 4)}};
    nn::ModuleDict heads{{"policy", nn::Linear(4, 3)}, {"value", nn::Sequential{nn::Linear(4, 1), tanh}}};
    REEL_MEMBERS(blocks, heads)
    Tensor forward(const Tensor& x) override {
      Tensor y = x;
      for (std::size_t i = 0; i < blocks.size(); ++i) y = blocks[i](y);
      y = heads["policy"](y);
      return y * heads["value"](ones({2, 4}));
    }
  } model;
  CHECK(names_of(model.parameters()) == Names{"blocks.0.weight", "blocks.0.bias", "blocks.1.1.weight", "blocks.1.1.bias",
                                              "heads.policy.weight", "heads.policy.bias", "heads.value.0.weight", "heads.value.0.bias"});
  const Tensor y = model(ones({2, 2}));
  CHECK(y.shape() == Shape{2, 3});
  CHECK(entry_of(y, "linear").module() == "heads.value.0");
  Heads copy = model;
  CHECK(same_bits(copy.state(), model.state()));
  CHECK(identical(copy(ones({2, 2})).value(), y.value()));
  copy.heads.get<nn::Linear>("policy").weight.set_value(zeros({3, 4}));
  CHECK(identical(model(ones({2, 2})).value(), y.value()));
  CHECK_THAT(model.summary(), Contains("blocks: ModuleList(2)") && Contains("  policy: Linear(4, 3)"));
  copy.heads = model.heads;
  CHECK(same_bits(copy.state(), model.state()));

  CHECK(model.heads.keys() == Names{"policy", "value"});
  CHECK(model.heads.contains("value"));
  model.heads.insert("extra", nn::Linear(4, 1));
  model.blocks.append(nn::Dropout(0.5));
  CHECK(model.heads.size() == 3);
  CHECK(model.blocks.get<nn::Dropout>(2).is_training());
  CHECK(placed_text([&] { model.heads["valu"]; }) == "ModuleDict has no 'valu'; it has policy, value, extra");
  CHECK(placed_text([&] { model.heads.insert("value", nn::Linear(1, 1)); }) == "ModuleDict: there is a 'value' already");
  CHECK_THAT(error_text([&] { model.heads.insert("a.b", nn::Linear(1, 1)); }), Contains("'a.b' cannot be a name"));
  CHECK(placed_text<ShapeError>([&] { model.blocks[3]; }) == "module 3 of a ModuleList of 3");
  CHECK(placed_text([&] { model.blocks.get<nn::Dropout>(0); }) == "module 0 of a ModuleList is another layer: Linear(2, 4)");
  CHECK_THAT(error_text([&] { model.blocks(ones({1})); }), Contains("ModuleList has no forward(const Tensor&)"));
}

TEST_CASE("summary of modules of integers, and of several inputs") {
  nn::Sequential model{nn::Embedding(10, 4), nn::GRU(4, 3, {.batch_first = true}), nn::Linear(3, 2)};
  CHECK_THAT(model.summary({2, 5}, int64), Contains("0: Embedding(10, 4)        (2, 5, 4)             40") && Contains("(2, 5, 2)"));
  CHECK_THAT(model.summary(tensor({{1, 2, 3}})), Contains("(1, 3, 2)"));
  nn::MultiheadAttention attention(4, 2);
  CHECK_THAT(attention.summary([&] { attention(ones({3, 1, 4}), ones({7, 1, 4}), ones({7, 1, 4})); }), Contains("(3, 1, 4)"));
  CHECK(attention.is_training());
}
