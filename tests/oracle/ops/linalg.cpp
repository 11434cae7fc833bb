#include "../args.hpp"

namespace oracle {

void add_linalg(Table& table) {
  table.insert({
      {"matmul", [](In in, Args) -> Outputs { return matmul(in[0], in[1]); }},
      {"dot", [](In in, Args) -> Outputs { return dot(in[0], in[1]); }},
      {"outer", [](In in, Args) -> Outputs { return outer(in[0], in[1]); }},
      {"einsum", [](In in, Args args) -> Outputs { return einsum(args.at("equation").get<std::string>(), in); }},
      {"inverse", [](In in, Args) -> Outputs { return inverse(in[0]); }},
      {"solve", [](In in, Args) -> Outputs { return solve(in[0], in[1]); }},
      {"cholesky", [](In in, Args) -> Outputs { return cholesky(in[0]); }},
      {"det", [](In in, Args) -> Outputs { return det(in[0]); }},
      {"logdet", [](In in, Args) -> Outputs { return logdet(in[0]); }},
      {"slogdet",
       [](In in, Args) -> Outputs {
         const auto [sign, logabsdet] = slogdet(in[0]);
         return {sign, logabsdet};
       }},
      {"trace", [](In in, Args) -> Outputs { return trace(in[0]); }},
      {"eigh",
       [](In in, Args) -> Outputs {
         const auto [values, vectors] = eigh(in[0]);
         return {values, vectors};
       }},
      {"svd",
       [](In in, Args) -> Outputs {
         const auto [u, s, vt] = svd(in[0]);
         return {u, s, vt};
       }},
      {"qr",
       [](In in, Args) -> Outputs {
         const auto [q, r] = qr(in[0]);
         return {q, r};
       }},
      {"linear", [](In in, Args) -> Outputs { return linear(in[0], in[1], in[2]); }},
  });
}

}  // namespace oracle
