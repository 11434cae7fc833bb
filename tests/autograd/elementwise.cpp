// Ops made of formulas: elementwise().
#include <reel/autograd/elementwise.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <reel/testing/catch.hpp>

#include "message.hpp"

using namespace reel;
using namespace reel::test;

namespace {

const auto swish = elementwise("swish", [](auto x, auto beta) { return x / (1 + exp(-beta * x)); });
const auto wave = elementwise("wave", [](auto x) { return exp(2 * x) * sin(x); });
const auto volume = elementwise("volume", [](auto a, auto b, auto c) { return a * b * b * c * c * c; });
const auto four = elementwise("four", [](auto a, auto b, auto c, auto d) { return sin(a) * exp(b) * c * c * d; });
const auto by_output = elementwise(
    "by_output", "dx = dy·y", [](auto x) { return exp(x); }, [](auto y) { return y; });
const auto by_both = elementwise(
    "by_both", [](auto x) { return exp(x * x); }, [](auto x, auto y) { return 2 * x * y; });
const auto product = elementwise(
    "product", [](auto a, auto b) { return a * exp(b); }, [](auto, auto b, auto y) { return partials(exp(b), y); });

Tensor differentiated(const Tensor& y, const Tensor& x) { return gradients(sum(y), {x}, {.differentiable = true})[0]; }

/// x repeated to n elements, each a little larger than the one before.
Tensor ramp(std::size_t n, Dtype dtype) {
  Array x({n}, float64);
  for (std::size_t i = 0; i < n; ++i) x.mutable_data<double>()[i] = 0.1 + 0.01 * static_cast<double>(i);
  return Tensor(x.astype(dtype));
}

}  // namespace

TEST_CASE("formulas have their values and gradients, whatever the number of elements") {
  for (const Dtype dtype : {float32, float64}) {
    const double tolerance = dtype == float32 ? 1e-5 : 1e-13;
    for (std::size_t n = 0; n <= 67; ++n) {
      CAPTURE(n, dtype);
      const Tensor x = variable(ramp(n, dtype));
      const Tensor y = wave(x), dx = gradients(sum(y), {x})[0];
      REQUIRE(y.dtype() == dtype);
      REQUIRE(y.shape() == Shape{n});
      for (std::size_t i = 0; i < n; ++i) {
        const double v = x.value().as_double(i), e = std::exp(2 * v);
        CHECK(y.value().as_double(i) == Approx(e * std::sin(v)).epsilon(tolerance));
        CHECK(dx.value().as_double(i) == Approx(e * (2 * std::sin(v) + std::cos(v))).epsilon(tolerance));
      }
    }
  }
}

TEST_CASE("an element's bits do not depend on where it lies") {
  const Tensor x = variable(ramp(67, float64));
  const Tensor y = wave(x), dx = gradients(sum(y), {x})[0];
  for (std::size_t i = 0; i < 67; ++i) {
    const Tensor alone = variable(x.value().as_double(i), {.dtype = float64});
    const Tensor z = wave(alone);
    CHECK(number(z) == y.value().as_double(i));
    CHECK(number(gradients(z, {alone})[0]) == dx.value().as_double(i));
  }
}

TEST_CASE("derivatives of a formula agree with closed forms up to order 4") {
  const Tensor x = variable(doubles({-1.0, 0.3, 0.7}));
  Tensor y = wave(x);
  // e^(2x) sin x is the imaginary part of e^((2 + i)x), whose derivatives are powers of 2 + i times it.
  const double length = std::sqrt(5.0), angle = std::atan2(1.0, 2.0);
  for (int order = 0; order <= 4; ++order) {
    CAPTURE(order);
    for (std::size_t i = 0; i < 3; ++i) {
      const double v = x.value().as_double(i);
      CHECK(y.value().as_double(i) == Approx(std::pow(length, order) * std::exp(2 * v) * std::sin(v + order * angle)).epsilon(1e-13));
    }
    if (order < 4) y = differentiated(y, x);
  }
  CHECK(message_of<GradientError>([&] {
          gradients(sum(y), {x});
        }).find("wave: derivatives of a formula go up to order 4, and this is one of order 5") != std::string::npos);
  CHECK(message_of<GradientError>([&] { differentiated(y, x); }).find("order 5") != std::string::npos);
}

