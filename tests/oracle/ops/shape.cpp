#include "../args.hpp"

namespace oracle {

void add_shape(Table& table) {
  table.insert({
      {"reshape", [](In in, Args args) -> Outputs { return reshape(in[0], shape(args)); }},
      {"transpose", [](In in, Args) -> Outputs { return transpose(in[0]); }},
      {"permute", [](In in, Args args) -> Outputs { return permute(in[0], ints(args.at("axes"))); }},
      {"broadcast_to", [](In in, Args args) -> Outputs { return broadcast_to(in[0], shape(args)); }},
      {"slice", [](In in, Args args) -> Outputs { return slice(in[0], slices(args)); }},
      {"concatenate", [](In in, Args args) -> Outputs { return concatenate(in, axis(args)); }},
  });
}

}  // namespace oracle
