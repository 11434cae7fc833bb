#include <cmath>
#include <vector>

#include <catch2/catch.hpp>
#include <reel/core/kernels/linalg/gemm.hpp>
#include <reel/core/parallel.hpp>

using namespace reel;
using kernels::Gemm;

namespace {

/// A matrix that is a part of a wider one, with numbers that differ from place to place.
template <class T>
struct Matrix {
  std::size_t rows, columns, step;
  std::vector<T> data;

  Matrix(std::size_t rows_, std::size_t columns_, std::size_t gap, double seed) : rows(rows_), columns(columns_), step(columns_ + gap) {
    for (std::size_t i = 0; i < rows * step + 1; ++i) data.push_back(static_cast<T>(std::sin(seed + 0.7 * static_cast<double>(i))));
  }
  T at(std::size_t i, std::size_t j) const { return data[i * step + j]; }
};

struct Case {
  std::size_t m, n, k, gap;
  bool a_transposed, b_transposed, bias, accumulate;
  std::size_t limit = kernels::blas_limit;
};

/// Compares with sums in long double, looks that nothing beside C was written, and that three threads give the same bits.
template <class T>
void check(const Case& c) {
  CAPTURE(c.m, c.n, c.k, c.gap, c.a_transposed, c.b_transposed, c.bias, c.accumulate, c.limit, sizeof(T));
  const Matrix<T> a(c.a_transposed ? c.k : c.m, c.a_transposed ? c.m : c.k, c.gap, 1),
      b(c.b_transposed ? c.n : c.k, c.b_transposed ? c.k : c.n, c.gap, 2);
  const Matrix<T> bias(1, c.n, 0, 3), before(c.m, c.n, c.gap, 4);
  const auto product = [&](std::size_t threads) {
    set_num_threads(threads);
    Matrix<T> result = before;
    kernels::gemm_within(c.limit, Gemm<T>{c.a_transposed, c.b_transposed, c.m, c.n, c.k, a.data.data(), b.data.data(), result.data.data(),
                                          c.bias ? bias.data.data() : nullptr, c.accumulate, a.step, b.step, result.step});
    return result;
  };
  const Matrix<T> got = product(1);
  double worst = 0;
  bool beside = false;
  for (std::size_t i = 0; i < c.m; ++i) {
    for (std::size_t j = 0; j < c.n; ++j) {
      long double sum = c.accumulate ? before.at(i, j) : c.bias ? bias.at(0, j) : T(0), size = 1;
      for (std::size_t l = 0; l < c.k; ++l) {
        const long double term =
            static_cast<long double>(c.a_transposed ? a.at(l, i) : a.at(i, l)) * (c.b_transposed ? b.at(j, l) : b.at(l, j));
        sum += term;
        size += std::abs(term);
      }
      worst = std::max(worst, static_cast<double>(std::abs(got.at(i, j) - sum) / size));
    }
    for (std::size_t j = c.n; j < got.step; ++j) beside = beside || got.at(i, j) != before.at(i, j);
  }
  CHECK(worst <= static_cast<double>(std::numeric_limits<T>::epsilon()) * std::max(2.0, std::sqrt(static_cast<double>(c.k))));
  CHECK_FALSE(beside);
  CHECK(product(3).data == got.data);
  set_num_threads(1);
}

}  // namespace

TEST_CASE("matrix products of all sizes around a tile, stored either way, as parts of wider matrices, onto a bias or onto what is there") {
  const std::size_t rows[] = {1, 2, 3, 7, 8, 14, 15, 31}, columns[] = {1, 5, 16, 17, 32, 33, 70}, depths[] = {0, 1, 4, 19, 64};
  std::size_t i = 0;
  for (const std::size_t m : rows)
    for (const std::size_t n : columns)
      for (const std::size_t k : depths)
        for (const int flags : {0, 1, 2, 3}) {
          const std::size_t variant = i++ % 6;
          const Case c{m, n, k, variant % 2 * 3, (flags & 1) != 0, (flags & 2) != 0, variant / 2 == 1, variant / 2 == 2};
          check<float>(c);
          check<double>(c);
        }
}

TEST_CASE("large matrix products: several blocks in each direction, packed or not, split over threads") {
  for (const int flags : {0, 1, 2, 3})
    for (const auto& [m, n, k] :
         {std::array<std::size_t, 3>{200, 150, 530}, {30, 1300, 300}, {512, 70, 1030}, {5, 700, 600}, {300, 1, 400}, {1, 300, 400}}) {
      const bool a = (flags & 1) != 0, b = (flags & 2) != 0;
      check<float>({m, n, k, 0, a, b, false, false});
      check<double>({m, n, k, 5, a, b, true, false});
      check<float>({m, n, k, 512 - k % 512, a, b, false, true});
    }
}

TEST_CASE("a product whose sides or steps are longer than BLAS can be told is split, or computed without it") {
  for (const int flags : {0, 1, 2, 3})
    for (const auto& [m, n, k] :
         {std::array<std::size_t, 3>{1, 1, 50'000}, {300, 1, 400}, {1, 300, 400}, {9, 1, 6'000}, {1, 9, 6'000}, {60, 70, 90}})
      for (const std::size_t limit : {std::size_t{1}, std::size_t{7}, std::size_t{399}, std::size_t{49'999}}) {
        const bool a = (flags & 1) != 0, b = (flags & 2) != 0;
        if (limit == 1 && k == 50'000) continue;  // a call of BLAS for each term
        check<float>({m, n, k, 0, a, b, false, false, limit});
        check<double>({m, n, k, 3, a, b, true, false, limit});
        check<float>({m, n, k, 0, a, b, false, true, limit});
      }
}