TEST_CASE("mixed derivatives of a formula") {
  const Tensor a = variable(doubles({2.0})), b = variable(doubles({3.0})), c = variable(doubles({5.0}));
  const Tensor db = differentiated(volume(a, b, c), b);
  CHECK(number(db) == Approx(2.0 * 2 * 3 * 125));
  const Tensor dbc = differentiated(db, c);
  CHECK(number(dbc) == Approx(2.0 * 6 * 3 * 25));
  const Tensor dbca = differentiated(dbc, a);
  CHECK(number(dbca) == Approx(6.0 * 3 * 25));
  CHECK(number(differentiated(dbca, c)) == Approx(6.0 * 6 * 5));
  CHECK(number(gradients(sum(dbca), {b})[0]) == Approx(2.0 * 3 * 25));
}

TEST_CASE("formulas of one to four inputs pass the gradient check, with broadcasting") {
  const SeedScope fixed(3);
  const auto random_input = [](const Shape& shape) {
    return variable(random::uniform(shape, {.low = 0.5, .high = 1.5, .dtype = float64}));
  };
  const GradcheckOptions second{.order = 2};
  CHECK_THAT([](const auto& in) { return wave(in[0]); }, HasRightGradient({random_input({2, 1, 3})}, second));
  CHECK_THAT([](const auto& in) { return swish(in[0], in[1]); }, HasRightGradient({random_input({5, 3}), random_input({})}, second));
  CHECK_THAT([](const auto& in) { return swish(in[0], in[1]); }, HasRightGradient({random_input({3}), random_input({4, 1})}, second));
  CHECK_THAT([](const auto& in) { return volume(in[0], in[1], in[2]); },
             HasRightGradient({random_input({3, 1}), random_input({1, 2}), random_input({})}, second));
  CHECK_THAT([](const auto& in) { return four(in[0], in[1], in[2], in[3]); },
             HasRightGradient({random_input({2, 3}), random_input({3}), random_input({2, 1}), random_input({})}, second));
  CHECK_THAT([](const auto& in) { return by_output(in[0]); }, HasRightGradient({random_input({7})}, second));
  CHECK_THAT([](const auto& in) { return by_both(in[0]); }, HasRightGradient({random_input({7})}, second));
  CHECK_THAT([](const auto& in) { return product(in[0], in[1]); }, HasRightGradient({random_input({2, 3}), random_input({3})}, second));
  CHECK_THAT([](const auto& in) { return wave(in[0]); }, HasRightGradient({random_input({0, 3})}, second));
}

TEST_CASE("a formula computes only the gradients that somebody wants") {
  const Tensor a = variable(doubles({2.0, 3.0})), beta = doubles({1.5});
  const Tensor y = swish(a, beta), z = swish(beta, a);
  const double s = 1 / (1 + std::exp(-3.0)), t = 1 / (1 + std::exp(-1.5 * 2));
  CHECK(gradients(sum(y), {a})[0].value().as_double(0) == Approx(s + 2 * 1.5 * s * (1 - s)));
  CHECK(gradients(sum(z), {a})[0].value().as_double(0) == Approx(1.5 * 1.5 * t * (1 - t)));
}

TEST_CASE("numbers and other dtypes beside a formula's tensors") {
  const Tensor x = variable(tensor({0.5f, 1.0f})), d = variable(doubles({0.5, 1.0}));
  CHECK(swish(x, 1.5).dtype() == float32);
  CHECK(swish(2, d).dtype() == float64);
  const Tensor mixed = swish(x, d);
  CHECK(mixed.dtype() == float64);
  const auto both = gradients(sum(mixed), {x, d});
  CHECK(both[0].dtype() == float32);
  CHECK(both[1].dtype() == float64);
  CHECK(both[0].value().as_double(1) == Approx(1 / (1 + std::exp(-1.0)) + std::exp(-1.0) / std::pow(1 + std::exp(-1.0), 2)).epsilon(1e-6));
  CHECK(swish(tensor({1, 2}, {.dtype = int64}), d).dtype() == float64);
  CHECK(swish(1.0, 2).shape() == Shape{});
}

TEST_CASE("numbers of any kind and captured constants in a formula") {
  const double factor = 3;
  const int shift = 2;
  const auto line = elementwise("line", [factor, shift](auto x) { return factor * x + shift - 0.5f * x + 1u; });
  const Tensor x = variable(doubles({2.0}));
  const Tensor y = line(x);
  CHECK(number(y) == 8.0);
  CHECK(number(gradients(sum(y), {x})[0]) == 2.5);
  const auto constant = elementwise("constant", [](auto) { return 4; });
  CHECK(number(constant(x)) == 4);
  CHECK(number(gradients(sum(constant(x)), {x})[0]) == 0);
}

