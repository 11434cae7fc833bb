#pragma once
#include <reel/core/array.hpp>

/// Reductions of real numbers over axes, as sum() takes them. Floating.
namespace reel::kernels {

/// Σ (x - mean)² / max(0, n - correction), in two passes over numbers that were first shifted by one of them, so that nothing
/// cancels where the mean is large, and equal numbers give exactly 0.
Array var(const Array& x, const Ints& axes, bool keepdims, double correction);
/// The root of var(), which neither overflows nor loses digits where the variance itself does.
Array deviation(const Array& x, const Ints& axes, bool keepdims, double correction);
/// x - mean of x over axes, shifted as in var().
Array center(const Array& x, const Ints& axes);
/// log Σ exp(x), without overflow. Of nothing, or of -∞ alone: -∞.
Array logsumexp(const Array& x, const Ints& axes, bool keepdims);
/// (Σ |x|^p)^(1/p), without overflow; the largest |x| for p = ∞, the smallest for -∞, how many are not 0 for 0. Of nothing: 0; throws
/// ShapeError for p < 0.
Array norm(const Array& x, double p, const Ints& axes, bool keepdims);

}  // namespace reel::kernels
