// Derivatives of orders 1 to 3 at special values of the inputs, where rules tend to treat one of them as a constant.
#include <reel/autograd/elementwise.hpp>

#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <reel/reel.hpp>
#include <reel/testing/catch.hpp>

using namespace reel;

namespace {

/// A function of two numbers.
struct Op {
  const char* name;
  std::function<Tensor(const Tensor&, const Tensor&)> f;
};

const auto power = elementwise("power", [](auto a, auto b) { return pow(a, b); });

Tensor single(double x) { return tensor(x, {.dtype = float64}); }
Tensor both(const Tensor& a, const Tensor& b) { return concatenate({reshape(a, {1}), reshape(b, {1})}); }
Tensor beside(double x, double y) { return tensor({x, y}, {.dtype = float64}); }

std::vector<Op> ops() {
  static const auto length = elementwise("length", [](auto a, auto b) { return hypot(a, b) * b; });
  const nn::Reduction none = nn::Reduction::none;
  return {
      {"add", [](const Tensor& a, const Tensor& b) { return a + b; }},
      {"sub", [](const Tensor& a, const Tensor& b) { return a - b; }},
      {"mul", [](const Tensor& a, const Tensor& b) { return a * b; }},
      {"div", [](const Tensor& a, const Tensor& b) { return a / b; }},
      {"pow", [](const Tensor& a, const Tensor& b) { return pow(a, b); }},
      {"pow of one input", [](const Tensor& a, const Tensor& b) { return pow(a, a) * b; }},
      {"pow of a constant", [](const Tensor& a, const Tensor& b) { return pow(2.0, a) * pow(b, 3); }},
      {"pow as a formula", [](const Tensor& a, const Tensor& b) { return power(a, b); }},
      {"hypot", [](const Tensor& a, const Tensor& b) { return hypot(a, b); }},
      {"hypot as a formula", [](const Tensor& a, const Tensor& b) { return length(a, b); }},
      {"atan2", [](const Tensor& a, const Tensor& b) { return atan2(a, b); }},
      {"logaddexp", [](const Tensor& a, const Tensor& b) { return logaddexp(a, b); }},
      {"xlogy", [](const Tensor& a, const Tensor& b) { return xlogy(a, b); }},
      {"maximum", [](const Tensor& a, const Tensor& b) { return maximum(a, b); }},
      {"prelu", [](const Tensor& a, const Tensor& b) { return prelu(a, b); }},
      {"lerp", [](const Tensor& a, const Tensor& b) { return lerp(a, b * b, a * b); }},
      {"norm", [](const Tensor& a, const Tensor& b) { return norm(both(a, b)) * a; }},
      {"cosine_similarity", [](const Tensor& a, const Tensor& b) { return nn::cosine_similarity(both(a, b), beside(1, 2), {.axis = 0}); }},
      {"pairwise_distance", [](const Tensor& a, const Tensor& b) { return nn::pairwise_distance(both(a, b), beside(0.3, 0.2)); }},
      {"pairwise_distance, p = 3",
       [](const Tensor& a, const Tensor& b) { return nn::pairwise_distance(both(a, b), beside(0.3, 0.2), {.p = 3}); }},
      {"std",
       [](const Tensor& a, const Tensor& b) {
         return reel::std(concatenate({both(a, b), beside(0.3, 0.1)}));
       }},
      {"var", [](const Tensor& a, const Tensor& b) { return var(both(a, b * a)); }},
      {"logsumexp", [](const Tensor& a, const Tensor& b) { return logsumexp(both(a, b)); }},
      {"softmax", [](const Tensor& a, const Tensor& b) { return sum(softmax(both(a, b), 0) * beside(1, 3)); }},
      {"log_softmax", [](const Tensor& a, const Tensor& b) { return sum(log_softmax(both(a, b), 0) * beside(1, 3)); }},
      {"prod",
       [](const Tensor& a, const Tensor& b) {
         return prod(concatenate({both(a, b), both(a, b)}));
       }},
      {"layer_norm",
       [](const Tensor& a, const Tensor& b) {
         return sum(layer_norm(concatenate({both(a, b), beside(2, 0.3)})) * a);
       }},
      {"rms_norm", [](const Tensor& a, const Tensor& b) { return sum(rms_norm(both(a, b)) * beside(1, 3)); }},
      {"binary_cross_entropy",
       [](const Tensor& a, const Tensor& b) { return nn::binary_cross_entropy(sigmoid(a), b, {.reduction = none}); }},
      {"binary_cross_entropy_with_logits",
       [](const Tensor& a, const Tensor& b) { return nn::binary_cross_entropy_with_logits(a, b, {.reduction = none}); }},
      {"binary_cross_entropy_with_logits, pos_weight",
       [](const Tensor& a, const Tensor& b) {
         return nn::binary_cross_entropy_with_logits(a, single(0.7), {.reduction = none, .weight = b, .pos_weight = a * b});
       }},
      {"kl_div", [](const Tensor& a, const Tensor& b) { return nn::kl_div(a, exp(b), {.reduction = nn::Reduction::none}); }},
      {"kl_div, log_target",
       [](const Tensor& a, const Tensor& b) { return nn::kl_div(a, b, {.reduction = nn::Reduction::none, .log_target = true}); }},
      {"cross_entropy of shares", [](const Tensor& a, const Tensor& b) { return nn::cross_entropy(both(a, b), both(b, a)); }},
      {"gaussian_nll_loss", [](const Tensor& a, const Tensor& b) { return nn::gaussian_nll_loss(a, single(0.4), square(b) + 1.0); }},
      {"poisson_nll_loss", [](const Tensor& a, const Tensor& b) { return nn::poisson_nll_loss(a, b, {.full = true}); }},
      {"huber_loss", [](const Tensor& a, const Tensor& b) { return nn::huber_loss(a * b, b); }},
  };
}

/// The derivative of y by each of two inputs; 0 where there is none.
std::array<Tensor, 2> slopes(const Tensor& y, const std::array<Tensor, 2>& x) {
  if (!y.has_history()) return {single(0), single(0)};
  const std::vector<Tensor> g = gradients(y, {x[0], x[1]}, {.differentiable = true});
  return {g[0], g[1]};
}

/// All derivatives of an order, by the inputs in turn: 2^order numbers.
std::vector<double> derivatives_of(const Op& op, double a, double b, std::size_t order) {
  const std::array<Tensor, 2> x{variable(single(a)), variable(single(b))};
  std::vector<Tensor> level{op.f(x[0], x[1])};
  level[0] = reshape(level[0], Ints());
  for (std::size_t k = 0; k < order; ++k) {
    std::vector<Tensor> next;
    for (const Tensor& y : level)
      for (const Tensor& slope : slopes(y, x)) next.push_back(slope);
    level = next;
  }
  std::vector<double> result;
  for (const Tensor& y : level) result.push_back(y.item<double>());
  return result;
}

/// How `lower`, the derivatives of an order at a point, change with input i; NaN where they change in different ways to both sides.
std::vector<double> change(const Op& op, double a, double b, std::size_t i, std::size_t order) {
  constexpr double h = 1e-5;
  const auto at = [&](double step) { return derivatives_of(op, a + (i == 0 ? step : 0), b + (i == 1 ? step : 0), order); };
  const std::vector<double> far_below = at(-2 * h), below = at(-h), above = at(h), far_above = at(2 * h);
  std::vector<double> result(above.size());
  for (std::size_t k = 0; k < result.size(); ++k) {
    const double left = (below[k] - far_below[k]) / h, right = (far_above[k] - above[k]) / h;
    const bool is_smooth = std::abs(left - right) < 1e-2 * (1 + std::abs(left)) && std::abs(below[k] - above[k]) < 1e-2;
    result[k] = is_smooth ? (8 * (above[k] - below[k]) - (far_above[k] - far_below[k])) / (12 * h) : std::nan("");
  }
  return result;
}

}  // namespace

