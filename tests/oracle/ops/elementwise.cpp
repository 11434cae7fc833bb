#include <limits>

#include "../args.hpp"

namespace oracle {

namespace {

/// A bound of clamp, which may be left out or null.
double bound(Args args, const char* name, double none) {
  return args.contains(name) && !args.at(name).is_null() ? number(args, name) : none;
}

/// An argument that has a default.
double number_or(Args args, const char* name, double otherwise) { return args.contains(name) ? number(args, name) : otherwise; }

constexpr double infinity = std::numeric_limits<double>::infinity();

void add_functions(Table& table) {
  table.insert({
      {"neg", [](In in, Args) -> Outputs { return neg(in[0]); }},
      {"abs", [](In in, Args) -> Outputs { return abs(in[0]); }},
      {"sign", [](In in, Args) -> Outputs { return sign(in[0]); }},
      {"exp", [](In in, Args) -> Outputs { return exp(in[0]); }},
      {"expm1", [](In in, Args) -> Outputs { return expm1(in[0]); }},
      {"log", [](In in, Args) -> Outputs { return log(in[0]); }},
      {"log1p", [](In in, Args) -> Outputs { return log1p(in[0]); }},
      {"log2", [](In in, Args) -> Outputs { return log2(in[0]); }},
      {"sqrt", [](In in, Args) -> Outputs { return sqrt(in[0]); }},
      {"rsqrt", [](In in, Args) -> Outputs { return rsqrt(in[0]); }},
      {"square", [](In in, Args) -> Outputs { return square(in[0]); }},
      {"reciprocal", [](In in, Args) -> Outputs { return reciprocal(in[0]); }},
      {"sin", [](In in, Args) -> Outputs { return sin(in[0]); }},
      {"cos", [](In in, Args) -> Outputs { return cos(in[0]); }},
      {"tan", [](In in, Args) -> Outputs { return tan(in[0]); }},
      {"asin", [](In in, Args) -> Outputs { return asin(in[0]); }},
      {"acos", [](In in, Args) -> Outputs { return acos(in[0]); }},
      {"atan", [](In in, Args) -> Outputs { return atan(in[0]); }},
      {"sinh", [](In in, Args) -> Outputs { return sinh(in[0]); }},
      {"cosh", [](In in, Args) -> Outputs { return cosh(in[0]); }},
      {"tanh", [](In in, Args) -> Outputs { return tanh(in[0]); }},
      {"asinh", [](In in, Args) -> Outputs { return asinh(in[0]); }},
      {"acosh", [](In in, Args) -> Outputs { return acosh(in[0]); }},
      {"atanh", [](In in, Args) -> Outputs { return atanh(in[0]); }},
      {"erf", [](In in, Args) -> Outputs { return erf(in[0]); }},
      {"erfc", [](In in, Args) -> Outputs { return erfc(in[0]); }},
      {"lgamma", [](In in, Args) -> Outputs { return lgamma(in[0]); }},
      {"digamma", [](In in, Args) -> Outputs { return digamma(in[0]); }},
      {"sigmoid", [](In in, Args) -> Outputs { return sigmoid(in[0]); }},
      {"log_sigmoid", [](In in, Args) -> Outputs { return log_sigmoid(in[0]); }},
      {"logit", [](In in, Args) -> Outputs { return logit(in[0]); }},
      {"softplus", [](In in, Args) -> Outputs { return softplus(in[0]); }},
      {"softsign", [](In in, Args) -> Outputs { return softsign(in[0]); }},
      {"relu", [](In in, Args) -> Outputs { return relu(in[0]); }},
      {"selu", [](In in, Args) -> Outputs { return selu(in[0]); }},
      {"silu", [](In in, Args) -> Outputs { return silu(in[0]); }},
      {"mish", [](In in, Args) -> Outputs { return mish(in[0]); }},
      {"hardsigmoid", [](In in, Args) -> Outputs { return hardsigmoid(in[0]); }},
      {"hardswish", [](In in, Args) -> Outputs { return hardswish(in[0]); }},
      {"floor", [](In in, Args) -> Outputs { return floor(in[0]); }},
      {"ceil", [](In in, Args) -> Outputs { return ceil(in[0]); }},
      {"round", [](In in, Args) -> Outputs { return round(in[0]); }},
      {"isnan", [](In in, Args) -> Outputs { return isnan(in[0]); }},
      {"isinf", [](In in, Args) -> Outputs { return isinf(in[0]); }},
      {"isfinite", [](In in, Args) -> Outputs { return isfinite(in[0]); }},
      {"logical_not", [](In in, Args) -> Outputs { return logical_not(in[0]); }},
      {"add", [](In in, Args) -> Outputs { return add(in[0], in[1]); }},
      {"sub", [](In in, Args) -> Outputs { return sub(in[0], in[1]); }},
      {"mul", [](In in, Args) -> Outputs { return mul(in[0], in[1]); }},
      {"div", [](In in, Args) -> Outputs { return div(in[0], in[1]); }},
      {"pow", [](In in, Args) -> Outputs { return pow(in[0], in[1]); }},
      {"maximum", [](In in, Args) -> Outputs { return maximum(in[0], in[1]); }},
      {"minimum", [](In in, Args) -> Outputs { return minimum(in[0], in[1]); }},
      {"atan2", [](In in, Args) -> Outputs { return atan2(in[0], in[1]); }},
      {"hypot", [](In in, Args) -> Outputs { return hypot(in[0], in[1]); }},
      {"fmod", [](In in, Args) -> Outputs { return fmod(in[0], in[1]); }},
      {"logaddexp", [](In in, Args) -> Outputs { return logaddexp(in[0], in[1]); }},
      {"xlogy", [](In in, Args) -> Outputs { return xlogy(in[0], in[1]); }},
      {"prelu", [](In in, Args) -> Outputs { return prelu(in[0], in[1]); }},
      {"equal", [](In in, Args) -> Outputs { return equal(in[0], in[1]); }},
      {"not_equal", [](In in, Args) -> Outputs { return not_equal(in[0], in[1]); }},
      {"less", [](In in, Args) -> Outputs { return less(in[0], in[1]); }},
      {"less_equal", [](In in, Args) -> Outputs { return less_equal(in[0], in[1]); }},
      {"greater", [](In in, Args) -> Outputs { return greater(in[0], in[1]); }},
      {"greater_equal", [](In in, Args) -> Outputs { return greater_equal(in[0], in[1]); }},
      {"logical_and", [](In in, Args) -> Outputs { return logical_and(in[0], in[1]); }},
      {"logical_or", [](In in, Args) -> Outputs { return logical_or(in[0], in[1]); }},
      {"logical_xor", [](In in, Args) -> Outputs { return logical_xor(in[0], in[1]); }},
      {"where", [](In in, Args) -> Outputs { return where(in[0], in[1], in[2]); }},
      {"lerp", [](In in, Args) -> Outputs { return lerp(in[0], in[1], in[2]); }},
  });
}

void add_with_arguments(Table& table) {
  table.insert({
      {"leaky_relu",
       [](In in, Args args) -> Outputs { return leaky_relu(in[0], {.negative_slope = number_or(args, "negative_slope", 0.01)}); }},
      {"elu", [](In in, Args args) -> Outputs { return elu(in[0], {.alpha = number_or(args, "alpha", 1)}); }},
      {"gelu",
       [](In in, Args args) -> Outputs {
         return args.contains("approximate") ? gelu(in[0], {.approximate = args.at("approximate").get<std::string>()}) : gelu(in[0]);
       }},
      {"gelu_tanh", [](In in, Args) -> Outputs { return gelu(in[0], {.approximate = "tanh"}); }},
      {"clamp",
       [](In in, Args args) -> Outputs {
         return clamp(in[0], {.min = bound(args, "min", -infinity), .max = bound(args, "max", infinity)});
       }},
      {"hardtanh",
       [](In in, Args args) -> Outputs { return hardtanh(in[0], {.min = number_or(args, "min", -1), .max = number_or(args, "max", 1)}); }},
      {"polygamma", [](In in, Args args) -> Outputs { return polygamma(args.at("n").get<int>(), in[0]); }},
      {"lerp_scalar", [](In in, Args args) -> Outputs { return lerp(in[0], in[1], number(args, "weight")); }},
      {"pow_scalar", [](In in, Args args) -> Outputs { return pow(in[0], number(args, "exponent")); }},
  });
}

}  // namespace

void add_elementwise(Table& table) {
  add_functions(table);
  add_with_arguments(table);
}

}  // namespace oracle
