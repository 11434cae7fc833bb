#include <reel/core/kernels/matmul.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/detail/require.hpp>
#include <reel/core/kernels/linalg/gemm.hpp>
#include <reel/core/kernels/reduce.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

void check_dtypes(const char* op, const char* left, const Array& a, const char* right, const Array& b) {
  if (a.dtype() != b.dtype() || !is_floating(a.dtype()))
    throw DtypeError(fmt::format("{}: {} is {} and {} is {}; both need float32, or both float64 (astype converts)", op, left,
                                 name_of(a.dtype()), right, name_of(b.dtype())));
}

/// The matrix as which a product reads an operand; a vector has only one of its two axes.
struct Matrix {
  std::size_t rows, columns;
};

Matrix matrix_of(const Array& x, bool transposed) {
  const std::size_t rows = x.shape()[x.rank() - 2], columns = x.shape()[x.rank() - 1];
  return transposed ? Matrix{columns, rows} : Matrix{rows, columns};
}
Matrix left_matrix(const Array& a, bool transposed) { return a.rank() == 1 ? Matrix{1, a.size()} : matrix_of(a, transposed); }
Matrix right_matrix(const Array& b, bool transposed) { return b.rank() == 1 ? Matrix{b.size(), 1} : matrix_of(b, transposed); }

Shape batch_of(const Array& x) { return x.rank() < 2 ? Shape() : Shape(std::span(x.shape().begin(), x.rank() - 2)); }

bool batches_broadcast(const Shape& a, const Shape& b) {
  for (std::size_t i = 1; i <= a.rank() && i <= b.rank(); ++i) {
    const std::size_t m = a[a.rank() - i], n = b[b.rank() - i];
    if (m != n && m != 1 && n != 1) return false;
  }
  return true;
}

/// Many products: a walk over batches, each axis with a length and how far to step, in elements, in A, B and C. C stays where it is along
/// an axis that is summed, A or B along one that it is repeated over.
class Products {
 public:
  struct Axis {
    std::size_t length, a, b, c;
  };

  Products(Transposed transposed, std::size_t m, std::size_t n, std::size_t k) : transposed_(transposed), m_(m), n_(n), k_(k) {}

  /// The next axis outwards.
  void add_axis(const Axis& axis) {
    if (axis.length == 1 || (size_ == 0 && fold(axis))) return;
    Axis& last = axes_[size_ == 0 ? 0 : size_ - 1];
    const auto continues = [&](std::size_t outer, std::size_t inner) { return outer == inner * last.length; };
    if (size_ > 0 && continues(axis.a, last.a) && continues(axis.b, last.b) && continues(axis.c, last.c)) {
      last.length *= axis.length;
    } else {
      axes_[size_++] = axis;
    }
  }

