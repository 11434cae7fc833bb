// Functions far from 0, outside of their domains and at NaN: values and slopes in both dtypes.
#include <reel/core/kernels/simd/dual_math.hpp>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <reel/reel.hpp>
#include <reel/testing/catch.hpp>

using namespace reel;

namespace {

using Function = std::function<Tensor(const Tensor&)>;
struct Named {
  std::string name;
  Function f;
};

/// All functions of one variable, element by element.
std::vector<Named> functions() {
  return {
      {"exp", [](const Tensor& x) { return exp(x); }},
      {"expm1", [](const Tensor& x) { return expm1(x); }},
      {"log", [](const Tensor& x) { return log(x); }},
      {"log1p", [](const Tensor& x) { return log1p(x); }},
      {"log2", [](const Tensor& x) { return log2(x); }},
      {"sqrt", [](const Tensor& x) { return sqrt(x); }},
      {"rsqrt", [](const Tensor& x) { return rsqrt(x); }},
      {"reciprocal", [](const Tensor& x) { return reciprocal(x); }},
      {"square", [](const Tensor& x) { return square(x); }},
      {"sin", [](const Tensor& x) { return sin(x); }},
      {"cos", [](const Tensor& x) { return cos(x); }},
      {"tan", [](const Tensor& x) { return tan(x); }},
      {"asin", [](const Tensor& x) { return asin(x); }},
      {"acos", [](const Tensor& x) { return acos(x); }},
      {"atan", [](const Tensor& x) { return atan(x); }},
      {"sinh", [](const Tensor& x) { return sinh(x); }},
      {"cosh", [](const Tensor& x) { return cosh(x); }},
      {"tanh", [](const Tensor& x) { return tanh(x); }},
      {"asinh", [](const Tensor& x) { return asinh(x); }},
      {"acosh", [](const Tensor& x) { return acosh(x); }},
      {"atanh", [](const Tensor& x) { return atanh(x); }},
      {"erf", [](const Tensor& x) { return erf(x); }},
      {"erfc", [](const Tensor& x) { return erfc(x); }},
      {"lgamma", [](const Tensor& x) { return lgamma(x); }},
      {"digamma", [](const Tensor& x) { return digamma(x); }},
      {"polygamma", [](const Tensor& x) { return polygamma(2, x); }},
      {"abs", [](const Tensor& x) { return abs(x); }},
      {"sign", [](const Tensor& x) { return sign(x); }},
      {"floor", [](const Tensor& x) { return floor(x); }},
      {"ceil", [](const Tensor& x) { return ceil(x); }},
      {"round", [](const Tensor& x) { return round(x); }},
      {"clamp", [](const Tensor& x) { return clamp(x, -2, 3); }},
      {"neg", [](const Tensor& x) { return neg(x); }},
      {"pow 0.5", [](const Tensor& x) { return pow(x, 0.5); }},
      {"pow 3", [](const Tensor& x) { return pow(x, 3); }},
      {"pow -2", [](const Tensor& x) { return pow(x, -2); }},
      {"2 to the power", [](const Tensor& x) { return pow(2.0, x); }},
      {"atan2", [](const Tensor& x) { return atan2(x, 2.0); }},
      {"atan2 by the other", [](const Tensor& x) { return atan2(2.0, x); }},
      {"hypot", [](const Tensor& x) { return hypot(x, 2.0); }},
      {"fmod", [](const Tensor& x) { return fmod(x, 2.5); }},
      {"logaddexp", [](const Tensor& x) { return logaddexp(x, 2.0); }},
      {"xlogy", [](const Tensor& x) { return xlogy(2.0, x); }},
      {"xlogy by the other", [](const Tensor& x) { return xlogy(x, 2.0); }},
      {"maximum", [](const Tensor& x) { return maximum(x, 1.5); }},
      {"lerp", [](const Tensor& x) { return lerp(1.0, 2.0, x); }},
      {"sigmoid", [](const Tensor& x) { return sigmoid(x); }},
      {"log_sigmoid", [](const Tensor& x) { return log_sigmoid(x); }},
      {"logit", [](const Tensor& x) { return logit(x); }},
      {"softplus", [](const Tensor& x) { return softplus(x); }},
      {"softsign", [](const Tensor& x) { return softsign(x); }},
      {"relu", [](const Tensor& x) { return relu(x); }},
      {"leaky_relu", [](const Tensor& x) { return leaky_relu(x); }},
      {"prelu", [](const Tensor& x) { return prelu(x, 0.3); }},
      {"elu", [](const Tensor& x) { return elu(x); }},
      {"selu", [](const Tensor& x) { return selu(x); }},
      {"gelu", [](const Tensor& x) { return gelu(x); }},
      {"gelu by tanh", [](const Tensor& x) { return gelu(x, {.approximate = "tanh"}); }},
      {"silu", [](const Tensor& x) { return silu(x); }},
      {"mish", [](const Tensor& x) { return mish(x); }},
      {"hardtanh", [](const Tensor& x) { return hardtanh(x); }},
      {"hardsigmoid", [](const Tensor& x) { return hardsigmoid(x); }},
      {"hardswish", [](const Tensor& x) { return hardswish(x); }},
      {"CELU", [](const Tensor& x) { return nn::CELU({.alpha = 2})(x); }},
      {"Softplus", [](const Tensor& x) { return nn::Softplus({.beta = 2})(x); }},
      {"Softshrink", [](const Tensor& x) { return nn::Softshrink()(x); }},
      {"Hardshrink", [](const Tensor& x) { return nn::Hardshrink()(x); }},
      {"Threshold", [](const Tensor& x) { return nn::Threshold({.threshold = 1, .value = 2})(x); }},
      {"Tanhshrink", [](const Tensor& x) { return nn::Tanhshrink()(x); }},
      {"ReLU6", [](const Tensor& x) { return nn::ReLU6()(x); }},
  };
}

/// A function of formulas, and its first and second derivative by dual numbers.
struct Formula {
  std::string name;
  std::array<double, 3> (*of_float)(double x);
  std::array<double, 3> (*of_double)(double x);
};

template <class T, class F>
std::array<double, 3> by_duals(double x) {
  using Vec = kernels::Vec<T>;
  using Dual = kernels::Dual<Vec, 1>;
  using Second = kernels::Dual<Dual, 1>;
  const Second y(F()(Second(Dual(Vec(x), {Vec(1)}), {Dual(Vec(1))})));
  T lanes[Vec::lanes];
  const auto first = [&](const Vec& p) {
    p.store(lanes);
    return static_cast<double>(lanes[0]);
  };
  return {first(y.v.v), first(y.d[0].v), first(y.d[0].d[0])};
}

template <class F>
Formula formula(const char* name, F) {
  return {name, by_duals<float, F>, by_duals<double, F>};
}

std::vector<Formula> formulas() {
  return {
      formula("log", [](auto x) { return log(x); }),           formula("log1p", [](auto x) { return log1p(x); }),
      formula("log2", [](auto x) { return log2(x); }),         formula("sqrt", [](auto x) { return sqrt(x); }),
      formula("rsqrt", [](auto x) { return rsqrt(x); }),       formula("asin", [](auto x) { return asin(x); }),
      formula("acos", [](auto x) { return acos(x); }),         formula("atan", [](auto x) { return atan(x); }),
      formula("tanh", [](auto x) { return tanh(x); }),         formula("asinh", [](auto x) { return asinh(x); }),
      formula("acosh", [](auto x) { return acosh(x); }),       formula("atanh", [](auto x) { return atanh(x); }),
      formula("erf", [](auto x) { return erf(x); }),           formula("erfc", [](auto x) { return erfc(x); }),
      formula("sigmoid", [](auto x) { return sigmoid(x); }),   formula("softplus", [](auto x) { return softplus(x); }),
      formula("hypot", [](auto x) { return hypot(x, 2); }),    formula("pow 3", [](auto x) { return pow(x, 3); }),
      formula("2 to the x", [](auto x) { return pow(2, x); }), formula("atan2", [](auto x) { return atan2(x, 2); }),
      formula("expm1", [](auto x) { return expm1(x); }),       formula("fmod", [](auto x) { return fmod(x, 2.5); }),
  };
}

Tensor of(const std::vector<double>& values, Dtype dtype) { return Tensor(Array::of<double>({values.size()}, values).astype(dtype)); }

/// Powers of ten of both signs up to the largest number, which is there too.
Tensor powers(Dtype dtype) {
  const double largest = dtype == float32 ? static_cast<double>(std::numeric_limits<float>::max()) : std::numeric_limits<double>::max();
  std::vector<double> all{0.0, -0.0, 0.5, -0.5, 2, -2, 3, -3, 30, -30, largest, -largest, largest / 1.5, -largest / 1.5};
  const int most = dtype == float32 ? 38 : 308;
  for (int e = -most; e <= most; e += dtype == float32 || std::abs(e) < 25 ? 1 : 7)
    for (const double sign : {1.0, -1.0}) all.push_back(sign * std::pow(10.0, e));
  return of(all, dtype);
}

/// Derivatives of orders 0 to 2, and the first one by all ways there are.
struct Slopes {
  Tensor y, fused, first, forward, second;

