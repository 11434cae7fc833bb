#pragma once
#include <vector>

#include <reel/core/kernels/pool.hpp>

namespace reel::kernels {

/// The elements of one axis that a window of a pooling reads: start, start + step, ...
struct PoolWindow {
  std::size_t start, count, step;
};

/// Returns the window of each output along `axis` of (depth, height, width).
std::vector<PoolWindow> pool_windows(const Pool& pool, std::size_t axis);

template <class T>
T larger(T most, T x) {
  return x > most || x != x ? x : most;  // NaN stays: nothing is larger
}

}  // namespace reel::kernels
