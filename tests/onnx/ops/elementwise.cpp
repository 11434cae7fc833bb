#include <cmath>
#include <limits>

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

Results clip(const Call& c) {
  Tensor y = c.in[0];
  if (c.has(1)) y = maximum(y, c.in[1]);
  if (c.has(2)) y = minimum(y, c.in[2]);
  return {y};
}

/// ONNX keeps the base's dtype.
Results power(const Call& c) {
  const Tensor &base = c.in[0], &exponent = c.in[1];
  if (!is_floating(base.dtype())) throw Unsupported("powers of integers");
  return {pow(base, is_floating(exponent.dtype()) ? exponent : astype(exponent, base.dtype()))};
}

/// Division of integers cuts off; Reel's gives real numbers.
Results divide(const Call& c) {
  const Tensor y = c.in[0] / c.in[1];
  return {is_floating(c.in[0].dtype()) ? y : astype(y, int64)};
}

/// With fmod the remainder has the dividend's sign, else the divisor's.
Results modulo(const Call& c) {
  const Tensor &a = c.in[0], &b = c.in[1];
  const bool real = is_floating(a.dtype());
  const Tensor x = real ? a : astype(a, float64), y = real ? b : astype(b, float64);
  const Tensor r = c.attributes().integer("fmod", 0) != 0 ? fmod(x, y) : x - floor(x / y) * y;
  return {real ? r : astype(r, a.dtype())};
}

Results is_infinite(const Call& c) {
  const double infinity = std::numeric_limits<double>::infinity();
  const bool positive = c.attributes().integer("detect_positive", 1) != 0, negative = c.attributes().integer("detect_negative", 1) != 0;
  const Tensor none_of_them = equal(c.in[0], c.in[0]) == false;
  const Tensor up = positive ? equal(c.in[0], infinity) : none_of_them, down = negative ? equal(c.in[0], -infinity) : none_of_them;
  return {logical_and(isinf(c.in[0]), logical_or(up, down))};
}

Results mean_of_all(const Call& c) {
  Tensor total = c.in[0];
  for (std::size_t i = 1; i < c.in.size(); ++i) total = total + c.in[i];
  return {total / static_cast<double>(c.in.size())};
}

Results shrink(const Call& c) {
  const double lambda = c.attributes().number("lambd", 0.5), bias = c.attributes().number("bias", 0);
  const Tensor& x = c.in[0];
  return {where(x < -lambda, x + bias, where(x > lambda, x - bias, 0.0))};
}

}  // namespace

void add_elementwise(Table& table) {
  table.insert({
      {"Abs", unary(abs)},
      {"Acos", unary(acos)},
      {"Acosh", unary(acosh)},
      {"Add", binary(add)},
      {"And", binary(logical_and)},
      {"Asin", unary(asin)},
      {"Asinh", unary(asinh)},
      {"Atan", unary(atan)},
      {"Atanh", unary(atanh)},
      {"Ceil", unary(ceil)},
      {"Celu",
       [](const Call& c) {
         const double alpha = c.attributes().number("alpha", 1);
         return Results{elu(c.in[0] / alpha) * alpha};
       }},
      {"Clip", clip},
      {"Cos", unary(cos)},
      {"Cosh", unary(cosh)},
      {"Div", divide},
      {"Elu", [](const Call& c) { return Results{elu(c.in[0], {.alpha = c.attributes().number("alpha", 1)})}; }},
      {"Equal", binary(equal)},
      {"Erf", unary(erf)},
      {"Exp", unary(exp)},
      {"Floor", unary(floor)},
      {"Greater", binary(greater)},
      {"GreaterOrEqual", binary(greater_equal)},
      {"HardSigmoid",
       [](const Call& c) {
         return Results{clamp(c.in[0] * c.attributes().number("alpha", 0.2) + c.attributes().number("beta", 0.5), 0, 1)};
       }},
      {"HardSwish", unary(hardswish)},
      {"Identity", [](const Call& c) { return Results{c.in[0]}; }},
      {"IsInf", is_infinite},
      {"IsNaN", unary(isnan)},
      {"LeakyRelu", [](const Call& c) { return Results{leaky_relu(c.in[0], {.negative_slope = c.attributes().number("alpha", 0.01)})}; }},
      {"Less", binary(less)},
      {"LessOrEqual", binary(less_equal)},
      {"Log", unary(log)},
      {"Max", variadic(maximum)},
      {"Mean", mean_of_all},
      {"Min", variadic(minimum)},
      {"Mod", modulo},
      {"Mul", binary(mul)},
      {"Neg", unary(neg)},
      {"Not", unary(logical_not)},
      {"Or", binary(logical_or)},
      {"PRelu", [](const Call& c) { return Results{where(c.in[0] < 0.0, c.in[0] * c.in[1], c.in[0])}; }},
      {"Pow", power},
      {"Reciprocal", unary(reciprocal)},
      {"Relu", unary(relu)},
      {"Round", unary(round)},
      {"Selu",
       [](const Call& c) {
         if (c.attributes().numbers.empty()) return Results{selu(c.in[0])};
         const double alpha = c.attributes().number("alpha", 1.6732631921768188),
                      gamma = c.attributes().number("gamma", 1.0507010221481323);
         return Results{elu(c.in[0], {.alpha = alpha}) * gamma};
       }},
      {"Shrink", shrink},
      {"Sigmoid", unary(sigmoid)},
      {"Sign", unary(sign)},
      {"Sin", unary(sin)},
      {"Sinh", unary(sinh)},
      {"Softplus", unary(softplus)},
      {"Softsign", unary(softsign)},
      {"Sqrt", unary(sqrt)},
      {"Sub", binary(sub)},
      {"Sum", variadic(add)},
      {"Tan", unary(tan)},
      {"Tanh", unary(tanh)},
      {"ThresholdedRelu", [](const Call& c) { return Results{where(c.in[0] > c.attributes().number("alpha", 1), c.in[0], 0.0)}; }},
      {"Where", [](const Call& c) { return Results{where(c.in[0], c.in[1], c.in[2])}; }},
      {"Xor", binary(logical_xor)},
  });
}

}  // namespace onnx_test
