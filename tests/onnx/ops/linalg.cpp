#include "../ops.hpp"

namespace onnx_test {

using namespace reel;

namespace {

/// alpha op(A) op(B) + beta C
Tensor gemm(const Call& c) {
  const bool ta = c.attributes().integer("transA", 0) != 0, tb = c.attributes().integer("transB", 0) != 0;
  const Tensor product = c.attributes().number("alpha", 1) * matmul(c.in[0], c.in[1], {.a = ta, .b = tb});
  return c.has(2) ? product + c.attributes().number("beta", 1) * c.in[2] : product;
}

}  // namespace

void add_linalg(Table& table) {
  table.insert({
      {"Det", [](const Call& c) { return Results{det(c.in[0])}; }},
      {"Einsum", [](const Call& c) { return Results{einsum(c.attributes().text("equation", ""), c.in)}; }},
      {"Gemm", [](const Call& c) { return Results{gemm(c)}; }},
      {"MatMul", [](const Call& c) { return Results{matmul(c.in[0], c.in[1])}; }},
  });
}

}  // namespace onnx_test
