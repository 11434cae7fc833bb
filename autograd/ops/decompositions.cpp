#include <reel/autograd/ops/decompositions.hpp>

#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/detail/matrices.hpp>
#include <reel/autograd/ops/join.hpp>
#include <reel/autograd/ops/linalg.hpp>
#include <reel/autograd/ops/matmul.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/core/kernels/decompositions.hpp>

namespace reel {

using detail::column;
using detail::columns;
using detail::triangles;
using detail::with_axis;

namespace {

/// x / y, where 0 / 0 is 0: a gradient that is not used does not become NaN where values are equal.
Tensor ratio(const Tensor& x, const Tensor& y) { return x / where(y == 0.0, where(x == 0.0, 1.0, 0.0), y); }

/// The matrix with zeros on the diagonal.
Tensor off_diagonal(const Tensor& x) {
  const std::size_t n = x.shape().back();
  return x * triangles(n, n, 1, 0, 1, x.dtype());
}

/// A diagonal matrix.
Tensor diagonal(const Tensor& x) {
  const std::size_t n = x.shape().back();
  return with_axis(x, -1) * triangles(n, n, 0, 1, 0, x.dtype());
}

/// Aᵀ B and A Bᵀ
Tensor t_matmul(const Tensor& a, const Tensor& b) { return matmul(a, b, {.a = true}); }
Tensor matmul_t(const Tensor& a, const Tensor& b) { return matmul(a, b, {.b = true}); }

/// With rows W of eigenvectors: dA = Wᵀ (diag(dw) + F∘(W dWᵀ)) W with F_ij = 1/(w_j - w_i) off the diagonal.
Gradients eigh_rule(const Pullback& p) {
  const Tensor y = p.output(), &dy = p.dy();
  const std::size_t n = y.shape()[y.rank() - 2];
  const Tensor w = column(y, 0), dw = column(dy, 0), rows = columns(y, 1, n + 1), d_rows = columns(dy, 1, n + 1);
  const Tensor inner = diagonal(dw) + ratio(off_diagonal(matmul_t(rows, d_rows)), with_axis(w, -2) - with_axis(w, -1));
  const Tensor da = t_matmul(rows, matmul(inner, rows));
  return {0.5 * (da + transpose(da))};
}

}  // namespace

Eigh eigh(Operand a) {
  const Tensor packed = record(
      "eigh", "da = v·(diag dw + f∘(vᵀ·dv))·vᵀ, f_ij = 1/(w_j - w_i)", {a}, [](const Inputs& in) { return kernels::eigh(in[0]); },
      eigh_rule, [] { return std::string("(w | vᵀ)"); });
  const CallSite site(a.location());
  return {column(packed, 0), transpose(columns(packed, 1, packed.shape().back()))};
}

namespace {

/// With the singular vectors as rows U and V: dA = Uᵀ (F∘skew(U dUᵀ) S + S F∘skew(V dVᵀ) + diag(ds)) V, F_ij = 1/(s_j² - s_i²), plus the
/// parts outside the spaces of U and of V.
Gradients svd_rule(const Pullback& p) {
  const Tensor &a = p.input(0), y = p.output(), &dy = p.dy();
  const std::size_t m = a.shape()[a.rank() - 2], n = a.shape().back(), width = m + 1 + n;
  const Tensor u = columns(y, 0, m), s = column(y, m), v = columns(y, m + 1, width);
  const Tensor du = columns(dy, 0, m), ds = column(dy, m), dv = columns(dy, m + 1, width);
  const Tensor across = with_axis(s, -2), down = with_axis(s, -1);
  const Tensor gaps = (across - down) * (across + down);
  const Tensor turn_u = matmul_t(u, du), turn_v = matmul_t(v, dv);
  const Tensor inner = ratio(turn_u - transpose(turn_u), gaps) * across + down * ratio(turn_v - transpose(turn_v), gaps) + diagonal(ds);
  Tensor da = t_matmul(u, matmul(inner, v));
  if (m == n) return {da};
  if (m > n) return {da + t_matmul(ratio(du - t_matmul(turn_u, u), down), v)};
  return {da + t_matmul(u, ratio(dv - t_matmul(turn_v, v), down))};
}

}  // namespace

Svd svd(Operand a) {
  const Tensor packed = record(
      "svd", "da = u·(f∘(uᵀ·du - duᵀ·u)·s + s·f∘(vᵀ·dv - dvᵀ·v) + diag ds)·vᵀ + ..., f_ij = 1/(s_j² - s_i²)", {a},
      [](const Inputs& in) { return kernels::svd(in[0]); }, svd_rule, [] { return std::string("(uᵀ | s | vᵀ)"); });
  const CallSite site(a.location());
  const std::size_t m = a.tensor().shape()[a.tensor().rank() - 2], width = packed.shape().back();
  return {transpose(columns(packed, 0, m)), column(packed, m), columns(packed, m + 1, width)};
}

namespace {

/// Of a square or tall A: dA = (dQ + Q C) R⁻ᵀ with the symmetric C that has the lower triangle of R dRᵀ - dQᵀ Q. Q and dQ are given as
/// rows.
Tensor tall_qr_gradient(const Tensor& q, const Tensor& r, const Tensor& dq, const Tensor& dr) {
  const std::size_t n = r.shape().back();
  const Tensor m = matmul_t(r, dr) - matmul_t(dq, q);
  const Tensor c = m * triangles(n, n, 1, 1, 0, m.dtype()) + transpose(m * triangles(n, n, 1, 0, 0, m.dtype()));
  return transpose(solve_triangular(r, dq + matmul(c, q), {.upper = true}));
}

/// A wide A = [X Y] has X = Q U and Y = Q V, R = [U V], so that V = Qᵀ Y also depends on X, through Q.
Gradients qr_rule(const Pullback& p) {
  const Tensor &a = p.input(0), y = p.output(), &dy = p.dy();
  const std::size_t m = a.shape()[a.rank() - 2], n = a.shape().back(), width = m + n;
  const Tensor q = columns(y, 0, m), dq = columns(dy, 0, m);
  if (m >= n) return {tall_qr_gradient(q, columns(y, m, width), dq, columns(dy, m, width))};
  const Tensor u = columns(y, m, 2 * m), du = columns(dy, m, 2 * m), dv = columns(dy, 2 * m, width);
  const Tensor dx = tall_qr_gradient(q, u, dq + matmul_t(dv, columns(a, m, n)), du);
  return {concatenate({dx, t_matmul(q, dv)}, -1)};
}

}  // namespace

Qr qr(Operand a) {
  const Tensor packed = record(
      "qr", "da = (dq + q·c)·r⁻ᵀ, c: the lower triangle of r·drᵀ - dqᵀ·q, mirrored", {a},
      [](const Inputs& in) { return kernels::qr(in[0]); }, qr_rule, [] { return std::string("(qᵀ | r)"); });
  const CallSite site(a.location());
  const std::size_t m = a.tensor().shape()[a.tensor().rank() - 2], width = packed.shape().back();
  return {transpose(columns(packed, 0, m)), columns(packed, m, width)};
}

}  // namespace reel
