#pragma once
// Helpers of the linear algebra sources.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <reel/core/array.hpp>
#include <reel/core/error.hpp>
#include <reel/core/kernels/linalg/gemm.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

/// An array viewed as a batch of matrices.
struct Matrices {
  explicit Matrices(const Array& x)
      : batch(std::span(x.shape().begin(), x.rank() - 2)), rows(x.shape()[x.rank() - 2]), columns(x.shape().back()) {}

  std::size_t count() const { return batch.elements(); }
  std::size_t size() const { return rows * columns; }
  /// The batch axes followed by `more`.
  Shape shape(std::initializer_list<std::size_t> more) const {
    Shape result = batch;
    for (const std::size_t length : more) result.push_back(length);
    return result;
  }

  Shape batch;
  std::size_t rows, columns;
};

/// Returns "a is (3, 3) and", or "matrix (1, 0) of a, (2, 4, 3, 3), is": the beginning of an error about matrix i.
inline std::string which(const char* name, const Array& x, std::size_t i) {
  if (x.rank() == 2) return fmt::format("{} is {} and", name, x.shape());
  Shape index = Matrices(x).batch;
  for (std::size_t axis = index.rank(); axis-- > 0;) {
    const std::size_t length = index[axis];
    index[axis] = i % length;
    i /= length;
  }
  return fmt::format("matrix {} of {}, {}, is", to_string(index), name, x.shape());
}

/// The longest side that LAPACK accepts, whose lengths have 32 bits.
inline constexpr std::size_t lapack_limit = std::numeric_limits<int>::max();

/// Throws ShapeError for matrices with a side, or a workspace in elements, of more than `limit`. An array without elements passes, because
/// LAPACK is not called for it.
inline void require_lapack_size(std::string_view op, const char* name, const Array& x, std::size_t work = 0,
                                std::size_t limit = lapack_limit) {
  if (x.size() == 0) return;
  const Matrices m(x);
  if (m.rows > limit || m.columns > limit || work > limit)
    throw ShapeError(fmt::format("{}: {} is {}; LAPACK counts in 32 bits, and that is too large for it", op, name, x.shape()));
}

/// Calls f(begin, end) for pieces of `count` matrices that take about `work` multiply-adds each.
template <class F>
void for_each_matrix(std::size_t count, std::size_t work, const F& f) {
  keep_blas_single_threaded();
  parallel_for(count, std::max<std::size_t>(1, (std::size_t{1} << 14) / std::max<std::size_t>(1, work)), f);
}

/// Calls f with a float or a double, according to the dtype.
template <class F>
void with_floating(Dtype dtype, const F& f) {
  dtype == float32 ? f(float{}) : f(double{});
}

/// Writes the transpose of x (rows, columns) to y (columns, rows).
template <class T>
void transpose_into(const T* x, std::size_t rows, std::size_t columns, T* y) {
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) y[j * rows + i] = x[i * columns + j];
}

/// y = (A + Aᵀ)/2. Both terms are halved before the sum, so that it does not overflow and is exact for a symmetric A.
template <class T>
void symmetrize(const T* a, std::size_t n, T* y) {
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) y[i * n + j] = T(0.5) * a[i * n + j] + T(0.5) * a[j * n + i];
}

}  // namespace reel::kernels
