#include <reel/autograd/ops/linalg.hpp>

#include <limits>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/detail/matrices.hpp>
#include <reel/autograd/ops/matmul.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/core/kernels/linalg.hpp>
#include <reel/core/kernels/linalg/cofactor.hpp>

namespace reel {

using detail::batch_of;
using detail::triangles;
using detail::with_axis;

namespace {

/// Numbers, one per matrix, to be multiplied with matrices.
Tensor as_scale(const Tensor& x) { return with_axis(with_axis(x, -1), -1); }

}  // namespace

Tensor inverse(Operand a) {
  return record(
      "inverse", "da = -yᵀ·dy·yᵀ", {a}, [](const Inputs& in) { return kernels::inverse(in[0]); },
      [](const Pullback& p) {
        const Tensor y = p.output();
        return Gradients{-matmul(matmul(y, p.dy(), {.a = true}), y, {.b = true})};
      });
}

namespace {

/// dA of X = A⁻¹ B from dB = A⁻ᵀ dX, or of X = A⁻ᵀ B from dB = A⁻¹ dX.
Tensor system_gradient(const Pullback& p, const Tensor& db, bool transposed) {
  const Tensor& a = p.input(0);
  const bool vectors = kernels::are_vectors(a.shape(), p.input(1).shape());
  const Tensor x = vectors ? with_axis(p.output(), -1) : p.output(), minus = -(vectors ? with_axis(db, -1) : db);
  return transposed ? matmul_to(x, minus, batch_of(a), {.b = true}) : matmul_to(minus, x, batch_of(a), {.b = true});
}

Tensor solve(const Operand& a, const Operand& b, bool transposed) {
  return record_broadcasting(
      "solve", "db = a⁻ᵀ·dx   da = -db·xᵀ", {a, b}, [transposed](const Inputs& in) { return kernels::solve(in[0], in[1], transposed); },
      [transposed](const Pullback& p) {
        const Tensor db = solve(p.input(0), p.dy(), !transposed);
        return Gradients{p.needs(0) ? system_gradient(p, db, transposed) : none, db};
      },
      [transposed] { return std::string(transposed ? "aᵀ" : ""); });
}

}  // namespace

Tensor solve(Operand a, Operand b) { return solve(a, b, false); }

Tensor solve_triangular(Operand a, Operand b, TriangularOptions options) {
  const auto [upper, transposed] = options;
  return record_broadcasting(
      "solve_triangular", "db = a⁻ᵀ·dx   da = -db·xᵀ, of the triangle", {a, b},
      [upper = upper, transposed = transposed](const Inputs& in) { return kernels::solve_triangular(in[0], in[1], upper, transposed); },
      [upper = upper, transposed = transposed](const Pullback& p) {
        const Tensor db = solve_triangular(p.input(0), p.dy(), {.upper = upper, .transposed = !transposed});
        if (!p.needs(0)) return Gradients{none, db};
        const std::size_t n = p.input(0).shape().back();
        return Gradients{system_gradient(p, db, transposed) * triangles(n, n, upper ? 0 : 1, 1, upper ? 1 : 0, db.dtype()), db};
      },
      [upper = upper, transposed = transposed] { return std::string(upper ? "upper" : "lower") + (transposed ? ", aᵀ" : ""); });
}

Tensor cholesky(Operand a) {
  return record(
      "cholesky", "da = sym y⁻ᵀ·Φ(yᵀ·dy)·y⁻¹, Φ: the lower triangle, half the diagonal", {a},
      [](const Inputs& in) { return kernels::cholesky(in[0]); },
      [](const Pullback& p) {
        const Tensor y = p.output();
        const std::size_t n = y.shape().back();
        const Tensor inner = matmul(y, p.dy(), {.a = true}) * triangles(n, n, 1, 0.5, 0, y.dtype());
        const Tensor left = solve_triangular(y, inner, {.transposed = true});
        const Tensor both = transpose(solve_triangular(y, transpose(left), {.transposed = true}));
        return Gradients{0.5 * (both + transpose(both))};
      });
}

namespace {

/// Σ G·cofactor(A), differentiated with respect to A. It is linear and symmetric in G.
Tensor cofactor_backward(const Tensor& a, const Tensor& g) {
  return record(
      "cofactor_backward", "dg = the same of dy", {a, g}, [](const Inputs& in) { return kernels::cofactor_backward(in[0], in[1]); },
      [](const Pullback& p) {
        if (p.needs(0))
          throw GradientError("det: the third derivative at a matrix that is singular, or almost, is not available (first and second are)");
        return Gradients{none, cofactor_backward(p.input(0), p.dy())};
      });
}

/// d det(A)/dA by singular values, for singular and ill-conditioned matrices.
Tensor cofactor(const Tensor& a) {
  return record(
      "cofactor", "da = d²det/da², applied to dy", {a}, [](const Inputs& in) { return kernels::cofactor(in[0]); },
      [](const Pullback& p) { return Gradients{cofactor_backward(p.input(0), p.dy())}; });
}

bool has_zero(const Array& x) {
  for (std::size_t i = 0; i < x.size(); ++i)
    if (x.as_double(i) == 0) return true;
  return false;
}

}  // namespace

Tensor det(Operand a) {
  return record(
      "det", "da = dy·y·a⁻ᵀ, the cofactors of a", {a}, [](const Inputs& in) { return kernels::det(in[0]); },
      [](const Pullback& p) {
        const Tensor& x = p.input(0);
        if (has_zero(p.output().value())) return Gradients{as_scale(p.dy()) * cofactor(x)};
        // y·a⁻ᵀ is accurate for all but singular matrices; its derivatives lose as many digits as the condition number has.
        const Tensor inverted = inverse(x);
        if (!(kernels::condition(x.value(), inverted.value()) > (x.dtype() == float32 ? 1e3 : 1e6)))
          return Gradients{as_scale(p.dy() * p.output()) * transpose(inverted)};
        return Gradients{as_scale(p.dy()) * cofactor(x)};
      });
}

Tensor logdet(Operand a) {
  return record(
      "logdet", "da = dy·a⁻ᵀ", {a}, [](const Inputs& in) { return kernels::logdet(in[0]); },
      [](const Pullback& p) {
        const Tensor y = p.output();  // NaN where the determinant is negative; the derivative must be NaN there, too
        const Tensor defined = where(equal(y, y), 1.0, std::numeric_limits<double>::quiet_NaN());
        return Gradients{as_scale(p.dy() * defined) * transpose(inverse(p.input(0)))};
      });
}

Slogdet slogdet(Operand a) {
  const Tensor both = record(
      "slogdet", "da = dlogabsdet·a⁻ᵀ", {a}, [](const Inputs& in) { return kernels::slogdet(in[0]); },
      [](const Pullback& p) { return Gradients{with_axis(detail::columns(p.dy(), 1, 2), -1) * transpose(inverse(p.input(0)))}; });
  const CallSite site(a.location());
  return {detail::column(both, 0).detach(), detail::column(both, 1)};
}

Tensor trace(Operand a) {
  return record(
      "trace", "da = dy on the diagonal, else 0", {a}, [](const Inputs& in) { return kernels::trace(in[0]); },
      [](const Pullback& p) {
        const Shape& shape = p.input(0).shape();
        return Gradients{as_scale(p.dy()) * triangles(shape[shape.rank() - 2], shape.back(), 0, 1, 0, p.dy().dtype())};
      });
}

}  // namespace reel