TEST_CASE("derivatives to order 3 are right at special values, in whatever order they are taken") {
  std::size_t compared = 0;
  for (const Op& op : ops())
    for (const double a : {0.0, 1.0, -1.0, 2.0, 0.5})
      for (const double b : {0.0, 1.0, -1.0, 2.0, 0.5}) {
        const std::string name = op.name;
        if (name == "binary_cross_entropy" && (b < 0 || b > 1)) continue;
        if ((name == "div" || name == "cosine_similarity") && a == 0 && b == 0) continue;  // it has no limit there
        for (const std::size_t order : {1u, 2u, 3u}) {
          CAPTURE(op.name, a, b, order);
          const std::vector<double> found = derivatives_of(op, a, b, order);
          for (const std::size_t last : {0u, 1u}) {
            const std::vector<double> expected = change(op, a, b, last, order - 1);
            for (std::size_t k = 0; k < expected.size(); ++k) {
              if (!std::isfinite(expected[k])) continue;
              CAPTURE(k, last);
              CHECK(std::abs(found[2 * k + last] - expected[k]) < 1e-5 * (1 + std::abs(expected[k])));
              ++compared;
            }
          }
        }
      }
  CHECK(compared > 5000);
}

TEST_CASE("pow has its mixed second derivative where the exponent is 0, and its third where it is 1") {
  const Tensor a = variable(single(2)), b = variable(single(0));
  const auto h = hessian(pow(a, b), {a, b});
  CHECK(h[0][1].item<double>() == Approx(0.5));
  CHECK(h[1][0].item<double>() == Approx(0.5));

  const Tensor x = variable(single(1));
  const auto slope = [&](const Tensor& y) { return gradients(y, {x}, {.differentiable = true})[0]; };
  const Tensor first = slope(pow(x, x)), second = slope(first), third = slope(second);
  CHECK(first.item<double>() == 1);
  CHECK(second.item<double>() == Approx(2));
  CHECK(third.item<double>() == Approx(3));

  CHECK(slope(slope(slope(power(x, x)))).item<double>() == Approx(3));
  const auto by_x = [](const Tensor& v) { return jvp([](const Tensor& u) { return pow(u, u); }, v, ones_like(v)).tangent; };
  CHECK(jvp(by_x, x, ones_like(x)).tangent.item<double>() == Approx(2));
}

