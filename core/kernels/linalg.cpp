#include <reel/core/kernels/linalg.hpp>

#include <cmath>
#include <limits>

#include <reel/core/kernels/linalg/lapack.hpp>
#include <reel/core/kernels/linalg/matrices.hpp>
#include <reel/core/kernels/manipulation.hpp>
#include <reel/core/kernels/reduce.hpp>

namespace reel::kernels {

namespace {

/// P L U of a matrix read row by row, which is Aᵀ to LAPACK.
template <class T>
class Factors {
 public:
  explicit Factors(std::size_t n) : n_(static_cast<int>(n)), elements_(n * n), pivots_(n) {}

  void factor(const T* a) {
    std::copy_n(a, elements_.size(), elements_.data());
    info_ = n_ == 0 ? 0 : lapack::getrf(n_, elements_.data(), pivots_.data());
  }

  bool is_singular() const { return info_ > 0; }
  /// Which row of A depends on the ones before it.
  int pivot() const { return info_ - 1; }
  T diagonal(std::size_t i) const { return elements_[i * pivots_.size() + i]; }
  bool swaps(std::size_t i) const { return pivots_[i] != static_cast<int>(i) + 1; }

  const T* elements() const { return elements_.data(); }
  const int* pivots() const { return pivots_.data(); }

 private:
  int n_, info_ = 0;
  std::vector<T> elements_;
  std::vector<int> pivots_;
};

template <class T>
void require_regular(const Factors<T>& factors, const char* op, const Array& a, std::size_t i) {
  if (factors.is_singular())
    throw Error(fmt::format("{}: {} singular: row {} depends on the rows before it (pivot {} is 0)", op, which("a", a, i), factors.pivot(),
                            factors.pivot()));
}

/// Where each element of `to`, the batch of a result, finds its matrix in a batch that broadcasts to it.
std::vector<std::size_t> places_in(const Shape& own, const Shape& to) {
  const std::size_t offset = to.rank() - own.rank();
  const Shape strides = strides_of(own);
  std::vector<std::size_t> places(to.elements());
  for (std::size_t i = 0; i < places.size(); ++i) {
    std::size_t rest = i, place = 0;
    for (std::size_t axis = to.rank(); axis-- > 0; rest /= to[axis])
      if (axis >= offset && own[axis - offset] != 1) place += rest % to[axis] * strides[axis - offset];
    places[i] = place;
  }
  return places;
}

/// What solve() and solve_triangular() have in common: shapes, and which matrices belong together.
struct Sides {
  Sides(const char* op, const Array& a, const Array& b_given)
      : b(are_vectors(a.shape(), b_given.shape()) ? as_columns(b_given) : b_given), is_vector(b.rank() > b_given.rank()) {
    const Matrices left(a), right(b);
    Shape batch;
    try {
      batch = broadcast(op, left.batch, right.batch);
    } catch (const ShapeError&) {
      throw ShapeError(
          fmt::format("{}: a is {} and b is {}; the axes before the matrices do not broadcast", op, a.shape(), b_given.shape()));
    }
    n = left.rows;
    columns = right.columns;
    a_places = places_in(left.batch, batch);
    b_places = places_in(right.batch, batch);
    shape = batch;
    shape.push_back(n);
    if (!is_vector) shape.push_back(columns);
  }

  static Array as_columns(const Array& b) {
    Shape shape = b.shape();
    shape.push_back(1);
    return b.with_shape(shape);
  }

