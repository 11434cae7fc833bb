// What goes wrong in people's first programs, and what they are told.
#include <optional>

#include <catch2/catch.hpp>

#include "../core/temporary_folder.hpp"
#include "error_text.hpp"
#include "models.hpp"

using namespace reel;
using Catch::Contains;

namespace {

struct OneMissing : nn::Module {
  nn::Linear a{2, 3}, b{3, 1};
  Parameter scale{ones({1})};
  REEL_MEMBERS(a, b)
  Tensor forward(const Tensor& x) override { return b(relu(a(x))) * scale; }
};

struct Nameless : nn::Module {
  nn::Linear a{2, 3};
  Tensor forward(const Tensor& x) override { return a(x); }
};

/// What a use of a moved-from module says.
template <class Use>
std::string moved_text(const Use& use) {
  return error_text([&] { use(); });
}

}  // namespace

TEST_CASE("a module that was moved from says so, whatever is asked of it") {
  nn::Linear linear(2, 3);
  const nn::Linear kept = std::move(linear);
  const std::string expected = "Linear was moved from and used afterwards";
  const Tensor x = ones({1, 2});
  CHECK_THAT(placed_text([&] { linear(x); }), Contains(expected));
  CHECK_THAT(moved_text([&] { linear.parameters(); }), Contains(expected));
  CHECK_THAT(moved_text([&] { linear.state(); }), Contains(expected));
  CHECK_THAT(moved_text([&] { linear.load_state({}); }), Contains(expected));
  CHECK_THAT(moved_text([&] { linear.summary(); }), Contains(expected));
  CHECK_THAT(moved_text([&] { linear.zero_grad(); }), Contains(expected));
  CHECK_THAT(moved_text([&] { linear.to(float64); }), Contains(expected));
  CHECK_THAT(moved_text([&] { linear.train(); }), Contains(expected));
  CHECK_THAT(moved_text([&] { linear.clone(); }), Contains(expected));
  CHECK_THAT(moved_text([&] { const nn::Linear copy(linear); }), Contains(expected));
  CHECK_THAT(placed_text([&] { relu(linear.weight); }), Contains("a parameter that was moved from was used"));
  CHECK_THAT(moved_text([&] { linear.forward(x); }), Contains("a parameter that was moved from was used"));
  CHECK_THAT(moved_text([&] { linear.weight.value(); }), Contains("a parameter that was moved from was used"));
  CHECK_THAT(moved_text([&] { linear.weight.clear_grad(); }), Contains("a parameter that was moved from was used"));
  linear = nn::Linear(2, 1);  // it can be used again
  CHECK(linear(x).shape() == Shape{1, 1});
  nn::Linear again = std::move(linear);
  linear = again;
  CHECK(identical(linear(x).value(), again(x).value()));

  nn::Sequential model{nn::Linear(2, 1)};
  nn::Sequential taken = std::move(model);
  CHECK_THAT(placed_text([&] { model(x); }), Contains("Sequential was moved from"));
  CHECK_THAT(moved_text([&] { model.parameters(); }), Contains("Sequential was moved from"));
  CHECK(taken(x).shape() == Shape{1, 1});
  nn::Conv2d conv(1, 2, 3);
  nn::GRU gru(2, 3);
  nn::MultiheadAttention attention(4, 2);
  nn::BatchNorm1d norm(2);
  nn::Dropout dropout(0.5);
  const auto c = std::move(conv);
  const auto g = std::move(gru);
  const auto a = std::move(attention);
  const auto n = std::move(norm);
  const auto d = std::move(dropout);
  CHECK_THAT(placed_text([&] { conv(ones({1, 1, 4, 4})); }), Contains("was moved from"));
  CHECK_THAT(placed_text([&] { gru(ones({1, 2, 2})); }), Contains("was moved from"));
  CHECK_THAT(placed_text([&] { attention(ones({1, 2, 4})); }), Contains("was moved from"));
  CHECK_THAT(placed_text([&] { norm(ones({4, 2})); }), Contains("was moved from"));
  CHECK_THAT(placed_text([&] { dropout(x); }), Contains("was moved from"));
  OneMissing outer;
  const nn::Linear inner = std::move(outer.a);
  CHECK_THAT(moved_text([&] { outer(x); }), Contains("Linear was moved from"));
  metrics::Metric metric = metrics::accuracy;
  const metrics::Metric other = std::move(metric);
  CHECK_THAT(placed_text([&] { metric.compute(x, x); }), Contains("a metric that was moved from"));
}