  Slopes(const Function& f, const Tensor& at) {
    const Tensor x = variable(at);
    y = f(x);
    fused = gradients(sum(y), {x})[0];
    first = gradients(sum(y), {x}, {.differentiable = true})[0];
    forward = jvp(f, at, ones_like(at)).tangent;
    second = first.has_history() ? gradients(sum(first), {x})[0] : zeros_like(at);
  }
};

double at(const Tensor& t, std::size_t i) { return t.value().as_double(i); }

/// |a - b| in units of b.
double error(double a, double b) { return a == b ? 0 : std::abs(a - b) / std::abs(b); }

}  // namespace

TEST_CASE("where a function is finite its slopes are numbers, up to the largest float") {
  for (const Named& f : functions())
    for (const Dtype dtype : {float32, float64}) {
      const Tensor x = powers(dtype);
      const Slopes s(f.f, x);
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (!std::isfinite(at(s.y, i))) continue;
        CAPTURE(f.name, dtype, at(x, i), at(s.y, i));
        CHECK_FALSE(std::isnan(at(s.fused, i)));
        CHECK_FALSE(std::isnan(at(s.first, i)));
        if (std::isinf(at(s.fused, i))) continue;  // the ends of domains, and where the slope itself overflows
        CHECK_FALSE(std::isnan(at(s.forward, i)));
        CHECK_FALSE(std::isnan(at(s.second, i)));
      }
    }
}

