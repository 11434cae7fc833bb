// checkpoint(): the same bits from less memory, whatever the function is made of; stop_gradient().
#include <thread>

#include <reel/core/memory.hpp>

#include "message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;

namespace {

Tensor random_doubles(const Shape& shape) { return random::normal(shape, {.dtype = float64}); }

/// A deep network of layers that share a weight or have their own, with dropout between.
struct Deep {
  std::vector<Parameter> weights;
  Parameter shared{"shared", random_doubles({6, 6})};

  explicit Deep(int depth) {
    for (int i = 0; i < depth; ++i) weights.emplace_back(fmt::format("w{}", i), random_doubles({6, 6}));
  }
  Tensor layer(const Tensor& x, std::size_t i) const { return dropout(tanh(matmul(matmul(x, weights[i]), shared)) + x, 0.3) * x; }
  Tensor part(Tensor x, std::size_t begin, std::size_t end) const {
    for (std::size_t i = begin; i < end; ++i) x = layer(x, i);
    return x;
  }
  Tensor plain(const Tensor& x) const { return sum(square(part(x, 0, weights.size()))); }
  Tensor checkpointed(Tensor x, std::size_t length) const {
    for (std::size_t i = 0; i < weights.size(); i += length)
      x = checkpoint([this, i, length](const Tensor& t) { return part(t, i, std::min(i + length, weights.size())); }, {x});
    return sum(square(x));
  }
  /// Halves within halves, each checkpointed.
  Tensor nested(const Tensor& x, std::size_t begin, std::size_t end) const {
    if (end - begin == 1) return layer(x, begin);
    const std::size_t middle = (begin + end) / 2;
    return checkpoint([this, begin, middle, end](const Tensor& t) { return nested(nested(t, begin, middle), middle, end); }, {x});
  }
  std::vector<Tensor> leaves(const Tensor& x) const {
    std::vector<Tensor> result{x, shared};
    for (const Parameter& w : weights) result.push_back(w);
    return result;
  }
};

bool are_same(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  bool same = a.size() == b.size();
  for (std::size_t i = 0; same && i < a.size(); ++i) same = is_same(a[i], b[i]);
  return same;
}

template <class F>
std::vector<Tensor> seeded(const F& f) {
  const SeedScope seed(5);
  return f();
}

}  // namespace

TEST_CASE("Checkpointed parts give the same bits: shared weights, residuals, dropout, nested", "[checkpoint]") {
  const SeedScope seed(3);
  const Deep net(8);
  const Tensor x = variable(random_doubles({5, 6}));
  const auto expected = seeded([&] { return gradients(net.plain(x), net.leaves(x)); });
  for (const std::size_t length : {1u, 2u, 3u, 8u, 20u}) {
    INFO("parts of " << length);
    CHECK(are_same(seeded([&] { return gradients(net.checkpointed(x, length), net.leaves(x)); }), expected));
  }
  CHECK(are_same(seeded([&] { return gradients(sum(square(net.nested(x, 0, 8))), net.leaves(x)); }), expected));
}

TEST_CASE("backward() reaches parameters that are only used inside, with the same bits, and releases", "[checkpoint]") {
  const SeedScope seed(3);
  Deep net(4);
  const Tensor x = random_doubles({5, 6});
  const auto grads = [&](const auto& loss) {
    for (Parameter& w : net.weights) w.clear_grad();
    net.shared.clear_grad();
    {
      const SeedScope again(5);
      loss().backward();
    }
    std::vector<Tensor> result{net.shared.grad()};
    for (Parameter& w : net.weights) result.push_back(w.grad());
    return result;
  };
  const auto expected = grads([&] { return net.plain(x); });
  CHECK(are_same(grads([&] { return net.checkpointed(x, 2); }), expected));
  CHECK(are_same(grads([&] { return sum(square(net.nested(x, 0, 4))); }), expected));
  const Tensor loss = net.checkpointed(x, 2);
  loss.backward();
  CHECK_THAT(message_of<GradientError>([&] { loss.backward(); }), Contains("was released by an earlier backward()"));
}

