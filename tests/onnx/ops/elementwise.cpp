#include "../ops.hpp"

namespace onnx_test {

using namespace reel;

namespace {

Op unary(Tensor (*f)(Operand)) {
  return [f](const Call& c) { return Results{f(c.in[0])}; };
}
Op binary(Tensor (*f)(Operand, Operand)) {
  return [f](const Call& c) { return Results{f(c.in[0], c.in[1])}; };
}
/// Of one input or more.
Op variadic(Tensor (*f)(Operand, Operand)) {
  return [f](const Call& c) {
    Tensor result = c.in[0];
    for (std::size_t i = 1; i < c.in.size(); ++i) result = f(result, c.in[i]);
    return Results{result};
  };
}

}  // namespace

void add_elementwise(Table& table) {
  table.insert({
      {"Abs", unary(abs)},
      {"Add", binary(add)},
      {"Div", binary(div)},
      {"Equal", binary(equal)},
      {"Exp", unary(exp)},
      {"Greater", binary(greater)},
      {"GreaterOrEqual", binary(greater_equal)},
      {"Identity", [](const Call& c) { return Results{c.in[0]}; }},
      {"Less", binary(less)},
      {"LessOrEqual", binary(less_equal)},
      {"Log", unary(log)},
      {"Max", variadic(maximum)},
      {"Min", variadic(minimum)},
      {"Mul", binary(mul)},
      {"Neg", unary(neg)},
      {"Relu", unary(relu)},
      {"Sigmoid", unary(sigmoid)},
      {"Softplus", unary(softplus)},
      {"Sqrt", unary(sqrt)},
      {"Sub", binary(sub)},
      {"Sum", variadic(add)},
      {"Tanh", unary(tanh)},
      {"Where", [](const Call& c) { return Results{where(c.in[0], c.in[1], c.in[2])}; }},
  });
}

}  // namespace onnx_test