TEST_CASE("by dual numbers, too, slopes are numbers where the function is, and NaN where it is") {
  for (const Formula& f : formulas())
    for (const Dtype dtype : {float32, float64}) {
      const Tensor x = concatenate({powers(dtype), tensor({-3.0, -1.5, -2.5, -0.3, 1.5, 3.0, 0.5}, {.dtype = dtype})});
      for (std::size_t i = 0; i < x.size(); ++i) {
        const auto [y, first, second] = dtype == float32 ? f.of_float(at(x, i)) : f.of_double(at(x, i));
        if (std::isinf(y)) continue;
        CAPTURE(f.name, dtype, at(x, i), y);
        CHECK(std::isnan(first) == std::isnan(y));
        if (!std::isinf(first)) CHECK(std::isnan(second) == std::isnan(y));
      }
    }
}

TEST_CASE("where a function has no value its slopes are NaN as well, to order 2") {
  for (const Named& f : functions())
    for (const Dtype dtype : {float32, float64}) {
      const Tensor x = tensor({-3.0, -1.5, -2.5, -0.3, 1.5, 3.0, 0.5}, {.dtype = dtype});
      const Slopes s(f.f, x);
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (!std::isnan(at(s.y, i))) continue;
        CAPTURE(f.name, dtype, at(x, i));
        CHECK(std::isnan(at(s.fused, i)));
        CHECK(std::isnan(at(s.first, i)));
        CHECK(std::isnan(at(s.forward, i)));
        CHECK(std::isnan(at(s.second, i)));
      }
    }
}

TEST_CASE("the logarithm of a negative determinant has no slope") {
  const Tensor a = variable(tensor({{-1.0, 0.0}, {0.5, 2.0}}, {.dtype = float64}));
  REQUIRE(std::isnan(at(logdet(a), 0)));
  for (std::size_t i = 0; i < 4; ++i) CHECK(std::isnan(at(gradients(logdet(a), {a})[0], i)));
  CHECK(std::isnan(at(hessian(logdet(a), a), 0)));
}

TEST_CASE("NaN goes through every function") {
  for (const Named& f : functions())
    for (const Dtype dtype : {float32, float64}) {
      CAPTURE(f.name, dtype);
      const Tensor y = f.f(full({19}, std::nan(""), {.dtype = dtype}));
      for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::isnan(at(y, i)));
    }
}

