// gradcheck at points that are hard to judge: where a rule gives NaN, where elements tie, where the numbers of a sum cancel, where the
// function bends within every step.
#include <cmath>
#include <string>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <reel/core/kernels/kernels.hpp>
#include <reel/reel.hpp>

using namespace reel;
using Catch::Contains;

namespace {

using In = std::vector<Tensor>;

Tensor f64(const Values& values) { return variable(tensor(values, {.dtype = float64})); }

Tensor random_of(const Shape& shape, std::uint64_t seed, Dtype dtype = float64, double scale = 1) {
  const SeedScope scope(seed);
  return variable(astype(random::normal(shape, {.dtype = float64}) * scale, dtype));
}

template <class F, class R>
Tensor unary(Literal name, const Tensor& x, F forward, R rule) {
  return record(
      name, "wrong on purpose", {x}, [forward](const Inputs& in) { return forward(in[0]); },
      [rule](const Pullback& p) { return Gradients{Tensor(rule(p))}; });
}

/// The product over rows, by the rule that fails at 0.
Tensor quotient_prod(const Tensor& x) {
  return unary(
      "quotient_prod", x, [](const Array& a) { return kernels::prod(a, {1}, false); },
      [](const Pullback& p) {
        return reshape(p.dy() * p.output(), {-1, 1}) / p.input(0);
      });
}

/// All of dy goes to every element that is the maximum.
Tensor generous_max(const Tensor& x) {
  return unary(
      "generous_max", x, [](const Array& a) { return kernels::max(a, {1}, true); },
      [](const Pullback& p) { return p.dy() * astype(p.input(0) == p.output(), p.dy().dtype()); });
}

Tensor generous_maximum(const Tensor& a, const Tensor& b) {
  return record(
      "generous_maximum", "da = dy where a >= b   db = dy where b >= a", {a, b},
      [](const Inputs& in) { return kernels::maximum(in[0], in[1]); },
      [](const Pullback& p) {
        const Tensor of_a = p.input(0) >= p.input(1), of_b = p.input(1) >= p.input(0);
        return Gradients{p.dy() * astype(of_a, p.dy().dtype()), p.dy() * astype(of_b, p.dy().dtype())};
      });
}

/// The largest magnitude, of which each gets all of dy.
Tensor generous_norm(const Tensor& x) {
  return unary(
      "generous_norm", x, [](const Array& a) { return kernels::max(kernels::abs(a), {0}, true); },
      [](const Pullback& p) { return p.dy() * sign(p.input(0)) * astype(abs(p.input(0)) == p.output(), p.dy().dtype()); });
}

}  // namespace

TEST_CASE("gradcheck says the true derivative where a rule gives NaN") {
  const Tensor x = f64({{2.0, 0.0, 3.0}, {1.0, 2.0, 5.0}});
  const GradcheckReport report = gradcheck([](const In& in) { return quotient_prod(in[0]); }, {x});
  const std::string text = report.message();
  CAPTURE(text);
  CHECK_FALSE(report.ok());
  CHECK_THAT(text, Catch::StartsWith("quotient_prod, input 0: x[0,1] = 0: your rule gives NaN, the numeric derivative of y[0] is 6 ± "));
  CHECK_THAT(text, Contains("  1 of 6 elements are wrong\n") && Contains("likely mistake: division by 0"));
  CHECK_THAT(text, !Contains("-nan") && !Contains(" nan"));
  CHECK(report.details().worst[0].numeric == Approx(6));
  CHECK(std::isnan(report.details().worst[0].rule));
  CHECK_THAT(report.json(), Contains("\"rule\": \"nan\""));

  // An infinity, and a NaN of either sign in a function of one number.
  const auto root = [](const In& in) {
    return unary(
        "root_of_square", in[0], [](const Array& a) { return kernels::square(a); },
        [](const Pullback& p) { return p.dy() * 2.0 * p.output() / p.input(0); });
  };
  const GradcheckReport of_one = gradcheck(root, {f64(0.0)});
  CHECK_THAT(of_one.message(), Contains("x = 0: your rule gives NaN, the numeric derivative of y is 0 ± ") && !Contains("-nan"));
  CHECK(fmt::format("{}", (f64(0.0) / f64(0.0)).item<double>()) == "nan");
  CHECK(fmt::format("{}", (variable(tensor(0.0)) / variable(tensor(0.0))).item<float>()) == "nan");
}

TEST_CASE("gradcheck checks ties along directions that keep them") {
  const Tensor x = f64({{2.0, 2.0, 1.0}, {1.0, 2.0, 5.0}});
  for (const Kinks kinks : {Kinks::refuse, Kinks::allow}) {
    const GradcheckReport report = gradcheck([](const In& in) { return generous_max(in[0]); }, {x}, {.kinks = kinks});
    CAPTURE(report.message());
    CHECK_FALSE(report.ok());
    CHECK(report.details().mistake == "ties");
    CHECK_THAT(report.message(),
               Catch::StartsWith("generous_max, input 0: x[0,0], x[0,1] and x[1,1] = 2, moved together: your rule gives 2, the numeric "
                                 "derivative is 1 ± ") &&
                   Contains("the rule gives 2 of the equal elements all of the gradient"));
  }
  CHECK_FALSE(gradcheck_op([](const Tensor& t) { return generous_max(t); }, {.shapes = {{{2, 3}}}}).ok());
  CHECK_FALSE(gradcheck_op([](const Tensor& a, const Tensor& b) { return generous_maximum(a, b); }).ok());
  // Ties of magnitudes, which move away from 0 together.
  const GradcheckReport norm =
      gradcheck([](const In& in) { return generous_norm(in[0]); }, {f64({3.0, -3.0, 1.0})}, {.kinks = Kinks::allow});
  CAPTURE(norm.message());
  CHECK_FALSE(norm.ok());
  CHECK_THAT(norm.message(), Contains("x[0] and x[1] = 3, moved together"));
  // In float32, and in the middle of other ops.
  const auto deep = [](const In& in) { return sum(square(generous_max(in[0] * 3.0))); };
  CHECK(gradcheck(deep, {variable(tensor({{2.0, 2.0, 1.0}}))}, {.kinks = Kinks::allow}).details().op == "generous_max");
}

