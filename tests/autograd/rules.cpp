// What the engine asks of an op's rule, and how it says so when a rule does not keep to it.
#include <atomic>

#include "message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;

namespace {

/// x + y, whose rule counts its calls and what was asked of it; rules capture plain data, hence pointers.
Tensor counting(Operand x, Operand y, int* calls, int* wanted) {
  return record(
      "counting", "dx = dy   dy = dy", {x, y}, [](const Inputs& in) { return in[0]; },
      [calls, wanted](const Pullback& p) {
        ++*calls;
        *wanted = (p.needs(0) ? 1 : 0) + (p.needs(1) ? 2 : 0);
        return Gradients{p.needs(0) ? p.dy() : none, p.needs(1) ? p.dy() : none};
      });
}

/// An op with the value of x and a rule that answers wrongly in the way asked for.
enum class Wrong { shape, dtype, count, error, place };
Tensor wrong(Operand x, Wrong how) {
  return record(
      "wrong", "dx = ?", {x}, [](const Inputs& in) { return in[0]; },
      [how](const Pullback& p) {
        switch (how) {
          case Wrong::shape: return Gradients{sum(p.dy(), 0)};
          case Wrong::dtype: return Gradients{astype(p.dy(), float32)};
          case Wrong::count: return Gradients{p.dy(), p.dy()};
          case Wrong::error: throw Error("this rule does not know");
          case Wrong::place: return Gradients{matmul(p.dy(), p.dy())};
        }
        return Gradients{};
      });
}

}  // namespace

TEST_CASE("A rule runs once, and only when its gradient is wanted") {
  static int calls, wanted;  // not on the stack, which record() refuses
  calls = wanted = 0;
  const Tensor a = variable(doubles({1, 2})), b = variable(doubles({3, 4}));
  const Tensor y = counting(a, b, &calls, &wanted), loss = sum(y * a);
  gradients(loss, {a, b});
  CHECK(calls == 1);
  CHECK(wanted == 3);
  gradients(loss, {b});
  CHECK(calls == 2);
  CHECK(wanted == 2);
  gradients(loss, {y});
  CHECK(calls == 2);
  gradients(sum(y * 2.0) + sum(b), {variable(1.0)});
  CHECK(calls == 2);
  gradients(sum(counting(a, doubles({0, 0}), &calls, &wanted)), {a});
  CHECK(calls == 3);
  CHECK(wanted == 1);
}

TEST_CASE("backward() asks no rule for what leads to no parameter, or a frozen one") {
  static int calls, wanted;
  calls = wanted = 0;
  Parameter w("w", doubles({1})), frozen("frozen", doubles({1}));
  frozen.set_requires_grad(false);
  const Tensor x = variable(doubles({2}));
  sum(w * counting(x, x, &calls, &wanted)).backward();
  CHECK(calls == 0);
  sum(counting(frozen, w, &calls, &wanted)).backward();
  CHECK(calls == 1);
  CHECK(wanted == 2);
}

TEST_CASE("No gradient flows through comparisons and integers") {
  const Tensor x = variable(doubles({1, 2, 3}));
  const Tensor y = sum(where(x > 1.5, x * 2.0, 0.0)) + sum(astype(astype(x, int64), float64));
  CHECK(is_same(gradients(y, {x})[0], doubles({0, 2, 2})));
}

TEST_CASE("A gradient of the wrong shape or dtype is refused, naming op, shapes and place") {
  const Tensor x = variable(doubles({{1, 2}, {3, 4}}));
  int line = __LINE__ + 1;
  const Tensor a = wrong(x, Wrong::shape).named("a"), b = wrong(x, Wrong::dtype);
  CHECK(message_of<GradientError>([&] { gradients(sum(a), {x}); }) ==
        fmt::format(
            "wrong 'a': its rule returned a gradient of shape (2,) and dtype float64 for input 0, which has shape (2, 2) and dtype float64 "
            "(rules.cpp:{})",
            line));
  CHECK(message_of<GradientError>([&] { gradients(sum(b), {x}); }) ==
        fmt::format(
            "wrong: its rule returned a gradient of shape (2, 2) and dtype float32 for input 0, which has shape (2, 2) and dtype float64 "
            "(rules.cpp:{})",
            line));
}

TEST_CASE("A rule gives one gradient for each input") {
  const Tensor x = variable(doubles({1}));
  const int line = __LINE__ + 1;
  const Tensor y = wrong(x, Wrong::count);
  CHECK(message_of<GradientError>([&] { gradients(y, {x}); }) ==
        fmt::format("wrong: its rule returned 2 gradients for 1 inputs (rules.cpp:{})", line));
}

