#pragma once
#include <reel/core/array.hpp>

/// Derivatives of the determinant of the matrices on the last two axes, by formulas that hold for every matrix, including singular ones.
///
/// With A = U diag(s) Vᵀ and det U det V = ±1, det(A + E) = ±det(diag(s) + Uᵀ E V), and at a diagonal matrix the derivatives of a
/// determinant are products of the other diagonal elements, so no division is needed.
namespace reel::kernels {

/// Returns d det(A) / dA, the cofactors of A.
Array cofactor(const Array& a);
/// Returns the gradient of Σ G·cofactor(A) with respect to A: the second derivative of det, applied to G.
Array cofactor_backward(const Array& a, const Array& g);

}  // namespace reel::kernels
