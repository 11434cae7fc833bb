// Values of linear algebra: factors multiply back to their matrix, sums by indices agree with loops, and edges.
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <reel/testing/catch.hpp>

#include "message.hpp"

using namespace reel;
using reel::test::doubles;
using reel::test::is_same;
using reel::test::number;

namespace {

Tensor uniform(const Shape& shape, Dtype dtype = float64) { return random::uniform(shape, {.low = -1, .high = 1, .dtype = dtype}); }

Tensor eye(std::size_t n, Dtype dtype = float64) {
  Array y = Array::zeros({n, n}, float64);
  for (std::size_t i = 0; i < n; ++i) y.mutable_data<double>()[i * (n + 1)] = 1;
  return Tensor(y.astype(dtype));
}

double tolerance(const Tensor& t) { return t.dtype() == float32 ? 1e-5 : 1e-13; }

bool are_close(const Tensor& a, const Tensor& b) { return allclose(a, b, tolerance(b), 20 * tolerance(b)); }

bool has_orthonormal_columns(const Tensor& q) {
  const Tensor product = matmul(q, q, {.a = true});
  return are_close(product, broadcast_to(eye(q.shape().back(), q.dtype()), product.shape()));
}

/// Whether row > column has zeros only (or, for row < column, the transpose).
bool is_upper(const Tensor& r) {
  const std::size_t rows = r.shape()[r.rank() - 2], columns = r.shape().back();
  for (std::size_t i = 0; i < r.size(); ++i)
    if (i / columns % rows > i % columns && r.value().as_double(i) != 0) return false;
  return true;
}

const std::vector<Shape> oblongs{{17, 33}, {33, 17}, {5, 5}, {1, 7}, {7, 1}, {3, 2, 6, 4}, {2, 4, 6}, {0, 3, 2}, {3, 0}, {0, 3}, {2, 0, 0}};
const std::vector<Shape> squares{{17, 17}, {1, 1}, {70, 70}, {3, 2, 5, 5}, {0, 3, 3}, {0, 0}, {2, 0, 0}};
const std::vector<Dtype> dtypes{float32, float64};

}  // namespace

TEST_CASE("the factors of svd multiply back to the matrix") {
  const SeedScope fixed(1);
  for (const Dtype dtype : dtypes)
    for (const Shape& shape : oblongs) {
      CAPTURE(shape, dtype);
      const Tensor a = uniform(shape, dtype);
      const auto [u, s, vt] = svd(a);
      const std::size_t k = std::min(shape[shape.rank() - 2], shape.back());
      REQUIRE(s.shape().back() == k);
      Shape row = s.shape();
      row[row.rank() - 1] = 1;
      row.push_back(k);
      CHECK(are_close(matmul(u * reshape(s, row), vt), a));
      CHECK(has_orthonormal_columns(u));
      CHECK(has_orthonormal_columns(transpose(vt)));
      for (std::size_t i = 0; i < s.size(); ++i) CHECK((i % k == 0 || s.value().as_double(i) <= s.value().as_double(i - 1)));
    }
}

TEST_CASE("the factors of qr multiply back to the matrix") {
  const SeedScope fixed(2);
  for (const Dtype dtype : dtypes)
    for (const Shape& shape : oblongs) {
      CAPTURE(shape, dtype);
      const Tensor a = uniform(shape, dtype);
      const auto [q, r] = qr(a);
      CHECK(are_close(matmul(q, r), a));
      CHECK(has_orthonormal_columns(q));
      CHECK(is_upper(r));
    }
}

TEST_CASE("the factors of eigh and cholesky multiply back to the matrix") {
  const SeedScope fixed(3);
  for (const Dtype dtype : dtypes)
    for (const Shape& shape : squares) {
      CAPTURE(shape, dtype);
      const std::size_t n = shape.back();
      const Tensor x = uniform(shape, dtype), a = 0.5 * (x + transpose(x)), definite = matmul(x, x, {.b = true}) + eye(n, dtype);
      const auto [w, v] = eigh(a);
      Shape row = w.shape();
      row[row.rank() - 1] = 1;
      row.push_back(n);
      CHECK(are_close(matmul(v * reshape(w, row), v, {.b = true}), a));
      CHECK(has_orthonormal_columns(v));
      for (std::size_t i = 0; i < w.size(); ++i) CHECK((i % n == 0 || w.value().as_double(i) >= w.value().as_double(i - 1)));
      const Tensor l = cholesky(definite);
      CHECK(are_close(matmul(l, l, {.b = true}), definite));
      CHECK(is_upper(transpose(l)));
      CHECK(is_same(eigh(x).values, eigh(a).values));  // of the symmetric part
    }
}

