#include "ops.hpp"

#include <map>

namespace oracle {

namespace {

using namespace reel;
using In = const std::vector<Tensor>&;
using Args = const Json&;

/// A list of integers, one integer, or null for none.
Ints ints(const Json& value) {
  Ints result;
  if (value.is_number()) result.push_back(value.get<std::ptrdiff_t>());
  if (value.is_array())
    for (const Json& v : value) result.push_back(v.get<std::ptrdiff_t>());
  return result;
}

Ints axes(Args args) { return ints(args.at("axis")); }
std::ptrdiff_t axis(Args args) { return args.at("axis").get<std::ptrdiff_t>(); }
ReduceOptions keep(Args args) { return {.keepdims = args.at("keepdims").get<bool>()}; }
double number(Args args, const char* name) { return args.at(name).get<double>(); }
Shape shape(Args args) { return Shape(args.at("shape").get<std::vector<std::size_t>>()); }

Slices slices(Args args) {
  const Ints starts = ints(args.at("starts")), stops = ints(args.at("stops")), steps = ints(args.at("steps"));
  Slices result = Slices::whole(starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) result[i] = Slice(starts[i], stops[i], steps[i]);
  return result;
}

/// Reel multiplies matrices; a vector on the right is one column that is dropped again, one on the left one row.
Tensor product(const Tensor& a, const Tensor& b) {
  const Tensor left = a.rank() == 1 ? reshape(a, {1, -1}) : a, right = b.rank() == 1 ? reshape(b, {-1, 1}) : b;
  const Tensor y = matmul(left, right);
  Shape kept(std::span(y.shape().begin(), y.rank() - 2));
  if (a.rank() > 1) kept.push_back(y.shape()[y.rank() - 2]);
  if (b.rank() > 1) kept.push_back(y.shape().back());
  return reshape(y, kept);
}

const std::map<std::string, Op> table = {
    // Elementwise
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
    {"masked_fill", [](In in, Args args) -> Outputs { return where(in[1], number(args, "value"), in[0]); }},

    // Products
    {"matmul", [](In in, Args) -> Outputs { return product(in[0], in[1]); }},
    {"linear", [](In in, Args) -> Outputs { return linear(in[0], in[1], in[2]); }},

    // Reductions
    {"sum", [](In in, Args args) -> Outputs { return sum(in[0], axes(args), keep(args)); }},
    {"mean", [](In in, Args args) -> Outputs { return mean(in[0], axes(args), keep(args)); }},
    {"max", [](In in, Args args) -> Outputs { return max(in[0], axes(args), keep(args)); }},
    {"min", [](In in, Args args) -> Outputs { return min(in[0], axes(args), keep(args)); }},
    {"softmax", [](In in, Args args) -> Outputs { return softmax(in[0], axis(args)); }},
    {"log_softmax", [](In in, Args args) -> Outputs { return log_softmax(in[0], axis(args)); }},

    // Shapes
    {"reshape", [](In in, Args args) -> Outputs { return reshape(in[0], shape(args)); }},
    {"transpose", [](In in, Args) -> Outputs { return transpose(in[0]); }},
    {"permute", [](In in, Args args) -> Outputs { return permute(in[0], ints(args.at("axes"))); }},
    {"broadcast_to", [](In in, Args args) -> Outputs { return broadcast_to(in[0], shape(args)); }},
    {"slice", [](In in, Args args) -> Outputs { return slice(in[0], slices(args)); }},
    {"concatenate", [](In in, Args args) -> Outputs { return concatenate(in, axis(args)); }},
};

}  // namespace

Op find_op(const std::string& name) {
  const auto found = table.find(name);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace oracle