  Array b;
  bool is_vector;
  std::size_t n = 0, columns = 0;
  std::vector<std::size_t> a_places, b_places;
  Shape shape;
};

void check_sides(const char* op, const Array& a, const Array& b) {
  require_square(op, "a", a);
  if (a.dtype() != b.dtype())
    throw DtypeError(fmt::format("{}: a is {} and b is {}; both need float32, or both float64 (astype converts)", op, name_of(a.dtype()),
                                 name_of(b.dtype())));
  const std::size_t n = a.shape().back();
  const bool fits = b.rank() > 0 && (are_vectors(a.shape(), b.shape()) ? b.shape().back() : b.shape()[b.rank() - 2]) == n;
  if (!fits)
    throw ShapeError(fmt::format("{}: a is {} and b is {}; b needs {} rows, or to be a vector of {}", op, a.shape(), b.shape(), n, n));
  if (!are_vectors(a.shape(), b.shape())) require_lapack_size(op, "b", b);
}

template <class T>
T log_magnitude(const Factors<T>& factors, std::size_t n, T& sign) {
  T sum = 0;
  bool negative = false;
  for (std::size_t i = 0; i < n; ++i) {
    const T d = factors.diagonal(i);
    sum += std::log(std::abs(d));
    negative ^= (d < 0) != factors.swaps(i);
  }
  sign = std::isnan(sum) ? sum : factors.is_singular() ? T(0) : negative ? T(-1) : T(1);
  return sum;
}

/// Calls f(factors, i) for each matrix.
template <class T, class F>
void for_each_factors(const Array& a, const F& f) {
  const Matrices matrices(a);
  const std::size_t n = matrices.rows;
  const T* const from = a.data<T>();
  for_each_matrix(matrices.count(), n * n * n, [&](std::size_t begin, std::size_t end) {
    Factors<T> factors(n);
    for (std::size_t i = begin; i < end; ++i) {
      factors.factor(from + i * n * n);
      f(factors, i);
    }
  });
}

}  // namespace

void require_matrices(const char* op, const char* name, const Array& x) {
  if (!is_floating(x.dtype()))
    throw DtypeError(fmt::format("{}: {} is {}; it needs float32 or float64 (astype converts)", op, name, name_of(x.dtype())));
  if (x.rank() < 2)
    throw ShapeError(fmt::format("{}: {} is {}; it needs two axes or more, with matrices on the last two", op, name, x.shape()));
  require_lapack_size(op, name, x);
}

void require_square(const char* op, const char* name, const Array& x) {
  require_matrices(op, name, x);
  if (x.shape()[x.rank() - 2] != x.shape().back())
    throw ShapeError(fmt::format("{}: {} is {}; it needs as many rows as columns", op, name, x.shape()));
}

Array inverse(const Array& a) {
  require_square("inverse", "a", a);
  Array y(a.shape(), a.dtype());
  const Matrices matrices(a);
  const std::size_t n = matrices.rows;
  if (y.size() == 0) return y;
  with_floating(a.dtype(), [&](auto t) {
    using T = decltype(t);
    const T* const from = a.data<T>();
    T* const to = y.mutable_data<T>();
    for_each_matrix(matrices.count(), n * n * n, [&](std::size_t begin, std::size_t end) {
      Factors<T> factors(n);
      lapack::Work<T> work;
      for (std::size_t i = begin; i < end; ++i) {
        factors.factor(from + i * n * n);
        require_regular(factors, "inverse", a, i);
        std::copy_n(factors.elements(), n * n, to + i * n * n);
        lapack::getri(static_cast<int>(n), to + i * n * n, factors.pivots(), work);
      }
    });
  });
  return y;
}

bool are_vectors(const Shape& a, const Shape& b) {
  return b.rank() == 1 || (b.rank() + 1 == a.rank() && b == Shape(std::span(a.begin(), a.rank() - 1)));
}

Array solve(const Array& a, const Array& b, bool transposed) {
  check_sides("solve", a, b);
  const Sides sides("solve", a, b);
  Array x(sides.shape, a.dtype());
  const std::size_t n = sides.n, columns = sides.columns;
  if (x.size() == 0) return x;
  with_floating(a.dtype(), [&](auto t) {
    using T = decltype(t);
    const T *const matrix = a.data<T>(), *const right = b.data<T>();
    T* const to = x.mutable_data<T>();
    for_each_matrix(sides.a_places.size(), n * n * (n / 3 + columns), [&](std::size_t begin, std::size_t end) {
      Factors<T> factors(n);
      std::vector<T> column(columns > 1 ? n * columns : 0);
      for (std::size_t i = begin; i < end; ++i) {
        if (i == begin || sides.a_places[i] != sides.a_places[i - 1]) factors.factor(matrix + sides.a_places[i] * n * n);
        require_regular(factors, "solve", a, sides.a_places[i]);
        const T* const from = right + sides.b_places[i] * n * columns;
        T* const result = to + i * n * columns;
        T* const solved = columns > 1 ? column.data() : result;
        transpose_into(from, n, columns, solved);
        lapack::getrs(!transposed, static_cast<int>(n), static_cast<int>(columns), factors.elements(), factors.pivots(), solved);
        if (columns > 1) transpose_into(solved, columns, n, result);
      }
    });
  });
  return x;
}

/// Row-major X = op(A)⁻¹ B is column-major Xᵀ = Bᵀ op(A)⁻ᵀ: no copy is turned round.
Array solve_triangular(const Array& a, const Array& b, bool upper, bool transposed) {
  check_sides("solve_triangular", a, b);
  const Sides sides("solve_triangular", a, b);
  Array x(sides.shape, a.dtype());
  const std::size_t n = sides.n, columns = sides.columns;
  if (x.size() == 0) return x;
  with_floating(a.dtype(), [&](auto t) {
    using T = decltype(t);
    const T *const matrix = a.data<T>(), *const right = b.data<T>();
    T* const to = x.mutable_data<T>();
    for_each_matrix(sides.a_places.size(), n * n * columns / 2, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const T* const triangle = matrix + sides.a_places[i] * n * n;
        for (std::size_t d = 0; d < n; ++d)
          if (triangle[d * n + d] == 0)
            throw Error(fmt::format("solve_triangular: {} singular: element {} of its diagonal is 0", which("a", a, sides.a_places[i]), d));
        std::copy_n(right + sides.b_places[i] * n * columns, n * columns, to + i * n * columns);
        lapack::trsm_right(!upper, transposed, static_cast<int>(columns), static_cast<int>(n), triangle, to + i * n * columns);
      }
    });
  });
  return x;
}

