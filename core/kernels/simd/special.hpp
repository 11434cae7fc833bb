#pragma once

namespace reel::kernels {

/// log |Γ(x)|, from any number of threads at once (std::lgamma writes a global).
float log_gamma(float x);
double log_gamma(double x);

/// The n-th derivative of digamma(x) = d/dx log Γ(x); n of 0 is digamma itself. NaN for n above 64, and at the poles 0, -1, -2, ..., except
/// that digamma(±0) is ∓infinity and an odd n gives infinity there.
double polygamma(int n, double x);

}  // namespace reel::kernels