TEST_CASE("kinks in formulas: abs at 0, ties of min and max, where") {
  const Tensor x = variable(doubles({-2.0, 0.0, 3.0}));
  const auto slope = [&](const auto& formula) { return gradients(sum(formula(x)), {x})[0]; };
  CHECK(is_same(slope(elementwise("f", [](auto v) { return abs(v); })), doubles({-1.0, 0.0, 1.0})));
  CHECK(is_same(slope(elementwise("f", [](auto v) { return max(v, 0); })), doubles({0.0, 0.5, 1.0})));
  CHECK(is_same(slope(elementwise("f", [](auto v) { return min(0.0, v); })), doubles({1.0, 0.5, 0.0})));
  CHECK(is_same(slope(elementwise("f", [](auto v) { return where(v >= 0, v * v, -v); })), doubles({-1.0, 0.0, 6.0})));
  CHECK(is_same(slope(elementwise("f", [](auto v) { return where((v > 0 && !(v > 5)) || v < -5, 2 * v, 0); })), doubles({0.0, 0.0, 2.0})));
  CHECK(is_same(slope(elementwise("f", [](auto v) { return floor(v) + ceil(v) + round(v) + sign(v) + 2 * v; })), doubles({2.0, 2.0, 2.0})));
  // The side that is not picked may be NaN.
  CHECK(is_same(slope(elementwise("f", [](auto v) { return where(v > 0, log(v) * 3, 0); })), doubles({0.0, 0.0, 1.0})));
}

TEST_CASE("pow in a formula, as the op has it") {
  const auto power = elementwise("power", [](auto a, auto b) { return pow(a, b); });
  const Tensor a = variable(doubles({-2.0, 0.0, 0.0, 2.0})), b = doubles({3.0, 0.0, 2.0, 0.5});
  CHECK(is_same(power(a, b), pow(a, b)));
  const Tensor da = differentiated(power(a, b), a);
  CHECK(allclose(da, differentiated(pow(a, b), a), 1e-14));
  CHECK(allclose(differentiated(da, a), differentiated(differentiated(pow(a, b), a), a), 1e-13));
  const Tensor base = variable(doubles({0.0, 2.0})), exponent = variable(doubles({1.5, 1.5}));
  const auto both = gradients(sum(power(base, exponent)), {base, exponent});
  CHECK(is_same(both[0], gradients(sum(pow(base, exponent)), {base})[0]));
  CHECK(is_same(both[1], gradients(sum(pow(base, exponent)), {exponent})[0]));
  const auto cube = elementwise("cube", [](auto v) { return pow(v, 3); });
  CHECK(is_same(differentiated(differentiated(cube(a), a), a), doubles({-12.0, 0.0, 0.0, 12.0})));
}

TEST_CASE("a formula's op on the tape: name, line, rule, derivatives") {
  const Tensor x = variable(doubles({0.5}));
  const int line = __LINE__ + 1;
  const Tensor y = swish(x, 2.0);
  const Tape tape(y);
  CHECK(tape[tape.size() - 1].op() == std::string("swish"));
  CHECK(tape[tape.size() - 1].rule() == std::string("dx = dy·∂f/∂x for each input, derived from the formula"));
  CHECK(to_string(tape[tape.size() - 1].location()) == "elementwise.cpp:" + std::to_string(line));
  CHECK(Entry(by_output(x)).rule() == std::string("dx = dy·y"));
  const Tensor dx = differentiated(y, x);
  const Tape second(dx);
  CHECK(second[second.size() - 1].op() == std::string("derivative"));
  CHECK(second[second.size() - 1].attributes() == "of swish by 0");
  CHECK(to_string(second[second.size() - 1].location()) == "elementwise.cpp:" + std::to_string(line));
  CHECK(identical(tape.rerun().back(), y.value()));
  CHECK(number(Tensor(tape.rerun({{0, Array::of<double>({1}, std::vector<double>{0})}}).back())) == 0);
}

TEST_CASE("errors of a formula's op name it, and the line") {
  const Tensor a = variable(zeros({2, 3})), b = variable(zeros({2, 4})), whole = zeros({2}, {.dtype = int64});
  shape_error(
      __LINE__, [&] { swish(a, b); },
      "swish: shapes (2, 3) and (2, 4) do not broadcast; axis 1 from the back has length 3 and 4, and neither is 1");
  dtype_error(
      __LINE__, [&] { wave(whole); }, "wave: x is int64; it needs float32 or float64 (astype converts)");
  CHECK(message_of<Error>([&] { wave(Tensor()); }).find("wave: an input is not defined") == 0);
}
