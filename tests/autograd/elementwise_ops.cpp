// Elementwise ops where it is hard: extreme arguments, kinks, ends of domains.
#include <cmath>
#include <limits>

#include <catch2/catch.hpp>
#include <reel/testing/catch.hpp>

#include "message.hpp"

using namespace reel;
using namespace reel::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
const double not_a_number = std::nan("");

/// f, f' and f'' at x.
struct Jet {
  double value, first, second;
};

template <class F>
Jet jet(const F& f, double x) {
  const Tensor v = variable(x, {.dtype = float64});
  const Tensor y = f(v), once = gradients(y, {v}, {.differentiable = true})[0];
  CHECK(number(gradients(y, {v})[0]) == Approx(number(once)).epsilon(1e-14).margin(1e-300));  // the fused rule and that of ops
  return {number(y), number(once), once.has_history() ? number(gradients(once, {v})[0]) : 0};
}

template <class F>
void check(const F& f, double x, const Jet& wanted) {
  CAPTURE(x);
  const Jet got = jet(f, x);
  CHECK(got.value == Approx(wanted.value).epsilon(1e-14));
  CHECK(got.first == Approx(wanted.first).epsilon(1e-14));
  CHECK(got.second == Approx(wanted.second).epsilon(1e-13));
}

const auto call = [](Tensor (*f)(Operand)) { return [f](const Tensor& x) { return f(x); }; };

}  // namespace

TEST_CASE("saturated activations have right values and derivatives, and no NaN") {
  const double tiny = std::exp(-700.0);
  check(call(sigmoid), 700, {1, tiny, -tiny});
  check(call(sigmoid), -700, {tiny, tiny, tiny});
  check(call(sigmoid), -800, {0, 0, 0});
  check(call(log_sigmoid), -800, {-800, 1, 0});
  check(call(log_sigmoid), 700, {-tiny, tiny, -tiny});
  check(call(softplus), 800, {800, 1, 0});
  check(call(softplus), -700, {tiny, tiny, tiny});
  check(call(softplus), -800, {0, 0, 0});
  check(call(tanh), 400, {1, 0, 0});
  check(call(silu), 800, {800, 1, 0});
  check(call(silu), -800, {0, 0, 0});
  check(call(mish), 800, {800, 1, 0});
  check(call(mish), -800, {0, 0, 0});
  check(call(gelu), 50, {50, 1, 0});
  check(call(gelu), -50, {0, 0, 0});
  check(call(elu), 800, {800, 1, 0});
  check(call(elu), -800, {-1, 0, 0});
  check(call(selu), 800, {1.0507009873554804934 * 800, 1.0507009873554804934, 0});
  const double near = 1e-12;
  check(call(expm1), near, {near + near * near / 2, 1 + near, 1 + near});
  check(call(log1p), near, {near - near * near / 2, 1 - near, -1 + 2 * near});
  check(call(expm1), -40, {-1, std::exp(-40.0), std::exp(-40.0)});
  check(call(erfc), 10, {std::erfc(10.0), -2 / std::sqrt(M_PI) * std::exp(-100.0), 40 / std::sqrt(M_PI) * std::exp(-100.0)});
}

TEST_CASE("functions over the whole range agree with the C library") {
  const std::vector<double> arguments{5e-324, 1e-310, 1e-300, 1e-20, 1e-3, 0.3,  0.7, 1,    1.5,  3,     20,   88,
                                      100,    700,    708.5,  709.7, 745,  1000, 1e6, 1e10, 1e17, 1e100, 1e300};
  const std::pair<Tensor (*)(Operand), double (*)(double)> functions[] = {
      {exp, std::exp},   {expm1, std::expm1}, {log, std::log},       {log1p, std::log1p}, {log2, std::log2},   {sqrt, std::sqrt},
      {sin, std::sin},   {cos, std::cos},     {tan, std::tan},       {asin, std::asin},   {acos, std::acos},   {atan, std::atan},
      {sinh, std::sinh}, {cosh, std::cosh},   {tanh, std::tanh},     {asinh, std::asinh}, {acosh, std::acosh}, {atanh, std::atanh},
      {erf, std::erf},   {erfc, std::erfc},   {lgamma, std::lgamma}, {floor, std::floor}, {ceil, std::ceil},   {round, std::nearbyint}};
  for (const auto& [ours, theirs] : functions) {
    std::vector<double> x = arguments;
    for (const double v : arguments) x.push_back(-v);
    for (const double v : {0.0, -0.0, infinity, -infinity, not_a_number}) x.push_back(v);
    const Tensor all(Array::of<double>({x.size()}, x));
    const Tensor y = ours(all);
    for (std::size_t i = 0; i < x.size(); ++i) {
      CAPTURE(&ours - &functions[0].first, x[i]);
      const double wanted = theirs(x[i]), got = y.value().as_double(i);
      if (std::isnan(wanted)) {
        CHECK(std::isnan(got));
      } else {
        CHECK((got == wanted || std::abs(got - wanted) <= 4e-16 * 4 * std::abs(wanted)));
      }
      // Alone it has the same bits.
      const double alone = number(ours(Tensor(Array::scalar(x[i], float64))));
      CHECK((alone == got || (std::isnan(alone) && std::isnan(got))));
    }
  }
}