TEST_CASE("summary counts the parameters that a call uses and no REEL_MEMBERS names") {
  OneMissing model;
  CHECK_THAT(model.summary({1, 2}), Contains("\n1 parameter used here is not named in REEL_MEMBERS: not trained, not saved"));
  Nameless nameless;
  CHECK_THAT(nameless.summary({1, 2}), Contains("\n2 parameters used here are not named"));
  CHECK_THAT(nameless.summary([&] { nameless(ones({3, 2})); }), Contains("\n2 parameters used here are not named"));
  nn::Sequential whole{nn::Linear(2, 1)};
  CHECK_THAT(whole.summary({1, 2}), !Contains("not named"));
  CHECK(whole.summary({1, 2}).ends_with("trainable"));
  const NoGrad pause;
  CHECK_THAT(model.summary({1, 2}), Contains("1 parameter used here is not named"));
  CHECK_FALSE(is_recording());
}

TEST_CASE("a state of the other precision is converted when asked for") {
  nn::Linear from(2, 3), to(2, 3, {.dtype = float64});
  const State state = from.state();
  CHECK_THAT(placed_text([&] { to.load_state(state); }), Contains("weight is (3, 2) float64 here and (3, 2) float32 in the state") &&
                                                             Contains("{.convert = true} converts float32 and float64"));
  CHECK(to.load_state(state, {.convert = true}).ok());
  CHECK(to.weight.dtype() == float64);
  CHECK(allclose(to.weight, astype(from.weight, float64), 0, 0));
  nn::Linear back(2, 3);
  CHECK(back.load_state(to.state(), {.convert = true}).ok());
  CHECK(identical(back.weight.value(), from.weight.value()));
  CHECK_THAT(error_text([&] {
               back.load_state({{"weight", zeros({3, 2}, {.dtype = int64})}, {"bias", zeros({3})}}, {.convert = true});
             }),
             Contains("different") && !Contains("converts"));
  nn::BatchNorm1d norm(2), norm64(2);
  norm64.to(float64);
  CHECK(norm64.load_state(norm.state(), {.convert = true}).ok());
  for (const auto& [name, buffer] : norm64.named_buffers()) CHECK((buffer.dtype() == float64 || buffer.dtype() == int64));
}

TEST_CASE("a loss whose model is gone says that") {
  Tensor loss;
  {
    nn::Linear model(2, 1);
    loss = mean(model(ones({1, 2})));
  }
  CHECK_THAT(placed_text<GradientError>([&] { loss.backward(); }), Contains("the parameters in the history are gone"));
}

TEST_CASE("an optional parameter is an operand") {
  const nn::Linear layer(2, 3), without(2, 3, {.bias = false});
  CHECK(identical((layer.bias + 1).value(), (*layer.bias + 1).value()));
  CHECK(identical((2 * layer.bias).value(), (2 * *layer.bias).value()));
  CHECK(identical(sum(layer.bias * layer.bias).value(), sum(*layer.bias * *layer.bias).value()));
  CHECK(!without.bias);
  CHECK_FALSE(!layer.bias);
  CHECK_THAT(placed_text([&] { without.bias + 1; }), Contains("an op got an optional parameter that is not there"));
}

