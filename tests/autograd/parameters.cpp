// Parameters: values, gradients, sharing, and what a history that saw them keeps.
#include <memory>

#include "message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;

namespace {

Parameter weight(const Values& values) { return Parameter("w", doubles(values)); }

}  // namespace

TEST_CASE("A history keeps the values that it saw; its gradient reaches the parameter") {
  Parameter w = weight({1, 2});
  const Tensor loss = sum(w * w * w);
  SECTION("set_value") { w.set_value(doubles({10, 20})); }
  SECTION("update") {
    w.update([](auto* data, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) data[i] *= 10;
    });
  }
  CHECK(is_same(w, doubles({10, 20})));
  CHECK(number(loss) == 9);
  CHECK(is_same(gradients(loss, {w})[0], doubles({3, 12})));
  loss.backward();
  CHECK(is_same(w.grad(), doubles({3, 12})));
  sum(w * 1.0).backward();
  CHECK(is_same(w.grad(), doubles({4, 13})));
}

TEST_CASE("A parameter that changed between two uses gets the sum of both") {
  Parameter w = weight({1, 2});
  const Tensor before = w * w;
  w.set_value(doubles({10, 20}));
  const Tensor loss = sum(before + w * w);
  CHECK(is_same(gradients(loss, {w})[0], doubles({22, 44})));
  const Tensor g = gradients(loss, {w}, {.differentiable = true})[0];
  CHECK(is_same(gradients(sum(g), {w})[0], doubles({4, 4})));
  {
    const NoGrad pause;
    CHECK(gradients(loss, {w}, {.differentiable = true})[0].has_history());
  }
  loss.backward();
  CHECK(is_same(w.grad(), doubles({22, 44})));
}

TEST_CASE("update() changes the numbers in place where nobody else has them") {
  Parameter w = weight({1, 2});
  const auto twice = [](auto* data, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) data[i] *= 2;
  };
  const void* const address = w.value().raw();
  w.update(twice);
  CHECK(w.value().raw() == address);
  const Tensor seen = w.tensor().detach();
  w.update(twice);
  CHECK(is_same(seen, doubles({2, 4})));
  CHECK(is_same(w, doubles({4, 8})));
}

TEST_CASE("A gradient converts with a parameter whose dtype changed") {
  Parameter w = weight({1, 2});
  const Tensor loss = sum(w * w);
  w.set_grad(doubles({5, 5}));
  w.to(float32);
  CHECK(w.dtype() == float32);
  CHECK_FALSE(w.has_grad());
  CHECK(is_same(gradients(loss, {w})[0], tensor({2.0, 4.0})));
  loss.backward();
  CHECK(is_same(w.grad(), tensor({2.0, 4.0})));
  expect<DtypeError>(
      __LINE__, [&] { w.to(int64); }, "parameter w cannot be int64; parameters are float32 or float64");
}

TEST_CASE("to() the dtype that it has keeps the gradient") {
  Parameter w = weight({1});
  w.set_grad(doubles({5}));
  w.to(float64);
  CHECK(w.has_grad());
}

TEST_CASE("A frozen parameter is a constant") {
  Parameter w = weight({1, 2}), v("v", doubles({3, 4}));
  const Tensor before = sum(w * v);
  w.set_requires_grad(false);
  CHECK_FALSE(w.requires_grad());
  CHECK_FALSE(w.tensor().has_history());
  CHECK_FALSE((w * 2.0).has_history());
  before.backward();
  CHECK_FALSE(w.has_grad());
  CHECK(is_same(v.grad(), doubles({1, 2})));
  CHECK_THAT(message_of<GradientError>([&] { gradients(sum(v * w), {w}); }), Contains("variable 0 of 1 is a constant"));
  w.set_requires_grad(true);
  sum(w * v).backward();
  CHECK(is_same(w.grad(), doubles({3, 4})));
}

TEST_CASE("A copy of a parameter is one of its own; share() is the same one") {
  Parameter w = weight({1, 2});
  w.set_grad(doubles({7, 7}));
  Parameter copy = w, shared(w.share());
  CHECK(copy.name() == "w");
  CHECK_FALSE(copy.has_grad());
  CHECK_FALSE(copy.is_same(w));
  CHECK(shared.is_same(w));
  shared.set_value(doubles({3, 4}));
  CHECK(is_same(w, doubles({3, 4})));
  CHECK(is_same(copy, doubles({1, 2})));
  sum(shared * w).backward();
  CHECK(is_same(w.grad(), doubles({13, 15})));
  CHECK_FALSE(copy.has_grad());
  w.set_requires_grad(false);
  CHECK_FALSE(shared.requires_grad());
  CHECK_FALSE(Parameter(w).requires_grad());
  CHECK(copy.requires_grad());
}

