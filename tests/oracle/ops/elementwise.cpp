#include "../args.hpp"

namespace oracle {

void add_elementwise(Table& table) {
  table.insert({
      {"neg", [](In in, Args) -> Outputs { return -in[0]; }},
      {"exp", [](In in, Args) -> Outputs { return exp(in[0]); }},
      {"log", [](In in, Args) -> Outputs { return log(in[0]); }},
      {"sqrt", [](In in, Args) -> Outputs { return sqrt(in[0]); }},
      {"rsqrt", [](In in, Args) -> Outputs { return pow(in[0], -0.5); }},
      {"square", [](In in, Args) -> Outputs { return square(in[0]); }},
      {"reciprocal", [](In in, Args) -> Outputs { return 1.0 / in[0]; }},
      {"tanh", [](In in, Args) -> Outputs { return tanh(in[0]); }},
      {"sigmoid", [](In in, Args) -> Outputs { return sigmoid(in[0]); }},
      {"relu", [](In in, Args) -> Outputs { return relu(in[0]); }},
      {"clamp", [](In in, Args args) -> Outputs { return clamp(in[0], number(args, "min"), number(args, "max")); }},
      {"hardtanh", [](In in, Args args) -> Outputs { return clamp(in[0], number(args, "min"), number(args, "max")); }},
      {"pow_scalar", [](In in, Args args) -> Outputs { return pow(in[0], number(args, "exponent")); }},
      {"add", [](In in, Args) -> Outputs { return in[0] + in[1]; }},
      {"sub", [](In in, Args) -> Outputs { return in[0] - in[1]; }},
      {"mul", [](In in, Args) -> Outputs { return in[0] * in[1]; }},
      {"div", [](In in, Args) -> Outputs { return in[0] / in[1]; }},
      {"pow", [](In in, Args) -> Outputs { return pow(in[0], in[1]); }},
      {"maximum", [](In in, Args) -> Outputs { return maximum(in[0], in[1]); }},
      {"minimum", [](In in, Args) -> Outputs { return minimum(in[0], in[1]); }},
      {"where", [](In in, Args) -> Outputs { return where(in[0], in[1], in[2]); }},
  });
}

}  // namespace oracle
