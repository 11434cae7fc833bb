#include <reel/core/kernels/softmax.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/movement.hpp>
#include <reel/core/kernels/pack.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

template <class T>
T largest(const T* x, std::size_t n) {
  T result = -std::numeric_limits<T>::infinity();
  for (std::size_t i = 0; i < n; ++i) result = x[i] > result || x[i] != x[i] ? x[i] : result;
  return result;
}

/// y = exp(x - shift); returns the sum. The last, partial pack is padded with terms that are 0.
template <class T>
T exponentials(const T* x, T shift, std::size_t n, T* y) {
  constexpr std::size_t lanes = Pack<T>::lanes;
  Pack<T> sum(0);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const Pack<T> e = exp(Pack<T>::load(x + i) - shift);
    e.store(y + i);
    sum = sum + e;
  }
  alignas(64) T rest[lanes];
  if (i < n) {
    std::fill_n(rest, lanes, -std::numeric_limits<T>::infinity());
    for (std::size_t k = i; k < n; ++k) rest[k - i] = x[k] - shift;
    const Pack<T> e = exp(Pack<T>::load(rest));
    e.store(rest);
    std::copy_n(rest, n - i, y + i);
    sum = sum + e;
  }
  sum.store(rest);
  T total = 0;
  for (const T lane : rest) total += lane;
  return total;
}

template <class T>
void softmax_row(const T* x, std::size_t n, T* y) {
  const T scale = 1 / exponentials(x, largest(x, n), n, y);
  for (std::size_t i = 0; i < n; ++i) y[i] *= scale;
}

template <class T>
void log_softmax_row(const T* x, std::size_t n, T* y) {
  const T shift = largest(x, n);
  const T log_sum = std::log(exponentials(x, shift, n, y));
  // In this order: shift + log_sum would round off the digits of log_sum where the shift is large.
  for (std::size_t i = 0; i < n; ++i) y[i] = (x[i] - shift) - log_sum;
}

template <class Row>
Array along_rows(const Array& x, const Row& row) {
  Array y(x.shape(), x.dtype());
  const std::size_t n = x.shape().back(), rows = n == 0 ? 0 : x.size() / n;
  const auto run = [&](auto t) {
    using T = decltype(t);
    const T* const from = x.data<T>();
    T* const to = y.mutable_data<T>();
    parallel_for(rows, std::max<std::size_t>(1, (std::size_t{1} << 14) / std::max<std::size_t>(1, n)),
                 [&](std::size_t begin, std::size_t end) {
                   for (std::size_t r = begin; r < end; ++r) row(from + r * n, n, to + r * n);
                 });
  };
  x.dtype() == float32 ? run(float{}) : run(double{});
  return y;
}

template <class Row>
Array along_axis(const char* op, const Array& x, std::size_t axis, const Row& row) {
  require_floating(op, x);
  if (axis + 1 == x.rank()) return along_rows(x, row);
  Ints swapped;
  for (std::size_t i = 0; i < x.rank(); ++i) swapped.push_back(static_cast<std::ptrdiff_t>(i));
  std::swap(swapped[axis], swapped[x.rank() - 1]);
  return permute(along_rows(permute(x, swapped), row), swapped);
}

}  // namespace

Array softmax(const Array& x, std::size_t axis) {
  return along_axis("softmax", x, axis, [](const auto* from, std::size_t n, auto* to) { softmax_row(from, n, to); });
}

Array log_softmax(const Array& x, std::size_t axis) {
  return along_axis("log_softmax", x, axis, [](const auto* from, std::size_t n, auto* to) { log_softmax_row(from, n, to); });
}

}  // namespace reel::kernels