Array cholesky(const Array& a) {
  require_square("cholesky", "a", a);
  Array y(a.shape(), a.dtype());
  const Matrices matrices(a);
  const std::size_t n = matrices.rows;
  if (y.size() == 0) return y;
  with_floating(a.dtype(), [&](auto t) {
    using T = decltype(t);
    const T* const from = a.data<T>();
    T* const to = y.mutable_data<T>();
    for_each_matrix(matrices.count(), n * n * n / 3, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        T* const l = to + i * n * n;
        symmetrize(from + i * n * n, n, l);
        int info = lapack::potrf(static_cast<int>(n), l);
        for (std::size_t d = 0; info == 0 && d < n; ++d)
          if (std::isnan(l[d * n + d])) info = static_cast<int>(d) + 1;
        if (info > 0) throw Error(fmt::format("cholesky: {} not positive definite: pivot {} is not above 0", which("a", a, i), info - 1));
        for (std::size_t row = 0; row < n; ++row) std::fill(l + row * n + row + 1, l + (row + 1) * n, T(0));
      }
    });
  });
  return y;
}

Array det(const Array& a) {
  require_square("det", "a", a);
  Array y(Matrices(a).batch, a.dtype());
  with_floating(a.dtype(), [&](auto t) {
    using T = decltype(t);
    T* const to = y.mutable_data<T>();
    for_each_factors<T>(a, [&](const Factors<T>& factors, std::size_t i) {
      T product = 1;
      for (std::size_t d = 0; d < a.shape().back(); ++d) product *= factors.swaps(d) ? -factors.diagonal(d) : factors.diagonal(d);
      to[i] = product;
    });
  });
  return y;
}

Array slogdet(const Array& a) {
  require_square("slogdet", "a", a);
  Array y(Matrices(a).shape({2}), a.dtype());
  with_floating(a.dtype(), [&](auto t) {
    using T = decltype(t);
    T* const to = y.mutable_data<T>();
    for_each_factors<T>(
        a, [&](const Factors<T>& factors, std::size_t i) { to[2 * i + 1] = log_magnitude(factors, a.shape().back(), to[2 * i]); });
  });
  return y;
}

Array logdet(const Array& a) {
  require_square("logdet", "a", a);
  Array y(Matrices(a).batch, a.dtype());
  with_floating(a.dtype(), [&](auto t) {
    using T = decltype(t);
    T* const to = y.mutable_data<T>();
    for_each_factors<T>(a, [&](const Factors<T>& factors, std::size_t i) {
      T sign;
      const T magnitude = log_magnitude(factors, a.shape().back(), sign);
      to[i] = sign < 0 ? std::numeric_limits<T>::quiet_NaN() : magnitude;
    });
  });
  return y;
}

double condition(const Array& a, const Array& inverse) {
  require_square("condition", "a", a);
  if (inverse.shape() != a.shape() || inverse.dtype() != a.dtype())
    throw ShapeError(fmt::format("condition: a is {} {} and the inverse {} {}; both need one shape and dtype", a.shape(),
                                 name_of(a.dtype()), inverse.shape(), name_of(inverse.dtype())));
  const Matrices matrices(a);
  const std::size_t n = matrices.rows;
  double largest = 0;
  with_floating(a.dtype(), [&](auto t) {
    using T = decltype(t);
    const auto norm = [&](const T* matrix) {
      double result = 0;
      for (std::size_t row = 0; row < n; ++row) {
        double sum = 0;
        for (std::size_t j = 0; j < n; ++j) sum += static_cast<double>(std::abs(matrix[row * n + j]));
        result = std::max(result, sum);
      }
      return result;
    };
    for (std::size_t i = 0; i < matrices.count(); ++i)
      largest = std::max(largest, norm(a.data<T>() + i * n * n) * norm(inverse.data<T>() + i * n * n));
  });
  return largest;
}

Array trace(const Array& a) {
  if (a.rank() < 2) throw ShapeError(fmt::format("trace: a is {}; it needs two axes or more, with matrices on the last two", a.shape()));
  const Matrices matrices(a);
  const std::size_t step = matrices.columns + 1, last = std::min(matrices.rows, matrices.columns);
  Slices diagonal = Slices::whole(matrices.batch.rank() + 1);
  diagonal[matrices.batch.rank()] = Slice(0, static_cast<std::ptrdiff_t>(last * step), static_cast<std::ptrdiff_t>(step));
  const Array elements = slice(a.with_shape(matrices.shape({matrices.size()})), diagonal);
  return sum(elements, Ints(matrices.batch.rank()), false);
}

}  // namespace reel::kernels
