#include <reel/core/kernels/linalg/cofactor.hpp>

#include <reel/core/kernels/decompositions.hpp>
#include <reel/core/kernels/linalg/lapack.hpp>
#include <reel/core/kernels/linalg/matrices.hpp>

namespace reel::kernels {

namespace {

/// The singular vectors of one matrix, as rows, its singular values, and the sign of det U det V.
template <class T>
class Singular {
 public:
  explicit Singular(std::size_t size) : n(size), u(n * n), v(n * n), s(n), left_(n * n), middle_(n * n), pivots_(n) {}

  void read(const T* packed) {
    for (std::size_t i = 0; i < n; ++i, packed += 2 * n + 1) {
      std::copy_n(packed, n, u.data() + i * n);
      s[i] = packed[n];
      std::copy_n(packed + n + 1, n, v.data() + i * n);
    }
    sign = sign_of(u) * sign_of(v);
  }

  /// The product of all singular values but those of i and j.
  T others(std::size_t i, std::size_t j) const {
    T product = sign;
    for (std::size_t k = 0; k < n; ++k)
      if (k != i && k != j) product *= s[k];
    return product;
  }

  /// Uᵀ X V
  const std::vector<T>& inward(const T* x) {
    gemm(Gemm<T>{false, false, n, n, n, u.data(), x, left_.data()});
    gemm(Gemm<T>{false, true, n, n, n, left_.data(), v.data(), middle_.data()});
    return middle_;
  }
  /// U X Vᵀ
  void outward(const std::vector<T>& x, T* to) {
    gemm(Gemm<T>{false, false, n, n, n, x.data(), v.data(), left_.data()});
    gemm(Gemm<T>{true, false, n, n, n, u.data(), left_.data(), to});
  }

  std::size_t n;
  std::vector<T> u, v, s;
  T sign = 1;

 private:
  T sign_of(const std::vector<T>& orthogonal) {
    left_ = orthogonal;
    lapack::getrf(static_cast<int>(n), left_.data(), pivots_.data());
    bool negative = false;
    for (std::size_t i = 0; i < n; ++i) negative ^= (left_[i * n + i] < 0) != (pivots_[i] != static_cast<int>(i) + 1);
    return negative ? T(-1) : T(1);
  }

  std::vector<T> left_, middle_;
  std::vector<int> pivots_;
};

/// Calls f(its singular values and vectors, its place in the array, the result's place) for each matrix.
template <class F>
Array for_each_singular(const Array& a, const F& f) {
  const Array packed = svd(a);
  Array y(a.shape(), a.dtype());
  if (y.size() == 0) return y;
  const Matrices matrices(a);
  const std::size_t n = matrices.rows;
  with_floating(a.dtype(), [&](auto t) {
    using T = decltype(t);
    const T* const from = packed.data<T>();
    T* const to = y.mutable_data<T>();
    for_each_matrix(matrices.count(), 4 * n * n * n, [&](std::size_t begin, std::size_t end) {
      Singular<T> singular(n);
      for (std::size_t i = begin; i < end; ++i) {
        singular.read(from + i * n * (2 * n + 1));
        f(singular, i * n * n, to + i * n * n);
      }
    });
  });
  return y;
}

}  // namespace

Array cofactor(const Array& a) {
  return for_each_singular(a, [](auto& singular, std::size_t, auto* to) {
    using T = std::remove_reference_t<decltype(*to)>;
    const std::size_t n = singular.n;
    std::vector<T> diagonal(n * n, T(0));
    for (std::size_t i = 0; i < n; ++i) diagonal[i * n + i] = singular.others(i, i);
    singular.outward(diagonal, to);
  });
}

/// At diag(s), the second derivative of det by elements (i, i) and (j, j) is the product of the other s, by (i, j) and (j, i) minus that,
/// and 0 otherwise.
Array cofactor_backward(const Array& a, const Array& g) {
  return for_each_singular(a, [&g](auto& singular, std::size_t at, auto* to) {
    using T = std::remove_reference_t<decltype(*to)>;
    const std::size_t n = singular.n;
    const std::vector<T>& inner = singular.inward(g.data<T>() + at);
    std::vector<T> result(n * n, T(0));
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        if (i == j) continue;
        const T others = singular.others(i, j);
        result[j * n + j] += others * inner[i * n + i];
        result[j * n + i] = -others * inner[i * n + j];
      }
    singular.outward(result, to);
  });
}

}  // namespace reel::kernels