TEST_CASE("A checkpoint is one entry of the tape, with all that it depends on, and runs again", "[checkpoint]") {
  Parameter w("w", doubles({{1, 2}, {3, 4}}));
  const Tensor x = variable(doubles({{0.5, -1}})).named("x");
  const Tensor h = (x * 2.0).named("h");
  const int line = __LINE__ + 1;
  const Tensor y = checkpoint([&](const Tensor& t) { return tanh(matmul(t, w)) * h; }, {x});
  const Tape tape(y);
  REQUIRE(tape.size() == 4);
  CHECK(tape[3].op() == "checkpoint");
  CHECK(to_string(tape[3].location()) == fmt::format("checkpoint.cpp:{}", line));
  CHECK(tape[3].attributes() == "3 ops");
  CHECK(tape[3].inputs().size() == 3);
  CHECK(identical(tape.rerun().back(), y.value()));
  const Array other = doubles({{2, 0}, {1, 1}}).value();
  CHECK(identical(tape.rerun({{tape.find("w"), other}}).back(), (tanh(matmul(x, Tensor(other))) * h).value()));
  const Array moved = doubles({{7, 8}}).value();
  CHECK(identical(tape.rerun({{tape.find("h"), moved}}).back(), (tanh(matmul(x, w)) * Tensor(moved)).value()));
}

TEST_CASE("Random draws inside are repeated, and the generator is left where it was", "[checkpoint]") {
  const SeedScope seed(11);
  const Tensor x = variable(ones({64}, {.dtype = float64}));
  const auto f = [](const Tensor& t) { return dropout(t, 0.5) + random::normal({64}, {.dtype = float64}) * t; };
  const Tensor plain = f(x), next = random::uniform({3});
  const SeedScope again(11);
  const Tensor y = checkpoint(f, x);
  CHECK(is_same(y, plain));
  const Generator before = default_generator();
  CHECK(is_same(gradients(sum(y * y), {x})[0], gradients(sum(plain * plain), {x})[0]));
  CHECK(default_generator() == before);
  CHECK(is_same(random::uniform({3}), next));
  CHECK(identical(Tape(y).rerun().back(), y.value()));
}

TEST_CASE("Draws of other threads in between change nothing", "[checkpoint]") {
  const SeedScope seed(4);
  const Tensor x = variable(ones({32}, {.dtype = float64}));
  std::vector<std::thread> threads;
  bool same[2] = {true, true};
  for (std::size_t i = 0; i < 2; ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 100; ++round) {
        const Tensor y = checkpoint([](const Tensor& t) { return dropout(dropout(t, 0.2) * 2.0, 0.5); }, x);
        same[i] = same[i] && is_same(gradients(sum(y), {x})[0], y);  // linear, at 1
      }
    });
  for (std::thread& t : threads) t.join();
  CHECK(same[0]);
  CHECK(same[1]);
}

TEST_CASE("A module is referred to, its parameters get their gradients and its path stays", "[checkpoint]") {
  const SeedScope seed(2);
  nn::Sequential net{nn::Linear(3, 4), tanh, nn::Dropout(0.5), nn::Linear(4, 2)};
  const Tensor x = random::normal({5, 3});
  const auto step = [&](bool with) {
    const SeedScope again(9);
    net.zero_grad();
    sum(square(with ? checkpoint(net, {x}) : net(x))).backward();
    std::vector<Tensor> result;
    for (const ParameterRef& p : net.parameters()) result.push_back(p.grad());
    return result;
  };
  const auto expected = step(false);
  CHECK(are_same(step(true), expected));
}

TEST_CASE("Values that change between forward and backward do not corrupt a gradient", "[checkpoint]") {
  Parameter w("w", doubles({2, 3}));
  const Tensor x = variable(doubles({1, 1}));
  const Tensor y = checkpoint([&](const Tensor& t) { return square(w * t); }, {x});
  w.set_value(doubles({10, 20}));
  sum(y).backward();
  CHECK(is_same(w.grad(), doubles({4, 6})));
  w.clear_grad();
  const Tensor z = checkpoint([&](const Tensor& t) { return square(w * t); }, {x});
  w.update([](auto* data, std::size_t) { data[0] = 0; });
  w.set_requires_grad(false);
  w.set_requires_grad(true);
  sum(z).backward();
  CHECK(is_same(w.grad(), doubles({20, 40})));
}