TEST_CASE("erfc keeps its digits in float32 until it is too small for a float") {
  std::vector<float> x;
  for (int i = -1000; i <= 1000; ++i) x.push_back(0.0105f * static_cast<float>(i));
  const Tensor y = erfc(Tensor(Array::of<float>({x.size()}, x)));
  for (std::size_t i = 0; i < x.size(); ++i) {
    CAPTURE(x[i]);
    const double wanted = std::erfc(static_cast<double>(x[i]));
    CHECK(std::abs(y.value().as_double(i) - wanted) <= 5 * 0x1p-24 * wanted + 0x1p-149);
  }
}

TEST_CASE("functions of two numbers at their corners") {
  const auto at = [](Tensor (*f)(Operand, Operand), double a, double b) {
    const Tensor x = variable(a, {.dtype = float64}), y = variable(b, {.dtype = float64});
    const Tensor z = f(x, y);
    const auto fused = gradients(z, {x, y}), first = gradients(z, {x, y}, {.differentiable = true});
    CHECK(number(fused[0]) == number(first[0]));
    CHECK(number(fused[1]) == number(first[1]));
    std::vector<double> all{number(z), number(first[0]), number(first[1])};
    for (const Tensor& g : first)
      for (const Tensor& second : gradients(g, {x, y})) all.push_back(number(second));
    return all;
  };
  using All = std::vector<double>;
  CHECK(at(logaddexp, infinity, infinity) == All{infinity, 0.5, 0.5, 0, 0, 0, 0});
  CHECK(at(logaddexp, -infinity, -infinity) == All{-infinity, 0.5, 0.5, 0, 0, 0, 0});
  CHECK(at(logaddexp, infinity, 1) == All{infinity, 1, 0, 0, 0, 0, 0});
  CHECK(at(logaddexp, 3, -infinity) == All{3, 1, 0, 0, 0, 0, 0});
  CHECK(at(logaddexp, 0, 0) == All{std::log(2.0), 0.5, 0.5, 0.25, -0.25, -0.25, 0.25});
  CHECK(at(logaddexp, 1000, 0)[0] == 1000);
  CHECK(at(xlogy, 0, 0) == All{0, 0, 0, 0, 0, 0, 0});
  CHECK(at(xlogy, 0, 2) == All{0, std::log(2.0), 0, 0, 0.5, 0.5, 0});
  CHECK(at(xlogy, 3, 1) == All{0, 0, 3, 0, 1, 1, -3});
  CHECK(at(hypot, 0, 0)[0] == 0);
  CHECK(at(hypot, 0, 0)[1] == 0);
  CHECK(at(hypot, 1e200, 1e200)[1] == Approx(std::sqrt(0.5)));
  CHECK(at(atan2, 0, 0)[1] == 0);
  CHECK(at(atan2, 1e200, 1e200)[0] == Approx(M_PI / 4));
  CHECK(at(maximum, 2, 2)[1] == 0.5);
  CHECK(at(minimum, 2, 2)[2] == 0.5);
  CHECK(at(fmod, -7.5, 2) == All{-1.5, 1, 3, 0, 0, 0, 0});
}