TEST_CASE("gradcheck agrees with pow at exponents that are whole numbers") {
  for (const double exponent : {0.0, 1.0, 2.0, 3.0, -1.0}) {
    CAPTURE(exponent);
    const auto f = [](const std::vector<Tensor>& in) { return pow(in[0], in[1]); };
    const auto report = gradcheck(f, {tensor({0.5, 2.0}, {.dtype = float64}), full({2}, exponent, {.dtype = float64})}, {.order = 2});
    INFO(report.message());
    CHECK(report.ok());
  }
}

TEST_CASE("0^0 depends on neither, and 0^b not on b") {
  const Tensor a = variable(single(0)), b = variable(single(0));
  const auto h = hessian(pow(a, b), {a, b});
  for (const auto& row : h)
    for (const Tensor& t : row) CHECK(t.item<double>() == 0);
  const Tensor x = variable(single(0));
  CHECK(gradients(pow(x, 1.0), {x})[0].item<double>() == 1);
  CHECK(gradients(pow(x, 0.0), {x})[0].item<double>() == 0);
  CHECK(hessian(pow(x, 2.0), x).item<double>() == 2);
}

TEST_CASE("the second derivatives of lengths and deviations keep their digits where one element is nearly all") {
  for (const Dtype dtype : {float32, float64})
    for (const double a : {1e3, dtype == float32 ? 1e5 : 1e8}) {
      const double tolerance = dtype == float32 ? 1e-5 : 1e-12, h = std::sqrt(a * a + 5), cube = h * h * h;
      const Tensor x = variable(tensor({a, 1.0, 2.0}, {.dtype = dtype}));
      for (const Tensor& length : {norm(x), nn::pairwise_distance(x, zeros({3}, {.dtype = dtype}), {.eps = 0})}) {
        const Array second = hessian(length, x).value();
        CAPTURE(dtype, a);
        CHECK(second.as_double(0) == Approx(5 / cube).epsilon(tolerance));
        CHECK(second.as_double(1) == Approx(-a / cube).epsilon(tolerance));
        CHECK(second.as_double(4) == Approx((a * a + 4) / cube).epsilon(tolerance));
        CHECK(second.as_double(5) == Approx(-2 / cube).epsilon(tolerance));
      }
    }
  const Tensor x = variable(tensor({1.0, 2.0, 4.0}, {.dtype = float64}));
  CHECK(gradcheck([](const std::vector<Tensor>& in) { return reel::std(in[0]); }, {x.detach()}, {.order = 2}).ok());
  CHECK(gradcheck([](const std::vector<Tensor>& in) { return norm(reshape(in[0], {1, 3, 1})); }, {x.detach()}, {.order = 2}).ok());
}

TEST_CASE("the second derivative of hypot keeps its digits where one input is large") {
  for (const double a : {1e3, 1e4, 1e7, 1e8, 1e15})
    for (const Dtype dtype : {float32, float64}) {
      CAPTURE(a, dtype);
      const Tensor x = variable(tensor(a, {.dtype = dtype})), one = tensor(1.0, {.dtype = dtype});
      const double h = std::hypot(a, 1.0), expected = 1 / (h * h * h);
      if (dtype == float32 && expected < 1e-37) continue;
      CHECK(hessian(hypot(x, one), x).value().as_double(0) == Approx(expected).epsilon(dtype == float32 ? 1e-5 : 1e-13));
      CHECK(hessian(hypot(one, x), x).value().as_double(0) == Approx(expected).epsilon(dtype == float32 ? 1e-5 : 1e-13));
    }
}
