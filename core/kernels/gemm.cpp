#include <reel/core/kernels/gemm.hpp>

#include <algorithm>

#include <cblas.h>
#include <reel/core/kernels/pack.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

// ---- small products: a BLAS call spends more on its own bookkeeping than on the arithmetic ----

constexpr std::size_t small_work = 40'000;     // multiply-adds up to which the loops below win (tests/bench measures it)
constexpr std::size_t packed_elements = 4096;  // of B, on the stack

/// What C holds already.
template <class T, std::size_t Rows, std::size_t Packs>
void load_sums(const Gemm<T>& g, std::size_t row, std::size_t column, xsimd::batch<T> (&sum)[Rows][Packs]) {
  using Batch = xsimd::batch<T>;
  constexpr std::size_t lanes = Batch::size;
  for (std::size_t r = 0; r < Rows; ++r) {
    alignas(64) T padded[Packs * lanes] = {};
    std::copy_n(g.c + (row + r) * g.n + column, std::min(Packs * lanes, g.n - column), padded);
    for (std::size_t p = 0; p < Packs; ++p) sum[r][p] = Batch::load_aligned(padded + p * lanes);
  }
}

/// `Rows` rows by `Packs` packs of C, in registers. B is k rows of `columns` elements, a whole number of packs.
template <class T, std::size_t Rows, std::size_t Packs>
void small_block(const Gemm<T>& g, const T* b, std::size_t columns, std::size_t row, std::size_t column) {
  using Batch = xsimd::batch<T>;
  constexpr std::size_t lanes = Batch::size;
  Batch sum[Rows][Packs];
  alignas(64) T padded[Packs * lanes] = {};
  if (g.bias) std::copy_n(g.bias + column, std::min(Packs * lanes, g.n - column), padded);
  for (std::size_t p = 0; p < Packs; ++p) {
    const Batch start = Batch::load_unaligned(padded + p * lanes);
    for (std::size_t r = 0; r < Rows; ++r) sum[r][p] = start;
  }
  if (g.accumulate) load_sums<T, Rows, Packs>(g, row, column, sum);
  const std::size_t a_row = g.a_transposed ? 1 : g.k, a_step = g.a_transposed ? g.m : 1;
  const T* const a = g.a + row * a_row;
  for (std::size_t i = 0; i < g.k; ++i) {
    Batch right[Packs];
    for (std::size_t p = 0; p < Packs; ++p) right[p] = Batch::load_unaligned(b + i * columns + column + p * lanes);
    for (std::size_t r = 0; r < Rows; ++r) {
      const Batch left(a[r * a_row + i * a_step]);
      for (std::size_t p = 0; p < Packs; ++p) sum[r][p] = xsimd::fma(left, right[p], sum[r][p]);
    }
  }
  for (std::size_t r = 0; r < Rows; ++r) {
    T* const c = g.c + (row + r) * g.n + column;
    for (std::size_t p = 0; p < Packs; ++p) {
      const std::size_t left = g.n - column - std::min(g.n - column, p * lanes);
      if (left >= lanes) {
        sum[r][p].store_unaligned(c + p * lanes);
      } else if (left > 0) {
        sum[r][p].store_unaligned(padded);
        std::copy_n(padded, left, c + p * lanes);
      }
    }
  }
}

template <class T, std::size_t Packs>
void small_columns(const Gemm<T>& g, const T* b, std::size_t columns, std::size_t column) {
  std::size_t row = 0;
  for (; row + 4 <= g.m; row += 4) small_block<T, 4, Packs>(g, b, columns, row, column);
  for (; row + 2 <= g.m; row += 2) small_block<T, 2, Packs>(g, b, columns, row, column);
  if (row < g.m) small_block<T, 1, Packs>(g, b, columns, row, column);
}

/// Copies B into rows of whole packs, untransposed.
template <class T>
void pack_right(const Gemm<T>& g, std::size_t columns, T* packed) {
  if (g.b_transposed) {
    for (std::size_t j = 0; j < g.n; ++j)
      for (std::size_t i = 0; i < g.k; ++i) packed[i * columns + j] = g.b[j * g.k + i];
  } else {
    for (std::size_t i = 0; i < g.k; ++i) std::copy_n(g.b + i * g.n, g.n, packed + i * columns);
  }
  for (std::size_t i = 0; i < g.k; ++i) std::fill(packed + i * columns + g.n, packed + (i + 1) * columns, T(0));
}

template <class T>
bool small_gemm(const Gemm<T>& g) {
  constexpr std::size_t lanes = xsimd::batch<T>::size;
  const std::size_t columns = (g.n + lanes - 1) / lanes * lanes;
  if (g.m * columns * g.k > small_work || columns * g.k > packed_elements) return false;
  alignas(64) T packed[packed_elements];
  const T* b = g.b;
  if (g.b_transposed || columns != g.n) {
    pack_right(g, columns, packed);
    b = packed;
  }
  std::size_t column = 0;
  for (; column + 2 * lanes <= columns; column += 2 * lanes) small_columns<T, 2>(g, b, columns, column);
  if (column < columns) small_columns<T, 1>(g, b, columns, column);
  return true;
}

