#pragma once

namespace reel::kernels {

/// Returns log |Γ(x)|. Thread-safe, unlike std::lgamma, which writes a global variable.
float log_gamma(float x);
double log_gamma(double x);

/// Returns the n-th derivative of digamma(x) = d/dx log Γ(x), which for n = 0 is digamma itself. NaN for n above 64, and at the poles 0,
/// -1, -2, ..., except that digamma(±0) is ∓infinity and an odd n gives infinity there.
double polygamma(int n, double x);

}  // namespace reel::kernels