TEST_CASE("Derivatives of any order go through a checkpoint", "[checkpoint]") {
  Parameter w("w", doubles({{0.5, -1}, {0.3, 0.8}}));
  const Tensor x = doubles({{0.2, -0.4}});
  const auto f = [&](const Tensor& t) { return tanh(matmul(tanh(matmul(t, w)), w)); };
  const auto plain = [&](const Tensor& t) { return sum(square(f(f(t)))); };
  const auto saved = [&](const Tensor& t) { return sum(square(checkpoint(f, checkpoint(f, t)))); };
  CHECK(allclose(hessian(saved, x), hessian(plain, x), 1e-12, 1e-14));
  const Tensor v = doubles({{1, -2}});
  CHECK(allclose(hvp(saved, x, v), hvp(plain, x, v), 1e-12, 1e-14));
  CHECK(allclose(jvp(saved, x, v).tangent, jvp(plain, x, v).tangent, 1e-12, 1e-14));
  // by what is captured
  CHECK(allclose(hessian(saved(x), w), hessian(plain(x), w), 1e-12, 1e-14));
  CHECK(allclose(jvp(saved(x), w, ones_like(w)), jvp(plain(x), w, ones_like(w)), 1e-12, 1e-14));
  // a third order, and a checkpoint around a derivative
  const auto third = [&](const auto& g) { return jvp([&](const Tensor& t) { return hvp(g, t, v); }, x, v).tangent; };
  CHECK(allclose(third(saved), third(plain), 1e-12, 1e-13));
  const auto slope = [&](const Tensor& t) { return jvp(f, t, v).tangent; };
  CHECK(allclose(gradients(sum(checkpoint(slope, variable(x))), {w})[0], gradients(sum(slope(variable(x))), {w})[0], 1e-12, 1e-14));
  const auto checked = [&](const auto& in) { return checkpoint([&w, h = in[0]](const Tensor& t) { return tanh(matmul(t, w)) * h; }, in); };
  CHECK(gradcheck(checked, {x}, {.order = 2}).ok());
}

TEST_CASE("gradcheck checks a checkpoint's entry by itself, by what is captured too", "[checkpoint]") {
  const Tensor x = doubles({0.3, -0.2});
  const auto f = [](const auto& in) {
    const Tensor h = exp(in[0]);
    return checkpoint([h](const Tensor& t) { return checkpoint([h](const Tensor& s) { return s * h; }, t) * h; }, {in[0]}) * in[0];
  };
  const auto report = gradcheck(f, {x}, {.order = 2});
  INFO(report.message());
  CHECK(report.ok());
  const auto wrong = [](Operand t) {
    return record(
        "wrong", "dx = dy", {t}, [](const Inputs& in) { return kernels::mul(in[0], in[0]); },
        [](const Pullback& p) { return Gradients{p.dy()}; });
  };
  const auto outside = gradcheck([&](const auto& in) { return wrong(f(in)); }, {x});
  INFO(outside.message());
  CHECK_FALSE(outside.ok());
  CHECK_THAT(outside.message(), Contains("wrong, input 0"));
  const auto inside =
      gradcheck([&](const auto& in) { return checkpoint([&wrong, h = in[0]](const Tensor& t) { return wrong(t) * h; }, in); }, {x});
  CHECK_FALSE(inside.ok());
  CHECK_THAT(inside.message(), Contains("checkpoint, input 0"));
}

TEST_CASE("What nested checkpoints capture is replaced when a tape runs again", "[checkpoint]") {
  const Tensor x = variable(doubles({1, 2})).named("x");
  const Tensor h = exp(x).named("h");
  const auto f = [h](const Tensor& t) { return checkpoint([h](const Tensor& s) { return s * h; }, t * 2.0) + h; };
  const Tensor y = checkpoint(f, x);
  const Tape tape(y);
  CHECK(identical(tape.rerun({{tape.find("h"), doubles({3, 4}).value()}}).back(), doubles({9, 20}).value()));
  // a value that was replaced, deeper and again
  const Tensor z = checkpoint([&](const Tensor& t) { return checkpoint(f, t) * h; }, x);
  const Tape deeper(z);
  CHECK(identical(deeper.rerun({{deeper.find("h"), doubles({3, 4}).value()}}).back(), doubles({27, 80}).value()));
  const Tensor expected = (x * 2.0 * h + h) * h;
  CHECK(allclose(gradients(sum(z), {x})[0], gradients(sum(expected), {x})[0], 1e-14));
}

TEST_CASE("The function may let go of the variable that it was called with", "[checkpoint]") {
  const Tensor x = variable(doubles({1, 2}));
  Tensor h = x * 2.0;
  const Tensor y = checkpoint(
      [&h, x](const Tensor&) {
        h = Tensor();
        return square(x);
      },
      {h});
  CHECK(is_same(Entry(y).inputs()[0], doubles({2, 4})));
  CHECK(is_same(gradients(sum(y), {x})[0], doubles({2, 4})));
}

