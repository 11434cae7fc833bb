#include <reel/core/kernels/statistics.hpp>

#include <cmath>

#include <reel/core/kernels/detail/largest_apart.hpp>
#include <reel/core/kernels/detail/pairwise_reduction.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/simd/vec_math.hpp>

namespace reel::kernels {

namespace {

/// f(t) with a value of x's floating type.
template <class F>
void with_floating(const char* op, const Array& x, const F& f) {
  require_floating(op, x);
  x.dtype() == float32 ? f(float{}) : f(double{});
}

/// y[o] = f(run, n) for the runs over the reduced axes.
template <class F>
Array reduce_runs(const char* op, const Array& x, const Ints& given, bool keepdims, const F& f) {
  const Ints axes = normalize_axes(op, given, x.rank());
  Array y(reduced_shape(x.shape(), axes, keepdims), x.dtype());
  with_floating(op, x, [&](auto t) {
    using T = decltype(t);
    const Array runs = with_axes_last(x, axes);
    const Middle m = rows_of(x.shape(), axes);
    const T* const from = runs.template data<T>();
    T* const to = y.template mutable_data<T>();
    m.for_each_run([&](std::size_t o) { to[o] = f(from + o * m.n, m.n); });
  });
  return y;
}

/// The first of n numbers, and the mean of the others' distances to it.
template <class T>
struct Centre {
  T first = 0, distance = 0;

  Centre(const T* x, std::size_t n) {
    if (n == 0) return;
    first = x[0];
    distance = reduce_run<Sum>(x, n, [shift = first](T v) { return v - shift; }) / static_cast<T>(n);
  }
  T operator()(T v) const { return (v - first) - distance; }
};

template <class T>
T sum_of_exponentials(const T* x, std::size_t n, T shift) {
  constexpr std::size_t width = Vec<T>::lanes;
  Vec<T> sum(0);
  std::size_t i = 0;
  for (; i + width <= n; i += width) sum = sum + exp(Vec<T>::load(x + i) - shift);
  alignas(64) T rest[width];
  if (i < n) {
    std::fill_n(rest, width, -std::numeric_limits<T>::infinity());
    for (std::size_t k = i; k < n; ++k) rest[k - i] = x[k] - shift;
    sum = sum + exp(Vec<T>::load(rest));
  }
  sum.store(rest);
  T total = 0;
  for (const T lane : rest) total += lane;
  return total;
}

template <class T>
T logsumexp_of(const T* x, std::size_t n) {
  const T largest = reduce_run<Max>(x, n);
  if (std::isnan(largest) || std::isinf(largest)) return largest;
  const T sum = sum_of_exponentials(x, n, largest);
  if (!(sum < 2) || std::abs(largest) >= 1) return largest + std::log(sum);
  // The result may be as small as the sum of the others, whose digits would be lost in 1 + sum.
  const std::size_t m = position_of(x, n, largest);
  return largest + log_of_one_plus(sum_of_exponentials(x, m, largest) + sum_of_exponentials(x + m + 1, n - m - 1, largest));
}

template <class T>
T largest_magnitude(const T* x, std::size_t n) {
  return n == 0 ? T(0) : reduce_run<Max>(x, n, [](T v) { return std::abs(v); });
}

/// Whether sums of squares near this one neither overflowed nor lost digits to underflow.
template <class T>
bool is_safe(T squares) {
  return squares > std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon() && squares < std::numeric_limits<T>::infinity();
}

template <class T>
T norm_of(const T* x, std::size_t n, double p) {
  if (p == std::numeric_limits<double>::infinity()) return largest_magnitude(x, n);
  if (p == -std::numeric_limits<double>::infinity()) return reduce_run<Min>(x, n, [](T v) { return std::abs(v); });
  if (p == 0) return reduce_run<Sum>(x, n, [](T v) { return v == 0 ? T(0) : T(1); });
  if (p == 1) return reduce_run<Sum>(x, n, [](T v) { return std::abs(v); });
  if (p == 2) {
    const T squares = reduce_run<Sum>(x, n, [](T v) { return v * v; });
    if (is_safe(squares)) return std::sqrt(squares);
  }
  // Divided by the number that counts most, all powers are at most 1.
  const T scale = p > 0 ? largest_magnitude(x, n) : reduce_run<Min>(x, n, [](T v) { return std::abs(v); });
  if (scale == 0 || std::isinf(scale) || std::isnan(scale)) return scale;
  if (p == 2) return scale * std::sqrt(reduce_run<Sum>(x, n, [scale](T v) { return (v / scale) * (v / scale); }));
  const T power = static_cast<T>(p);
  const T sum = reduce_run<Sum>(x, n, [scale, power](T v) { return std::pow(std::abs(v) / scale, power); });
  return scale * std::pow(sum, 1 / power);
}

}  // namespace

Array var(const Array& x, const Ints& axes, bool keepdims, double correction) {
  return reduce_runs("var", x, axes, keepdims, [correction](const auto* run, std::size_t n) {
    const Centre centre(run, n);
    const auto squares = reduce_run<Sum>(run, n, [centre](auto v) { return centre(v) * centre(v); });
    return squares / static_cast<decltype(centre.first)>(std::max(0.0, static_cast<double>(n) - correction));
  });
}

Array deviation(const Array& x, const Ints& axes, bool keepdims, double correction) {
  return reduce_runs("std", x, axes, keepdims, [correction]<class T>(const T* run, std::size_t n) {
    const Centre centre(run, n);
    const T count = static_cast<T>(std::max(0.0, static_cast<double>(n) - correction));
    const T squares = reduce_run<Sum>(run, n, [centre](T v) { return centre(v) * centre(v); });
    if (is_safe(squares)) return std::sqrt(squares / count);
    const T scale = n == 0 ? T(0) : reduce_run<Max>(run, n, [centre](T v) { return std::abs(centre(v)); });
    if (scale == 0 || std::isinf(scale) || std::isnan(scale)) return std::sqrt(squares / count);
    return scale * std::sqrt(reduce_run<Sum>(run, n, [centre, scale](T v) { return (centre(v) / scale) * (centre(v) / scale); }) / count);
  });
}

Array center(const Array& x, const Ints& given) {
  const Ints axes = normalize_axes("center", given, x.rank());
  Array y(x.shape(), x.dtype());
  with_floating("center", x, [&](auto t) {
    using T = decltype(t);
    const Array runs = with_axes_last(x, axes);
    const Middle m = rows_of(x.shape(), axes);
    const T* const from = runs.template data<T>();
    T* const to = y.template mutable_data<T>();
    m.for_each_run([&](std::size_t o) {
      const Centre<T> centre(from + o * m.n, m.n);
      for (std::size_t i = o * m.n; i < (o + 1) * m.n; ++i) to[i] = centre(from[i]);
    });
  });
  return with_axes_back(y, x.shape(), axes);
}

Array logsumexp(const Array& x, const Ints& axes, bool keepdims) {
  return reduce_runs("logsumexp", x, axes, keepdims, [](const auto* run, std::size_t n) { return logsumexp_of(run, n); });
}

Array norm(const Array& x, double p, const Ints& axes, bool keepdims) {
  if (p < 0) require_elements("norm", x, normalize_axes("norm", axes, x.rank()));
  return reduce_runs("norm", x, axes, keepdims, [p](const auto* run, std::size_t n) { return norm_of(run, n, p); });
}

}  // namespace reel::kernels
