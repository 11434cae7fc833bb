#pragma once
#include <reel/core/array.hpp>

/// The determinant's derivatives by formulas that hold for every matrix, singular ones too; of the matrices on the last two axes.
///
/// With A = U diag(s) Vᵀ and det U det V = ±1, det(A + E) = ±det(diag(s) + Uᵀ E V), and at a diagonal matrix the derivatives of a
/// determinant are products of the other diagonal elements: nothing is divided by.
namespace reel::kernels {

/// d det(A) / dA, the cofactors of A.
Array cofactor(const Array& a);
/// The gradient of Σ G·cofactor(A) by A: the second derivative of det, applied to G.
Array cofactor_backward(const Array& a, const Array& g);

}  // namespace reel::kernels
