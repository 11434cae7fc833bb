#include "../autograd/message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;

namespace {

struct Sample {
  Tensor x = variable(doubles({2, 3})).named("x");
  int line = 0;
  Tensor y, z, loss;

  Sample() {
    line = __LINE__ + 1;
    y = (square(x) + 1.0).named("y"), z = log(y).named("z"), loss = sum(z).named("loss");
  }
};

}  // namespace

TEST_CASE("A gradient's element is explained by its rule, with the numbers") {
  const Sample s;
  debug::Stepper step(s.loss);
  step.run_to_end();
  CHECK(step.explain("y", {1}) ==
        fmt::format("dL/dy[1] = 0.1, from log #3 (explain.cpp:{}), rule dx = dy/x: dL/dz[1] = 1 times dz[1]/dy[1] = 0.1, at y[1] = 10.",
                    s.line));
  CHECK(step.explain("loss") == "dL/dloss = 1: it is where the backward pass begins.");
  CHECK_THAT(step.explain("x"), Contains("dL/dx[0] = 0.8"));  // the largest
}

TEST_CASE("Before there is a gradient, the value is explained") {
  const Sample s;
  debug::Stepper step(s.loss);
  CHECK(step.explain("y", {1}) ==
        fmt::format("y[1] = 10, by add #2 (explain.cpp:{}), rule da = dy   db = dy: y[1] = #1[1] 9 + 1.", s.line));
  CHECK(step.explain("x", {-1}) == "x[1] = 3: a variable.");
  CHECK(step.explain("loss") ==
        fmt::format("loss = 3.91202, by sum #4 (explain.cpp:{}), rule dx = dy, repeated: loss = z[1] 2.30259 + z[0] 1.60944.", s.line));
  CHECK_THAT(message_of<ShapeError>([&] { step.explain("y", {2}); }), Contains("y: "));
}

TEST_CASE("Of a matrix product the biggest contributions come first") {
  const Tensor a = variable(doubles({{1, 2, 3, 4, 5, 6, 7}})).named("a");
  const Tensor b = variable(doubles({{1}, {-20}, {3}, {0}, {5}, {6}, {7}})).named("b");
  const Tensor y = matmul(a, b).named("y");
  debug::Stepper step(sum(y * doubles({{2}})));
  CHECK_THAT(step.explain_value("y"),
             Contains(": y[0,0] = a[0,6]·b[6,0] 49 + a[0,1]·b[1,0] -40 + a[0,5]·b[5,0] 36 + a[0,4]·b[4,0] 25 + 2 smaller products 10."));
  step.run_to_end();
  CHECK_THAT(step.explain("b", {1, 0}), Contains("dL/db[1,0] = 4, from matmul #2"));
}

TEST_CASE("A linear layer's value is its bias and its products, each once") {
  nn::Linear layer(7, 2);
  layer.to(float64);
  layer.weight.set_value(doubles({{1, 2, 3, 4, 5, 6, 7}, {-1, 0, 1, 0, 1, 0, 8}}));
  layer.bias->set_value(doubles({0.5, 0.25}));
  const Tensor x = doubles({{7, 6, 5, 4, 3, 2, 1}, {1, 1, 1, 1, 1, 1, 1}}).named("x");
  const Tensor y = layer(x).named("y");
  const debug::Stepper step(sum(y));
  const std::string bias = layer.bias->name(), weight = layer.weight.name();
  CAPTURE(step.explain_value("y", {0, 0}));
  CHECK_THAT(step.explain_value("y", {0, 0}),
             Catch::EndsWith(fmt::format(": y[0,0] = {0}[0] 0.5 + x[0,3]·{1}[0,3] 16 + x[0,2]·{1}[0,2] 15 + x[0,4]·{1}[0,4] 15 + "
                                         "x[0,1]·{1}[0,1] 12 + 3 smaller products 26.",
                                         bias, weight)));
}

