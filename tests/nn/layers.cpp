#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include <catch2/catch.hpp>
#include <reel/testing/catch.hpp>

#include "../core/temporary_folder.hpp"
#include "error_text.hpp"
#include "layers_table.hpp"
#include "models.hpp"

using namespace reel;
using Catch::Contains;

namespace {

/// A row's layer as a member of a module, called as the row says. Random layers draw the same numbers in each call, which a gradient check
/// needs.
struct Holder : nn::Module {
  std::shared_ptr<nn::Module> layer;
  REEL_MEMBERS(layer)

  explicit Holder(const LayerRow& row) : layer(row.make()), row_(&row) {}
  Tensor forward(const Tensor& x) override {
    const SeedScope again(3);
    const CallSite site(called_at());
    return row_->call ? row_->call(*layer, x) : (*layer)(x);
  }

 private:
  const LayerRow* row_;
};

Tensor input_of(const LayerRow& row, const Shape& shape, Dtype dtype) {
  const SeedScope fixed(5);
  if (row.integers == 0) return random::uniform(shape, {.low = -row.spread, .high = row.spread, .dtype = dtype});
  return astype(floor(random::uniform(shape, {.high = static_cast<double>(row.integers)})), int64);
}

Tensor input_of(const LayerRow& row, Dtype dtype = float32) { return input_of(row, row.input, dtype); }

bool same_output(Holder& a, Holder& b, const Tensor& x) { return identical(a(x).value(), b(x).value()); }

template <class Check>
void for_each_row(const Check& check) {
  manual_seed(21);
  for (const LayerRow& row : layer_rows()) {
    INFO(row.description << ", of " << to_string(row.input));
    check(row);
  }
}

}  // namespace

TEST_CASE("layers: the table has every class of these headers") {
  std::set<std::string> in_table;
  for (const LayerRow& row : layer_rows()) in_table.insert(row.make()->type_name());
  static const std::regex declaration("\n(?:struct|class) (\\w+) : [^{]*\\{[^}]*REEL_MEMBERS");
  std::size_t found = 0;
  for (const std::string header :
       {"activation", "bilinear", "conv", "dropout", "linear", "normalization", "pooling", "reshape", "upsample"}) {
    std::ifstream file(REEL_TEST_DATA "/../../nn/layers/" + header + ".hpp");
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    for (std::sregex_iterator it(text.begin(), text.end(), declaration), end; it != end; ++it, ++found) {
      INFO(header << ".hpp: " << (*it)[1]);
      CHECK(in_table.contains((*it)[1]));
    }
  }
  CHECK(found >= 68);
}

TEST_CASE("layers: description, shape of the result and names of the state") {
  for_each_row([](const LayerRow& row) {
    Holder layer(row);
    CHECK(layer.layer->description() == row.description);
    CHECK_THAT(row.description, Catch::StartsWith(layer.layer->type_name()));
    const Tensor y = layer(input_of(row));
    CHECK(y.shape() == row.output);
    if (row.integers == 0) CHECK(y.dtype() == float32);
    std::vector<std::string> names;
    for (const auto& [name, tensor] : layer.layer->state()) names.push_back(name);
    CHECK(names == row.state);
    for (const auto& [name, parameter] : layer.layer->named_parameters()) CHECK(parameter.dtype() == float32);
  });
}

TEST_CASE("layers: saved and loaded into a fresh one, the same bits come out") {
  const TemporaryFolder folder;
  for_each_row([&](const LayerRow& row) {
    const Tensor x = input_of(row);
    Holder layer(row), fresh(row);
    for (int i = 0; i < 2; ++i) layer(x);  // buffers move
    const State state = layer.layer->state();
    if (!state.empty()) {  // a file of nothing is refused
      save_safetensors(folder.path("layer.safetensors"), state);
      fresh.layer->load_state(load_safetensors(folder.path("layer.safetensors")));
    }
    CHECK(same_bits(fresh.state(), layer.state()));
    CHECK(same_output(fresh, layer, x));
    CHECK(same_bits(fresh.state(), layer.state()));
    layer.eval();
    fresh.eval();
    CHECK(same_output(fresh, layer, x));
  });
}

