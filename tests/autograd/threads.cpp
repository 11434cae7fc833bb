// Graphs belong to nobody: threads build and differentiate their own over shared parameters, and may free each other's.
#include <thread>

#include "message.hpp"

using namespace reel;
using namespace reel::test;

namespace {

struct Model {
  Parameter w1{"w1", random::normal({8, 16})}, b1{"b1", zeros({16})}, w2{"w2", random::normal({16, 4})};

  Tensor loss(const Tensor& x) const { return mean(square(log_softmax(matmul(tanh(matmul(x, w1) + b1), w2)))); }
  std::vector<Tensor> gradients_of(const Tensor& x) const { return gradients(loss(x), {w1, b1, w2}); }
};

/// Runs f(0) to f(n - 1) in a thread each.
template <class F>
void in_threads(std::size_t n, const F& f) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < n; ++i) threads.emplace_back([&f, i] { f(i); });
  for (std::thread& t : threads) t.join();
}

}  // namespace

TEST_CASE("Threads that differentiate over shared parameters get the bits that one thread gets") {
  const SeedScope seed(7);
  const Model model;
  const Tensor inputs[] = {random::normal({32, 8}), random::normal({32, 8})};
  const std::vector<Tensor> expected[] = {model.gradients_of(inputs[0]), model.gradients_of(inputs[1])};
  bool same[2] = {true, true};
  in_threads(2, [&](std::size_t i) {
    for (int round = 0; round < 200; ++round) {
      const auto g = model.gradients_of(inputs[i]);
      for (std::size_t k = 0; k < g.size(); ++k) same[i] = same[i] && is_same(g[k], expected[i][k]);
    }
  });
  CHECK(same[0]);
  CHECK(same[1]);
}

TEST_CASE("Threads that share a history can differentiate it at once") {
  const SeedScope seed(8);
  const Model model;
  const Tensor x = random::normal({16, 8});
  const Tensor loss = model.loss(x);
  const auto expected = gradients(loss, {model.w1});
  bool same[2] = {true, true};
  in_threads(2, [&](std::size_t i) {
    for (int round = 0; round < 100; ++round) same[i] = same[i] && is_same(gradients(loss, {model.w1})[0], expected[0]);
  });
  CHECK(same[0]);
  CHECK(same[1]);
}

TEST_CASE("A history made in one thread is used and freed in another") {
  Tensor loss;
  Parameter w("w", doubles({1, 2}));
  std::thread([&] { loss = sum(exp(w * 2.0) * w); }).join();
  const Tensor expected = sum(exp(w * 2.0) * w);
  CHECK(is_same(loss, expected));
  CHECK(is_same(gradients(loss, {w})[0], gradients(expected, {w})[0]));
  std::thread([mine = std::move(loss)]() mutable { mine = Tensor(); }).join();
  CHECK(number(expected) > 0);
}

TEST_CASE("Handles of one tensor are dropped by many threads at once") {
  for (int round = 0; round < 100; ++round) {
    Tensor shared = exp(variable(doubles({1, 2, 3})) * 2.0);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([mine = shared]() mutable {
        for (int k = 0; k < 10; ++k) mine = mine + 1.0;
      });
    shared = Tensor();
    for (std::thread& t : threads) t.join();
  }
  SUCCEED();
}

TEST_CASE("NoGrad is each thread's own") {
  const Tensor x = variable(1.0);
  const NoGrad pause;
  bool recorded = false;
  std::thread([&] { recorded = (x * 2.0).has_history(); }).join();
  CHECK(recorded);
  CHECK_FALSE((x * 2.0).has_history());
}