TEST_CASE("right rules pass at ties, whichever element they give the gradient to") {
  const std::pair<const char*, std::function<Tensor(const Tensor&)>> ops[] = {
      {"max", [](const Tensor& x) { return max(x, -1); }},
      {"min", [](const Tensor& x) { return min(x, -1); }},
      {"sort", [](const Tensor& x) { return sort(x); }},
      {"topk", [](const Tensor& x) { return topk(x, 2).values; }},
      {"relu", [](const Tensor& x) { return relu(x); }},
      {"max_pool1d",
       [](const Tensor& x) {
         return max_pool1d(reshape(x, {1, -1}), 2);
       }},
      {"cumulative maximum",
       [](const Tensor& x) {
         return maximum(x[{ellipsis, {0, -1}}], x[{ellipsis, {1, {}}}]);
       }},
      {"largest magnitude", [](const Tensor& x) { return max(abs(x), -1); }},
  };
  for (const auto& [name, op] : ops) {
    const GradcheckReport report = gradcheck_op([&f = op](const Tensor& x) { return f(x); }, {.shapes = {{{4}}, {{2, 3}}}});
    CAPTURE(name, report.message());
    CHECK(report.ok());
  }
  CHECK(gradcheck_op([](const Tensor& a, const Tensor& b) { return maximum(a, b); }).ok());
  CHECK(gradcheck_op([](const Tensor& a, const Tensor& b) { return where(a > b, a, b); }).ok());
}

TEST_CASE("sums whose numbers cancel are no false alarm, first and second order, in float32 and float64") {
  for (const Dtype dtype : {float32, float64}) {
    for (const double scale : {1.0, 1e-3, 100.0}) {
      const Tensor x = random_of({4, 6}, 1, dtype, scale), image = random_of({2, 4, 3}, 2, dtype, scale);
      nn::BatchNorm1d batch_norm(6);
      batch_norm.to(dtype);
      const std::pair<const char*, std::function<Tensor(const In&)>> sums[] = {
          {"layer_norm", [](const In& in) { return sum(layer_norm(in[0])); }},
          {"group_norm", [](const In& in) { return sum(group_norm(in[1], 2)); }},
          {"batch_norm", [&](const In& in) { return sum(batch_norm(in[0])); }},
          {"softmax", [](const In& in) { return sum(softmax(in[0])); }},
          {"x - mean(x)", [](const In& in) { return sum(in[0] - mean(in[0])); }},
          {"rows less their means", [](const In& in) { return sum(in[0] - mean(in[0], 1, {.keepdims = true}), 1); }},
      };
      for (const auto& [name, f] : sums) {
        // The layer's own weights stay float32, so that its differences are; for small inputs these are too coarse to say anything.
        if (std::string(name) == "batch_norm" && dtype == float32 && scale < 1) continue;
        for (const int order : {1, 2}) {
          const GradcheckReport report = gradcheck(f, {x, image}, {.order = order});
          CAPTURE(name, dtype, scale, order, report.message());
          CHECK(report.ok());
        }
      }
    }
  }
}

TEST_CASE("small errors are still seen where numbers cancel") {
  const Tensor x = random_of({4, 6}, 1);
  // The gradient is 2e-6·x, of which half leaves the tape; that of the norm's sum is 0.
  const auto leaks = [](const In& in) { return sum(layer_norm(in[0])) + 1e-6 * sum(in[0].detach() * in[0]); };
  CHECK(gradcheck(leaks, {x}).details().kind == "wrong gradient");
  const auto steep = [](const In& in) {
    return sum(unary(
        "steep", in[0] - mean(in[0]), [](const Array& a) { return kernels::square(a); },
        [](const Pullback& p) { return p.dy() * p.input(0) * 2.00001; }));
  };
  CHECK(gradcheck(steep, {x}).details().op == "steep");
  // In float32 an error of one part in a hundred, beside a gradient that is all rounding.
  const auto coarse = [](const In& in) {
    return sum(layer_norm(in[0])) + sum(unary(
                                        "coarse", in[0], [](const Array& a) { return kernels::square(a); },
                                        [](const Pullback& p) { return p.dy() * p.input(0) * 2.02; }));
  };
  CHECK(gradcheck(coarse, {random_of({4, 6}, 1, float32)}).details().op == "coarse");
}

TEST_CASE("a chaotic function is judged by steps that it does not bend within, or not at all") {
  const auto logistic = [](int steps) {
    return [steps](const In& in) {
      Tensor x = in[0];
      for (int i = 0; i < steps; ++i) x = x * 3.9 * (1 - x);
      return x;
    };
  };
  for (const int steps : {10, 20, 40, 60, 80, 100}) {
    const GradcheckReport report = gradcheck(logistic(steps), {f64(0.3)});
    CAPTURE(steps, report.message());
    CHECK((report.ok() || report.details().kind == "too uncertain"));
    if (steps <= 20) CHECK(report.ok());
  }
}