TEST_CASE("the slopes of tanh and sigmoid have their digits on both sides, and are even") {
  for (const Dtype dtype : {float32, float64}) {
    std::vector<double> points;
    for (double x = 0; x < (dtype == float32 ? 40 : 340); x += 0.37) points.insert(points.end(), {x, -x});
    const double tolerance = dtype == float32 ? 2e-6 : 1e-14;
    const Tensor x = of(points, dtype);
    const auto check = [&](const char* name, const Function& f, const auto& slope, const auto& bend) {
      const Slopes s(f, x);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const long double v = static_cast<long double>(at(x, i));
        const double expected = static_cast<double>(slope(v)), second = static_cast<double>(bend(v));
        CAPTURE(name, dtype, at(x, i));
        CHECK(error(at(s.fused, i), expected) < tolerance);
        CHECK(error(at(s.first, i), expected) < tolerance);
        CHECK(error(at(s.forward, i), expected) < tolerance);
        if (i > 1) CHECK(error(at(s.second, i), second) < 2 * tolerance);
        if (i % 2 == 1) CHECK(at(s.fused, i) == at(s.fused, i - 1));
      }
    };
    using Real = long double;
    const auto sech2 = [](Real v) { return 1 / (std::cosh(v) * std::cosh(v)); };
    const auto logistic = [](Real v) { return 1 / (2 + 2 * std::cosh(v)); };
    const auto tanh_bend = [&](Real v) { return -2 * std::tanh(v) * sech2(v); };
    const auto logistic_bend = [&](Real v) { return -std::tanh(v / 2) * logistic(v); };
    check(
        "tanh", [](const Tensor& t) { return tanh(t); }, sech2, tanh_bend);
    check(
        "sigmoid", [](const Tensor& t) { return sigmoid(t); }, logistic, logistic_bend);
    for (const Formula& f : formulas()) {
      if (f.name != "tanh" && f.name != "sigmoid") continue;
      for (std::size_t i = 2; i < x.size(); ++i) {
        const auto [y, first, second] = dtype == float32 ? f.of_float(at(x, i)) : f.of_double(at(x, i));
        const Real v = static_cast<Real>(at(x, i));
        CAPTURE(f.name, dtype, at(x, i), y);
        CHECK(error(first, static_cast<double>(f.name == "tanh" ? sech2(v) : logistic(v))) < tolerance);
        CHECK(error(second, static_cast<double>(f.name == "tanh" ? tanh_bend(v) : logistic_bend(v))) < 2 * tolerance);
      }
    }
  }
}

TEST_CASE("slopes that go through tanh and sigmoid have their digits at large arguments") {
  // 20 and -20 in float64, 17 and -17 in float32: e^-x is far below the last digit of 1.
  for (const Dtype dtype : {float32, float64}) {
    const double size = dtype == float32 ? 17 : 40, tolerance = dtype == float32 ? 4e-6 : 1e-13;
    const Tensor x = tensor({size, -size}, {.dtype = dtype});
    const double e = std::exp(-size);
    CAPTURE(dtype);
    for (const Function& f :
         {Function([](const Tensor& t) { return softplus(t); }), Function([](const Tensor& t) { return -log_sigmoid(-t); }),
          Function([](const Tensor& t) { return logaddexp(t, 0.0); })}) {
      const Slopes s(f, x);
      CHECK(error(at(s.first, 1), e) < tolerance);
      CHECK(error(at(s.second, 0), e) < tolerance);
      CHECK(error(at(s.second, 1), e) < tolerance);
    }
    const Slopes silu_slopes([](const Tensor& t) { return silu(t); }, x);
    CHECK(error(at(silu_slopes.fused, 1), e * (1 - size)) < tolerance);
    CHECK(error(at(silu_slopes.second, 0), e * (2 - size)) < tolerance);
    const Slopes soft([](const Tensor& t) { return slice(softmax(stack({t, zeros_like(t)}), 0), {0}); }, x);
    CHECK(error(at(soft.fused, 0), e) < tolerance);
    CHECK(error(at(soft.first, 0), e) < tolerance);
    CHECK(error(at(soft.second, 0), -e) < tolerance);
    const Slopes log_soft([](const Tensor& t) { return slice(log_softmax(stack({t, zeros_like(t)}), 0), {0}); }, x);
    CHECK(error(at(log_soft.y, 0), -e) < tolerance);
    CHECK(error(at(log_soft.fused, 0), e) < tolerance);
    CHECK(error(at(log_soft.first, 0), e) < tolerance);
    CHECK(error(at(log_soft.second, 0), -e) < tolerance);
    const Slopes log_sum([](const Tensor& t) { return logsumexp(stack({t, zeros_like(t)}), {0}); }, x);
    CHECK(error(at(log_sum.y, 1), e) < tolerance);
    CHECK(error(at(log_sum.second, 0), e) < tolerance);
  }
}

