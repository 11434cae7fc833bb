#pragma once
// Helpers for sums of exponentials in which one term may be nearly the whole sum: it is kept apart from the others.
#include <cmath>
#include <cstddef>

namespace reel::kernels {

/// Returns the first i with x[i] == value, 0 if there is none; searches in blocks that need no branch per element.
template <class T>
std::size_t position_of(const T* x, std::size_t n, T value) {
  constexpr std::size_t width = 64;
  std::size_t i = 0;
  for (bool found = false; i + width <= n; i += width) {
    for (std::size_t k = 0; k < width; ++k) found |= x[i + k] == value;
    if (found) break;
  }
  for (; i < n; ++i)
    if (x[i] == value) return i;
  return 0;
}

/// log(1 + u) for u >= 0: log is exact enough at the rounded 1 + u, and the quotient undoes the rounding (Kahan).
template <class T>
T log_of_one_plus(T u) {
  const T w = 1 + u;
  return w == 1 ? u : std::log(w) * (u / (w - 1));
}

}  // namespace reel::kernels
