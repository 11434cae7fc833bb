#include "../ops_table.hpp"

using namespace reel;

namespace {

void one(std::vector<Row>& rows, const char* op, Tensor (*f)(Operand), const std::vector<Range>& ranges = anything,
         const char* variant = "") {
  rows.push_back({op, variant, [f](const In& in) { return f(in[0]); }, unary, ranges});
}

void two(std::vector<Row>& rows, const char* op, Tensor (*f)(Operand, Operand), const std::vector<Range>& ranges = anything,
         const char* variant = "") {
  rows.push_back({op, variant, [f](const In& in) { return f(in[0], in[1]); }, binary, ranges});
}

template <class F>
void with(std::vector<Row>& rows, const char* op, const char* variant, F f, const std::vector<Range>& ranges = anything) {
  rows.push_back({op, variant, [f](const In& in) { return f(in[0]); }, unary, ranges});
}

const std::vector<Range> inside{{-0.8, 0.8}};
const std::vector<Range> below{{-2.5, -0.2}};
const std::vector<Range> above{{0.2, 2.5}};

void append_functions(std::vector<Row>& rows) {
  one(rows, "expm1", expm1);
  one(rows, "log1p", log1p, {{-0.5, 2}});
  one(rows, "log2", log2, positive);
  one(rows, "rsqrt", rsqrt, positive);
  one(rows, "reciprocal", reciprocal, positive);
  one(rows, "reciprocal", reciprocal, {{-2, -0.5}}, "negative");
  one(rows, "sin", sin);
  one(rows, "cos", cos);
  one(rows, "tan", tan, {{-1, 1}});
  one(rows, "asin", asin, inside);
  one(rows, "acos", acos, inside);
  one(rows, "atan", atan);
  one(rows, "sinh", sinh);
  one(rows, "cosh", cosh);
  one(rows, "asinh", asinh);
  one(rows, "acosh", acosh, {{1.5, 3}});
  one(rows, "atanh", atanh, inside);
  one(rows, "erf", erf);
  one(rows, "erfc", erfc);
  one(rows, "lgamma", lgamma, positive);
  one(rows, "lgamma", lgamma, {{-1.7, -1.3}}, "negative");
  one(rows, "digamma", digamma, positive);
  one(rows, "digamma", digamma, {{-1.7, -1.3}}, "negative");
  with(
      rows, "polygamma", "of order 1", [](const Tensor& x) { return polygamma(1, x); }, positive);
  with(rows, "polygamma", "of order 2, negative", [](const Tensor& x) { return polygamma(2, x); }, {{-1.7, -1.3}});
  two(rows, "atan2", atan2, {{0.5, 2}, {-2, 2}});
  two(rows, "atan2", atan2, {{-2, 2}, {-2, -0.5}}, "behind");
  two(rows, "hypot", hypot, {{0.5, 2}, {-2, 2}});
  two(rows, "fmod", fmod, {{2.2, 2.8}, {0.9, 1.05}});
  two(rows, "fmod", fmod, {{-2.8, -2.2}, {0.9, 1.05}}, "negative");
  two(rows, "logaddexp", logaddexp);
  two(rows, "xlogy", xlogy, {{-2, 2}, {0.5, 2}});
  rows.push_back({"lerp",
                  "",
                  [](const In& in) { return lerp(in[0], in[1], in[2]); },
                  {{reel::Shape{}, {2, 3}, {3}}, {{2, 3}, {2, 3}, reel::Shape{}}, {{0, 3}, {1, 3}, {3}}, {{2, 1, 3}, {4, 1}, {4, 3}}},
                  {{-2, 2}, {-2, 2}, {0.05, 0.45}}});
  rows.push_back({"lerp",
                  "beyond the middle",
                  [](const In& in) { return lerp(in[0], in[1], in[2]); },
                  {{{2, 3}, {2, 3}, {3}}},
                  {{-2, 2}, {-2, 2}, {0.55, 1.5}}});
}

void append_activations(std::vector<Row>& rows) {
  one(rows, "log_sigmoid", log_sigmoid);
  one(rows, "logit", logit, {{0.05, 0.95}});
  one(rows, "softsign", softsign, above);
  one(rows, "softsign", softsign, below, "negative");
  one(rows, "silu", silu);
  one(rows, "mish", mish);
  one(rows, "gelu", gelu);
  with(rows, "gelu", "by tanh", [](const Tensor& x) { return gelu(x, {.approximate = "tanh"}); });
  for (const auto& range : {above, below}) {
    one(rows, "leaky_relu", leaky_relu, range);
    with(
        rows, "leaky_relu", "with a slope", [](const Tensor& x) { return leaky_relu(x, {.negative_slope = 0.3}); }, range);
    one(rows, "elu", elu, range);
    with(
        rows, "elu", "with an alpha", [](const Tensor& x) { return elu(x, {.alpha = 0.7}); }, range);
    one(rows, "selu", selu, range);
    two(rows, "prelu", prelu, {range[0], {-2, 2}});
    one(rows, "sign", sign, range);
  }
  for (const std::vector<Range>& range : {std::vector<Range>{{-0.9, 0.9}}, {{1.2, 2.5}}, {{-4, -3.2}}}) {
    one(rows, "hardtanh", hardtanh, range);
    one(rows, "hardsigmoid", hardsigmoid, range);
    one(rows, "hardswish", hardswish, range);
    with(
        rows, "clamp", "above", [](const Tensor& x) { return clamp(x, {.max = 1}); }, range);
    with(
        rows, "clamp", "below", [](const Tensor& x) { return clamp(x, {.min = -1}); }, range);
  }
  one(rows, "floor", floor, {{1.2, 1.8}});
  one(rows, "ceil", ceil, {{1.2, 1.8}});
  one(rows, "round", round, {{0.7, 1.3}});
}

}  // namespace