TEST_CASE("kinks and steps take the slopes that the headers say") {
  const auto slope = [](const auto& f, const Tensor& x) { return gradients(sum(f(x)), {x})[0]; };
  const Tensor x = variable(doubles({-3.0, -1.0, 0.0, 1.0, 3.0}));
  CHECK(is_same(slope(call(relu), x), doubles({0, 0, 0, 1, 1})));
  CHECK(is_same(slope(call(abs), x), doubles({-1, -1, 0, 1, 1})));
  CHECK(is_same(slope(call(leaky_relu), x), doubles({0.01, 0.01, 0.01, 1, 1})));
  CHECK(is_same(slope(call(hardtanh), x), doubles({0, 0, 1, 0, 0})));
  CHECK(is_same(slope([](const Tensor& v) { return clamp(v, -1, 1); }, x), doubles({0, 1, 1, 1, 0})));
  CHECK(is_same(slope([](const Tensor& v) { return clamp(v, {.min = 0}); }, x), doubles({0, 0, 1, 1, 1})));
  CHECK(is_same(clamp(x, {.max = 0}), doubles({-3, -1, 0, 0, 0})));
  CHECK(is_same(slope(call(hardsigmoid), x), doubles({0, 1.0 / 6, 1.0 / 6, 1.0 / 6, 0})));
  CHECK(is_same(slope(call(hardswish), x), doubles({-0.5, (3 - 2) / 6.0, 0.5, (3 + 2) / 6.0, 1.5})));
  CHECK(is_same(sign(x), doubles({-1, -1, 0, 1, 1})));
  CHECK(is_same(round(doubles({0.5, 1.5, 2.5, -0.5, -1.5})), doubles({0, 2, 2, -0.0, -2})));
  CHECK(number(lerp(1.0, 3.0, 1.0)) == 3.0);
  CHECK(number(logit(doubles({0.5 + 1e-12}))) == Approx(4 * (0.5 + 1e-12 - 0.5)).epsilon(1e-14));
}

TEST_CASE("powers: a base of 0, a negative one, a square") {
  const Tensor a = variable(doubles({-2.0, 0.0, 3.0}));
  CHECK(is_same(pow(a, 2), doubles({4, 0, 9})));
  CHECK(is_same(gradients(sum(pow(a, 2)), {a})[0], doubles({-4, 0, 6})));
  CHECK(is_same(gradients(sum(pow(a, 3.0)), {a})[0], doubles({12, 0, 27})));
  CHECK(is_same(gradients(sum(pow(a, 0)), {a})[0], doubles({0, 0, 0})));
  const Tensor b = variable(doubles({2.0, 2.0, 2.0}));
  const auto both = gradients(sum(pow(a, b)), {a, b});
  CHECK(is_same(both[0], doubles({-4, 0, 6})));
  CHECK(std::isnan(both[1].value().as_double(0)));
  CHECK(both[1].value().as_double(1) == 0);
}

TEST_CASE("polygamma and digamma agree with tables") {
  const double euler = 0.57721566490153286061, pi = M_PI;
  const auto at = [](int n, double x) { return number(polygamma(n, doubles({x}))); };
  CHECK(number(digamma(doubles({1.0}))) == Approx(-euler).epsilon(1e-15));
  CHECK(number(digamma(doubles({0.5}))) == Approx(-euler - 2 * std::log(2.0)).epsilon(1e-15));
  CHECK(number(digamma(doubles({-0.5}))) == Approx(-euler - 2 * std::log(2.0) + 2).epsilon(1e-13));
  CHECK(at(1, 1) == Approx(pi * pi / 6).epsilon(1e-15));
  CHECK(at(1, 0.5) == Approx(pi * pi / 2).epsilon(1e-15));
  CHECK(at(1, -0.5) == Approx(pi * pi / 2 + 4).epsilon(1e-14));
  CHECK(at(3, 1) == Approx(std::pow(pi, 4) / 15).epsilon(1e-14));
  CHECK(std::isnan(number(digamma(doubles({-2.0})))));
  CHECK(number(digamma(doubles({0.0}))) == -infinity);
}

TEST_CASE("logic on bool, and tests of real numbers") {
  const Tensor a = tensor({true, true, false, false}), b = tensor({true, false, true, false});
  CHECK(is_same(a && b, tensor({true, false, false, false})));
  CHECK(is_same(a || b, tensor({true, true, true, false})));
  CHECK(is_same(logical_xor(a, b), tensor({false, true, true, false})));
  CHECK(is_same(!a, tensor({false, false, true, true})));
  CHECK((reshape(a, {4, 1}) && b).shape() == Shape{4, 4});
  const Tensor x = variable(doubles({1.0, infinity, -infinity, not_a_number}));
  CHECK(is_same(isnan(x), tensor({false, false, false, true})));
  CHECK(is_same(isinf(x), tensor({false, true, true, false})));
  CHECK(is_same(isfinite(x), tensor({true, false, false, false})));
  CHECK_FALSE(isnan(x).has_history());
  CHECK(is_same(isfinite(tensor({1, 2}, {.dtype = int64})), tensor({true, true})));
}
