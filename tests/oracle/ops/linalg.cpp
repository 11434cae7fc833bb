#include "../args.hpp"

namespace oracle {

void add_linalg(Table& table) {
  table.insert({
      {"matmul", [](In in, Args) -> Outputs { return matmul(in[0], in[1]); }},
      {"dot", [](In in, Args) -> Outputs { return dot(in[0], in[1]); }},
      {"outer", [](In in, Args) -> Outputs { return outer(in[0], in[1]); }},
      {"linear", [](In in, Args) -> Outputs { return linear(in[0], in[1], in[2]); }},
  });
}

}  // namespace oracle