TEST_CASE("An op that is no sum says what its value depends on, and no remainder") {
  const Tensor x = variable(doubles({1, 2, 3, 0, -1, -2, -3, 0.5})).named("x");
  const Tensor y = softmax(x).named("y"), z = exp(x).named("z"), m = max(x).named("m");
  const debug::Stepper step(sum(y) + sum(z) + m);
  CHECK_THAT(step.explain_value("y", {2}), Contains(": of x[2] = 3 (slope 0.") && Catch::EndsWith("and 4 with smaller slopes."));
  CHECK_THAT(step.explain_value("z", {1}), Catch::EndsWith(": of x[1] = 2."));
  CHECK_THAT(step.explain_value("m"), Catch::EndsWith(": of x[2] = 3."));
  // Linear by some of the inputs, while the others stay.
  const Tensor a = variable(doubles({2})).named("a"), b = variable(doubles({6})).named("b"), t = variable(doubles({0.25})).named("t");
  const debug::Stepper mixed(sum((lerp(a, b, t).named("l") + (a / b).named("q") + (a * a).named("s") + (5.0 - a).named("d")).named("e")));
  CHECK_THAT(mixed.explain_value("l"), Catch::EndsWith(": l[0] = 0.75·a[0] 1.5 + b[0]·t[0] 1.5."));
  CHECK_THAT(mixed.explain_value("q"), Catch::EndsWith(": q[0] = 0.166667·a[0] 0.333333."));
  CHECK_THAT(mixed.explain_value("s"), Catch::EndsWith(": s[0] = a[0]·a[0] 4."));
  CHECK_THAT(mixed.explain_value("d"), Catch::EndsWith(": d[0] = 5 + -a[0] -2."));
}

TEST_CASE("Parts from several ops are listed, as far as they have arrived") {
  const Tensor x = variable(doubles({2})).named("x");
  const Tensor a = (x * 5.0).named("a"), b = (x * -3.0).named("b");
  debug::Stepper step(sum(a + b));
  step.run_to_end();
  CHECK_THAT(step.explain("x"), Contains("dL/dx[0] = 2, the sum of 2 parts: 5 from mul #1") && Contains("-3 from mul #2"));
  step.seek("B2");
  CHECK_THAT(step.explain("x"), Contains("dL/dx[0] = -3 so far, from mul #2"));
}

TEST_CASE("Ops of one's own are explained by their rules, without anything extra") {
  const auto swap_and_double = [](const Tensor& x) {
    return record(
        "swap", "dx = 2 dy, swapped", {x},
        [](const Inputs& in) {
          Array y = in[0];
          auto* const data = y.mutable_data<double>();
          std::swap(data[0], data[1]);
          data[0] *= 2;
          data[1] *= 2;
          return y;
        },
        [](const Pullback& p) {
          const Tensor dy = p.dy();
          return Gradients{concatenate({slice(dy, {{1, 2}}), slice(dy, {{0, 1}})}) * 2.0};
        });
  };
  const Tensor x = variable(doubles({3, 4})).named("x");
  const Tensor y = swap_and_double(x).named("y");
  debug::Stepper step(sum(y * doubles({10, 20})));
  step.run_to_end();
  CHECK_THAT(step.explain("x", {0}), Contains("dL/dx[0] = 40, from swap #1") && Contains("dL/dy[1] = 20 times dy[1]/dx[0] = 2"));
  CHECK_THAT(step.explain_value("y", {1}), Contains("y[1] = 6, by swap #1") && Contains(": y[1] = 2·x[0] 6."));
}

TEST_CASE("What has no gradient says why") {
  const Tensor x = variable(doubles({2, 3})).named("x");
  const Tensor mask = (x > 2.5).named("mask");
  debug::Stepper step(sum(where(mask, x, doubles({7, 7}).named("c"))));
  step.run_to_end();
  CHECK_THAT(step.explain("c"), Contains("c[0] = 7: a constant."));
  CHECK_THAT(message_of<GradientError>([&] { step.ledger("c"); }), Contains("constant #") && Contains("it is a constant to the tape"));
}

TEST_CASE("The ledger lists who gave what, and how much of it cancels") {
  const Tensor u = variable(doubles({3})).named("u");
  const debug::Ledger ledger = debug::ledger(sum(u * 5.0 - u * 4.999), "u");
  REQUIRE(ledger.size() == 2);
  CHECK(ledger.total().item<double>() == Approx(0.001));
  CHECK(ledger.cancellation() == Approx(1 - 0.001 / 9.999));
  CHECK(ledger[0].share + ledger[1].share == Approx(1));
  CHECK_THAT(ledger.to_string(), Contains("the gradient of u is 0.001, the sum of 2 parts:\n") && Contains("99.99 % of them cancel"));
  const debug::Ledger one = debug::ledger(sum(u * 2.0), "u");
  CHECK(one.size() == 1);
  CHECK(one.cancellation() == 0);
  const debug::Ledger seed = debug::ledger(sum(u).named("loss"), "loss");
  CHECK(seed.size() == 0);
  CHECK(seed.total().item<double>() == 1);
}

TEST_CASE("An op that takes a value twice is one contribution") {
  const Tensor u = variable(doubles({3})).named("u");
  const debug::Ledger ledger = debug::ledger(sum(u * u), "u");
  REQUIRE(ledger.size() == 1);
  CHECK(ledger[0].gradient.item<double>() == 6);
}
