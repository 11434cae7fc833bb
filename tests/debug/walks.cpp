// Any walk over the events ends in the same bits as a fresh seek.
#include <random>

#include "../autograd/message.hpp"

using namespace reel;
using namespace reel::test;

namespace {

using Random = std::mt19937;

/// A program of random ops on (3, 3) tensors, with parameters that are used again and again.
Tensor random_program(Random& random, std::size_t ops) {
  const auto draw = [&](std::size_t n) { return random() % n; };
  std::vector<Tensor> pool;
  for (int i = 0; i < 3; ++i) pool.push_back(variable(random::normal({3, 3}, {.dtype = float64})).named(fmt::format("w{}", i)));
  pool.push_back(random::normal({3, 3}, {.dtype = float64}));
  pool.push_back(variable(random::normal({3}, {.dtype = float64})));
  while (pool.size() < ops) {
    const Tensor a = pool[draw(pool.size())], b = pool[draw(4)];
    switch (draw(9)) {
      case 0: pool.push_back(a + b); break;
      case 1: pool.push_back(a * b); break;
      case 2: pool.push_back(tanh(a)); break;
      case 3: pool.push_back(a.rank() == 2 ? matmul(a, b) * 0.5 : a - b); break;
      case 4: pool.push_back(where(a > b, a, b)); break;
      case 5: pool.push_back(dropout(a, 0.25)); break;
      case 6: pool.push_back(a * a); break;
      case 7: pool.push_back(sum(a, {0}, {.keepdims = true}) * 0.3); break;
      case 8: pool.push_back(a.rank() == 2 ? transpose(a) : a); break;
    }
  }
  Tensor total;
  for (std::size_t i = pool.size() - 6; i < pool.size(); ++i) total = total.defined() ? total + sum(square(pool[i])) : sum(square(pool[i]));
  return total;
}

void check_same(const debug::Stepper& walked, const debug::Stepper& fresh) {
  REQUIRE(walked.position() == fresh.position());
  for (std::size_t i = 0; i < walked.entries(); ++i) {
    CAPTURE(walked.event(), i);
    REQUIRE(walked.has_value(i) == fresh.has_value(i));
    if (walked.has_value(i)) REQUIRE(is_same(walked.value(i), fresh.value(i)));
    REQUIRE(walked.has_gradient(i) == fresh.has_gradient(i));
    if (walked.has_gradient(i)) REQUIRE(is_same(walked.gradient(i), fresh.gradient(i)));
  }
}

}  // namespace

TEST_CASE("Any walk over the events ends in the same bits as a fresh seek") {
  const std::size_t budget = GENERATE(std::size_t{0}, std::size_t{700}, std::size_t{4000}, std::size_t{1} << 30);
  for (unsigned seed = 0; seed < 4; ++seed) {
    CAPTURE(budget, seed);
    manual_seed(seed);
    Random random(seed);
    const Tensor loss = random_program(random, 40);
    debug::Stepper walked(loss, {.budget = budget});
    if (seed % 2 == 1) walked.append_backward();
    for (int move = 0; move < 40; ++move) {
      switch (random() % 6) {
        case 0: walked.seek(random() % walked.size()); break;
        case 1: walked.run_until(debug::op("matmul")); break;
        case 2: walked.reverse_until(debug::op("tanh") || debug::gradient_norm_above(10)); break;
        case 3:
          for (auto n = random() % 20; n > 0; --n) walked.back();
          break;
        case 4:
          for (auto n = random() % 20; n > 0; --n) walked.next();
          break;
        case 5:  // looking leaves no trace
          walked.explain(random() % walked.entries());
          if (walked.has_gradient(random() % 3)) walked.ledger(random() % 3);
          break;
      }
      debug::Stepper fresh(loss);
      if (seed % 2 == 1) fresh.append_backward();
      fresh.seek(walked.position());
      check_same(walked, fresh);
    }
  }
}

TEST_CASE("At the end stand the gradients of gradients(), to the bit, within any budget") {
  manual_seed(7);
  Random random(7);
  const Tensor loss = random_program(random, 120);
  const Tape tape(loss);
  std::vector<Tensor> leaves;
  for (const Entry& entry : tape)
    if (entry.op() == "variable") leaves.push_back(entry.output());
  const std::vector<Tensor> expected = gradients(loss, leaves);
  for (const std::size_t budget : {std::size_t{0}, std::size_t{3000}, std::size_t{1} << 30}) {
    debug::Stepper step(loss, {.budget = budget});
    step.run_to_end();
    for (std::size_t i = 0, next = 0; i < tape.size(); ++i)
      if (tape[i].op() == "variable") CHECK(is_same(step.gradient(i), expected[next++]));
  }
}

TEST_CASE("A checkpoint is one event, with the bits that backward() gives") {
  const Tensor x = variable(doubles({1, 2})).named("x"), w = variable(doubles({3, 4})).named("w");
  const Tensor y = checkpoint([w](const Tensor& in) { return tanh(in * w) + in; }, x).named("y");
  const Tensor loss = sum(square(y) + w);
  debug::Stepper step(loss);
  step.run_to_end();
  const std::vector<Tensor> expected = gradients(loss, {x, w});
  CHECK(is_same(step.gradient("x"), expected[0]));
  CHECK(is_same(step.gradient("w"), expected[1]));
  step.seek("B5");
  step.seek(0);
  step.run_to_end();
  CHECK(is_same(step.gradient("w"), expected[1]));
  CHECK_THAT(step.explain("x", {0}), Catch::Contains("from checkpoint"));
  debug::Stepper changed = step.with_element("w", {0}, 0.0);
  CHECK(changed.entry("y").value().at<double>({0}) == 1.0);
}
