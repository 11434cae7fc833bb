// Histories of a million entries on a small stack, and very wide ones: nothing in the engine may recurse along the history.
#include <pthread.h>

#include <exception>

#include "message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;

namespace {

class NoHistoryWarning {
 public:
  NoHistoryWarning() : before_(history_warning()) { set_history_warning(0); }
  ~NoHistoryWarning() { set_history_warning(before_); }
  NoHistoryWarning(const NoHistoryWarning&) = delete;
  NoHistoryWarning& operator=(const NoHistoryWarning&) = delete;

 private:
  std::size_t before_;
};

/// Runs f in a thread with 256 KB of stack; what it throws arrives here.
template <class F>
void on_small_stack(const F& f) {
  struct Task {
    const F& f;
    std::exception_ptr error;
  } task{f, nullptr};
  pthread_attr_t attributes;
  pthread_t thread;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, 256 * 1024) == 0);
  const auto run = [](void* argument) -> void* {
    auto* const t = static_cast<Task*>(argument);
    try {
      t->f();
    } catch (...) {
      t->error = std::current_exception();
    }
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, &attributes, run, &task) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  if (task.error) std::rethrow_exception(task.error);
}

constexpr int half_a_million = 500'000;

/// A million ops: x -> -x + 1, again and again, which gives x back.
Tensor deep(Operand x) {
  Tensor y = -x + 1.0;
  for (int i = 1; i < half_a_million; ++i) y = -y + 1.0;
  return y;
}

}  // namespace

TEST_CASE("A million ops are recorded, differentiated, printed and freed on a small stack") {
  const NoHistoryWarning quiet;
  Parameter w("w", doubles(3));
  double value = 0, by_gradients = 0;
  std::string text;
  on_small_stack([&] {
    Tensor y = deep(w);
    value = number(y);
    by_gradients = number(gradients(y, {w})[0]);
    text = Tape(y).to_string();
    y.backward();
  });
  CHECK(value == 3);
  CHECK(by_gradients == 1);
  CHECK(number(w.grad()) == 1);
  CHECK_THAT(text, Contains("... 999961 entries more ...") && Contains("#1000000  add        #999999 1.0  () float64"));
}

TEST_CASE("A deep history is freed from its end, or let go by backward() while a tape holds it") {
  const NoHistoryWarning quiet;
  on_small_stack([] {
    const Tensor x = variable(doubles(3));
    { const Tensor dropped = deep(x); }
    Parameter w("w", doubles(3));
    const Tensor y = deep(w);
    const Tape tape(y);
    y.backward();
  });
  SUCCEED();
}

TEST_CASE("A second derivative through a deep history") {
  const NoHistoryWarning quiet;
  double second = 0;
  on_small_stack([&] {
    const Tensor x = variable(doubles(3));
    Tensor y = x * x;
    for (int i = 0; i < 50'000; ++i) y = y * 1.0;
    const Tensor first = gradients(y, {x}, {.differentiable = true})[0];
    second = number(gradients(first, {x})[0]);
  });
  CHECK(second == 2);
}

TEST_CASE("One tensor used a hundred thousand times") {
  const NoHistoryWarning quiet;
  const Tensor x = variable(doubles({1, 2}));
  Tensor total = x;
  for (int i = 1; i < 100'000; ++i) total += x;
  CHECK(is_same(gradients(sum(total), {x})[0], doubles({100'000, 100'000})));
}

TEST_CASE("Ten thousand tensors joined") {
  const Tensor x = variable(doubles({1, 2}));
  std::vector<Tensor> parts, leaves;
  for (int i = 0; i < 10'000; ++i) {
    leaves.push_back(variable(doubles({1, 2})));
    parts.push_back(i % 2 == 0 ? x : leaves.back());
  }
  const Tensor y = concatenate(parts);
  REQUIRE(y.shape() == Shape{20'000});
  leaves.push_back(x);
  const auto g = gradients(sum(y * y), leaves);
  CHECK(is_same(g.back(), doubles({10'000, 20'000})));
  CHECK(is_same(g[9'999], doubles({2, 4})));
  CHECK(is_same(g[0], doubles({0, 0})));
}

TEST_CASE("Many variables at once") {
  std::vector<Tensor> leaves;
  Tensor total = doubles(0);
  for (int i = 0; i < 5'000; ++i) {
    leaves.push_back(variable(doubles(i)));
    total += leaves.back() * leaves.back();
  }
  const auto g = gradients(total, leaves);
  CHECK(number(g[0]) == 0);
  CHECK(number(g[4'999]) == 9'998);
}
