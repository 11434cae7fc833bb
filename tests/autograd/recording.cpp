// What is recorded, in which dtype, and at which place.
#include "message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;

TEST_CASE("Under NoGrad nothing is recorded, however deep and however it ends") {
  const Tensor x = variable(doubles({1, 2}));
  CHECK(is_recording());
  {
    const NoGrad outer;
    CHECK_FALSE((x * 2.0).has_history());
    {
      const NoGrad inner;
      CHECK_FALSE(is_recording());
    }
    CHECK_FALSE(is_recording());
    CHECK_FALSE(concatenate({x, x}).has_history());
  }
  CHECK((x * 2.0).has_history());
  CHECK_THROWS_AS(
      [&] {
        const NoGrad pause;
        matmul(x, x, {.a = true});
      }(),
      ShapeError);
  CHECK(is_recording());
}

TEST_CASE("detach() gives the same numbers without history") {
  const Tensor x = variable(doubles({1, 2}));
  const Tensor y = exp(x), d = y.detach();
  CHECK_FALSE(d.has_history());
  CHECK(d.value().raw() == y.value().raw());
  CHECK(is_same(gradients(sum(d * y), {x})[0], y * y));
}

TEST_CASE("Constants leave no history behind") {
  const Tensor a = doubles({1, 2});
  CHECK_FALSE(exp(a * 2.0).has_history());
  CHECK(Tape(exp(a * 2.0)).size() == 1);
}

TEST_CASE("Mixed dtypes promote, and each input gets a gradient of its own dtype") {
  const Tensor a = variable(tensor({1.0, 2.0})), b = variable(doubles({3, 4}));
  const Tensor labels = arange(1, 3), mask = doubles({0, 1}) > 0.5;
  const Tensor y = a * b * labels * mask;
  CHECK(y.dtype() == float64);
  const auto g = gradients(sum(y), {a, b});
  CHECK(is_same(g[0], tensor({0.0, 8.0})));
  CHECK(is_same(g[1], doubles({0, 4})));
  CHECK((a + labels).dtype() == float32);
  CHECK((a + mask).dtype() == float32);
  CHECK((labels + mask).dtype() == int64);
  CHECK((mask + mask).dtype() == int64);
  CHECK((labels / labels).dtype() == float32);
  CHECK(where(mask, a, b).dtype() == float64);
  CHECK(is_same(gradients(sum(where(mask, a, b)), {a})[0], tensor({0.0, 1.0})));
  CHECK(is_same(gradients(sum(maximum(a, b)), {a})[0], tensor({0.0, 0.0})));
}

TEST_CASE("Mixed dtypes keep their gradients' dtypes in higher orders") {
  const Tensor a = variable(tensor({1.0, 2.0})), b = variable(doubles({3, 4}));
  const Tensor first = gradients(sum(a * a * b), {a}, {.differentiable = true})[0];
  CHECK(first.dtype() == float32);
  const auto second = gradients(sum(first), {a, b});
  CHECK(is_same(second[0], tensor({6.0, 8.0})));
  CHECK(is_same(second[1], doubles({2, 4})));
}

TEST_CASE("A number takes its partner's dtype") {
  const Tensor f = tensor({1.0, 2.0}), d = doubles({1, 2}), i = arange(1, 3), b = i > 1;
  CHECK((f * 2).dtype() == float32);
  CHECK((f * 0.1).dtype() == float32);
  CHECK((0.1 + d).dtype() == float64);
  CHECK((d * 0.1).at<double>({0}) == 0.1);
  CHECK((i * 2).dtype() == int64);
  CHECK((i * 2.0).dtype() == float32);
  CHECK(is_same(i * 0.5, tensor({0.5, 1.0})));
  CHECK((i / 2).dtype() == float32);
  CHECK((b * 2).dtype() == int64);
  CHECK((b * 0.5).dtype() == float32);
  CHECK(is_same(where(b, 1.0, 0.0), tensor({0.0, 1.0})));
  CHECK(where(b, d, 0).dtype() == float64);
  CHECK((i == 1).dtype() == boolean);
  CHECK(is_same(i > 1.5, tensor({false, true})));
}

TEST_CASE("Operands of every kind: tensors, parameters and numbers, on either side") {
  Parameter w("w", doubles({2}));
  const Tensor x = doubles({3});
  CHECK(number(w + x) == 5);
  CHECK(number(x - w) == 1);
  CHECK(number(1 - w) == -1);
  CHECK(number(w / 4) == 0.5);
  CHECK(number(w * w) == 4);
  CHECK(number(-w) == -2);
  CHECK(number(add(1.5, 2)) == 3.5);
  CHECK(relu(2.5).dtype() == float32);
}

TEST_CASE("operator+= makes the handle refer to the new result") {
  const Tensor x = variable(doubles({1, 2}));
  Tensor y = x;
  const Tensor old = y;
  y += 1.0;
  y -= x * 0.5;
  y *= x;
  y /= 2.0;
  CHECK(is_same(old, x));
  CHECK(is_same(y, doubles({0.75, 2})));                         // (x/2 + 1) x / 2
  CHECK(is_same(gradients(sum(y), {x})[0], doubles({1, 1.5})));  // (x + 1) / 2
  const int line = __LINE__ + 1;
  y += 1.0;
  const Tape tape(y);
  CHECK(tape[tape.size() - 1].location().line == line);
}

TEST_CASE("An input that is not defined is named with op and place") {
  const Tensor x = doubles({1});
  const int line = __LINE__ + 1;
  const auto f = [&] { return x + Tensor(); };
  const std::string rest = fmt::format("an input is not defined (a Tensor without a value) (recording.cpp:{})", line);
  CHECK(message_of<Error>(f) == "add: " + rest);
  CHECK_THAT(message_of<Error>([&] { Tensor() * x; }), Contains("mul: an input is not defined"));
  CHECK_THAT(message_of<Error>([&] { where(x > 0, Tensor(), x); }), Contains("where: an input is not defined"));
  CHECK_THAT(message_of<Error>([&] { exp(Tensor()); }), Contains("exp: an input is not defined"));
  CHECK_THAT(message_of<Error>([&] { sum(Tensor()); }), Catch::StartsWith("sum: an input is not defined") && Contains("(recording.cpp:"));
  CHECK_THAT(message_of<Error>([&] {
               concatenate({Tensor(), x});
             }),
             Catch::StartsWith("concatenate: an input is not defined") && Contains("(recording.cpp:"));
}

TEST_CASE("A function made of ops puts its caller's place on the tape; the outermost counts") {
  const auto inner = [](const Tensor& x, SourceLocation at = SourceLocation::here()) {
    const CallSite site(at);
    return exp(x);
  };
  const auto outer = [&](const Tensor& x, SourceLocation at = SourceLocation::here()) {
    const CallSite site(at);
    return inner(x) * 2.0;
  };
  const Tensor x = variable(1.0);
  const int line = __LINE__ + 1;
  const Tensor y = outer(x);
  const Tape tape(y);
  CHECK(tape[1].location().line == line);
  CHECK(tape[2].location().line == line);
  CHECK(Tape(inner(x))[1].location().line == __LINE__);
}
