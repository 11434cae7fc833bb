#include <cmath>

#include "../args.hpp"

namespace oracle {

namespace {

/// With `axis` null, over all elements in row-major order; `keepdims` then gives lengths of 1.
template <class All, class Along>
Tensor choose(const Tensor& x, Args args, const All& over_all, const Along& along) {
  const bool keepdims = args.value("keepdims", false);
  if (!args.at("axis").is_null()) return along(x, axis(args), ReduceOptions{.keepdims = keepdims});
  return keepdims ? reshape(over_all(x), Shape(std::vector<std::size_t>(x.rank(), 1))) : over_all(x);
}

VarOptions var_options(Args args) { return {.correction = args.value("correction", 1.0), .keepdims = args.value("keepdims", false)}; }

/// A number, or "inf" and "-inf".
double p_of(Args args) {
  const Json& p = args.at("p");
  return p.is_string() ? std::stod(p.get<std::string>()) : p.get<double>();
}

Ints axes_or_all(Args args) { return args.contains("axis") ? axes(args) : Ints(); }

SortOptions sort_options(Args args) { return {.axis = axis(args), .descending = args.value("descending", false)}; }

Outputs sorted(In in, Args args) { return sort(in[0], sort_options(args)); }

Outputs largest(In in, Args args) {
  return topk(in[0], args.at("k").get<std::size_t>(), {.axis = axis(args), .largest = args.value("largest", true)}).values;
}

}  // namespace

void add_reduce(Table& table) {
  table.insert({
      {"sum", [](In in, Args args) -> Outputs { return sum(in[0], axes(args), keep(args)); }},
      {"mean", [](In in, Args args) -> Outputs { return mean(in[0], axes(args), keep(args)); }},
      {"prod", [](In in, Args args) -> Outputs { return prod(in[0], axes(args), keep(args)); }},
      {"max", [](In in, Args args) -> Outputs { return max(in[0], axes(args), keep(args)); }},
      {"min", [](In in, Args args) -> Outputs { return min(in[0], axes(args), keep(args)); }},
      {"all", [](In in, Args args) -> Outputs { return all(in[0], axes(args), keep(args)); }},
      {"any", [](In in, Args args) -> Outputs { return any(in[0], axes(args), keep(args)); }},
      {"var", [](In in, Args args) -> Outputs { return var(in[0], axes(args), var_options(args)); }},
      {"std", [](In in, Args args) -> Outputs { return reel::std(in[0], axes(args), var_options(args)); }},
      {"logsumexp", [](In in, Args args) -> Outputs { return logsumexp(in[0], axes(args), keep(args)); }},
      {"norm",
       [](In in, Args args) -> Outputs {
         return norm(in[0], axes_or_all(args), {.p = p_of(args), .keepdims = args.value("keepdims", false)});
       }},
      {"argmax",
       [](In in, Args args) -> Outputs {
         return choose(
             in[0], args, [](const Tensor& x) { return argmax(x); },
             [](const Tensor& x, std::ptrdiff_t along, ReduceOptions kept) { return argmax(x, along, kept); });
       }},
      {"argmin",
       [](In in, Args args) -> Outputs {
         return choose(
             in[0], args, [](const Tensor& x) { return argmin(x); },
             [](const Tensor& x, std::ptrdiff_t along, ReduceOptions kept) { return argmin(x, along, kept); });
       }},
      {"cumsum", [](In in, Args args) -> Outputs { return cumsum(in[0], axis(args)); }},
      {"cumprod", [](In in, Args args) -> Outputs { return cumprod(in[0], axis(args)); }},
      {"sort", sorted},
      {"argsort", [](In in, Args args) -> Outputs { return argsort(in[0], sort_options(args)); }},
      {"topk", largest},
      {"softmax", [](In in, Args args) -> Outputs { return softmax(in[0], axis(args)); }},
      {"log_softmax", [](In in, Args args) -> Outputs { return log_softmax(in[0], axis(args)); }},
  });
}

}  // namespace oracle