TEST_CASE("A rule that throws is named with its op and place") {
  const Tensor x = variable(doubles({{1, 2, 3}}));
  const int line = __LINE__ + 1;
  const Tensor a = wrong(x, Wrong::error), b = wrong(x, Wrong::place);
  CHECK(message_of<GradientError>([&] { gradients(sum(a), {x}); }) ==
        fmt::format("the rule of wrong failed: this rule does not know (rules.cpp:{})", line));
  const std::string text = message_of<GradientError>([&] { gradients(sum(b), {x}); });
  const std::string where = fmt::format("(rules.cpp:{})", line);
  CHECK_THAT(text, Catch::StartsWith("the rule of wrong failed: matmul: ") && Catch::EndsWith(where));
  CHECK(text.find(where) == text.rfind(where));
  CHECK(is_recording());
}

TEST_CASE("A rule's errors name the module that the op ran in, once") {
  const Tensor x = variable(doubles({{1, 2, 3}}));
  const int line = __LINE__ + 3;
  const auto in_module = [&](Wrong how) {
    const ModuleScope module("1.gate");
    return wrong(x, how);
  };
  const std::string place = fmt::format(" (in 1.gate, rules.cpp:{})", line);
  for (const Wrong how : {Wrong::shape, Wrong::count, Wrong::error, Wrong::place}) {
    const std::string text = message_of<GradientError>([&] { gradients(sum(in_module(how)), {x}); });
    CHECK_THAT(text, Catch::EndsWith(place));
    CHECK(text.find("rules.cpp") == text.rfind("rules.cpp"));
  }
}

TEST_CASE("A backward() that fails leaves no parameter with a part of its gradient") {
  Parameter before("before", doubles({1})), after("after", doubles({1}));
  after.set_grad(doubles({7}));
  const Tensor loss = sum(after * wrong(before * 2.0, Wrong::error));
  CHECK_THAT(message_of<GradientError>([&] { loss.backward(); }), Contains("does not know"));
  CHECK_FALSE(before.has_grad());
  CHECK(is_same(after.grad(), doubles({7})));
}

TEST_CASE("A rule may answer none for an input that has no gradient") {
  const auto cut = [](Operand x) {
    return record(
        "cut", "dx = 0", {x}, [](const Inputs& in) { return in[0]; }, [](const Pullback&) { return Gradients{none}; });
  };
  const Tensor x = variable(doubles({1, 2}));
  CHECK(is_same(gradients(sum(cut(x) * x), {x})[0], doubles({1, 2})));
}

TEST_CASE("The rule of a broadcasting op is summed down to each input") {
  const auto halves = [](Operand a, Operand b) {
    return record_broadcasting(
        "halves", "da = dy/2   db = dy/2", {a, b},
        [](const Inputs& in) { return kernels::mul(kernels::add(in[0], in[1]), Array::scalar(0.5, float64)); },
        [](const Pullback& p) {
          return Gradients{p.dy() * 0.5, p.dy() * 0.5};
        });
  };
  const Tensor row = variable(doubles({{1, 2, 3}})), column = variable(doubles({{1}, {2}})), one = variable(1.0, {.dtype = float64});
  const auto g = gradients(sum(halves(row, column)) + sum(halves(row, one)), {row, column, one});
  CHECK(is_same(g[0], doubles({{1.5, 1.5, 1.5}})));
  CHECK(is_same(g[1], doubles({{1.5}, {1.5}})));
  CHECK(is_same(g[2], doubles(1.5)));
}

TEST_CASE("Ops of a rule are recorded at the place of the op that they differentiate") {
  const Tensor x = variable(doubles({1, 2}));
  const int line = __LINE__ + 1;
  const Tensor y = exp(x);
  const Tensor g = gradients(sum(y), {x}, {.differentiable = true})[0];
  const Tape tape(g);
  CHECK(tape[tape.size() - 1].op() == "mul");
  CHECK(tape[tape.size() - 1].location().line == line);
}

TEST_CASE("Functions that capture more than fits into an entry work, and are run again") {
  struct Large {
    double values[20];
  };
  Large large{};
  large.values[19] = 3;
  const Tensor x = variable(doubles({2}));
  const Tensor y = record(
      "scaled", "dx = 3 dy", {x}, [large](const Inputs& in) { return kernels::mul(in[0], Array::scalar(large.values[19], float64)); },
      [large](const Pullback& p) { return Gradients{p.dy() * large.values[19]}; },
      [large] { return fmt::format("by={}", large.values[19]); });
  CHECK(number(gradients(y, {x})[0]) == 3);
  CHECK(Tape(y)[1].attributes() == "by=3");
  CHECK(Tape(y).rerun()[1].item<double>() == 6);
}
