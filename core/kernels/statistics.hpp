#pragma once
#include <reel/core/array.hpp>

/// Reductions of floating arrays over axes, which are given as for sum().
namespace reel::kernels {

/// Σ (x - mean)² / max(0, n - correction), in two passes over the numbers shifted by one of them, so that a large mean costs no digits and
/// equal numbers give exactly 0.
Array var(const Array& x, const Ints& axes, bool keepdims, double correction);
/// The square root of var(), computed so that it neither overflows nor loses digits where the variance itself would.
Array deviation(const Array& x, const Ints& axes, bool keepdims, double correction);
/// x minus its mean over axes, shifted as in var().
Array center(const Array& x, const Ints& axes);
/// log Σ exp(x), without overflow. For no elements, or only -∞: -∞.
Array logsumexp(const Array& x, const Ints& axes, bool keepdims);
/// (Σ |x|^p)^(1/p), without overflow; for p = ∞ the largest |x|, for p = -∞ the smallest, for p = 0 the number of nonzero elements. The
/// norm of no elements is 0; for p < 0 they throw ShapeError.
Array norm(const Array& x, double p, const Ints& axes, bool keepdims);

}  // namespace reel::kernels
