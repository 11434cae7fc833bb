#include <reel/autograd/ops/matmul.hpp>

#include <reel/autograd/ops/elementwise.hpp>
#include <reel/autograd/ops/reduce.hpp>
#include <reel/autograd/ops/shape.hpp>

namespace reel {

namespace {

/// (..., n) as (rows, n).
Tensor as_matrix(const Tensor& x) {
  if (x.rank() == 2) return x;
  std::size_t rows = 1;
  for (std::size_t i = 0; i + 1 < x.rank(); ++i) rows *= x.shape()[i];
  return reshape(x, {rows, x.shape().back()});
}

Tensor with_shape(const Tensor& x, const Shape& shape) { return x.shape() == shape ? x : reshape(x, shape); }

}  // namespace

/// With A and B read as they are, dA = dY Bᵀ and dB = Aᵀ dY. An input that is read transposed has the transposed gradient, which is
/// the same product the other way round: no transpose is ever computed.
Tensor matmul(Operand a, Operand b, Transposed transposed) {
  const auto [ta, tb] = transposed;
  return record_broadcasting(
      "matmul", "da = dy·bᵀ   db = aᵀ·dy", {a, b},
      [ta = ta, tb = tb](const Inputs& in) {
        return kernels::matmul(in[0], in[1], {ta, tb});
      },
      [ta = ta, tb = tb](const Pullback& p) {
        const Tensor &x = p.input(0), &y = p.input(1);
        Tensor dx, dy;
        if (p.needs(0)) dx = ta ? matmul(y, p.dy(), {tb, true}) : matmul(p.dy(), y, {false, !tb});
        if (p.needs(1)) dy = tb ? matmul(p.dy(), x, {true, ta}) : matmul(x, p.dy(), {!ta, false});
        return Gradients{std::move(dx), std::move(dy)};
      },
      [ta = ta, tb = tb] { return std::string(ta ? "aᵀ" : "") + (ta && tb ? " " : "") + (tb ? "bᵀ" : ""); });
}

namespace {

Gradients linear_rule(const Pullback& p) {
  const Tensor &x = p.input(0), &weight = p.input(1);
  Gradients result;
  result.push_back(p.needs(0) ? with_shape(matmul(as_matrix(p.dy()), weight), x.shape()) : none);
  result.push_back(p.needs(1) ? matmul(as_matrix(p.dy()), as_matrix(x), {.a = true}) : none);
  if (p.size() == 3) result.push_back(p.needs(2) ? sum(as_matrix(p.dy()), 0) : none);
  return result;
}

}  // namespace

Tensor linear(Operand x, Operand weight, Operand bias) {
  return record(
      "linear", "dx = dy·W   dW = dyᵀ·x   db = Σ dy", {x, weight, bias},
      [](const Inputs& in) { return kernels::linear(in[0], in[1], &in[2]); }, linear_rule);
}

Tensor linear(Operand x, Operand weight) {
  return record(
      "linear", "dx = dy·W   dW = dyᵀ·x", {x, weight}, [](const Inputs& in) { return kernels::linear(in[0], in[1], nullptr); },
      linear_rule);
}

}  // namespace reel
