#include "ops_table.hpp"

using namespace reel;

namespace {

using In = std::vector<Tensor>;
using Cases = std::vector<std::vector<Shape>>;

const std::vector<Range> anything{{-2, 2}};
const std::vector<Range> positive{{0.5, 2}};

/// A scalar, one element, none, a matrix, five axes.
const Cases unary{{Shape{}}, {{1}}, {{0, 3}}, {{2, 3}}, {{2, 1, 2, 1, 3}}};
/// Equal shapes and broadcasting, to either side and to both.
const Cases binary{{Shape{}, Shape{}},
                   {{2, 3}, {2, 3}},
                   {{3, 1}, {1, 4}},
                   {Shape{}, {2, 3}},
                   {{2, 3}, Shape{}},
                   {{3}, {2, 3}},
                   {{2, 3}, {3}},
                   {{1}, {1, 1}},
                   {{0, 3}, {1, 3}},
                   {{0, 3}, Shape{}},
                   {{2, 1, 2, 1, 3}, {1, 2, 1, 2, 1}}};
/// At least one axis, none of them empty.
const Cases full{{{1}}, {{4}}, {{2, 3}}, {{2, 1, 2, 1, 3}}};
/// At least two axes.
const Cases matrices{{{1, 1}}, {{0, 3}}, {{2, 3}}, {{2, 1, 2, 1, 3}}};

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
  unary_row("astype", [](const Tensor& x) { return astype(x, x.dtype() == float32 ? float64 : float32); });
}

void append_reductions(std::vector<Row>& rows) {
  const auto row = [&](const char* op, const char* variant, auto f, const Cases& cases, const std::vector<Range>& ranges = anything) {
    rows.push_back({op, variant, [f](const In& in) { return f(in[0]); }, cases, ranges});
  };
  row(
      "sum", "all axes", [](const Tensor& x) { return sum(x); }, unary);
  row(
      "sum", "last axis", [](const Tensor& x) { return sum(x, -1); }, matrices);
  row(
      "sum", "two axes, kept",
      [](const Tensor& x) {
        return sum(x, {0, -1}, {.keepdims = true});
      },
      matrices);
  row(
      "mean", "all axes", [](const Tensor& x) { return mean(x); }, unary);
  row("mean", "first axis", [](const Tensor& x) { return mean(x, 0); }, {{{4}}, {{2, 3}}, {{3, 0}}, {{2, 1, 2, 1, 3}}});
  row(
      "mean", "last axis, kept", [](const Tensor& x) { return mean(x, -1, {.keepdims = true}); }, matrices);
  row(
      "max", "all axes", [](const Tensor& x) { return max(x); }, full);
  row(
      "max", "last axis, kept", [](const Tensor& x) { return max(x, -1, {.keepdims = true}); }, matrices);
  row("max", "two axes", [](const Tensor& x) { return max(x, {1, -1}); }, {{{2, 3, 2}}, {{2, 2, 1, 1, 3}}});
  row(
      "min", "all axes", [](const Tensor& x) { return min(x); }, full);
  row(
      "min", "last axis, kept", [](const Tensor& x) { return min(x, -1, {.keepdims = true}); }, matrices);
  row("sum_to", "(1, 3)", [](const Tensor& x) { return sum_to(x, {1, 3}); }, {{{2, 3}}, {{0, 3}}, {{1, 3}}, {{2, 2, 1, 2, 3}}});
  row(
      "sum_to", "()", [](const Tensor& x) { return sum_to(x, {}); }, unary);
  row("broadcast_to", "(2, 2, 3)",
      [](const Tensor& x) {
        return broadcast_to(x, {2, 2, 3});
      },
      {{Shape{}}, {{1}}, {{3}}, {{2, 1}}, {{2, 2, 3}}});
  row("broadcast_to", "(0, 3)", [](const Tensor& x) { return broadcast_to(x, {0, 3}); }, {{Shape{}}, {{3}}, {{1, 3}}, {{0, 1}}});
  row("softmax", "last axis", [](const Tensor& x) { return softmax(x); }, {{{1}}, {{4}}, {{0, 3}}, {{3, 0}}, {{2, 3}}, {{2, 1, 2, 1, 3}}});
  row("softmax", "first axis", [](const Tensor& x) { return softmax(x, 0); }, {{{4}}, {{0, 3}}, {{2, 3}}, {{2, 1, 2, 1, 3}}});
  row("log_softmax", "last axis", [](const Tensor& x) { return log_softmax(x); },
      {{{1}}, {{4}}, {{0, 3}}, {{3, 0}}, {{2, 3}}, {{2, 1, 2, 1, 3}}});
  row("log_softmax", "first axis", [](const Tensor& x) { return log_softmax(x, 0); }, {{{4}}, {{0, 3}}, {{2, 3}}, {{2, 1, 2, 1, 3}}});
}