TEST_CASE("modules and parameters name the caller's line") {
  nn::Linear model(2, 3);
  CHECK_THAT(placed_text<DtypeError>([&] { model.weight.to(int64); }),
             Contains("parameters are float32 or float64") && !Contains("[without"));
  CHECK_THAT(placed_text<ShapeError>([&] { model.weight.add_grad(zeros({1})); }),
             Contains("its new gradient is (1,)") && !Contains("[without"));
  CHECK_THAT(placed_text<DtypeError>([&] { Parameter(tensor({1, 2})); }), Contains("its value is int64") && !Contains("[without"));
  CHECK_THAT(placed_text<DtypeError>([&] { model.to(int64); }), Contains("a module cannot be int64") && !Contains("[without"));
  CHECK_THAT(placed_text([&] { model.load_state({}); }), Contains("missing: weight, bias") && !Contains("[without"));
  CHECK_THAT(placed_text([&] { model.submodule("nope"); }), Contains("has no module 'nope'") && !Contains("[without"));
  CHECK_THAT(placed_text([&] { model.freeze("nope"); }), Contains("names no parameter") && !Contains("[without"));
  CHECK_THAT(placed_text([&] { model.unfreeze("nope"); }), Contains("names no parameter") && !Contains("[without"));
  CHECK_THAT(placed_text<ShapeError>([&] { nn::init::glorot_uniform({3}); }), Contains("has no fan in and out") && !Contains("[without"));
  CHECK_THAT(placed_text([&] { nn::init::weight_by_name("nope", {2, 3}); }), Contains("no initializer 'nope'") && !Contains("[without"));
  CHECK_THAT(placed_text([&] { nn::Linear(2, 3, {.init = "nope"}); }), Contains("no initializer 'nope'") && !Contains("[without"));
  CHECK_THAT(placed_text<IoError>([&] { load_safetensors("/nope"); }), !Contains("[without"));
}

namespace {

std::vector<std::string> said;

/// What reel warns of while f runs.
template <class F>
std::vector<std::string> warnings_of(const F& f) {
  said.clear();
  set_warning_handler([](const std::string& text) { said.push_back(text); });
  f();
  set_warning_handler(nullptr);
  return said;
}

}  // namespace

TEST_CASE("exchanged arguments, softmax twice and masks of the numbers 0 and 1 are said once") {
  for (const Dtype dtype : {float32, float64}) {
    const Tensor p = tensor({0.2, 0.7, 0.9}, {.dtype = dtype}), t = tensor({0.0, 1.0, 1.0}, {.dtype = dtype});
    const auto exchanged = warnings_of([&] {
      for (int i = 0; i < 2; ++i) nn::binary_cross_entropy(t, p);
    });
    REQUIRE(exchanged.size() == 1);
    CHECK_THAT(exchanged[0], Contains("the prediction comes first (mistakes.cpp:"));
    CHECK(warnings_of([&] { nn::binary_cross_entropy(p, t); }).empty());
    CHECK(warnings_of([&] { nn::binary_cross_entropy(t, t); }).empty());  // saturated, and right

    const Tensor logits = tensor({{1.0, 2.0, -1.0}, {0.5, 0.1, 0.0}}, {.dtype = dtype}), classes = tensor({1, 0});
    const auto twice = warnings_of([&] {
      for (int i = 0; i < 2; ++i) nn::cross_entropy(softmax(logits), classes);
    });
    REQUIRE(twice.size() == 1);
    CHECK_THAT(twice[0], Contains("cross_entropy takes the logits") && Contains("(mistakes.cpp:"));
    CHECK(warnings_of([&] {
            nn::cross_entropy(logits, classes);
            nn::cross_entropy(abs(logits), classes);
            nn::cross_entropy(tensor({{1.0, 0.0}, {0.0, 1.0}}), classes);
            nn::nll_loss(log(softmax(logits)), classes);
          }).empty());

    const Tensor q = ones({1, 3, 4}, {.dtype = dtype}),
                 mask = tensor({{1.0, 0.0, 0.0}, {1.0, 1.0, 0.0}, {1.0, 1.0, 1.0}}, {.dtype = dtype});
    const auto switches = warnings_of([&] { scaled_dot_product_attention(q, q, q, mask); });
    REQUIRE(switches.size() == 1);
    CHECK_THAT(switches[0], Contains("mask != 0"));
    CHECK(warnings_of([&] {
            scaled_dot_product_attention(q, q, q, mask != 0);
            scaled_dot_product_attention(q, q, q, zeros({3, 3}, {.dtype = dtype}));
            scaled_dot_product_attention(q, q, q, (1 - mask) * -1e9);
          }).empty());
    nn::MultiheadAttention attention(4, 2, {.batch_first = true, .dtype = dtype});
    CHECK(warnings_of([&] { attention(q, {.attn_mask = mask}); }).size() == 1);
  }
}
