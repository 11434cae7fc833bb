// on_gradient(): what a hook sees, what it may change, when it is gone.
#include <stdexcept>
#include <thread>

#include "message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;

namespace {

std::string place(int line) { return fmt::format(" (hooks.cpp:{})", line); }

}  // namespace

TEST_CASE("A hook sees the whole gradient of a variable, a parameter, a result on the way, the result itself") {
  Parameter w("w", doubles({1, 2}));
  const Tensor x = variable(doubles({3, 4}));
  const Tensor h = w * x;
  const Tensor y = sum(h * h + h);
  std::vector<std::string> seen;
  const auto note = [&](const char* name) { return [&seen, name](const Tensor& g) { seen.push_back(fmt::format("{} {}", name, g)); }; };
  const auto on_w = on_gradient(w, note("w")), on_x = on_gradient(x, note("x")), on_h = on_gradient(h, note("h")),
             on_y = on_gradient(y, note("y"));
  gradients(y, {x});
  CHECK(seen == std::vector<std::string>{"y 1.0", "h [ 7. 17.]", "x [ 7. 34.]"});
  seen.clear();
  y.backward();
  CHECK(seen == std::vector<std::string>{"y 1.0", "h [ 7. 17.]", "w [21. 68.]"});
}

TEST_CASE("A hook replaces the gradient before it goes on") {
  Parameter w("w", doubles({1, 2}));
  const Tensor x = variable(doubles({3, 4}));
  const Tensor h = w * x;
  const Tensor y = sum(h);
  const auto on_h = on_gradient(h, [](const Tensor& g) { return g * 10.0; });
  const auto on_x = on_gradient(x, [](const Tensor& g) { return g + 1.0; });
  const auto g = gradients(y, {x, h, w});
  CHECK(is_same(g[0], doubles({11, 21})));
  CHECK(is_same(g[1], doubles({10, 10})));
  CHECK(is_same(g[2], doubles({30, 40})));
  const auto on_w = on_gradient(w, [](const Tensor& grad) { return clamp(grad, -35, 35); });
  y.backward();
  CHECK(is_same(w.grad(), doubles({30, 35})));
}

TEST_CASE("Hooks are called in the order in which they were added") {
  const Tensor x = variable(doubles(1));
  auto first = on_gradient(x, [](const Tensor& g) { return g + 1.0; });
  auto second = on_gradient(x, [](const Tensor& g) { return g * 10.0; });
  auto third = on_gradient(x, [](const Tensor&) { return none; });
  CHECK(number(gradients(x * 1.0, {x})[0]) == 20);
  first.remove();
  CHECK_FALSE(first.active());
  CHECK(number(gradients(x * 1.0, {x})[0]) == 10);
  auto fourth = on_gradient(x, [](const Tensor& g) { return g - 1.0; });
  CHECK(number(gradients(x * 1.0, {x})[0]) == 9);
}

TEST_CASE("A hook ends with its handle, unless it is kept; either may outlive the other") {
  const Tensor x = variable(doubles(1));
  const auto slope = [&] { return number(gradients(x * 1.0, {x})[0]); };
  {
    const auto hook = on_gradient(x, [](const Tensor& g) { return g * 2.0; });
    CHECK(slope() == 2);
  }
  CHECK(slope() == 1);
  on_gradient(x, [](const Tensor& g) { return g * 3.0; }).keep();
  CHECK(slope() == 3);
  GradientHook hook;
  CHECK_FALSE(hook.active());
  hook.remove();
  hook = on_gradient(x, [](const Tensor& g) { return g * 5.0; });
  CHECK(slope() == 15);
  hook = on_gradient(x, [](const Tensor& g) { return g * 7.0; });
  CHECK(slope() == 21);
  GradientHook longer;
  {
    const Tensor gone = variable(doubles(1));
    longer = on_gradient(gone, [](const Tensor&) {});
  }
  longer.remove();
}

TEST_CASE("A hook that holds its own tensor is let go when it is removed") {
  struct Counted {
    int* alive;
    explicit Counted(int* a) : alive(a) { ++*alive; }
    Counted(const Counted& other) : Counted(other.alive) {}
    ~Counted() { --*alive; }
  };
  int alive = 0;
  {
    const Tensor x = variable(doubles(1));
    const Tensor y = x * 2.0;
    auto hook = on_gradient(y, [y, counted = Counted(&alive)](const Tensor& g) { return g * y; });
    CHECK(number(gradients(y, {x})[0]) == 4);
    CHECK(alive == 1);
    hook.remove();
    CHECK(alive == 0);
    on_gradient(x, [counted = Counted(&alive)](const Tensor&) {}).keep();
    CHECK(alive == 1);
  }
  CHECK(alive == 0);
}

TEST_CASE("A parameter keeps its hooks when its value changes") {
  Parameter w("w", doubles({1, 2}));
  const auto hook = on_gradient(w, [](const Tensor& g) { return g * 2.0; });
  const Tensor before = sum(w * w);
  w.set_value(doubles({3, 4}));
  sum(w * w).backward();
  CHECK(is_same(w.grad(), doubles({12, 16})));
  before.backward();
  CHECK(is_same(w.grad(), doubles({16, 24})));
}

