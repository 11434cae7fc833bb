#include <reel/core/kernels/matmul.hpp>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/gemm.hpp>
#include <reel/core/kernels/movement.hpp>

namespace reel::kernels {

namespace {

void check_dtypes(const char* op, const char* left, const Array& a, const char* right, const Array& b) {
  if (a.dtype() != b.dtype() || !is_floating(a.dtype()))
    throw DtypeError(fmt::format("{}: {} is {} and {} is {}; both need float32, or both float64 (astype converts)", op, left,
                                 name_of(a.dtype()), right, name_of(b.dtype())));
}

struct Matrix {
  std::size_t rows, columns;
};

Matrix matrix_of(const Array& x, bool transposed) {
  const std::size_t rows = x.shape()[x.rank() - 2], columns = x.shape()[x.rank() - 1];
  return transposed ? Matrix{columns, rows} : Matrix{rows, columns};
}

Shape batch_of(const Array& x) { return Shape(std::span(x.shape().begin(), x.rank() - 2)); }

template <class T>
void multiply(const Array& a, const Array& b, Transposed transposed, Array& c) {
  const Matrix left = matrix_of(a, transposed.a), right = matrix_of(b, transposed.b);
  const std::size_t a_step = left.rows * left.columns, b_step = right.rows * right.columns, c_step = left.rows * right.columns;
  const std::size_t batches = c_step == 0 ? 0 : c.size() / c_step;
  for (std::size_t i = 0; i < batches; ++i) {
    // A side without batches of its own is used for all of them.
    gemm(Gemm<T>{transposed.a, transposed.b, left.rows, right.columns, left.columns, a.data<T>() + (a.rank() > 2 ? i * a_step : 0),
                 b.data<T>() + (b.rank() > 2 ? i * b_step : 0), c.mutable_data<T>() + i * c_step});
  }
}

bool batches_broadcast(const Shape& a, const Shape& b) {
  for (std::size_t i = 1; i <= a.rank() && i <= b.rank(); ++i) {
    const std::size_t m = a[a.rank() - i], n = b[b.rank() - i];
    if (m != n && m != 1 && n != 1) return false;
  }
  return true;
}

}  // namespace

void check_matmul(const Array& a, const Array& b, Transposed transposed) {
  check_dtypes("matmul", "a", a, "b", b);
  if (a.rank() < 2 || b.rank() < 2)
    throw ShapeError(
        fmt::format("matmul: a is {} and b is {}; both need at least two axes (reshape makes a row or a column)", a.shape(), b.shape()));
  if (matrix_of(a, transposed.a).columns != matrix_of(b, transposed.b).rows)
    throw ShapeError(fmt::format("matmul: a is {}{} and b is {}{}; a needs as many columns as b has rows", a.shape(),
                                 transposed.a ? " transposed" : "", b.shape(), transposed.b ? " transposed" : ""));
  if (!batches_broadcast(batch_of(a), batch_of(b)))
    throw ShapeError(fmt::format("matmul: a is {} and b is {}; the axes before the last two do not broadcast", a.shape(), b.shape()));
}

Array matmul(const Array& a, const Array& b, Transposed transposed) {
  check_matmul(a, b, transposed);
  const std::size_t m = matrix_of(a, transposed.a).rows, n = matrix_of(b, transposed.b).columns;
  Shape shape;
  if (a.rank() == 2 && b.rank() == 2) {
    shape = {m, n};
  } else {
    const Shape left = batch_of(a), right = batch_of(b);
    shape = broadcast("matmul", left, right);
    const auto spread = [&](const Array& x, const Shape& batch) {  // only a side that broadcasts among batches needs a copy
      Shape wanted = shape;
      wanted.push_back(x.shape()[x.rank() - 2]);
      wanted.push_back(x.shape().back());
      return batch.elements() == 1 ? x.with_shape({x.shape()[x.rank() - 2], x.shape().back()}) : broadcast_to(x, wanted);
    };
    const Array x = spread(a, left), y = spread(b, right);
    shape.push_back(m);
    shape.push_back(n);
    Array c(shape, a.dtype());
    a.dtype() == float32 ? multiply<float>(x, y, transposed, c) : multiply<double>(x, y, transposed, c);
    return c;
  }
  Array c(shape, a.dtype());
  a.dtype() == float32 ? multiply<float>(a, b, transposed, c) : multiply<double>(a, b, transposed, c);
  return c;
}

void check_linear(const Array& x, const Array& weight, const Array* bias) {
  check_dtypes("linear", "x", x, "weight", weight);
  if (bias) check_dtypes("linear", "weight", weight, "bias", *bias);
  if (weight.rank() != 2) throw ShapeError(fmt::format("linear: weight is {}; it needs two axes (out, in)", weight.shape()));
  if (x.rank() == 0 || x.shape().back() != weight.shape()[1])
    throw ShapeError(fmt::format("linear: x is {} and weight is {}; x needs {} features (weight's columns) on its last axis", x.shape(),
                                 weight.shape(), weight.shape()[1]));
  if (bias && (bias->rank() != 1 || bias->shape()[0] != weight.shape()[0]))
    throw ShapeError(
        fmt::format("linear: weight is {} and bias is {}; bias needs shape ({},)", weight.shape(), bias->shape(), weight.shape()[0]));
}

Array linear(const Array& x, const Array& weight, const Array* bias) {
  check_linear(x, weight, bias);
  const std::size_t in = weight.shape()[1], out = weight.shape()[0];
  Shape shape = x.shape();
  shape[shape.rank() - 1] = out;
  Array y(shape, x.dtype());
  const std::size_t rows = out == 0 ? 0 : y.size() / out;
  const auto run = [&](auto t) {
    using T = decltype(t);
    gemm(Gemm<T>{false, true, rows, out, in, x.data<T>(), weight.data<T>(), y.mutable_data<T>(), bias ? bias->data<T>() : nullptr});
  };
  x.dtype() == float32 ? run(float{}) : run(double{});
  return y;
}

}  // namespace reel::kernels
