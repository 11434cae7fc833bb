// Elementwise results that are computed when they are read: same bits, fewer arrays, and nobody notices.
#include <thread>

#include <reel/autograd/elementwise.hpp>
#include <reel/core/deferral.hpp>
#include <reel/core/pool.hpp>

#include "message.hpp"

using namespace reel;
using namespace reel::test;

namespace {

constexpr std::size_t n = 3000;  // elements: several blocks, the last one short

bool is_computed(const Tensor& x) { return x.value().is_computed(); }

/// f's bits with results deferred are those without.
template <class F>
bool same_bits(const F& f) {
  const auto run = [&f](std::size_t bytes) {
    const DeferralScope scope(bytes);
    const SeedScope seed(3);
    return f();
  };
  return is_same(run(1), run(never_deferred));
}

}  // namespace

TEST_CASE("A deferred result is computed when it is read; what it is made of, when that is read") {
  const DeferralScope scope(1);
  const Tensor x = random::normal({n}), y = exp(x), z = y * x;
  CHECK_FALSE(is_computed(y));
  CHECK_FALSE(is_computed(z));
  const float at_5 = z.at<float>({5});
  CHECK(is_computed(z));
  CHECK_FALSE(is_computed(y));
  CHECK(y.at<float>({5}) * x.at<float>({5}) == at_5);
  CHECK(is_computed(y));
}

TEST_CASE("What is needed a second time is stored then") {
  const DeferralScope scope(1);
  const Tensor x = random::normal({n}), y = exp(x), z = y * x;
  const float once = sum(y).item<float>();
  CHECK_FALSE(is_computed(y));
  z.value().raw();
  CHECK(is_computed(y));
  CHECK(sum(y).item<float>() == once);
  CHECK_FALSE(is_computed(exp(-x)));
}

TEST_CASE("Chains of every kind give the same bits deferred") {
  const auto make = [](const Shape& shape) { return random::normal(shape); };
  CHECK(same_bits([&] { return tanh(make({n})) * 2 + exp(-make({n})); }));
  CHECK(same_bits([&] { return make({30, 100}) * make({100}) + make({30, 1}); }));  // repeated inputs
  CHECK(same_bits([&] { return make({30, 1, 10}) * make({7, 10}) - make({1, 7, 1}) / make({}); }));
  CHECK(same_bits([&] { return square(broadcast_to(make({30, 1}), {30, 100})) + 1; }));
  CHECK(same_bits([&] { return reshape(broadcast_to(make({30, 1}), {30, 100}), {100, 30}) * make({30}); }));
  CHECK(same_bits([&] { return reshape(exp(make({30, 100})), {100, 30}) * make({30}); }));
  CHECK(same_bits([&] { return exp(make({100})) + make({30, 100}); }));  // a deferred input that is repeated
  CHECK(same_bits([&] {
    const Tensor x = make({n});
    return where(x > 0 && logical_not(isnan(x)), x, astype(x, float64) * 2);
  }));
  CHECK(same_bits([&] { return astype(floor(make({n})), int64) * 3 + 1; }));
  CHECK(same_bits([&] { return permute(exp(make({30, 100})), {1, 0}) + 1; }));
  CHECK(same_bits([&] { return astype(exp(make({n})), float64) + 0.5; }));
}

TEST_CASE("Reductions of deferred chains give the same bits, and any number of threads does") {
  const Shape shape{70, 5000};
  const auto all = [&] {
    const Tensor x = random::normal(shape), y = exp(x) * x;
    return concatenate({reshape(sum(y), {1}), sum(y, 0), sum(y, 1), reshape(mean(square(x)), {1}), max(y + 1, 1),
                        sum(reshape(y, {70, 50, 100}), {0, 2}), sum(reshape(y * 1, {7, 10, 5000}), 1).row(3)},
                       0);
  };
  CHECK(same_bits(all));
  const DeferralScope scope(1);
  const auto with_threads = [&](std::size_t threads) {
    set_num_threads(threads);
    const SeedScope seed(5);
    return all();
  };
  CHECK(is_same(with_threads(3), with_threads(1)));
}

TEST_CASE("Sums of deferred chains need no array") {
  const DeferralScope scope(1);
  const Tensor x = random::normal({1 << 18});
  set_num_threads(1);
  const std::ptrdiff_t before = pool::bytes_in_use();
  pool::reset_peak();
  const float total = sum(exp(x) * x + tanh(x)).item<float>();
  CHECK(std::isfinite(total));
  CHECK(pool::peak_bytes() - before < static_cast<std::ptrdiff_t>(x.value().bytes() / 4));
}

TEST_CASE("A deferred result does not change when its inputs' owners write") {
  const DeferralScope scope(1);
  Array a = Array::full({n}, 2);
  Tensor y = exp(Tensor(a)) + 1;
  a.mutable_data<float>()[7] = 100;
  CHECK(y.at<float>({7}) == y.at<float>({8}));
  Array z = (Tensor(a) * 3).value();
  Array copy = z;
  copy.mutable_data<float>()[0] = 1;
  CHECK(z.at<float>({0}) == 6);
  CHECK(a.at<float>({7}) == 100);
}