  template <class T>
  void run(const T* a, const T* b, T* c) {
    if (size_ > 1) std::stable_partition(axes_, axes_ + size_, [](const Axis& axis) { return axis.c == 0; });  // the sums innermost
    std::size_t sums = 0, results = 1, terms = 1;
    while (sums < size_ && axes_[sums].c == 0) terms *= axes_[sums++].length;
    for (std::size_t i = sums; i < size_; ++i) results *= axes_[i].length;
    const std::size_t work = std::max<std::size_t>(1, m_ * n_ * k_ * std::max<std::size_t>(1, terms));
    // A tall product spreads itself over the threads.
    const std::size_t grain = m_ >= tall && work >= large_work ? results : std::max<std::size_t>(1, piece_work / work);
    parallel_for(results, grain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const Axis at = position(i, sums, size_);
        if (terms == 0) std::fill_n(c + at.c, m_ * n_, T(0));
        for (std::size_t j = 0; j < terms; ++j) {
          const Axis term = position(j, 0, sums);
          gemm(Gemm<T>{transposed_.a, transposed_.b, m_, n_, k_, a + at.a + term.a, b + at.b + term.b, c + at.c, nullptr, j > 0});
        }
      }
    });
  }

 private:
  static constexpr std::size_t piece_work = std::size_t{1} << 16, large_work = std::size_t{1} << 25;  // in multiply-adds
  static constexpr std::size_t tall = 1024;                                                           // rows

  /// Whether the innermost axis can be merged into one larger product: the rows of all A under each other for the same B, or a sum over
  /// pairs that are contiguous.
  bool fold(const Axis& axis) {
    const std::size_t a_size = m_ * k_, b_size = k_ * n_;
    const bool a_flips = m_ == 1 || k_ == 1, b_flips = n_ == 1 || k_ == 1;  // a single row is stored as a single column is
    if (axis.b == 0 && axis.a == a_size && axis.c == m_ * n_ && (!transposed_.a || a_flips)) {
      transposed_.a = false;
      m_ *= axis.length;
      return true;
    }
    if (axis.c == 0 && axis.a == a_size && axis.b == b_size && (transposed_.a || a_flips) && (!transposed_.b || b_flips)) {
      transposed_ = {.a = true, .b = false};
      k_ *= axis.length;
      return true;
    }
    return false;
  }

  /// Where step `i` of the walk over the axes [from, to), the first one fastest, is.
  Axis position(std::size_t i, std::size_t from, std::size_t to) const {
    Axis at{0, 0, 0, 0};
    for (std::size_t axis = from; axis < to; ++axis) {
      const Axis& step = axes_[axis];
      const std::size_t index = axis + 1 < to ? i % step.length : i;
      i = axis + 1 < to ? i / step.length : 0;
      at.a += index * step.a;
      at.b += index * step.b;
      at.c += index * step.c;
    }
    return at;
  }

  Transposed transposed_;
  std::size_t m_, n_, k_, size_ = 0;
  Axis axes_[max_rank] = {};
};

/// Steps between the matrices of a batch; 0 along axes of length 1, which are repeated, or summed over.
class Steps {
 public:
  Steps(const Shape& batch, std::size_t matrix) : batch_(batch), step_(matrix) {}
  /// Along the next axis outwards, which has `length` in the walk.
  std::size_t next(std::size_t length) {
    if (done_ == batch_.rank()) return 0;
    const std::size_t own = batch_[batch_.rank() - ++done_], step = own == length ? step_ : 0;
    step_ *= own;
    return step;
  }

 private:
  const Shape& batch_;
  std::size_t step_, done_ = 0;
};

/// One product, op(A) op(B), of matrices that are stored as they lie in the arrays.
void multiply_matrices(const Array& a, const Array& b, Transposed transposed, Matrix left, Matrix right, Array& c) {
  const auto run = [&](auto t) {
    using T = decltype(t);
    gemm(Gemm<T>{transposed.a, transposed.b, left.rows, right.columns, left.columns, a.data<T>(), b.data<T>(), c.mutable_data<T>()});
  };
  a.dtype() == float32 ? run(float{}) : run(double{});
}

/// C = A B for every batch that the three have between them.
void multiply(const Array& a, const Array& b, Transposed transposed, const Shape& batch, Array& c) {
  if (c.size() == 0) return;
  const Matrix left = left_matrix(a, transposed.a), right = right_matrix(b, transposed.b);
  if (a.rank() <= 2 && b.rank() <= 2 && batch.rank() == 0) return multiply_matrices(a, b, transposed, left, right, c);
  const Shape a_batch = batch_of(a), b_batch = batch_of(b);
  Products products(transposed, left.rows, right.columns, left.columns);
  Steps a_steps(a_batch, left.rows * left.columns), b_steps(b_batch, right.rows * right.columns), c_steps(batch, left.rows * right.columns);
  const std::size_t rank = std::max({a_batch.rank(), b_batch.rank(), batch.rank()});
  for (std::size_t i = 1; i <= rank; ++i) {
    std::size_t length = 1;
    for (const Shape* shape : {&a_batch, &b_batch, &batch})
      if (i <= shape->rank() && (*shape)[shape->rank() - i] != 1) length = (*shape)[shape->rank() - i];
    // One after the other: a step must be taken whether it is used or not.
    const std::size_t a_step = a_steps.next(length), b_step = b_steps.next(length), c_step = c_steps.next(length);
    products.add_axis({length, a_step, b_step, c_step});
  }
  a.dtype() == float32 ? products.run(a.data<float>(), b.data<float>(), c.mutable_data<float>())
                       : products.run(a.data<double>(), b.data<double>(), c.mutable_data<double>());
}

