#include <reel/core/kernels/decompositions.hpp>

#include <cmath>

#include <reel/core/kernels/linalg.hpp>
#include <reel/core/kernels/linalg/lapack.hpp>
#include <reel/core/kernels/linalg/matrices.hpp>

namespace reel::kernels {

namespace {

template <class T>
void require_finite(const char* op, const Array& a, const T* matrix, std::size_t size, std::size_t i) {
  T sum = 0;
  for (std::size_t j = 0; j < size; ++j) sum += matrix[j] * T(0);  // 0, or NaN
  if (sum != 0) throw Error(fmt::format("{}: {} not finite: it has an infinity or a NaN", op, which("a", a, i)));
}

void require_converged(const char* op, const Array& a, std::size_t i, int info) {
  if (info > 0) throw Error(fmt::format("{}: {} too hard: LAPACK's iteration did not converge", op, which("a", a, i)));
}

/// Whether to change a vector's sign, so that the first of its large elements is positive. 0.7 and not 1, because which element is the
/// largest is a matter of rounding in vectors such as (1, -1)/√2, and a sign that depends on it would jump.
template <class T>
bool points_back(const T* v, std::size_t n, std::size_t stride) {
  T largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(v[i * stride]));
  for (std::size_t i = 0; i < n; ++i)
    if (std::abs(v[i * stride]) >= T(0.7) * largest) return v[i * stride] < 0;
  return false;
}

/// Copies n elements, with the opposite sign if asked.
template <class T>
void copy_turned(const T* from, std::size_t n, std::size_t stride, bool turn, T* to) {
  for (std::size_t i = 0; i < n; ++i) to[i] = turn ? -from[i * stride] : from[i * stride];
}

template <class T>
class Eigh {
 public:
  explicit Eigh(std::size_t n) : n_(n), vectors_(n * n), values_(n) {}
  void run(const Array& a, const T* matrix, std::size_t i, T* to) {
    require_finite("eigh", a, matrix, n_ * n_, i);
    symmetrize(matrix, n_, vectors_.data());
    require_converged("eigh", a, i, lapack::syevd(static_cast<int>(n_), vectors_.data(), values_.data(), work_));
    for (std::size_t j = 0; j < n_; ++j, to += n_ + 1) {
      const T* const v = vectors_.data() + j * n_;
      to[0] = values_[j];
      copy_turned(v, n_, 1, points_back(v, n_, 1), to + 1);
    }
  }

 private:
  std::size_t n_;
  std::vector<T> vectors_, values_;
  lapack::Work<T> work_;
};

/// LAPACK sees Aᵀ = V diag(s) Uᵀ.
template <class T>
class Svd {
 public:
  Svd(std::size_t m, std::size_t n) : m_(m), n_(n), k_(std::min(m, n)), a_(m * n), s_(k_), v_(n * k_), u_(m * k_) {}
  void run(const Array& a, const T* matrix, std::size_t i, T* to) {
    require_finite("svd", a, matrix, m_ * n_, i);
    std::copy_n(matrix, m_ * n_, a_.data());
    require_converged("svd", a, i,
                      lapack::gesdd(static_cast<int>(n_), static_cast<int>(m_), a_.data(), s_.data(), v_.data(), u_.data(), work_));
    for (std::size_t j = 0; j < k_; ++j, to += m_ + 1 + n_) {
      const bool turn = points_back(u_.data() + j, m_, k_);
      copy_turned(u_.data() + j, m_, k_, turn, to);
      to[m_] = s_[j];
      copy_turned(v_.data() + j * n_, n_, 1, turn, to + m_ + 1);
    }
  }

 private:
  std::size_t m_, n_, k_;
  std::vector<T> a_, s_, v_, u_;
  lapack::Work<T> work_;
};

template <class T>
class Qr {
 public:
  Qr(std::size_t m, std::size_t n) : m_(m), n_(n), k_(std::min(m, n)), columns_(m * n), tau_(k_) {}
  void run(const Array& a, const T* matrix, std::size_t i, T* to) {
    require_finite("qr", a, matrix, m_ * n_, i);
    transpose_into(matrix, m_, n_, columns_.data());
    lapack::geqrf(static_cast<int>(m_), static_cast<int>(n_), columns_.data(), tau_.data(), work_);
    const std::size_t width = m_ + n_;
    for (std::size_t row = 0; row < k_; ++row)
      for (std::size_t j = 0; j < n_; ++j) to[row * width + m_ + j] = j < row ? T(0) : columns_[j * m_ + row];
    lapack::orgqr(static_cast<int>(m_), static_cast<int>(k_), columns_.data(), tau_.data(), work_);
    for (std::size_t row = 0; row < k_; ++row) std::copy_n(columns_.data() + row * m_, m_, to + row * width);
  }

 private:
  std::size_t m_, n_, k_;
  std::vector<T> columns_, tau_;
  lapack::Work<T> work_;
};

/// Runs make(T) for every matrix, whose packed result has `width` columns and as many rows as its smaller side.
template <class Make>
Array decompose(const Array& a, std::size_t width, const Make& make) {
  const Matrices matrices(a);
  const std::size_t k = std::min(matrices.rows, matrices.columns);
  Array y(matrices.shape({k, width}), a.dtype());
  if (y.size() == 0) return y;
  with_floating(a.dtype(), [&](auto t) {
    using T = decltype(t);
    const T* const from = a.data<T>();
    T* const to = y.mutable_data<T>();
    for_each_matrix(matrices.count(), 8 * matrices.size() * k, [&](std::size_t begin, std::size_t end) {
      auto decomposition = make(t);
      for (std::size_t i = begin; i < end; ++i) decomposition.run(a, from + i * matrices.size(), i, to + i * k * width);
    });
  });
  return y;
}

}  // namespace

Array eigh(const Array& a) {
  require_square("eigh", "a", a);
  const std::size_t n = a.shape().back();
  require_lapack_size("eigh", "a", a, 2 * n * n + 6 * n + 1);  // what ?syevd asks for at least
  return decompose(a, 1 + n, [n](auto t) { return Eigh<decltype(t)>(n); });
}

Array svd(const Array& a) {
  require_matrices("svd", "a", a);
  const std::size_t m = a.shape()[a.rank() - 2], n = a.shape().back(), k = std::min(m, n);
  require_lapack_size("svd", "a", a, 4 * k * k + 6 * k + std::max(m, n));  // as for ?gesdd
  return decompose(a, m + 1 + n, [m, n](auto t) { return Svd<decltype(t)>(m, n); });
}

Array qr(const Array& a) {
  require_matrices("qr", "a", a);
  const std::size_t m = a.shape()[a.rank() - 2], n = a.shape().back();
  return decompose(a, m + n, [m, n](auto t) { return Qr<decltype(t)>(m, n); });
}

}  // namespace reel::kernels
