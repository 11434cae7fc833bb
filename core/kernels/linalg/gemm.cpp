#include <reel/core/kernels/linalg/gemm.hpp>

#include <algorithm>

#include <cblas.h>
#include <reel/core/kernels/linalg/gemm_panels.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

// ---- Reel's own product: for all sizes where the compiler may use fused multiply-add, elsewhere for those on which a BLAS call spends
// ---- more on its own bookkeeping than on the arithmetic

constexpr std::size_t small_work = 40'000;  // multiply-adds
#ifdef __FMA__
constexpr std::size_t own_work = static_cast<std::size_t>(-1);
#else
constexpr std::size_t own_work = small_work;
#endif
constexpr std::size_t piece_work = std::size_t{1} << 19;  // multiply-adds below which a second thread is not worth its cost

/// Splits by rows or by columns, whichever are more. The result does not depend on where it is split.
template <class T, std::size_t Packs>
void multiply_panels(const Gemm<T>& g) {
  using Part = GemmPart<T, Packs>;
  const std::size_t tiles = Part::row_tiles(g), panels = Part::panels(g);
  const bool by_rows = g.m >= g.n;
  const std::size_t units = by_rows ? tiles : panels, work = g.m * g.n * g.k / units;
  // One piece per thread: each packs the part of the other matrix that it needs.
  const std::size_t threads = num_threads(), grain = std::max(piece_work / std::max<std::size_t>(1, work), (units + threads - 1) / threads);
  parallel_for(units, grain, [&](std::size_t begin, std::size_t end) {
    by_rows ? Part(g).run(begin, end, 0, panels) : Part(g).run(0, tiles, begin, end);
  });
}

template <class T>
void own_gemm(const Gemm<T>& g) {
  constexpr std::size_t lanes = GemmTile<T>::lanes;
  g.m <= GemmTile<T>::most_rows(4) && g.n > 2 * lanes ? multiply_panels<T, 4>(g) : multiply_panels<T, 2>(g);
}

// ---- BLAS, one thread per call ----

extern "C" [[gnu::weak]] void openblas_set_num_threads(int);

constexpr std::size_t panel_rows = 256;

void blas(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, const float* a, int lda, const float* b, int ldb, float beta,
          float* c, int ldc) {
  cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1.0f, a, lda, b, ldb, beta, c, ldc);
}
void blas(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, const double* a, int lda, const double* b, int ldb, double beta,
          double* c, int ldc) {
  cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1.0, a, lda, b, ldb, beta, c, ldc);
}
void blas(CBLAS_TRANSPOSE t, int m, int n, const float* a, int lda, const float* x, float beta, float* y) {
  cblas_sgemv(CblasRowMajor, t, m, n, 1.0f, a, lda, x, 1, beta, y, 1);
}
void blas(CBLAS_TRANSPOSE t, int m, int n, const double* a, int lda, const double* x, double beta, double* y) {
  cblas_dgemv(CblasRowMajor, t, m, n, 1.0, a, lda, x, 1, beta, y, 1);
}

template <class T>
void blas_gemm(const Gemm<T>& g) {
  const auto n = static_cast<int>(g.n), k = static_cast<int>(g.k);
  const auto lda = static_cast<int>(g.a_step), ldb = static_cast<int>(g.b_step), ldc = static_cast<int>(g.c_step);
  const std::size_t panels = (g.m + panel_rows - 1) / panel_rows;
  const std::size_t grain = g.n * g.k * panel_rows < piece_work ? panels : 1;
  parallel_for(panels, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t panel = begin; panel < end; ++panel) {
      const std::size_t row = panel * panel_rows, rows = std::min(panel_rows, g.m - row);
      T* const c = g.c + row * g.c_step;
      if (g.bias)
        for (std::size_t r = 0; r < rows; ++r) std::copy_n(g.bias, g.n, c + r * g.c_step);
      blas(g.a_transposed ? CblasTrans : CblasNoTrans, g.b_transposed ? CblasTrans : CblasNoTrans, static_cast<int>(rows), n, k,
           g.a + row * (g.a_transposed ? 1 : g.a_step), lda, g.b, ldb, g.bias || g.accumulate ? T(1) : T(0), c, ldc);
    }
  });
}

