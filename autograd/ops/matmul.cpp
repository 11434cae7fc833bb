#include <reel/autograd/ops/matmul.hpp>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/detail/matrices.hpp>
#include <reel/autograd/ops/reduce.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/core/kernels/elementwise.hpp>

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

namespace {

/// The gradients for matrices. With A and B read as they are, dA = dY Bᵀ and dB = Aᵀ dY. An input that is read transposed has the
/// transposed gradient, which is the same product in the other order: no transpose is ever computed. An input that was repeated over a
/// batch has its gradient summed by the product itself.
Gradients product_rule(const Pullback& p, const Tensor& a, const Tensor& b, const Tensor& dy, Transposed t) {
  Tensor da, db;
  if (p.needs(0)) {
    const Shape batch = detail::batch_of(a);
    da = t.a ? matmul_to(b, dy, batch, {t.b, true}) : matmul_to(dy, b, batch, {false, !t.b});
  }
  if (p.needs(1)) {
    const Shape batch = detail::batch_of(b);
    db = t.b ? matmul_to(dy, a, batch, {true, t.a}) : matmul_to(a, dy, batch, {!t.a, false});
  }
  return {std::move(da), std::move(db)};
}

std::string text_of(Transposed t) { return std::string(t.a ? "aᵀ" : "") + (t.a && t.b ? " " : "") + (t.b ? "bᵀ" : ""); }

/// The rule if there may be vectors: as rows and columns, they are matrices.
Gradients matmul_rule(const Pullback& p, Transposed transposed) {
  const Tensor &a = p.input(0), &b = p.input(1);
  const bool row = a.rank() == 1, column = b.rank() == 1;
  if (!row && !column) return product_rule(p, a, b, p.dy(), transposed);
  Tensor dy = p.dy();
  if (column) dy = detail::with_axis(dy, -1);
  if (row) dy = detail::with_axis(dy, -2);
  Gradients result = product_rule(p, row ? detail::with_axis(a, 0) : a, column ? detail::with_axis(b, 1) : b, dy, transposed);
  if (row && p.needs(0)) result[0] = reshape(result[0], a.shape());
  if (column && p.needs(1)) result[1] = reshape(result[1], b.shape());
  return result;
}

void check_vectors(const char* op, const Array& a, const Array& b) {
  if (a.rank() != 1 || b.rank() != 1)
    throw ShapeError(fmt::format("{}: a is {} and b is {}; both need one axis", op, a.shape(), b.shape()));
  if (a.dtype() != b.dtype() || !is_floating(a.dtype()))
    throw DtypeError(fmt::format("{}: a is {} and b is {}; both need float32, or both float64 (astype converts)", op, name_of(a.dtype()),
                                 name_of(b.dtype())));
}

}  // namespace

Tensor matmul(Operand a, Operand b, Transposed transposed) {
  const auto [ta, tb] = transposed;
  return record(
      "matmul", "da = dy·bᵀ   db = aᵀ·dy", {a, b},
      [ta = ta, tb = tb](const Inputs& in) {
        return kernels::matmul(in[0], in[1], {ta, tb});
      },
      [ta = ta, tb = tb](const Pullback& p) {
        return matmul_rule(p, {ta, tb});
      },
      [ta = ta, tb = tb] {
        return text_of({ta, tb});
      });
}

/// The three (a, b, the result) change places in the rule, so that the op is its own rule.
Tensor matmul_to(Operand a, Operand b, const Shape& batch, Transposed transposed) {
  const auto [ta, tb] = transposed;
  const bool plain = located("matmul_to", a, [&, ta = ta, tb = tb] {
    const Array x = a.as_tensor().value(), y = b.as_tensor().value();
    kernels::check_matmul_to(x, y, batch, {ta, tb});
    return batch == kernels::matmul_batch(x, y);
  });
  if (plain) return matmul(a, b, transposed);
  return record(
      "matmul_to", "da = dy·bᵀ   db = aᵀ·dy", {a, b},
      [batch, ta = ta, tb = tb](const Inputs& in) {
        return kernels::matmul_to(in[0], in[1], batch, {ta, tb});
      },
      [ta = ta, tb = tb](const Pullback& p) {
        return product_rule(p, p.input(0), p.input(1), p.dy(), {ta, tb});
      },
      [batch, ta = ta, tb = tb] {
        return text_of({ta, tb}) + (ta || tb ? " " : "") + to_string(batch);
      });
}

Tensor dot(Operand a, Operand b) {
  return record(
      "dot", "da = dy·b   db = dy·a", {a, b},
      [](const Inputs& in) {
        check_vectors("dot", in[0], in[1]);
        if (in[0].size() != in[1].size())
          throw ShapeError(fmt::format("dot: a is {} and b is {}; both need one length", in[0].shape(), in[1].shape()));
        return kernels::matmul(in[0], in[1]);
      },
      [](const Pullback& p) {
        return Gradients{p.needs(0) ? p.dy() * p.input(1) : none, p.needs(1) ? p.dy() * p.input(0) : none};
      });
}

Tensor outer(Operand a, Operand b) {
  return record(
      "outer", "da = dy·b   db = dyᵀ·a", {a, b},
      [](const Inputs& in) {
        check_vectors("outer", in[0], in[1]);
        return kernels::mul(in[0].with_shape({in[0].size(), 1}), in[1]);
      },
      [](const Pullback& p) {
        return Gradients{p.needs(0) ? matmul(p.dy(), p.input(1)) : none, p.needs(1) ? matmul(p.input(0), p.dy()) : none};
      });
}

namespace {

Gradients linear_rule(const Pullback& p) {
  const Tensor &x = p.input(0), &weight = p.input(1);
  Gradients result;
  if (!p.differentiable()) {
    const bool bias = p.size() == 3 && p.needs(2);
    auto [dx, dweight, dbias] = kernels::linear_backward(p.dy().value(), x.value(), weight.value(), {p.needs(0), p.needs(1), bias});
    result.push_back(p.needs(0) ? Tensor(std::move(dx)) : none);
    result.push_back(p.needs(1) ? Tensor(std::move(dweight)) : none);
    if (p.size() == 3) result.push_back(bias ? Tensor(std::move(dbias)) : none);
    return result;
  }
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