// ---- large products: BLAS, one thread a call ----

extern "C" [[gnu::weak]] void openblas_set_num_threads(int);

constexpr std::size_t panel_rows = 256;
constexpr std::size_t piece_work = std::size_t{1} << 22;  // multiply-adds below which a second thread does not pay

void blas(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, const float* a, int lda, const float* b, int ldb, float beta,
          float* c) {
  cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1.0f, a, lda, b, ldb, beta, c, n);
}
void blas(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, const double* a, int lda, const double* b, int ldb, double beta,
          double* c) {
  cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1.0, a, lda, b, ldb, beta, c, n);
}
void blas(CBLAS_TRANSPOSE t, int m, int n, const float* a, int lda, const float* x, float beta, float* y) {
  cblas_sgemv(CblasRowMajor, t, m, n, 1.0f, a, lda, x, 1, beta, y, 1);
}
void blas(CBLAS_TRANSPOSE t, int m, int n, const double* a, int lda, const double* x, double beta, double* y) {
  cblas_dgemv(CblasRowMajor, t, m, n, 1.0, a, lda, x, 1, beta, y, 1);
}

template <class T>
void large_gemm(const Gemm<T>& g) {
  const auto n = static_cast<int>(g.n), k = static_cast<int>(g.k), m = static_cast<int>(g.m);
  const std::size_t panels = (g.m + panel_rows - 1) / panel_rows;
  const std::size_t grain = g.n * g.k * panel_rows < piece_work ? panels : 1;
  parallel_for(panels, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t panel = begin; panel < end; ++panel) {
      const std::size_t row = panel * panel_rows, rows = std::min(panel_rows, g.m - row);
      T* const c = g.c + row * g.n;
      if (g.bias)
        for (std::size_t r = 0; r < rows; ++r) std::copy_n(g.bias, g.n, c + r * g.n);
      blas(g.a_transposed ? CblasTrans : CblasNoTrans, g.b_transposed ? CblasTrans : CblasNoTrans, static_cast<int>(rows), n, k,
           g.a + row * (g.a_transposed ? 1 : g.k), g.a_transposed ? m : k, g.b, g.b_transposed ? k : n,
           g.bias || g.accumulate ? T(1) : T(0), c);
    }
  });
}

/// y = M x (+ y) for M with `outputs` rows, stored transposed or not: what a product with a single row or column is. It is bound by
/// memory, where BLAS's general product is slow.
template <class T>
void matrix_by_vector(const T* matrix, bool transposed, std::size_t outputs, std::size_t k, const T* x, bool add, T* y) {
  const std::size_t panels = (outputs + panel_rows - 1) / panel_rows;
  const std::size_t grain = std::max<std::size_t>(1, (std::size_t{1} << 18) / (k * panel_rows));
  const auto terms = static_cast<int>(k), all = static_cast<int>(outputs);
  parallel_for(panels, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t panel = begin; panel < end; ++panel) {
      const std::size_t first = panel * panel_rows;
      const auto n = static_cast<int>(std::min(panel_rows, outputs - first));
      if (transposed) {
        blas(CblasTrans, terms, n, matrix + first, all, x, add ? T(1) : T(0), y + first);
      } else {
        blas(CblasNoTrans, n, terms, matrix + first * k, terms, x, add ? T(1) : T(0), y + first);
      }
    }
  });
}

/// Each row of C becomes the bias, for the product to be added to.
template <class T>
void start_from_bias(const Gemm<T>& g) {
  for (std::size_t r = 0; r < g.m; ++r) std::copy_n(g.bias, g.n, g.c + r * g.n);
}

template <class T>
void any_gemm(const Gemm<T>& g) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) {
    if (g.bias) {
      start_from_bias(g);
    } else if (!g.accumulate) {
      std::fill_n(g.c, g.m * g.n, T(0));
    }
    return;
  }
  if (small_gemm(g)) return;
  keep_blas_single_threaded();
  if (g.n == 1 || g.m == 1) {
    if (g.bias) start_from_bias(g);
    const bool add = g.bias || g.accumulate;
    g.n == 1 ? matrix_by_vector(g.a, g.a_transposed, g.m, g.k, g.b, add, g.c)
             : matrix_by_vector(g.b, !g.b_transposed, g.n, g.k, g.a, add, g.c);
  } else {
    large_gemm(g);
  }
}

}  // namespace

void keep_blas_single_threaded() {
  static const bool once = [] {
    if (openblas_set_num_threads) openblas_set_num_threads(1);
    return true;
  }();
  (void)once;
}

void gemm(const Gemm<float>& g) { any_gemm(g); }
void gemm(const Gemm<double>& g) { any_gemm(g); }

}  // namespace reel::kernels
