#include "../args.hpp"

namespace oracle {

namespace {

Ints ints_or(Args args, const char* name, const Ints& otherwise) { return args.contains(name) ? ints(args.at(name)) : otherwise; }

Tensor padded(const Tensor& x, Args args) {
  const std::string mode = args.value("mode", "constant");
  const std::map<std::string, PadMode> modes{{"constant", PadMode::constant}, {"reflect", PadMode::reflect}, {"edge", PadMode::edge},
                                             {"replicate", PadMode::edge},    {"wrap", PadMode::wrap},       {"circular", PadMode::wrap}};
  return pad(x, ints(args.at("before")), ints(args.at("after")), {.mode = modes.at(mode), .value = args.value("value", 0.0)});
}

Tensor transposed(const Tensor& x, Args args) {
  const Ints axes = ints_or(args, "axes", {-2, -1});
  return transpose(x, axes[0], axes[1]);
}

DiagonalOptions diagonal_options(Args args) {
  return {.offset = args.value("offset", args.value("k", std::ptrdiff_t{0})),
          .axis_a = args.value("axis1", std::ptrdiff_t{-2}),
          .axis_b = args.value("axis2", std::ptrdiff_t{-1})};
}

}  // namespace

void add_shape(Table& table) {
  table.insert({
      {"reshape", [](In in, Args args) -> Outputs { return reshape(in[0], ints(args.at("shape"))); }},
      {"flatten", [](In in, Args) -> Outputs { return flatten(in[0]); }},
      {"squeeze",
       [](In in, Args args) -> Outputs {
         return args.contains("axis") && !args.at("axis").is_null() ? squeeze(in[0], axes(args)) : squeeze(in[0]);
       }},
      {"unsqueeze", [](In in, Args args) -> Outputs { return unsqueeze(in[0], axis(args)); }},
      {"transpose", [](In in, Args args) -> Outputs { return transposed(in[0], args); }},
      {"permute", [](In in, Args args) -> Outputs { return permute(in[0], ints(args.at("axes"))); }},
      {"broadcast_to", [](In in, Args args) -> Outputs { return broadcast_to(in[0], shape(args)); }},
      {"tile", [](In in, Args args) -> Outputs { return tile(in[0], ints(args.at("repeats"))); }},
      {"slice", [](In in, Args args) -> Outputs { return slice(in[0], slices(args)); }},
      {"concatenate", [](In in, Args args) -> Outputs { return concatenate(in, axis(args)); }},
      {"stack", [](In in, Args args) -> Outputs { return stack(in, axis(args)); }},
      {"flip", [](In in, Args args) -> Outputs { return flip(in[0], axes(args)); }},
      {"roll", [](In in, Args args) -> Outputs { return roll(in[0], ints(args.at("shift")), ints_or(args, "axis", {})); }},
      {"pad", [](In in, Args args) -> Outputs { return padded(in[0], args); }},
      {"tril", [](In in, Args args) -> Outputs { return tril(in[0], args.value("k", std::ptrdiff_t{0})); }},
      {"triu", [](In in, Args args) -> Outputs { return triu(in[0], args.value("k", std::ptrdiff_t{0})); }},
      {"diagonal", [](In in, Args args) -> Outputs { return diagonal(in[0], diagonal_options(args)); }},
      {"diag", [](In in, Args args) -> Outputs { return diag(in[0], args.value("k", std::ptrdiff_t{0})); }},
      {"take", [](In in, Args args) -> Outputs { return take(in[0], in[1], axis(args)); }},
      {"gather", [](In in, Args args) -> Outputs { return gather(in[0], in[1], axis(args)); }},
      {"scatter_add", [](In in, Args args) -> Outputs { return scatter_add(in[0], in[1], in[2], axis(args)); }},
      {"masked_fill", [](In in, Args args) -> Outputs { return masked_fill(in[0], in[1], number(args, "value")); }},
      {"masked_select", [](In in, Args) -> Outputs { return masked_select(in[0], in[1]); }},
  });
}

}  // namespace oracle