TEST_CASE("Results may go over inputs that nobody else has, and only over those") {
  const DeferralScope scope(1);
  const Tensor x = random::normal({n});
  const Array before = x.value().astype(float64);
  const Tensor y = exp(x * 2), z = y + x;
  z.value().raw();
  y.value().raw();
  CHECK(identical(x.value().astype(float64), before));
  CHECK(is_same(y, exp(x * 2)));
  CHECK(is_same(z, exp(x * 2) + x));
  const auto step = [](Tensor t) { return t * 0.5 + 1; };  // of a temporary
  Tensor t = x;
  for (int i = 0; i < 100; ++i) t = step(std::move(t));
  const DeferralScope at_once(never_deferred);
  Tensor u = x;
  for (int i = 0; i < 100; ++i) u = step(u);
  CHECK(is_same(t, u));
}

TEST_CASE("Long and branching chains cost what their ops cost") {
  const DeferralScope scope(1);
  Tensor y = random::uniform({n}), z = y;
  for (int i = 0; i < 2000; ++i) y = y * 0.999 + y * 0.001;  // 2^2000 paths
  for (int i = 0; i < 2000; ++i) z = z + 1;
  CHECK(y.at<float>({0}) == Approx(z.at<float>({0}) - 2000).margin(0.01));
}

TEST_CASE("A running mean does not keep all that went into it") {
  const DeferralScope scope(1);
  set_num_threads(1);
  Tensor mean = zeros({n});
  const std::ptrdiff_t before = pool::bytes_in_use();
  for (int i = 0; i < 100; ++i) mean = 0.9 * mean + 0.1 * random::normal({n});
  CHECK(pool::bytes_in_use() - before < static_cast<std::ptrdiff_t>(14 * n * sizeof(float)));
}

TEST_CASE("A parameter's value and gradients are computed when they are set") {
  const DeferralScope scope(1);
  Parameter w(exp(ones({n})));
  CHECK(is_computed(w.tensor()));
  w.set_value(w.tensor() * 2);
  CHECK(is_computed(w.tensor()));
  w.set_grad(w.tensor() * 3);
  CHECK(is_computed(w.grad()));
  const Tensor kept = w.grad();
  sum(w * 2).backward();
  sum(w * 2).backward();
  CHECK(is_computed(w.grad()));
  CHECK(w.grad().at<float>({1}) == kept.at<float>({1}) + 4);
}

TEST_CASE("Gradients are there after backward(), and hold on to nothing") {
  const DeferralScope scope(1);
  set_num_threads(1);
  const Parameter x(random::normal({n}));
  const std::ptrdiff_t before = pool::bytes_in_use();
  sum(tanh(x) * x + exp(-x)).backward();
  CHECK(is_computed(x.grad()));
  CHECK(pool::bytes_in_use() - before < static_cast<std::ptrdiff_t>(2 * n * sizeof(float)));
  const Tensor of_one = gradients(sum(exp(x)), {x})[0];
  CHECK(is_computed(of_one));
}

TEST_CASE("Threads that read one deferred result, and what it is made of, get the same bits") {
  const DeferralScope scope(1);
  set_num_threads(2);
  for (int round = 0; round < 200; ++round) {
    const SeedScope seed(static_cast<std::uint64_t>(round));
    const Tensor x = random::normal({n}), y = exp(x) * x, w = square(y), z = tanh(y) + (w + y);
    const std::function<Tensor()> reads[] = {
        [&] { return sum(z); },
        [&] { return sum(Tensor((z.value().compute(), z.value()))); },
        [&] { return y.value().compute(), sum(z); },
        [&] { return sum(w * 0 + z); },
    };
    Tensor results[std::size(reads)];
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < std::size(reads); ++i) threads.emplace_back([&, i] { results[i] = reads[i](); });
    for (std::thread& t : threads) t.join();
    bool same = true;
    for (const Tensor& result : results) same = same && is_same(result, sum(z));
    CHECK(same);
  }
}

TEST_CASE("Formulas and their gradients are deferred, too") {
  const auto swish = elementwise("swish", [](auto x, auto beta) { return x / (1 + exp(-beta * x)); });
  const auto cube = elementwise("cube", [](auto x) { return x * x * x; });
  const auto of = [&](auto f) {
    return same_bits([&] {
      const Tensor x = variable(random::normal({n})), w = variable(random::normal({n}));
      const std::vector<Tensor> g = gradients(sum(f(x, w)), {x, w}, {.differentiable = true});
      return stack({f(x, w), g[0], g[1], gradients(sum(g[0] * g[1]), {x})[0]}, 0);
    });
  };
  CHECK(of([&](const Tensor& x, const Tensor& w) { return swish(x, w) * w; }));
  CHECK(of([&](const Tensor& x, const Tensor& w) { return cube(x * w) + cube(x); }));
}