TEST_CASE("softmax and log_softmax of many have their slopes' digits where one is nearly all") {
  for (const std::size_t n : {2u, 5u, 16u, 17u, 63u, 200u}) {
    CAPTURE(n);
    std::vector<double> scores(n, -18.0), weights(n);
    scores[n / 2] = 0;
    double others = 0;
    for (std::size_t i = 0; i < n; ++i) {
      weights[i] = std::sin(static_cast<double>(i));
      if (i != n / 2) scores[i] -= 0.01 * static_cast<double>(i);
      if (i != n / 2) others += std::exp(scores[i]);
    }
    const auto slopes_of = [&](Dtype dtype, const auto& f) {
      const Tensor x = variable(of(scores, dtype));
      const Tensor y = sum(f(x) * of(weights, dtype));
      return std::vector<Tensor>{gradients(y, {x})[0], gradients(y, {x}, {.differentiable = true})[0], hessian(y, x)};
    };
    const auto agree = [&](const auto& f) {
      const auto low = slopes_of(float32, f), high = slopes_of(float64, f);
      for (std::size_t k = 0; k < 3; ++k)
        for (std::size_t i = 0; i < low[k].size(); ++i) {
          CAPTURE(k, i, at(low[k], i), at(high[k], i));
          CHECK(std::abs(at(low[k], i) - at(high[k], i)) <= 2e-5 * std::abs(at(high[k], i)) + 2e-5 * others);
        }
    };
    agree([](const Tensor& x) { return softmax(x, 0); });
    // The slope at all but the largest is theirs alone; that of the largest is the sum of the others' changes.
    const Tensor x = variable(of(scores, float32));
    const auto index = static_cast<std::ptrdiff_t>(n / 2);
    const Tensor y = log_softmax(x, 0).row(index);
    CHECK(error(y.value().as_double(0), -std::log1p(others)) < 1e-5);
    CHECK(error(at(gradients(y, {x})[0], n / 2), others) < 1e-5);
    CHECK(error(at(gradients(y, {x}, {.differentiable = true})[0], n / 2), others) < 1e-5);
  }
}

TEST_CASE("asinh, acosh and softsign have their slopes where squares overflow") {
  for (const auto& [x, dtype] : {std::pair(1e20, float32), std::pair(1e15, float32), std::pair(1e155, float64), std::pair(1e12, float64)}) {
    CAPTURE(x, dtype);
    const Tensor t = tensor({x, -x}, {.dtype = dtype});
    const Slopes as([](const Tensor&v) { return asinh(v); }, t), ac([](const Tensor&v) { return acosh(v); }, slice(t, {{0, 1}}));
    const double tolerance = dtype == float32 ? 1e-6 : 1e-14;
    CHECK(error(at(as.fused, 0), 1 / x) < tolerance);
    CHECK(error(at(as.fused, 1), 1 / x) < tolerance);
    CHECK(error(at(as.first, 1), 1 / x) < tolerance);
    CHECK(error(at(ac.fused, 0), 1 / x) < tolerance);
    CHECK(error(at(ac.first, 0), 1 / x) < tolerance);
  }
  const Slopes s([](const Tensor& v) { return softsign(v); }, tensor({1e4, -1e4}));
  for (std::size_t i = 0; i < 2; ++i) CHECK(error(at(s.fused, i), 1 / (10001.0 * 10001.0)) < 1e-6);
  CHECK(error(at(s.second, 0), -2 / std::pow(10001.0, 3)) < 1e-6);
}

TEST_CASE("gelu by tanh has slope 1 and 0 where the cube overflows") {
  for (const auto& [x, dtype] : {std::pair(1e20, float32), std::pair(1e155, float64)}) {
    const Slopes s([](const Tensor& v) { return gelu(v, {.approximate = "tanh"}); }, tensor({x, -x}, {.dtype = dtype}));
    CHECK(at(s.fused, 0) == 1);
    CHECK(at(s.fused, 1) == 0);
    CHECK(at(s.second, 0) == 0);
  }
}

TEST_CASE("polygamma keeps its digits near negative half integers") {
  // mpmath, 50 digits
  const auto value = [](int n, double x) { return at(polygamma(n, tensor({x}, {.dtype = float64})), 0); };
  CHECK(value(8, -26.5) == Approx(-1.7772e-08).epsilon(1e-4));
  CHECK(value(6, -171.5) == Approx(-4.634e-12).epsilon(1e-3));
  CHECK(value(10, -26.5) == Approx(-1.75e-09).epsilon(1e-2));
  // Γ(1 - x) Γ(x) sin πx = π: at half integers the even derivatives of digamma are those at 1 - x.
  for (const int n : {2, 4, 6, 8, 10, 12})
    for (const double x : {-0.5, -3.5, -26.5, -171.5}) {
      CAPTURE(n, x);
      CHECK(value(n, x) == Approx(value(n, 1 - x)).epsilon(1e-12));
    }
}