TEST_CASE("inverse, solve and solve_triangular undo matmul") {
  const SeedScope fixed(4);
  for (const Dtype dtype : dtypes)
    for (const Shape& shape : squares) {
      CAPTURE(shape, dtype);
      const std::size_t n = shape.back();
      const Tensor a = uniform(shape, dtype) + 0.5 * static_cast<double>(n) * eye(n, dtype);
      CHECK(are_close(matmul(a, inverse(a)), broadcast_to(eye(n, dtype), shape)));
      const Tensor x = uniform({n, 3}, dtype), vector = uniform({n}, dtype);
      CHECK(are_close(solve(a, matmul(a, x)), broadcast_to(x, matmul(a, x).shape())));
      CHECK(are_close(matmul(a, solve(a, x)), broadcast_to(x, matmul(a, x).shape())));
      CHECK(are_close(matmul(a, reshape(solve(a, vector), matmul(a, uniform({n, 1}, dtype)).shape())),
                      broadcast_to(reshape(vector, {n, 1}), matmul(a, uniform({n, 1}, dtype)).shape())));
      const Tensor l = cholesky(matmul(a, a, {.b = true}));
      CHECK(are_close(matmul(l, solve_triangular(l, x)), broadcast_to(x, matmul(l, x).shape())));
      CHECK(are_close(matmul(l, solve_triangular(l, x, {.transposed = true}), {.a = true}), broadcast_to(x, matmul(l, x).shape())));
      const Tensor upper = transpose(l) + 0.0;
      CHECK(are_close(matmul(upper, solve_triangular(upper, x, {.upper = true})), broadcast_to(x, matmul(l, x).shape())));
    }
}

TEST_CASE("determinants of known matrices") {
  const Tensor a = doubles({{2.0, 0.0, 1.0}, {1.0, 3.0, 2.0}, {1.0, 1.0, 1.0}}), odd = doubles({{0.0, 1.0}, {1.0, 0.0}});
  CHECK(number(det(a)) == Approx(0).margin(1e-15));
  CHECK(number(det(a + eye(3))) == Approx(3 * (4 * 2 - 2) + 1 * (1 - 4)));
  CHECK(number(det(odd)) == -1);
  CHECK(number(slogdet(odd).sign) == -1);
  CHECK(number(slogdet(odd).logabsdet) == 0);
  CHECK(std::isnan(number(logdet(odd))));
  const Tensor zero = doubles({{1.0, 2.0}, {2.0, 4.0}});
  CHECK(number(det(zero)) == 0);
  CHECK(number(slogdet(zero).sign) == 0);
  CHECK(number(slogdet(zero).logabsdet) == -HUGE_VAL);
  CHECK(number(logdet(zero)) == -HUGE_VAL);
  CHECK(number(logdet(2.0 * eye(3))) == Approx(3 * std::log(2.0)));
  CHECK(number(slogdet(1e-200 * eye(5)).logabsdet) == Approx(5 * std::log(1e-200)));
  CHECK_FALSE(slogdet(variable(a + eye(3))).sign.has_history());
  CHECK(number(trace(doubles({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}))) == 6);
  CHECK(trace(tensor({{1, 2}, {3, 4}})).item<std::int64_t>() == 5);
}

TEST_CASE("matrices without rows, and no matrices") {
  const Tensor none_by_none = zeros({0, 0}, {.dtype = float64}), no_matrices = zeros({0, 2, 2}, {.dtype = float64});
  CHECK(inverse(none_by_none).shape() == Shape{0, 0});
  CHECK(number(det(none_by_none)) == 1);
  CHECK(number(logdet(none_by_none)) == 0);
  CHECK(number(slogdet(none_by_none).sign) == 1);
  CHECK(number(trace(none_by_none)) == 0);
  CHECK(is_same(det(zeros({2, 0, 0}, {.dtype = float64})), ones({2}, {.dtype = float64})));
  CHECK(det(no_matrices).shape() == Shape{0});
  CHECK(solve(none_by_none, zeros({0, 2}, {.dtype = float64})).shape() == Shape{0, 2});
  CHECK(cholesky(no_matrices).shape() == Shape{0, 2, 2});
  CHECK(eigh(none_by_none).vectors.shape() == Shape{0, 0});
  CHECK(svd(zeros({0, 3})).vt.shape() == Shape{0, 3});
  CHECK(svd(zeros({3, 0})).u.shape() == Shape{3, 0});
  CHECK(qr(zeros({3, 0})).q.shape() == Shape{3, 0});
  CHECK(is_same(matmul(zeros({2, 0}), zeros({0, 3})), zeros({2, 3})));
  CHECK(is_same(matmul(zeros({0}), zeros({0})), zeros({})));
  CHECK(is_same(einsum("ij,jk->ik", {zeros({2, 0}), zeros({0, 3})}), zeros({2, 3})));
}

