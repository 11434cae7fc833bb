#include "../args.hpp"

namespace oracle {

void add_reduce(Table& table) {
  table.insert({
      {"sum", [](In in, Args args) -> Outputs { return sum(in[0], axes(args), keep(args)); }},
      {"mean", [](In in, Args args) -> Outputs { return mean(in[0], axes(args), keep(args)); }},
      {"max", [](In in, Args args) -> Outputs { return max(in[0], axes(args), keep(args)); }},
      {"min", [](In in, Args args) -> Outputs { return min(in[0], axes(args), keep(args)); }},
      {"softmax", [](In in, Args args) -> Outputs { return softmax(in[0], axis(args)); }},
      {"log_softmax", [](In in, Args args) -> Outputs { return log_softmax(in[0], axis(args)); }},
  });
}

}  // namespace oracle
