#include "../args.hpp"

namespace oracle {

namespace {

/// Reel multiplies matrices; a vector on the right is one column that is dropped again, one on the left one row.
Tensor product(const Tensor& a, const Tensor& b) {
  const Tensor left = a.rank() == 1 ? reshape(a, {1, -1}) : a, right = b.rank() == 1 ? reshape(b, {-1, 1}) : b;
  const Tensor y = matmul(left, right);
  Shape kept(std::span(y.shape().begin(), y.rank() - 2));
  if (a.rank() > 1) kept.push_back(y.shape()[y.rank() - 2]);
  if (b.rank() > 1) kept.push_back(y.shape().back());
  return reshape(y, kept);
}

}  // namespace

void add_linalg(Table& table) {
  table.insert({
      {"matmul", [](In in, Args) -> Outputs { return product(in[0], in[1]); }},
      {"linear", [](In in, Args) -> Outputs { return linear(in[0], in[1], in[2]); }},
  });
}

}  // namespace oracle