TEST_CASE("det has the right first and second derivatives at singular matrices") {
  const std::vector<Tensor> matrices{
      zeros({1, 1}, {.dtype = float64}),
      zeros({2, 2}, {.dtype = float64}),
      zeros({3, 3}, {.dtype = float64}),
      zeros({4, 4}, {.dtype = float64}),
      ones({3, 3}, {.dtype = float64}),
      doubles({{1.0, 2.0, 3.0}, {2.0, 4.0, 6.0}, {1.0, 0.0, 1.0}}),
      doubles({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}, {7.0, 8.0, 9.0}}),
      doubles({{1.0, 2.0}, {2.0, 4.0 + 1e-9}}),
      doubles({{0.0, 1.0, 0.0, 0.0}, {0.0, 0.0, 2.0, 0.0}, {0.0, 0.0, 0.0, 1.0}, {0.0, 0.0, 0.0, 0.0}}),
      doubles({{{1.0, 2.0}, {2.0, 4.0}}, {{-2.0, 0.5}, {1.0, 1.0}}, {{0.0, 0.0}, {0.0, 0.0}}}),
  };
  for (const Tensor& a : matrices) {
    CAPTURE(a.shape(), a);
    CHECK_THAT([](const std::vector<Tensor>& in) { return det(in[0]); }, HasRightGradient({variable(a)}, {.order = 2}));
  }
  // The cofactors of a matrix of rank 2, by hand.
  const Tensor a = variable(matrices[5]);
  CHECK(are_close(gradients(det(a), {a})[0], doubles({{4.0, 4.0, -4.0}, {-2.0, -2.0, 2.0}, {0.0, 0.0, 0.0}})));
}

TEST_CASE("det has every derivative at regular matrices") {
  const Tensor a = variable(doubles({{2.0, 1.0}, {0.5, 3.0}}));
  CHECK_THAT([](const std::vector<Tensor>& in) { return det(in[0]); }, HasRightGradient({a}, {.order = 3}));
  CHECK_THAT([](const std::vector<Tensor>& in) { return inverse(in[0]); }, HasRightGradient({a}, {.order = 3}));
}

TEST_CASE("a matrix with equal singular values has the gradients that exist") {
  const Tensor a = variable(2.0 * eye(3));
  CHECK(are_close(gradients(sum(svd(a).s), {a})[0], eye(3)));
  CHECK(are_close(gradients(sum(square(eigh(a).values)), {a})[0], 4.0 * eye(3)));
  // Which vectors belong to equal values is not determined: what uses them has no gradient, and says so.
  CHECK_FALSE(std::isfinite(number(sum(gradients(sum(eigh(a).vectors), {a})[0]))));
}

TEST_CASE("vectors of eigh and svd have the signs that are promised") {
  const auto [w, v] = eigh(doubles({{2.0, 1.0}, {1.0, 2.0}}));
  const double half = std::sqrt(0.5);
  CHECK(are_close(w, doubles({1.0, 3.0})));
  CHECK(are_close(v, doubles({{half, half}, {-half, half}})));
  const auto [u, s, vt] = svd(doubles({{-3.0, 0.0}, {0.0, 2.0}}));
  CHECK(are_close(u, eye(2)));
  CHECK(are_close(s, doubles({3.0, 2.0})));
  CHECK(are_close(vt, doubles({{-1.0, 0.0}, {0.0, 1.0}})));
}

TEST_CASE("solve takes b for vectors as PyTorch does") {
  const SeedScope fixed(5);
  const Tensor a = uniform({3, 2, 2}) + 2.0 * eye(2);
  CHECK(solve(a, uniform({2})).shape() == Shape{3, 2});
  CHECK(solve(a, uniform({3, 2})).shape() == Shape{3, 2});
  CHECK(solve(a, uniform({2, 5})).shape() == Shape{3, 2, 5});
  CHECK(solve(a, uniform({1, 2, 5})).shape() == Shape{3, 2, 5});
  CHECK(solve(eye(2), uniform({4, 2, 1})).shape() == Shape{4, 2, 1});
}

namespace {

/// matmul() one matrix at a time.
Tensor product_by_slices(const Tensor& a, const Tensor& b, Transposed transposed) {
  if (a.rank() == 2 && b.rank() == 2) return matmul(a, b, transposed);
  const std::size_t rank = std::max(a.rank(), b.rank());
  const auto length = [&](const Tensor& x) { return x.rank() == rank ? x.shape()[0] : 1; };
  std::vector<Tensor> parts;
  for (std::size_t i = 0; i < std::max(length(a), length(b)); ++i) {
    const auto part = [&](const Tensor& x) { return x.rank() < rank ? x : x.row(length(x) == 1 ? 0 : static_cast<std::ptrdiff_t>(i)); };
    const Tensor product = product_by_slices(part(a), part(b), transposed);
    Shape shape{1};
    for (const std::size_t n : product.shape()) shape.push_back(n);
    parts.push_back(reshape(product, shape));
  }
  return concatenate(parts);
}

}  // namespace