TEST_CASE("A checkpoint of what does not depend on anything is a constant", "[checkpoint]") {
  const Tensor c = doubles({1, 2}), x = variable(c);
  const auto f = [](const Tensor& t) { return t * 2.0; };
  CHECK_FALSE(checkpoint(f, c).has_history());
  CHECK_FALSE(checkpoint([](const Tensor& t) { return t.detach() * 2.0; }, x).has_history());
  {
    const NoGrad pause;
    CHECK_FALSE(checkpoint(f, x).has_history());
  }
  CHECK(is_same(gradients(sum(checkpoint([](const Tensor& t) { return t; }, x)), {x})[0], doubles({1, 1})));
  CHECK(is_same(gradients(sum(checkpoint([&](const Tensor&) { return x; }, c)), {x})[0], doubles({1, 1})));
  CHECK(is_same(gradients(sum(checkpoint([](const Tensor& a, const Tensor& b) { return a * b; }, {x, x})), {x})[0], doubles({2, 4})));
}

TEST_CASE("A function can tell that it is called once more; the history can be differentiated again and again", "[checkpoint]") {
  Parameter w("w", doubles({1, 2}));
  int calls = 0, again = 0;
  const Tensor loss = sum(checkpoint(
      [&](const Tensor& t) {
        ++(is_running_again() ? again : calls);
        return square(t * w);
      },
      {doubles({1, 1})}));
  loss.backward({.retain = true});
  loss.backward({.retain = true});
  loss.backward();
  CHECK(is_same(w.grad(), doubles({6, 12})));
  CHECK(calls == 1);
  CHECK(again == 3);
  CHECK_FALSE(is_running_again());
}

TEST_CASE("A function that does not repeat itself is refused, with the place", "[checkpoint]") {
  const Tensor x = variable(doubles({1, 2}));
  int calls = 0;
  const auto message = [&](const auto& f) {
    calls = 0;
    const Tensor y = checkpoint(f, x).named("h");
    return message_of<GradientError>([&] { gradients(sum(y), {x}); });
  };
  const std::string end = "; it has to repeat itself (checkpoint.cpp:";
  const std::string begin = "checkpoint 'h': its function ", when = " when it was computed again for the gradient";
  CHECK_THAT(message([&](const Tensor& t) { return ++calls > 1 ? sum(t, 0) : t * 1.0; }),
             Contains(begin + "gave () float64 instead of (2,) float64" + when + end));
  CHECK_THAT(message([&](const Tensor& t) { return ++calls > 1 ? astype(t, float32) : t * 1.0; }),
             Contains(begin + "gave (2,) float32 instead of (2,) float64" + when + end));
  CHECK_THAT(message([&](const Tensor& t) { return t * double(++calls); }),
             Contains(begin + "gave other values (the largest difference is 2)" + when + end));
  CHECK_THAT(message([&](const Tensor& t) { return ++calls > 1 ? t.detach() : t * 1.0; }),
             Contains(begin + "gave a result without history" + when + end));
  CHECK_THAT(message([&](const Tensor& t) { return ++calls > 1 ? Tensor() : t * 1.0; }),
             Contains(begin + "gave a tensor that is not defined" + when + end));
  const Tensor other = variable(doubles({1, 2})).named("other");
  CHECK_THAT(message([&](const Tensor& t) { return ++calls > 1 ? other * 1.0 : t * 1.0; }),
             Contains("checkpoint 'h': its function used variable 'other'" + when + ", which it did not use before" + end));
  CHECK_THAT(message([&](const Tensor& t) { return ++calls > 1 ? matmul(t, zeros({3}, {.dtype = float64})) : t * 1.0; }),
             Contains("checkpoint 'h': its function failed" + when + ": matmul: "));
  CHECK_THAT(message([&](const Tensor& t) { return ++calls > 1 ? dropout(t, 0.5) : t * 1.0; }),
             Contains("its function failed" + when + ": more random numbers were drawn than the first time, when there were 0 draws"));
  CHECK_THAT(message([&](const Tensor& t) {
               const Tensor noise = random::uniform({++calls > 1 ? 3 : 2}, {.dtype = float64});
               return t * sum(noise);
             }),
             Contains("its function failed" + when + ": 3 random numbers were drawn, and 2 the first time"));
}

TEST_CASE("A function that cannot be called so is refused", "[checkpoint]") {
  const Tensor x = variable(doubles({1, 2}));
  const auto two = [](const Tensor& a, const Tensor& b) { return a * b; };
  CHECK(message_of<Error>([&] { checkpoint(two, {x}); }) == "the function takes 2 tensors and gets 1");
  CHECK_THAT(message_of<Error>([&] { checkpoint([](const Tensor&) { return Tensor(); }, x); }),
             Contains("checkpoint: its function returned a tensor that is not defined (checkpoint.cpp:"));
  CHECK_THAT(message_of<Error>([&] { checkpoint(two, {x, Tensor()}); }), Contains("checkpoint: an input is not defined"));
  CHECK_THAT(message_of<ShapeError>([&] { checkpoint([](const Tensor& t) { return matmul(t, zeros({3})); }, x); }), Contains("matmul: "));
}