void append_products(std::vector<Row>& rows) {
  const auto product = [&](const char* variant, Transposed transposed, const Cases& cases) {
    rows.push_back({"matmul", variant, [transposed](const In& in) { return matmul(in[0], in[1], transposed); }, cases, anything});
  };
  product("", {},
          {{{2, 3}, {3, 4}},
           {{1, 1}, {1, 1}},
           {{0, 3}, {3, 2}},
           {{2, 0}, {0, 3}},
           {{2, 3}, {3, 0}},
           {{2, 2, 3}, {3, 2}},
           {{2, 3}, {2, 3, 2}},
           {{2, 1, 2, 3}, {3, 3, 1}},
           {{0, 2, 3}, {3, 2}},
           {{1, 2, 3}, {2, 3, 2}},
           {{2, 1, 1, 2, 3}, {1, 2, 1, 3, 2}}});
  product("a transposed", {.a = true}, {{{3, 2}, {3, 4}}, {{3, 0}, {3, 2}}, {{2, 3, 2}, {3, 2}}, {{3, 2}, {2, 3, 1}}});
  product("b transposed", {.b = true}, {{{2, 3}, {4, 3}}, {{2, 0}, {3, 0}}, {{2, 2, 3}, {2, 3}}, {{2, 3}, {2, 1, 3}}});
  product("both transposed", {.a = true, .b = true}, {{{3, 2}, {4, 3}}, {{2, 3, 2}, {1, 2, 3}}});
  rows.push_back({"linear",
                  "with bias",
                  [](const In& in) { return linear(in[0], in[1], in[2]); },
                  {{{3}, {2, 3}, {2}}, {{4, 3}, {2, 3}, {2}}, {{0, 3}, {2, 3}, {2}}, {{1, 1}, {1, 1}, {1}}, {{2, 1, 2, 1, 3}, {2, 3}, {2}}},
                  anything});
  rows.push_back({"linear",
                  "without bias",
                  [](const In& in) { return linear(in[0], in[1]); },
                  {{{3}, {2, 3}}, {{4, 3}, {2, 3}}, {{0, 3}, {2, 3}}, {{4, 0}, {2, 0}}, {{2, 1, 2, 1, 3}, {2, 3}}},
                  anything});
}

void append_movement(std::vector<Row>& rows) {
  const auto row = [&](const char* op, const char* variant, auto f, const Cases& cases) {
    rows.push_back({op, variant, [f](const In& in) { return f(in[0]); }, cases, anything});
  };
  row(
      "reshape", "flat", [](const Tensor& x) { return reshape(x, -1); }, unary);
  row("reshape", "", [](const Tensor& x) { return reshape(x, {3, 1, -1}); }, {{{2, 3}}, {{3}}, {{2, 1, 2, 1, 3}}, {{0, 3}}});
  row(
      "transpose", "", [](const Tensor& x) { return transpose(x); }, matrices);
  row("transpose", "first and last", [](const Tensor& x) { return transpose(x, 0, -1); }, {{{3}}, {{2, 3}}, {{0, 3}}, {{2, 1, 2, 1, 3}}});
  row("permute", "", [](const Tensor& x) { return permute(x, {2, 0, 1}); }, {{{2, 3, 4}}, {{0, 3, 1}}, {{1, 1, 1}}});
  row("permute", "five axes", [](const Tensor& x) { return permute(x, {4, -4, 0, 3, 2}); }, {{{2, 1, 2, 1, 3}}});
  row("permute", "a scalar", [](const Tensor& x) { return permute(x, {}); }, {{Shape{}}});
  row("slice", "a range", [](const Tensor& x) { return slice(x, {{}, {1, 3}}); }, {{{2, 4}}, {{0, 3}}, {{2, 1}}, {{2, 3, 2, 1, 1}}});
  row("slice", "one element", [](const Tensor& x) { return slice(x, {0, -1}); }, {{{2, 4}}, {{1, 1}}, {{2, 3, 2, 1, 1}}});
  row("slice", "backwards",
      [](const Tensor& x) {
        return slice(x, {{std::nullopt, std::nullopt, -2}});
      },
      {{{5}}, {{4, 2}}, {{0}}, {{2, 1, 2, 1, 3}}});
  const auto joined = [&](const char* variant, std::ptrdiff_t axis, const Cases& cases) {
    rows.push_back({"concatenate", variant, [axis](const In& in) { return concatenate(in, axis); }, cases, anything});
  };
  joined("", 0, {{{2}}, {{2}, {3}, {1}}, {{2, 3}, {1, 3}}, {{0, 3}, {2, 3}}, {{1, 1, 2, 1, 3}, {2, 1, 2, 1, 3}}});
  joined("last axis", -1, {{{2, 3}, {2, 1}, {2, 2}}, {{0, 3}, {0, 1}}, {{2, 0}, {2, 2}}});
}

void append_random(std::vector<Row>& rows) {
  rows.push_back({"dropout", "",
                  [](const In& in) {
                    const SeedScope fixed(5);
                    return dropout(in[0], 0.4);
                  },
                  unary, anything});
  rows.push_back({"dropout", "p = 0", [](const In& in) { return dropout(in[0], 0); }, {{{2, 3}}}, anything});
}

}  // namespace

const std::vector<Row>& gradient_rows() {
  static const std::vector<Row> rows = [] {
    std::vector<Row> result;
    append_elementwise(result);
    append_reductions(result);
    append_products(result);
    append_movement(result);
    append_random(result);
    return result;
  }();
  return rows;
}
