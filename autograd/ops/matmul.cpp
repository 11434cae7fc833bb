#include <reel/autograd/ops/matmul.hpp>

#include <fmt/format.h>
#include <reel/autograd/ops/elementwise.hpp>
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

Shape batch_of(const Shape& shape) { return Shape(std::span(shape.begin(), shape.rank() - 2)); }

/// The shape with an axis of length 1 put in.
Shape with_axis(const Shape& shape, std::size_t place) {
  Shape result;
  for (std::size_t i = 0; i <= shape.rank(); ++i) {
    if (i == place) result.push_back(1);
    if (i < shape.rank()) result.push_back(shape[i]);
  }
  return result;
}

Tensor matmul_to(const Shape& batch, const Tensor& a, const Tensor& b, Transposed transposed);

/// The gradients for matrices. With A and B read as they are, dA = dY Bᵀ and dB = Aᵀ dY. An input that is read transposed has the
/// transposed gradient, which is the same product the other way round: no transpose is ever computed. What was repeated over a batch is
/// summed by the product itself.
Gradients product_rule(const Pullback& p, const Tensor& a, const Tensor& b, const Tensor& dy, Transposed t) {
  Tensor da, db;
  if (p.needs(0)) {
    const Shape batch = batch_of(a.shape());
    da = t.a ? matmul_to(batch, b, dy, {t.b, true}) : matmul_to(batch, dy, b, {false, !t.b});
  }
  if (p.needs(1)) {
    const Shape batch = batch_of(b.shape());
    db = t.b ? matmul_to(batch, dy, a, {true, t.a}) : matmul_to(batch, a, dy, {!t.a, false});
  }
  return {std::move(da), std::move(db)};
}

std::string text_of(Transposed t) { return std::string(t.a ? "aᵀ" : "") + (t.a && t.b ? " " : "") + (t.b ? "bᵀ" : ""); }

/// Products summed down to some batch axes, or repeated to them: what a gradient of a broadcasting product is. The three (a, b, result)
/// trade places in the rule, so that it is its own.
Tensor matmul_to(const Shape& batch, const Tensor& a, const Tensor& b, Transposed transposed) {
  const auto [ta, tb] = transposed;
  if (batch == kernels::matmul_batch(a.value(), b.value())) return matmul(a, b, transposed);
  return record(
      "matmul", "da = dy·bᵀ   db = aᵀ·dy", {a, b},
      [batch, ta = ta, tb = tb](const Inputs& in) {
        return kernels::matmul_to(batch, in[0], in[1], {ta, tb});
      },
      [ta = ta, tb = tb](const Pullback& p) {
        return product_rule(p, p.input(0), p.input(1), p.dy(), {ta, tb});
      },
      [batch, ta = ta, tb = tb] {
        return text_of({ta, tb}) + (ta || tb ? " " : "") + "summed to " + to_string(batch);
      });
}

/// The rule where there may be vectors: as rows and columns, they are matrices.
Gradients matmul_rule(const Pullback& p, Transposed transposed) {
  const Tensor &a = p.input(0), &b = p.input(1);
  const bool row = a.rank() == 1, column = b.rank() == 1;
  if (!row && !column) return product_rule(p, a, b, p.dy(), transposed);
  const std::size_t rank = p.dy().rank();
  Shape shape = p.dy().shape();
  if (column) shape = with_axis(shape, rank);
  if (row) shape = with_axis(shape, shape.rank() - 1);
  Gradients result = product_rule(p, row ? reshape(a, with_axis(a.shape(), 0)) : a, column ? reshape(b, with_axis(b.shape(), 1)) : b,
                                  reshape(p.dy(), shape), transposed);
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
