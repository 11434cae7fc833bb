#include <reel/core/kernels/softmax.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <reel/core/kernels/detail/pairwise_sum.hpp>
#include <reel/core/kernels/detail/require.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/manipulation.hpp>
#include <reel/core/kernels/network/softmax_row.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

template <class T>
void log_softmax_row(const T* x, std::size_t n, T* y) {
  const T shift = largest(x, n);
  const T sum = exponentials(x, shift, n, y);
  // Where the largest term is most of the sum, adding the others to 1 would lose their digits.
  const T log_sum = sum < 2 ? log_of_one_plus(sum_without(y, n, position_of(x, n, shift))) : std::log(sum);
  // In this order: shift + log_sum would round off the digits of log_sum where the shift is large.
  for (std::size_t i = 0; i < n; ++i) y[i] = (x[i] - shift) - log_sum;
}

/// dx = dy - exp(y)·Σ dy, computed as dy·(1 - exp y) - exp(y)·Σ of the other dy where exp(y) is near 1, which is true for one element at
/// most.
template <class T>
void log_softmax_backward_row(const T* y, const T* dy, std::size_t n, T* dx) {
  const auto total = static_cast<T>(sums_of<1>(
      n, [](auto a) { return std::array{a}; }, dy)[0]);
  exponentials(y, T(0), n, dx);
  const bool one_is_near_1 = may_be_nearly_all(sums_of<1>(
      n, [](auto a) { return std::array{a * a}; }, dx)[0]);
  const std::size_t m = one_is_near_1 ? position_of(dx, n, largest(dx, n)) : 0;
  const T at_most = one_is_near_1 ? -(dy[m] * std::expm1(y[m])) - dx[m] * sum_without(dy, n, m) : T(0);
  for (std::size_t i = 0; i < n; ++i) dx[i] = dy[i] - dx[i] * total;
  if (one_is_near_1) dx[m] = at_most;
}

/// row(n, x..., y) for each row of the inputs, which have one shape and dtype.
template <class Row, class... In>
Array along_rows(const Row& row, const Array& x, const In&... more) {
  Array y(x.shape(), x.dtype());
  const std::size_t n = x.shape().back(), rows = n == 0 ? 0 : x.size() / n;
  const auto run = [&]<class T>(T* to, const auto*... from) {
    parallel_for(rows, std::max<std::size_t>(1, (std::size_t{1} << 14) / std::max<std::size_t>(1, n)),
                 [&](std::size_t begin, std::size_t end) {
                   for (std::size_t r = begin; r < end; ++r) row(n, from + r * n..., to + r * n);
                 });
  };
  if (x.dtype() == float32) {
    run(y.mutable_data<float>(), x.data<float>(), more.template data<float>()...);
  } else {
    run(y.mutable_data<double>(), x.data<double>(), more.template data<double>()...);
  }
  return y;
}

template <class Row, class... In>
Array along_axis(const char* op, Integer along, const Row& row, const Array& x, const In&... more) {
  const std::size_t axis = normalize_axis(op, along.value, x.rank());
  require_floating(op, x);
  (require_like(op, "dy", more, x.shape(), x.dtype()), ...);
  if (axis + 1 == x.rank()) return along_rows(row, x, more...);
  Ints swapped;
  for (std::size_t i = 0; i < x.rank(); ++i) swapped.push_back(static_cast<std::ptrdiff_t>(i));
  std::swap(swapped[axis], swapped[x.rank() - 1]);
  return permute(along_rows(row, permute(x, swapped), permute(more, swapped)...), swapped);
}

}  // namespace

Array softmax(const Array& x, Integer axis) {
  return along_axis(
      "softmax", axis, [](std::size_t n, const auto* from, auto* to) { softmax_row(from, n, to); }, x);
}

Array log_softmax(const Array& x, Integer axis) {
  return along_axis(
      "log_softmax", axis, [](std::size_t n, const auto* from, auto* to) { log_softmax_row(from, n, to); }, x);
}

Array softmax_backward(const Array& y, const Array& dy, Integer axis, double scale) {
  return along_axis(
      "softmax", axis,
      [scale]<class T>(std::size_t n, const T* out, const T* d, T* dx) { softmax_backward_row(out, d, n, static_cast<T>(scale), dx); }, y,
      dy);
}

Array log_softmax_backward(const Array& y, const Array& dy, Integer axis) {
  return along_axis(
      "log_softmax", axis, []<class T>(std::size_t n, const T* out, const T* d, T* dx) { log_softmax_backward_row(out, d, n, dx); }, y, dy);
}

}  // namespace reel::kernels