TEST_CASE("batched products are those of the single matrices, and their gradients too") {
  const SeedScope fixed(6);
  const std::vector<std::pair<Shape, Shape>> batches{{{4}, {4}},
                                                     {{4}, {}},
                                                     {{}, {4}},
                                                     {{4}, {1}},
                                                     {{1}, {4}},
                                                     {{2, 3}, {2, 3}},
                                                     {{2, 3}, {3}},
                                                     {{3}, {2, 3}},
                                                     {{2, 1}, {1, 3}},
                                                     {{2, 3}, {2, 1}},
                                                     {{2, 1, 2}, {1, 3, 1}}};
  const std::vector<Shape> sizes{{3, 4, 5}, {1, 4, 3}, {3, 1, 2}, {2, 3, 1}, {40, 40, 40}};
  for (const auto& [left, right] : batches)
    for (const Shape& size : sizes)
      for (const Transposed t : {Transposed{}, Transposed{true, false}, Transposed{false, true}, Transposed{true, true}}) {
        CAPTURE(left, right, size, t.a, t.b);
        const auto shaped = [](Shape batch, std::size_t rows, std::size_t columns, bool transposed) {
          batch.push_back(transposed ? columns : rows);
          batch.push_back(transposed ? rows : columns);
          return batch;
        };
        const Tensor a = variable(uniform(shaped(left, size[0], size[1], t.a))),
                     b = variable(uniform(shaped(right, size[1], size[2], t.b)));
        const Tensor y = matmul(a, b, t), reference = product_by_slices(a, b, t);
        REQUIRE(are_close(y, reference));
        const Tensor dy = uniform(y.shape());
        const auto ours = gradients(y, {a, b}, {.seed = dy}), theirs = gradients(reference, {a, b}, {.seed = dy});
        CHECK(allclose(ours[0], theirs[0], 1e-12, 1e-12));
        CHECK(allclose(ours[1], theirs[1], 1e-12, 1e-12));
      }
}

TEST_CASE("linear's gradients have the same bits whether they are differentiable or not") {
  for (const Shape& shape : {Shape{5, 7}, Shape{2, 3, 7}, Shape{7}, Shape{0, 7}}) {
    const Tensor x = variable(random::normal(shape)), weight = variable(random::normal({4, 7})), bias = variable(random::normal({4}));
    const Tensor y = linear(x, weight, bias), plain = linear(x, weight);
    const Tensor seed = random::normal(y.shape());
    for (const bool with_bias : {true, false}) {
      const Tensor& result = with_bias ? y : plain;
      const auto fused = gradients(result, {x, weight, bias}, {.seed = seed});
      const auto recorded = gradients(result, {x, weight, bias}, {.differentiable = true, .seed = seed});
      for (std::size_t i = 0; i < 3; ++i) CHECK(is_same(fused[i], recorded[i]));
    }
  }
}

TEST_CASE("linear algebra gives the same bits for any number of threads") {
  const SeedScope fixed(9);
  const std::size_t before = num_threads();
  const Tensor a = uniform({60, 20, 20}) + 5.0 * eye(20), b = uniform({60, 20, 30}), tall = uniform({700, 90}), wide = uniform({90, 300});
  const auto all = [&] {
    const auto [u, s, vt] = svd(b);
    return std::vector<Tensor>{matmul(a, b),
                               matmul(b, a, {.a = true}),
                               matmul(a, b.row(0)),
                               matmul(tall, wide),
                               matmul(tall, wide.column(0)),
                               inverse(a),
                               solve(a, b),
                               det(a),
                               u,
                               s,
                               vt,
                               qr(b).q,
                               eigh(a).vectors};
  };
  set_num_threads(1);
  const std::vector<Tensor> one = all();
  for (const std::size_t threads : {2u, 3u, 8u}) {
    set_num_threads(threads);
    const std::vector<Tensor> several = all();
    for (std::size_t i = 0; i < one.size(); ++i) {
      CAPTURE(threads, i);
      CHECK(is_same(one[i], several[i]));
    }
  }
  set_num_threads(before);
}

TEST_CASE("steps of linear algebra have the caller's line") {
  const Tensor a = variable(doubles({{2.0, 1.0}, {1.0, 3.0}}));
  const int line = __LINE__ + 1;
  const Tensor y = sum(svd(a).u) + sum(einsum("ij,jk,kl->il", {a, a, a})) + logdet(a);
  for (const Entry& entry : Tape(y)) CHECK((entry.op() == "variable" || entry.location().line == line));
}