TEST_CASE("layers: a clone is of the same class, computes the same and has parameters of its own") {
  for_each_row([](const LayerRow& row) {
    Holder one(row), two(row);
    one(input_of(row));
    const auto cloned = std::make_shared<UniquePtr<nn::Module>>(one.layer->clone());
    two.layer = std::shared_ptr<nn::Module>(cloned, cloned->get());
    CHECK(two.layer->description() == row.description);
    CHECK(same_bits(two.state(), one.state()));
    one.eval();
    two.eval();
    const Tensor expected = one(input_of(row));
    CHECK(identical(two(input_of(row)).value(), expected.value()));
    for (ParameterRef& parameter : two.parameters()) parameter.set_value(zeros_like(parameter.tensor()));
    CHECK(identical(one(input_of(row)).value(), expected.value()));
  });
}

TEST_CASE("layers: gradients by the input and by all parameters") {
  for_each_row([](const LayerRow& row) {
    Holder layer(row);
    layer.to(float64);
    for (const bool training : {true, false}) {
      CAPTURE(training);
      layer.train(training);
      const Tensor x = input_of(row, float64);
      CHECK_THAT(layer, HasRightGradient({x}, {.order = row.order, .kinks = row.kinks}));
      if (row.mode == Mode::same) break;
    }
  });
}

TEST_CASE("layers: gradcheck takes every class as it is, whatever else its operator() takes and returns") {
  std::size_t without_options = 0;
  for_each_row([&](const LayerRow& row) {
    const GradcheckReport report = row.make.check(input_of(row, float64), {.kinks = row.kinks});
    CAPTURE(report.message());
    if (row.make()->type_name() == "Bilinear") {
      CHECK_THAT(report.message(), Contains("the module cannot be called with 1 tensor"));
      return;
    }
    if (row.call) return;  // called with more than x alone
    ++without_options;
    const bool has_parameters = !row.make()->parameters().empty();
    CHECK(report.ok() == (row.integers == 0 || has_parameters));
  });
  CHECK(without_options > 60);
  nn::LSTM lstm(2, 3);
  lstm.to(float64);
  const Tensor x = random::normal({4, 1, 2}, {.dtype = float64});
  // The output of (4, 1, 3), and h and c after the last step: 18 results, 8 inputs, 24 + 36 + 12 + 12 parameters.
  CHECK_THAT(gradcheck(lstm, {x}).message(), Catch::StartsWith("92 derivatives of order 1 agree"));
  nn::MultiheadAttention attention(4, 2);
  attention.to(float64);
  const Tensor query = random::normal({2, 1, 4}, {.dtype = float64}), key = random::normal({3, 1, 4}, {.dtype = float64});
  CHECK(gradcheck(attention, {query, key, key}).ok());
  nn::Bilinear bilinear(2, 3, 2);
  bilinear.to(float64);
  CHECK(gradcheck(bilinear, {random::normal({4, 2}, {.dtype = float64}), random::normal({4, 3}, {.dtype = float64})}).ok());
  CHECK_THAT(gradcheck(bilinear, {x}).message(), Contains("the module cannot be called with 1 tensor"));
}

TEST_CASE("layers: training and evaluation") {
  for_each_row([](const LayerRow& row) {
    Holder layer(row);
    const Tensor x = input_of(row);
    layer(x);
    const State before = layer.state();
    const Tensor trained = layer(x);
    CHECK(same_bits(layer.state(), before) == (row.mode != Mode::statistics));
    const State after = layer.state();
    layer.eval();
    const Generator generator = default_generator();
    const Tensor evaluated = layer(x);
    CHECK(identical(layer(x).value(), evaluated.value()));
    CHECK(same_bits(layer.state(), after));
    CHECK(default_generator() == generator);
    CHECK(identical(trained.value(), evaluated.value()) == (row.mode == Mode::same));
    layer.train();
    if (row.mode == Mode::same) CHECK(identical(layer(x).value(), trained.value()));
  });
}

TEST_CASE("layers: a wrong shape is an error with the module's path and the line of the call") {
  for_each_row([](const LayerRow& row) {
    nn::Sequential model{Holder(row)};
    for (const Refused& refused : row.refuses) {
      const Tensor x = input_of(row, refused.input, float32);
      const int line = __LINE__ + 1;
      const std::string text = error_text<ShapeError>([&] { model(x); });
      CHECK_THAT(text, Contains(refused.text));
      CHECK_THAT(text, Contains("(in 0.layer") && Catch::EndsWith(", layers.cpp:" + std::to_string(line) + ")"));
    }
  });
}
