#include <cmath>

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

TEST_CASE("A stepper begins at the first entry, facing forward, and ends at the first entry's gradient") {
  const Sample s;
  debug::Stepper step(s.loss);
  CHECK(step.phase() == debug::Phase::forward);
  CHECK(step.position() == 0);
  CHECK(step.entries() == 5);
  CHECK(step.size() == 10);
  CHECK(step.event() == "F0");
  CHECK(step.entry().name() == "x");
  CHECK_FALSE(step.back());
  step.run_to_end();
  CHECK(step.event() == "B0");
  CHECK_FALSE(step.next());
  step.run_to_start();
  CHECK(step.position() == 0);
}

TEST_CASE("Values are there once their op has run, gradients once a rule has given them") {
  const Sample s;
  debug::Stepper step(s.loss);
  CHECK(step.run_until(debug::named("y")));
  CHECK(step.value().at<double>({0}) == 5.0);
  CHECK_FALSE(step.has_value("z"));
  CHECK_THAT(message_of<Error>([&] { step.value("z"); }),
             Contains(fmt::format("log #3 'z' (stepper.cpp:{}) has no value yet at F2; it is computed at F3", s.line)));
  CHECK(step.run_until(debug::end_of_forward()));
  CHECK(step.value().item<double>() == Approx(std::log(50.0)));
  CHECK(message_of<GradientError>([&] { step.gradient("x"); }) == "variable #0 'x' has no gradient at F4");
  step.next();
  CHECK(step.phase() == debug::Phase::backward);
  CHECK(step.event() == "B4");
  CHECK(step.gradient("loss").item<double>() == 1.0);
  CHECK(step.run_until(debug::op("log")));
  CHECK(step.gradient("y").at<double>({1}) == Approx(0.1));
  step.back();
  CHECK_FALSE(step.has_gradient("y"));
  CHECK(step.has_gradient("z"));
  step.run_to_end();
  CHECK(step.gradient().at<double>({0}) == Approx(0.8));
  CHECK(step.reverse_until(debug::op("square")));
  CHECK(step.event() == "B1");
  CHECK_FALSE(step.run_until(debug::named("nobody")));
  CHECK(step.event() == "B0");
}

TEST_CASE("seek() takes positions and the names of events") {
  const Sample s;
  debug::Stepper step(s.loss);
  step.seek("B3");
  CHECK(step.position() == 6);
  CHECK(step.number() == 3);
  step.seek(2);
  CHECK(step.event() == "F2");
  CHECK(message_of<ShapeError>([&] { step.seek(10); }) == "event 10 of 10");
  for (const char* wrong : {"", "B", "3", "F5", "B9", "G1", "F1'", "B1'", "B-1"})
    CHECK(message_of<Error>([&] { step.seek(wrong); }) == std::string(wrong) + " is no event; they are F0 to F4 and B4 to B0");
}

TEST_CASE("Entries are found by name, the newest first, and by number") {
  const Sample s;
  const debug::Stepper step(s.loss);
  CHECK(step.find("z") == 3);
  CHECK(step.entry(1).op() == "square");
  CHECK(step.entry("#1").op() == "square");
  CHECK(message_of<Error>([&] { step.find("nobody"); }) == "no entry of the tape is named nobody; there are: loss, z, y, x");
  CHECK(message_of<ShapeError>([&] { step.find(5); }) == "entry 5 of a tape of 5 entries");
}

TEST_CASE("A second backward pass appends its events, and its gradients add up in leaves") {
  const Sample s;
  debug::Stepper step(s.loss);
  step.append_backward(full({}, 2, {.dtype = float64}));
  CHECK(step.size() == 15);
  step.run_to_end();
  CHECK(step.event() == "B0'");
  CHECK(step.gradient("x").at<double>({0}) == Approx(3 * 0.8));
  CHECK(step.gradient("y").at<double>({1}) == Approx(0.2));
  step.seek("B0");
  CHECK(step.gradient("x").at<double>({0}) == Approx(0.8));
  step.seek("B4'");
  CHECK(step.gradient("x").at<double>({0}) == Approx(0.8));
  CHECK_FALSE(step.has_gradient("y"));
}

TEST_CASE("The gradients are those of backward(), to the bit, and parameters are left alone") {
  Parameter w("w", doubles({{0.5, -1}, {2, 0.25}}));
  const Tensor x = doubles({{1, 2}, {3, 4}});
  const Tensor h = tanh(matmul(x, w));
  const Tensor loss = mean(square(h + w * 0.5 - 0.1 * matmul(h, w))) + sum(w * w);
  debug::Stepper step(loss);
  step.run_to_end();
  CHECK_FALSE(w.has_grad());
  loss.backward();
  CHECK(identical(step.gradient("w").value(), w.grad().value()));
}

