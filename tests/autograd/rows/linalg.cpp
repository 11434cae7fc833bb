#include <algorithm>

#include "../ops_table.hpp"

using namespace reel;

namespace {

/// On the diagonal of (..., rows, columns): low, low + step, ...
Tensor diagonal(const Tensor& like, double low, double step) {
  const std::size_t rows = like.shape()[like.rank() - 2], columns = like.shape().back();
  Array matrix = Array::zeros({rows, columns}, float64);
  for (std::size_t i = 0; i < std::min(rows, columns); ++i)
    matrix.mutable_data<double>()[i * (columns + 1)] = low + step * static_cast<double>(i);
  return Tensor(matrix.astype(like.dtype()));
}

/// Far from singular, with a positive determinant.
Tensor regular(const Tensor& x) { return x + diagonal(x, 6, 0); }
/// Symmetric, positive definite.
Tensor definite(const Tensor& x) { return matmul(x, x, {.b = true}) + diagonal(x, 2, 0); }
/// With distinct singular values, and eigenvalues of the symmetric part.
Tensor spread(const Tensor& x) { return 0.2 * x + diagonal(x, 1, 1); }

const Cases squares{{{1, 1}}, {{0, 0}}, {{3, 3}}, {{0, 2, 2}}, {{2, 0, 0}}, {{2, 1, 2, 3, 3}}};
const Cases oblongs{{{1, 1}}, {{0, 2}}, {{2, 0}}, {{3, 3}}, {{4, 2}}, {{2, 4}}, {{0, 2, 3}}, {{2, 3, 2}}, {{2, 1, 1, 2, 3}}};

void append_systems(std::vector<Row>& rows) {
  const auto row = [&](const char* op, const char* variant, auto f, const Cases& cases) {
    rows.push_back({op, variant, [f](const In& in) { return f(in[0]); }, cases, anything});
  };
  row(
      "inverse", "", [](const Tensor& x) { return inverse(regular(x)); }, squares);
  row(
      "cholesky", "", [](const Tensor& x) { return cholesky(definite(x)); }, squares);
  row(
      "cholesky", "of the symmetric part", [](const Tensor& x) { return cholesky(regular(x)); }, squares);
  row(
      "det", "", [](const Tensor& x) { return det(0.3 * regular(x)); }, squares);
  row(
      "logdet", "", [](const Tensor& x) { return logdet(regular(x)); }, squares);
  row(
      "slogdet", "", [](const Tensor& x) { return slogdet(-regular(x)).logabsdet; }, squares);
  row(
      "trace", "", [](const Tensor& x) { return trace(x); }, oblongs);
  const Cases systems{
      {{3, 3}, {3}},          {{3, 3}, {3, 2}},       {{1, 1}, {1, 1}},    {{0, 0}, {0, 2}},       {{2, 2}, {2, 0}},
      {{2, 3, 3}, {2, 3}},    {{2, 3, 3}, {3}},       {{2, 3, 3}, {3, 2}}, {{2, 2}, {3, 2, 1}},    {{2, 1, 2, 2}, {3, 2, 1}},
      {{0, 2, 2}, {0, 2, 3}}, {{1, 2, 2}, {2, 2, 1}}, {{0, 0}, {0}},       {{2, 1, 1, 2, 2}, {2}}, {{1, 2, 1, 2, 2}, {2, 1, 2, 2, 1}}};
  rows.push_back({"solve", "", [](const In& in) { return solve(regular(in[0]), in[1]); }, systems, anything});
  const auto triangular = [&](const char* variant, TriangularOptions options) {
    rows.push_back({"solve_triangular", variant, [options](const In& in) { return solve_triangular(regular(in[0]), in[1], options); },
                    systems, anything});
  };
  triangular("", {});
  triangular("upper", {.upper = true});
  triangular("transposed", {.transposed = true});
  triangular("upper, transposed", {.upper = true, .transposed = true});
}

void append_decompositions(std::vector<Row>& rows) {
  const auto row = [&](const char* op, const char* variant, auto f, const Cases& cases) {
    rows.push_back({op, variant, [f](const In& in) { return f(spread(in[0])); }, cases, anything});
  };
  row(
      "eigh", "values", [](const Tensor& a) { return eigh(a).values; }, squares);
  row(
      "eigh", "vectors", [](const Tensor& a) { return eigh(a).vectors; }, squares);
  row("eigh", "a function of a matrix",
      [](const Tensor& a) {
        const auto [w, v] = eigh(a);
        return matmul(v * reshape(exp(0.3 * w), {-1, 1, w.shape().back()}), v, {.b = true});
      },
      {{{3, 3}}, {{2, 2, 2}}});
  row(
      "svd", "u", [](const Tensor& a) { return svd(a).u; }, oblongs);
  row(
      "svd", "s", [](const Tensor& a) { return svd(a).s; }, oblongs);
  row(
      "svd", "vt", [](const Tensor& a) { return svd(a).vt; }, oblongs);
  row("svd", "all",
      [](const Tensor& a) {
        const auto [u, s, vt] = svd(a);
        return matmul(u, reshape(s, {-1, s.shape().back(), 1}) * vt);
      },
      {{{3, 2}}, {{2, 3}}, {{2, 3, 3}}});
  row(
      "qr", "q", [](const Tensor& a) { return qr(a).q; }, oblongs);
  row(
      "qr", "r", [](const Tensor& a) { return qr(a).r; }, oblongs);
  row(
      "qr", "both",
      [](const Tensor& a) {
        const auto [q, r] = qr(a);
        return matmul(q, r * r);
      },
      oblongs);
}

void append_einsum(std::vector<Row>& rows) {
  const auto row = [&](const char* equation, const Cases& cases) {
    rows.push_back({"einsum", equation, [equation](const In& in) { return einsum(equation, in); }, cases, anything});
  };
  row("ij,jk->ik", {{{2, 3}, {3, 4}}, {{2, 0}, {0, 3}}, {{0, 2}, {2, 1}}, {{1, 1}, {1, 1}}, {{2, 1}, {3, 2}}});
  row("bij,bkj->bik", {{{2, 2, 3}, {2, 4, 3}}, {{1, 2, 3}, {2, 4, 3}}});
  row("ii->i", {{{3, 3}}, {{0, 0}}, {{1, 1}}});
  row("iji", {{{2, 3, 2}}});
  row("iii->i", {{{3, 3, 3}}});
  row("iijj->j", {{{2, 2, 3, 3}}});
  row("...ii->...", {{{2, 3, 3}}, {{2, 2}}, {{0, 2, 2}}});
  row("ij->ji", {{{2, 3}}, {{0, 3}}});
  row("ij->", {{{2, 3}}, {{2, 0}}});
  row("ba", {{{2, 3}}});
  row("i,i->i", {{{3}, {3}}, {{1}, {3}}});
  row("i,i", {{{3}, {3}}, {{0}, {0}}});
  row("i,j->ji", {{{3}, {2}}});
  row(",i->i", {{Shape{}, {3}}});
  row(",", {{Shape{}, Shape{}}});
  row("...ij,...jk->...ik", {{{2, 3}, {3, 2}}, {{2, 2, 3}, {3, 2}}, {{2, 1, 2, 3}, {3, 3, 1}}});
  row("...,...->...", {{{2, 3}, {3}}, {{2, 1}, {1, 3}}});
  row("i...->i", {{{2, 3, 2}}});
  row("bhqd,bkhd->bhqk", {{{2, 2, 2, 3}, {2, 3, 2, 3}}});
  row("ij,jk,kl->il", {{{2, 3}, {3, 4}, {4, 2}}});
  row("ij,ik,il->jkl", {{{2, 2}, {2, 3}, {2, 1}}});
  row("ij,j,i->", {{{2, 3}, {3}, {2}}});
  row("iij,jk->k", {{{2, 2, 3}, {3, 2}}});
  row("abcde,aecbd->ca", {{{2, 1, 2, 1, 3}, {2, 3, 2, 1, 1}}});
  row("ij,ij,ij->i", {{{2, 3}, {2, 3}, {2, 3}}});
}

void append_products(std::vector<Row>& rows) {
  const auto product = [&](const char* variant, Transposed transposed, const Cases& cases) {
    rows.push_back({"matmul", variant, [transposed](const In& in) { return matmul(in[0], in[1], transposed); }, cases, anything});
  };
  product("", {},
          {{{2, 3}, {3, 4}},
           {{1, 1}, {1, 1}},
           {{0, 3}, {3, 2}},
           {{2, 0}, {0, 3}},
           {{2, 3}, {3, 0}},
           {{2, 2, 3}, {3, 2}},
           {{2, 3}, {2, 3, 2}},
           {{2, 1, 2, 3}, {3, 3, 1}},
           {{0, 2, 3}, {3, 2}},
           {{1, 2, 3}, {2, 3, 2}},
           {{2, 1, 1, 2, 3}, {1, 2, 1, 3, 2}},
           {{1, 1, 2, 3}, {0, 3, 2}},
           {{3, 1, 2, 1, 3}, {2, 2, 3, 1}},
           {{17, 3}, {3, 5}}});
  product("vectors", {},
          {{{3}, {3}},
           {{0}, {0}},
           {{1}, {1, 1}},
           {{3}, {3, 4}},
           {{3, 4}, {4}},
           {{0}, {0, 2}},
           {{3}, {2, 3, 4}},
           {{2, 3, 4}, {4}},
           {{2, 1, 1, 2, 3}, {3}},
           {{3}, {2, 1, 2, 3, 1}},
           {{0, 2, 3}, {3}}});
  product("a vector by a transposed matrix", {.b = true}, {{{3}, {4, 3}}, {{3}, {2, 4, 3}}, {{1}, {2, 1}}});
  product("a transposed matrix by a vector", {.a = true}, {{{3, 4}, {3}}, {{2, 3, 4}, {3}}, {{1, 2}, {1}}});
  product("a transposed", {.a = true}, {{{3, 2}, {3, 4}}, {{3, 0}, {3, 2}}, {{2, 3, 2}, {3, 2}}, {{3, 2}, {2, 3, 1}}, {{2, 3, 1}, {3, 2}}});
  product("b transposed", {.b = true}, {{{2, 3}, {4, 3}}, {{2, 0}, {3, 0}}, {{2, 2, 3}, {2, 3}}, {{2, 3}, {2, 1, 3}}});
  product("both transposed", {.a = true, .b = true}, {{{3, 2}, {4, 3}}, {{2, 3, 2}, {1, 2, 3}}});
  const auto product_to = [&](const char* variant, const Shape& batch, Transposed transposed, const Cases& cases) {
    rows.push_back(
        {"matmul_to", variant, [batch, transposed](const In& in) { return matmul_to(in[0], in[1], batch, transposed); }, cases, anything});
  };
  product_to("summed", {}, {}, {{{2, 2, 3}, {3, 2}}, {{2, 2, 3}, {2, 3, 2}}, {{0, 2, 3}, {3, 2}}, {{2, 2, 2, 3}, {2, 3, 1}}});
  product_to("summed, a transposed", {1}, {.a = true}, {{{2, 3, 2}, {2, 3, 2}}, {{2, 3, 1}, {2, 3, 2}}, {{3, 2}, {2, 3, 2}}});
  product_to("partly summed", {2, 1}, {.b = true}, {{{2, 3, 2, 3}, {2, 3, 2, 3}}, {{3, 2, 3}, {2, 1, 1, 3}}});
  product_to("repeated", {2, 3}, {}, {{{2, 3}, {3, 2}}, {{3, 2, 3}, {3, 2}}, {{2, 1, 2, 3}, {1, 3, 2}}});
  const Cases vectors{{{3}, {3}}, {{1}, {1}}, {{0}, {0}}};
  rows.push_back({"dot", "", [](const In& in) { return dot(in[0], in[1]); }, vectors, anything});
  rows.push_back(
      {"outer", "", [](const In& in) { return outer(in[0], in[1]); }, {{{3}, {4}}, {{1}, {1}}, {{0}, {2}}, {{2}, {0}}}, anything});
  rows.push_back({"linear",
                  "with bias",
                  [](const In& in) { return linear(in[0], in[1], in[2]); },
                  {{{3}, {2, 3}, {2}}, {{4, 3}, {2, 3}, {2}}, {{0, 3}, {2, 3}, {2}}, {{1, 1}, {1, 1}, {1}}, {{2, 1, 2, 1, 3}, {2, 3}, {2}}},
                  anything});
  rows.push_back({"linear",
                  "without bias",
                  [](const In& in) { return linear(in[0], in[1]); },
                  {{{3}, {2, 3}}, {{4, 3}, {2, 3}}, {{0, 3}, {2, 3}}, {{4, 0}, {2, 0}}, {{2, 1, 2, 1, 3}, {2, 3}}},
                  anything});
}

}  // namespace

void append_linalg(std::vector<Row>& rows) {
  append_products(rows);
  append_einsum(rows);
  append_systems(rows);
  append_decompositions(rows);
}