/// y = M x (+ y) for M with `outputs` rows that are `step` apart, stored transposed or not: what a product with a single row or column is.
/// It is bound by memory, where a general product is slow. No length or step that BLAS gets is above `limit`.
template <class T>
void matrix_by_vector(std::size_t limit, const T* matrix, std::size_t step, bool transposed, std::size_t outputs, std::size_t k, const T* x,
                      bool add, T* y) {
  // Rows whose distance is above the limit are passed to BLAS one at a time.
  const bool one_row = step > limit;
  const std::size_t height = one_row && !transposed ? 1 : std::min(panel_rows, limit), depth = one_row && transposed ? 1 : limit;
  const std::size_t panels = (outputs + height - 1) / height;
  const std::size_t grain = std::max<std::size_t>(1, (std::size_t{1} << 18) / (k * height));
  parallel_for(panels, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t panel = begin; panel < end; ++panel) {
      const std::size_t first = panel * height;
      const auto n = static_cast<int>(std::min(height, outputs - first));
      for (std::size_t from = 0; from < k; from += depth) {
        const auto terms = static_cast<int>(std::min(depth, k - from));
        const T beta = add || from > 0 ? T(1) : T(0);
        if (transposed) {
          blas(CblasTrans, terms, n, matrix + from * step + first, one_row ? n : static_cast<int>(step), x + from, beta, y + first);
        } else {
          blas(CblasNoTrans, n, terms, matrix + first * step + from, one_row ? terms : static_cast<int>(step), x + from, beta, y + first);
        }
      }
    }
  });
}

/// Each row of C becomes the bias, for the product to be added to.
template <class T>
void start_from_bias(const Gemm<T>& g) {
  for (std::size_t r = 0; r < g.m; ++r) std::copy_n(g.bias, g.n, g.c + r * g.c_step);
}

/// Whether x, y and the result of a product with a single row or column lie without gaps, as BLAS's matrix by vector is called here.
template <class T>
bool is_by_vector(const Gemm<T>& g) {
  if (g.n == 1) return g.c_step == 1 && (g.k == 1 || g.b_transposed || g.b_step == 1);
  return g.m == 1 && (g.k == 1 || !g.a_transposed || g.a_step == 1);
}

/// The steps of matrices without gaps.
template <class T>
Gemm<T> with_steps(Gemm<T> g) {
  if (g.a_step == 0) g.a_step = g.a_transposed ? g.m : g.k;
  if (g.b_step == 0) g.b_step = g.b_transposed ? g.k : g.n;
  if (g.c_step == 0) g.c_step = g.n;
  return g;
}

template <class T>
bool fits_blas(const Gemm<T>& g, std::size_t limit) {
  return std::max({g.n, g.k, g.a_step, g.b_step, g.c_step}) <= limit;  // m is split into panels
}

template <class T>
void any_gemm(const Gemm<T>& given, std::size_t limit) {
  if (given.m == 0 || given.n == 0) return;
  const Gemm<T> g = with_steps(given);
  if (g.k == 0) {
    if (g.bias) {
      start_from_bias(g);
    } else if (!g.accumulate) {
      for (std::size_t r = 0; r < g.m; ++r) std::fill_n(g.c + r * g.c_step, g.n, T(0));
    }
    return;
  }
  const std::size_t work = g.m * g.n * g.k;
  if (work > small_work && is_by_vector(g)) {
    keep_blas_single_threaded();
    if (g.bias) start_from_bias(g);
    const bool add = g.bias || g.accumulate;
    g.n == 1 ? matrix_by_vector(limit, g.a, g.a_step, g.a_transposed, g.m, g.k, g.b, add, g.c)
             : matrix_by_vector(limit, g.b, g.b_step, !g.b_transposed, g.n, g.k, g.a, add, g.c);
  } else if (work <= own_work || !fits_blas(g, limit)) {
    own_gemm(g);
  } else {
    keep_blas_single_threaded();
    blas_gemm(g);
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

void gemm(const Gemm<float>& g) { any_gemm(g, blas_limit); }
void gemm(const Gemm<double>& g) { any_gemm(g, blas_limit); }
void gemm_within(std::size_t limit, const Gemm<float>& g) { any_gemm(g, limit); }
void gemm_within(std::size_t limit, const Gemm<double>& g) { any_gemm(g, limit); }

}  // namespace reel::kernels