TEST_CASE("Assigning a parameter makes a copy; what held the old one keeps it") {
  Parameter w = weight({1});
  const ParameterRef old = w;
  w = Parameter("other", doubles({2, 3}));
  CHECK(w.name() == "other");
  CHECK(old.name() == "w");
  CHECK(number(old) == 1);
  const Parameter moved = std::move(w);
  CHECK(is_same(moved, doubles({2, 3})));
}

TEST_CASE("What does not fit a parameter is refused") {
  Parameter w = weight({1, 2});
  const std::string rule = "; they need to be the same";
  shape_error(
      __LINE__, [&] { w.set_value(doubles({1})); }, "parameter w has shape (2,) and its new value is (1,)" + rule);
  dtype_error(
      __LINE__, [&] { w.set_value(ones({2})); }, "parameter w is float64 and its new value is float32" + rule);
  const Tensor row = doubles({{1, 2}});
  shape_error(
      __LINE__, [&] { w.set_grad(row); }, "parameter w has shape (2,) and its new gradient is (1, 2)" + rule);
  expect<DtypeError>(
      __LINE__, [&] { w.add_grad(ones({2})); }, "parameter w is float64 and its new gradient is float32; they need to be the same");
  CHECK_THAT(message_of<DtypeError>([] { Parameter("labels", arange(0, 3)); }),
             Contains("parameter labels: its value is int64; parameters are float32 or float64 (parameters.cpp:"));
  CHECK(is_same(w, doubles({1, 2})));
}

TEST_CASE("A parameter prints as its value") {
  const Parameter w = weight({1, 2});
  CHECK(fmt::format("{}, {:.1f}", w, w.share()) == "[1. 2.], [1.0 2.0]");
}

TEST_CASE("A gradient that was set does not keep its history, so that nothing leaks") {
  Parameter w = weight({1, 2});
  const Tensor g = gradients(sum(w * w * w), {w}, {.differentiable = true})[0];
  SECTION("set_grad") { w.set_grad(g); }
  SECTION("add_grad") { w.add_grad(g); }
  CHECK_FALSE(w.grad().has_history());
  CHECK(is_same(w.grad(), doubles({3, 12})));
  w.set_value(doubles({5, 6}));  // the leaf that g holds now owns the parameter's state
}

TEST_CASE("A gradient that was set is not changed by those that are added") {
  Parameter w = weight({1, 2});
  const Tensor g = doubles({1, 1});
  w.set_grad(g);
  w.add_grad(doubles({2, 3}));
  w.add_grad(w.grad());
  CHECK(is_same(w.grad(), doubles({6, 8})));
  CHECK(is_same(g, doubles({1, 1})));
}

TEST_CASE("A history outlives its parameter") {
  const Tensor x = variable(doubles({3, 4}));
  Tensor current, changed;
  {
    Parameter w = weight({1, 2});
    changed = sum(w * x);
    w.set_value(doubles({10, 20}));
    current = sum(w * x);
  }
  CHECK(is_same(gradients(current, {x})[0], doubles({10, 20})));
  CHECK(is_same(gradients(changed, {x})[0], doubles({1, 2})));
  CHECK(Tape(current)[1].op() == "parameter");
  CHECK_NOTHROW(changed.backward());
}

TEST_CASE("Lists of parameters can be differentiated by") {
  Parameter a("a", doubles({1})), b("b", doubles({2}));
  const std::vector<ParameterRef> parameters{a, b};
  const auto g = gradients(sum(a * a * b), parameters);
  CHECK(number(g[0]) == 4);
  CHECK(number(g[1]) == 1);
}

TEST_CASE("A variable takes value and name, and no history") {
  const Tensor x = variable(doubles({1})).named("x");
  const Tensor y = variable(x * 2.0), z = variable(x);
  CHECK(z.name() == "x");
  CHECK(is_same(gradients(sum(y + x), {x})[0], doubles({1})));
  CHECK_THAT(message_of<DtypeError>([] { variable(arange(0, 2)); }),
             Contains("variable: the value is int64; only float32 and float64 can be differentiated by (parameters.cpp:"));
}
