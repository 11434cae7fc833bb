#include <reel/core/memory.hpp>

#include "../autograd/message.hpp"

using namespace reel;
using namespace reel::test;

namespace {

constexpr std::size_t rows = 64, columns = 64, bytes = rows * columns * sizeof(float), layers = 200;

/// A long chain with a parameter that every layer uses.
Tensor network(const Tensor& x, const Tensor& w) {
  Tensor h = x;
  for (std::size_t i = 0; i < layers; ++i) h = tanh(h * w);
  return sum(h);
}

/// The most bytes that a walk takes besides those that are there when it begins.
template <class Walk>
std::size_t peak_of(const Tensor& loss, std::size_t budget, const Walk& walk) {
  debug::Stepper step(loss, {.budget = budget});
  memory::reset_peak();
  const std::ptrdiff_t before = memory::peak_bytes();
  walk(step);
  return static_cast<std::size_t>(memory::peak_bytes() - before);
}

}  // namespace

TEST_CASE("What is kept of gradients stays within the budget, and gradients are the same") {
  const Tensor x = variable(full({rows, columns}, 0.5)).named("x"), w = variable(full({rows, columns}, 0.9)).named("w");
  const Tensor loss = network(x, w);
  const Tensor expected = gradients(loss, {x})[0];
  const auto walk = [&](debug::Stepper& step) {
    step.run_to_end();
    CHECK(is_same(step.gradient("x"), expected));
    for (const char* event : {"B100", "B300", "B20", "B390", "B0"}) {
      step.seek(event);
      (void)step.gradient();
    }
    for (int i = 0; i < 30; ++i) {
      step.back();
      (void)step.gradient();
    }
  };
  const std::size_t all = peak_of(loss, std::size_t{1} << 30, walk);
  const std::size_t budget = 40 * bytes;
  const std::size_t kept = peak_of(loss, budget, walk);
  CHECK(all > 500 * bytes);
  CHECK(kept < budget + budget / 4 + 10 * bytes);  // the pool rounds up, and one step needs some
}