TEST_CASE("A hook that removes itself and others") {
  const Tensor x = variable(doubles(1));
  GradientHook first, second;
  int calls = 0;
  first = on_gradient(x, [&](const Tensor& g) {
    ++calls;
    first.remove();
    return g * 2.0;
  });
  CHECK(number(gradients(x * 1.0, {x})[0]) == 2);
  CHECK(number(gradients(x * 1.0, {x})[0]) == 1);
  CHECK(calls == 1);
}

TEST_CASE("No hook is called where the sweep has no use for the gradient, nor in forward mode") {
  const Tensor x = variable(doubles(1)), other = variable(doubles(2));
  int calls = 0;
  const auto hook = on_gradient(x, [&](const Tensor&) { ++calls; });
  gradients(x * other, {other});
  jvp(x * other, x, doubles(1));
  CHECK(calls == 0);
  gradients(x * other, {x});
  CHECK(calls == 1);
}

TEST_CASE("In a differentiable sweep what a hook computes is differentiable, also by what it captured") {
  const Tensor x = variable(doubles({1, 2})), scale = variable(doubles(3));
  const Tensor h = square(x);
  const auto hook = on_gradient(h, [&](const Tensor& g) { return g * scale * x; });
  const Tensor g = gradients(sum(h), {x}, {.differentiable = true})[0];  // 2x · s x
  CHECK(is_same(g, doubles({6, 24})));
  const auto second = gradients(sum(g), {x, scale});
  CHECK(is_same(second[0], doubles({12, 24})));
  CHECK(is_same(second[1], doubles(10)));
  CHECK_FALSE(gradients(sum(h), {x})[0].has_history());
}

TEST_CASE("Hooks inside a checkpoint's function are called once, when it is differentiated") {
  const Tensor x = variable(doubles({1, 2}));
  int calls = 0;
  const auto f = [&](const Tensor& t) {
    const Tensor h = t * 2.0;
    on_gradient(h, [&](const Tensor& g) {
      ++calls;
      return g * 5.0;
    }).keep();
    return h * 1.0;
  };
  const Tensor y = checkpoint(f, x);
  CHECK(is_same(gradients(sum(y), {x})[0], doubles({10, 10})));
  CHECK(calls == 1);
  const auto on_y = on_gradient(y, [](const Tensor& g) { return g + 1.0; });
  CHECK(is_same(gradients(sum(y), {x})[0], doubles({20, 20})));
}

TEST_CASE("A hook's mistakes name it, the entry and the place") {
  const Tensor x = variable(doubles({1, 2})).named("x");
  const Tensor y = (x * 2.0).named("y");
  const auto message = [&] { return message_of<GradientError>([&] { gradients(sum(y), {x}); }); };
  int line = __LINE__ + 1;
  auto hook = on_gradient(y, [](const Tensor& g) { return sum(g); });
  CHECK(message() == "the gradient hook on mul 'y' returned () float64 for a gradient that is (2,) float64" + place(line));
  line = __LINE__ + 1;
  hook = on_gradient(x, [](const Tensor& g) { return astype(g, float32); });
  CHECK(message() == "the gradient hook on variable 'x' returned (2,) float32 for a gradient that is (2,) float64" + place(line));
  line = __LINE__ + 1;
  hook = on_gradient(y, [](const Tensor&) { throw std::runtime_error("no luck"); });
  CHECK(message() == "the gradient hook on mul 'y' failed: no luck" + place(line));
  line = __LINE__ + 1;
  hook = on_gradient(y, [](const Tensor& g) { return matmul(g, zeros({3}, {.dtype = float64})); });
  CHECK_THAT(message(), Contains("the gradient hook on mul 'y' failed: matmul: ") && Contains(place(line)));
  Parameter w("w", doubles({1, 2}));
  hook = on_gradient(w, [](const Tensor&) { throw Error("no"); });
  CHECK_THAT(message_of<GradientError>([&] { sum(w * 1.0).backward(); }), Contains("the gradient hook on parameter 'w' failed: no ("));
  CHECK_FALSE(w.has_grad());
  expect<GradientError>(
      __LINE__, [&] { hook = on_gradient(doubles({1}), [](const Tensor&) {}); },
      "on_gradient: the tensor is a constant, to which no gradient flows");
}

TEST_CASE("Hooks come and go while other threads differentiate") {
  const Tensor x = variable(doubles({1, 2}));
  const Tensor y = sum(square(x));
  const auto steady = on_gradient(x, [](const Tensor& g) { return g * 1.0; });
  bool right = true;
  std::thread sweeping([&] {
    for (int i = 0; i < 500; ++i) right = right && is_same(gradients(y, {x})[0], doubles({2, 4}));
  });
  for (int i = 0; i < 500; ++i) const auto passing = on_gradient(x, [](const Tensor& g) { return g * 1.0; });
  sweeping.join();
  CHECK(right);
}