void append_elementwise(std::vector<Row>& rows) {
  const auto unary_row = [&](const char* op, auto f, const std::vector<Range>& ranges = anything) {
    rows.push_back({op, "", [f](const In& in) { return f(in[0]); }, unary, ranges});
  };
  const auto binary_row = [&](const char* op, auto f, const std::vector<Range>& ranges = anything) {
    rows.push_back({op, "", [f](const In& in) { return f(in[0], in[1]); }, binary, ranges});
  };
  binary_row("add", [](const Tensor& a, const Tensor& b) { return a + b; });
  binary_row("sub", [](const Tensor& a, const Tensor& b) { return a - b; });
  binary_row("mul", [](const Tensor& a, const Tensor& b) { return a * b; });
  binary_row("div", [](const Tensor& a, const Tensor& b) { return a / b; }, {{-2, 2}, {0.5, 2}});
  binary_row("div", [](const Tensor& a, const Tensor& b) { return a / b; }, {{-2, 2}, {-2, -0.5}});
  binary_row("pow", [](const Tensor& a, const Tensor& b) { return pow(a, b); }, {{0.5, 2}, {-2, 2}});
  binary_row("maximum", [](const Tensor& a, const Tensor& b) { return maximum(a, b); });
  binary_row("minimum", [](const Tensor& a, const Tensor& b) { return minimum(a, b); });
  binary_row("where", [](const Tensor& a, const Tensor& b) { return where(a.detach() > 0.5, a, b); }, {{1, 2}});
  binary_row("where", [](const Tensor& a, const Tensor& b) { return where(a.detach() > 0.5, square(a), b * a); }, {{-1, 0.4}});
  rows.push_back({"where", "one branch a number", [](const In& in) { return where(in[0].detach() > 0.0, in[0], 0.0); }, unary, {{0.5, 1}}});
  rows.push_back(
      {"pow", "a number's power", [](const In& in) { return pow(in[0], 3.0) + pow(in[0], 0) + pow(2.0, in[0]); }, unary, anything});
  rows.push_back({"mul", "an input twice", [](const In& in) { return in[0] * in[0]; }, unary, anything});
  unary_row("neg", [](const Tensor& x) { return -x; });
  unary_row("square", [](const Tensor& x) { return square(x); });
  unary_row("exp", [](const Tensor& x) { return exp(x); });
  unary_row(
      "log", [](const Tensor& x) { return log(x); }, positive);
  unary_row(
      "sqrt", [](const Tensor& x) { return sqrt(x); }, positive);
  unary_row("tanh", [](const Tensor& x) { return tanh(x); });
  unary_row("sigmoid", [](const Tensor& x) { return sigmoid(x); });
  unary_row("abs", [](const Tensor& x) { return abs(x); }, {{0.1, 1}});
  unary_row("abs", [](const Tensor& x) { return abs(x); }, {{-1, -0.1}});
  unary_row("softplus", [](const Tensor& x) { return softplus(x); });
  unary_row("relu", [](const Tensor& x) { return relu(x); }, {{0.1, 1}});
  unary_row("relu", [](const Tensor& x) { return relu(x); }, {{-1, -0.1}});
  unary_row("clamp", [](const Tensor& x) { return clamp(x, -1, 1); }, {{-0.9, 0.9}});
  unary_row("clamp", [](const Tensor& x) { return clamp(x, -1, 1); }, {{1.1, 2}});
  append_functions(rows);
  append_activations(rows);
  unary_row("astype", [](const Tensor& x) { return astype(x, x.dtype() == float32 ? float64 : float32); });
}