TEST_CASE("A deep network needs a fraction of the memory", "[checkpoint]") {
  const SeedScope seed(1);
  constexpr std::ptrdiff_t depth = 64;
  std::vector<Parameter> weights;
  for (int i = 0; i < depth; ++i) weights.emplace_back(random::normal({64, 64}, {.std = 0.1}));
  const Tensor x = random::normal({256, 64});
  const auto part = [&](Tensor t, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) t = tanh(matmul(t, weights[i]));
    return t;
  };
  /// The most bytes beyond those before, and beyond the weights' gradients.
  const auto peak_of = [&](const auto& forward) {
    for (Parameter& w : weights) w.clear_grad();
    const std::ptrdiff_t before = memory::bytes_in_use();
    memory::reset_peak();
    sum(square(forward())).backward();
    const std::ptrdiff_t peak = memory::peak_bytes() - before;
    std::vector<Tensor> grads;
    for (Parameter& w : weights) grads.push_back(w.grad());
    return std::pair(peak, grads);
  };
  const auto [plain, expected] = peak_of([&] { return part(x, 0, weights.size()); });
  const auto [saved, found] = peak_of([&] {
    Tensor t = x;
    for (std::size_t i = 0; i < weights.size(); i += 8) t = checkpoint([&part, i](const Tensor& in) { return part(in, i, i + 8); }, {t});
    return t;
  });
  CHECK(are_same(found, expected));
  const std::ptrdiff_t layer = 256 * 64 * 4, gradients_of_weights = depth * 64 * 64 * 4;
  INFO(plain << " bytes without, " << saved << " with");
  CHECK(plain > 2 * depth * layer);  // matmul's and tanh's results
  // 8 results between the parts, one part's 16, three gradients, and what the pool rounds up
  CHECK(saved < (8 + 16 + 5) * layer * 5 / 4 + gradients_of_weights * 5 / 4);
  CHECK(saved < plain * 2 / 5);
}

TEST_CASE("A long chain of checkpoints is differentiated and freed without recursion", "[checkpoint]") {
  const std::size_t before = history_warning();
  set_history_warning(0);
  const Tensor x = variable(doubles(3));
  Tensor y = x;
  for (int i = 0; i < 100'000; ++i) y = checkpoint([](const Tensor& t) { return -t; }, y);
  CHECK(number(gradients(y, {x})[0]) == 1);
  CHECK(number(jvp(y, x, doubles(2))) == 2);
  y = Tensor();
  // each function holds the result of the one before
  Tensor z = x;
  for (int i = 0; i < 100'000; ++i) z = checkpoint([z](const std::vector<Tensor>&) { return -z; }, std::vector<Tensor>{});
  CHECK(number(gradients(z, {x})[0]) == 1);
  z = Tensor();
  set_history_warning(before);
}

TEST_CASE("Threads can differentiate one checkpoint at once", "[checkpoint]") {
  const SeedScope seed(6);
  const Parameter w("w", random_doubles({8, 8}));
  const Tensor x = variable(random_doubles({4, 8}));
  const auto f = [&](const Tensor& t) { return dropout(tanh(matmul(t, w)), 0.5); };
  const Tensor y = sum(checkpoint(f, checkpoint(f, x)));
  const auto expected = gradients(y, {x, w});
  bool same[2] = {true, true};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 2; ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 100; ++round) same[i] = same[i] && are_same(gradients(y, {x, w}), expected);
    });
  for (std::thread& t : threads) t.join();
  CHECK(same[0]);
  CHECK(same[1]);
}

TEST_CASE("stop_gradient is an entry through which nothing flows") {
  const Tensor x = variable(doubles({1, 2}));
  const Tensor y = stop_gradient(x);
  CHECK(is_same(y, x));
  CHECK(y.has_history());
  CHECK(Tape(y)[1].op() == "stop_gradient");
  CHECK(Tape(y)[1].rule() == "dx = 0");
  CHECK(is_same(gradients(sum(x * y), {x})[0], doubles({1, 2})));
  CHECK(is_same(gradients(sum(y), {x})[0], doubles({0, 0})));
  CHECK(is_same(gradients(sum(y * y), {y})[0], doubles({2, 4})));
  CHECK(is_same(jvp(x * y, x, doubles({1, 1})), doubles({1, 2})));
  CHECK(is_same(hessian([](const Tensor& t) { return sum(t * stop_gradient(t)); }, x), doubles({{0, 0}, {0, 0}})));
}