TEST_CASE("A value can be replaced, and what comes after it is computed again") {
  const Sample s;
  const debug::Stepper step(s.loss);
  debug::Stepper changed = step.with_value("x", doubles({2, 4}));
  CHECK(changed.position() == 0);
  changed.run_until(debug::end_of_forward());
  CHECK(changed.value().item<double>() == Approx(std::log(5.0 * 17.0)));
  changed.run_to_end();
  CHECK(changed.gradient("x").at<double>({1}) == Approx(8.0 / 17));
  CHECK(number(s.loss) == Approx(std::log(50.0)));
  debug::Stepper middle = step.with_element("y", {0}, 1.0);
  middle.run_until(debug::end_of_forward());
  CHECK(middle.value().item<double>() == Approx(std::log(10.0)));
  CHECK(middle.entry(2).name() == "y");
  CHECK(message_of<ShapeError>([&] { step.with_value("x", doubles({1})); }) ==
        "x has shape (2,) and its new value (1,); they need to be the same");
  CHECK(message_of<DtypeError>([&] {
          step.with_value("x", tensor({1.0, 2.0}));
        }) == "x is float64 and its new value float32; they need to be the same");
}

TEST_CASE("A changed run holds all that it needs") {
  debug::Stepper changed = [] {
    const Sample s;
    return debug::Stepper(s.loss).with_element("x", {1}, 4.0);
  }();
  changed.run_to_end();
  CHECK(changed.gradient("x").at<double>({1}) == Approx(8.0 / 17));
  CHECK(changed.entry(3).rule() == "dx = dy/x");
  CHECK(changed.with_element("x", {1}, 5.0).value(0).at<double>({1}) == 5.0);
}

TEST_CASE("what_if() says what the gradient promises and what happens") {
  const Sample s;
  const debug::Stepper step(s.loss);
  const debug::WhatIf w = step.what_if("x", {1}, 1.0);
  CHECK(w.before == Approx(std::log(50.0)));
  CHECK(w.predicted == Approx(std::log(50.0) + 0.6));
  CHECK(w.actual == Approx(std::log(5.0 * 17.0)));
  CHECK(w.gap() == Approx(w.actual - w.predicted));
  CHECK_THAT(w.to_string(), Contains("the loss goes from 3.91202 to 4.44265 (+0.530628); the gradient promised 4.51202 (+0.6)"));
  // For a small change the gap goes with its square.
  CHECK(std::abs(step.what_if("x", {1}, 1e-4).gap()) < 1e-8);
}

TEST_CASE("Random draws are repeated in a changed run") {
  manual_seed(3);
  const Tensor x = variable(ones({100}, {.dtype = float64})).named("x");
  const Tensor dropped = dropout(x, 0.5).named("dropped");
  const debug::Stepper step(sum(square(dropped)));
  const debug::Stepper changed = step.with_value("x", full({100}, 2, {.dtype = float64}));
  CHECK(identical(changed.entry("dropped").value(), (dropped * 2.0).value()));
}

TEST_CASE("A seed is needed where the result is not one number, and is checked") {
  const Tensor x = variable(doubles({1, 2})).named("x");
  const Tensor y = x * 3.0;
  CHECK_THAT(message_of<GradientError>([&] { debug::Stepper{y}; }),
             Contains("debug: the tensor has shape (2,); a gradient needs one number"));
  debug::Stepper step(y, {.seed = doubles({1, 10})});
  step.run_to_end();
  CHECK(step.gradient("x").at<double>({1}) == 30.0);
  CHECK_THAT(message_of<GradientError>([&] {
               debug::Stepper(y, {.seed = tensor({1.0, 2.0})});
             }),
             Contains("the seed is (2,) float32 and the tensor is (2,) float64"));
}

TEST_CASE("What cannot be stepped through says why") {
  CHECK_THAT(message_of<GradientError>([] { debug::Stepper{doubles(1)}; }), Contains("has no history"));
  CHECK_THROWS_AS(debug::Stepper(Tensor()), Error);
  Parameter w("w", doubles(2));
  const Tensor loss = square(w);
  loss.backward();
  CHECK_THAT(message_of<Error>([&] { debug::Stepper{loss}; }),
             Contains("was released by an earlier backward(); pass {.retain = true} to that one to keep it"));
  const Tensor again = square(w);
  again.backward({.retain = true});
  CHECK(debug::Stepper(again).size() == 4);
}

