#include "../ops_table.hpp"

using namespace reel;

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