std::string text_of(const Array& x, bool transposed) { return to_string(x.shape()) + (transposed ? " transposed" : ""); }

}  // namespace

void check_matmul(const Array& a, const Array& b, Transposed transposed) {
  check_dtypes("matmul", "a", a, "b", b);
  const auto fail = [&](const char* rule) {
    throw ShapeError(fmt::format("matmul: a is {} and b is {}; {}", text_of(a, transposed.a), text_of(b, transposed.b), rule));
  };
  if (a.rank() == 0 || b.rank() == 0) fail("a number is no matrix and no vector (* multiplies by numbers)");
  if ((a.rank() == 1 && transposed.a) || (b.rank() == 1 && transposed.b)) fail("a vector has no transpose");
  if (left_matrix(a, transposed.a).columns != right_matrix(b, transposed.b).rows)
    fail(a.rank() == 1   ? "a needs as many elements as b has rows"
         : b.rank() == 1 ? "a needs as many columns as b has elements"
                         : "a needs as many columns as b has rows");
  if (!batches_broadcast(batch_of(a), batch_of(b))) fail("the axes before the last two do not broadcast");
}

Shape matmul_batch(const Array& a, const Array& b) { return broadcast("matmul", batch_of(a), batch_of(b)); }

Array matmul(const Array& a, const Array& b, Transposed transposed) {
  check_matmul(a, b, transposed);
  const Shape batch = a.rank() <= 2 && b.rank() <= 2 ? Shape() : matmul_batch(a, b);
  Shape shape = batch;
  if (a.rank() > 1) shape.push_back(left_matrix(a, transposed.a).rows);
  if (b.rank() > 1) shape.push_back(right_matrix(b, transposed.b).columns);
  Array c(shape, a.dtype());
  multiply(a, b, transposed, batch, c);
  return c;
}

void check_matmul_to(const Array& a, const Array& b, const Shape& batch, Transposed transposed) {
  if (a.rank() < 2 || b.rank() < 2)
    throw ShapeError(fmt::format("matmul_to: a is {} and b is {}; both need at least two axes", a.shape(), b.shape()));
  check_matmul(a, b, transposed);
  if (!batches_broadcast(batch, batch_of(a)) || !batches_broadcast(batch, batch_of(b)))
    throw ShapeError(
        fmt::format("matmul_to: a is {}, b is {} and the batch axes are to be {}; they do not broadcast with those before the last two",
                    a.shape(), b.shape(), batch));
}

Array matmul_to(const Array& a, const Array& b, const Shape& batch, Transposed transposed) {
  check_matmul_to(a, b, batch, transposed);
  Shape shape = batch;
  shape.push_back(left_matrix(a, transposed.a).rows);
  shape.push_back(right_matrix(b, transposed.b).columns);
  Array c(shape, a.dtype());
  multiply(a, b, transposed, batch, c);
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

LinearGradients linear_backward(const Array& dy, const Array& x, const Array& weight, LinearWanted wanted) {
  check_linear(x, weight, nullptr);
  Shape y = x.shape();
  y[y.rank() - 1] = weight.shape()[0];
  require_like("linear", "dy", dy, y, x.dtype());
  const std::size_t in = weight.shape()[1], out = weight.shape()[0], leading = x.rank() - 1;
  const std::size_t rows = Shape(std::span(x.shape().begin(), leading)).elements();
  const Matrix dy_matrix{rows, out}, x_matrix{rows, in}, weight_matrix{out, in};
  LinearGradients result;
  if (wanted.x) {
    result.x = Array(x.shape(), x.dtype());
    multiply_matrices(dy, weight, {}, dy_matrix, weight_matrix, result.x);
  }
  if (wanted.weight) {
    result.weight = Array(weight.shape(), weight.dtype());
    multiply_matrices(dy, x, {.a = true, .b = false}, {out, rows}, x_matrix, result.weight);
  }
  if (wanted.bias) {
    Ints axes;
    for (std::size_t axis = 0; axis < leading; ++axis) axes.push_back(static_cast<std::ptrdiff_t>(axis));
    result.bias = leading == 0 ? dy : sum(dy, axes, false);
  }
  return result;
}

}  // namespace reel::kernels