TEST_CASE("A rule that fails says so, and the stepper can go elsewhere") {
  const auto broken = [](const Tensor& x) {
    return record(
        "broken", "dx = none", {x}, [](const Inputs& in) { return in[0]; },
        [](const Pullback&) { return Gradients{zeros({7}, {.dtype = float64})}; });
  };
  const Tensor x = variable(doubles({1, 2})).named("x");
  debug::Stepper step(sum(broken(x)).named("loss"));
  CHECK_FALSE(step.run_until(debug::named("nobody")));
  CHECK_THAT(message_of<GradientError>([&] { step.gradient("x"); }), Contains("broken: its rule returned a gradient of shape (7,)"));
  step.seek("B2");
  CHECK(step.gradient("loss").item<double>() == 1);
}

TEST_CASE("The Jacobian of one op") {
  const Tensor x = variable(doubles({{1, 2, 3}, {4, 5, 6}})).named("x"), w = variable(doubles({{1}, {2}, {3}})).named("w");
  const Tensor y = matmul(x, w).named("y");
  const debug::Stepper step(sum(y));
  const Tensor by_x = step.local_jacobian("y", 0), by_w = step.local_jacobian("y", 1);
  CHECK(identical(by_x.value(), doubles({{1, 2, 3, 0, 0, 0}, {0, 0, 0, 1, 2, 3}}).value()));
  CHECK(identical(by_w.value(), x.value()));
  CHECK_THAT(message_of<ShapeError>([&] { step.local_jacobian("y", 2); }), Contains("input 2 of matmul #2 'y'"));
  CHECK_THAT(message_of<Error>([&] { step.local_jacobian("x"); }), Contains("variable #0 'x' is no op"));
  CHECK(step.check("y").ok());
}

TEST_CASE("How long an op and its rule take is measured when asked") {
  const Tensor x = variable(ones({200, 200}));
  const debug::Stepper step(sum(matmul(x, x).named("y")));
  CHECK(step.timing("y").forward > 0);
  CHECK(step.timing("y").backward > 0);
  CHECK(step.timing(0).forward == 0);
}

TEST_CASE("Producers and users of an entry are listed, and who has contributed by now") {
  const Tensor x = variable(doubles({2})).named("x");
  const Tensor a = (x * 5.0).named("a"), b = (x * a).named("b");
  debug::Stepper step(sum(a + b));
  CHECK(step.inputs("a") == std::vector<std::size_t>{0, debug::Stepper::no_entry});
  CHECK(step.inputs("b") == std::vector<std::size_t>{0, 1});
  CHECK(step.users("x") == std::vector<std::size_t>{1, 2});
  step.seek("B2");
  CHECK(step.ledger_so_far("x").size() == 1);
  CHECK(step.ledger("x").size() == 2);
  step.seek("B3");
  CHECK_THAT(message_of<GradientError>([&] { step.ledger_so_far("x"); }), Contains("nothing has arrived yet"));
}

TEST_CASE("Hooks on gradients change them as they do in backward(), once") {
  const Tensor x = variable(doubles({1, 2})).named("x");
  const Tensor y = square(x).named("y");
  const GradientHook hook = on_gradient(y, [](const Tensor& g) { return g * 0.5; });
  const Tensor loss = sum(exp(y * 0.1));
  debug::Stepper step(loss);
  step.run_to_end();
  CHECK(is_same(step.gradient("x"), gradients(loss, {x})[0]));
  CHECK(is_same(step.ledger("x")[0].gradient, step.gradient("x")));
}

TEST_CASE("What the program does afterwards does not touch a stepper") {
  Parameter w("w", doubles({1, 2}));
  const Tensor loss = sum(square(w)).named("loss");
  debug::Stepper step(loss);
  loss.backward();
  w.set_value(doubles({10, 20}));
  w.update([](auto* data, std::size_t) { data[0] += 1; });
  step.run_to_end();
  CHECK(step.value("w").at<double>({0}) == 1.0);
  CHECK(step.gradient("w").at<double>({1}) == 4.0);
}

TEST_CASE("A function with a rule of its own is stepped through and changed like any op") {
  debug::Stepper changed = [] {
    const Tensor x = variable(doubles({1, -2})).named("x");
    const auto clip = [](const Tensor& t) { return where(t > 0.0, t, 0.0); };
    const Tensor y = with_rule("straight_through", "dx = dy", clip, {x}, [](const Pullback& p) { return Gradients{p.dy()}; }).named("y");
    debug::Stepper step(sum(y * 3.0));
    step.run_to_end();
    CHECK(step.gradient("x").at<double>({1}) == 3.0);
    CHECK_THAT(step.explain("x", {0}), Contains("from straight_through #1") && Contains("rule dx = dy"));
    return step.with_element("x", {1}, 5.0);
  }();
  CHECK(changed.entry("y").value().at<double>({1}) == 5.0);
  changed.run_to_end();
  CHECK(changed.gradient("x").at<double>({1}) == 3.0);
}
