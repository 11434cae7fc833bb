#include <reel/core/kernels/network/cross_entropy.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/manipulation.hpp>
#include <reel/core/kernels/network/softmax_row.hpp>
#include <reel/core/kernels/simd/vec_math.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

/// Scores viewed as (outer, classes, inner), with one target per (outer, inner).
struct Layout {
  std::size_t outer = 1, classes = 0, inner = 1;

  explicit Layout(const Shape& scores) {
    const std::size_t axis = class_axis(scores);
    if (axis == 1) outer = scores[0];
    classes = scores[axis];
    for (std::size_t i = axis + 1; i < scores.rank(); ++i) inner *= scores[i];
  }
  std::size_t answers() const { return outer * inner; }
  /// The position of class 0 for a target; the other classes follow at steps of `inner`.
  std::size_t first_of(std::size_t answer) const { return answer / inner * classes * inner + answer % inner; }
};

/// Moves the axis of the classes to the end, or with `back` from there to its place.
Array classes_last(const Array& x, bool back = false) {
  if (x.rank() <= 2) return x;
  Ints order{0};
  for (std::size_t i = 2; i < x.rank(); ++i) order.push_back(static_cast<std::ptrdiff_t>(i));
  order.push_back(1);
  if (!back) return permute(x, order);
  Ints inverse = order;
  for (std::size_t i = 0; i < order.size(); ++i) inverse[static_cast<std::size_t>(order[i])] = static_cast<std::ptrdiff_t>(i);
  return permute(x, inverse);
}

Shape without_classes(const Shape& scores) {
  Shape shape;
  for (std::size_t i = 0; i < scores.rank(); ++i)
    if (i != class_axis(scores)) shape.push_back(scores[i]);
  return shape;
}

/// A row's softmax is exp(x - shift)/sum, its log_softmax (x - shift) - log sum. One class stands apart from the others: where it is nearly
/// all of the sum, 1 minus its share is that of the others, whose digits the sum has lost.
template <class T>
struct Normalizer {
  T shift, apart, others;

  T sum() const { return apart + others; }
  T log_sum() const { return apart == 1 ? log_of_one_plus(others) : std::log(sum()); }
};

/// The largest lane.
template <class T>
T largest(Vec<T> pack) {
  constexpr std::size_t lanes = Vec<T>::lanes, chains = std::min<std::size_t>(4, lanes);
  alignas(64) T all[lanes];
  pack.store(all);
  T best[chains];
  for (std::size_t k = 0; k < chains; ++k) best[k] = all[k];
  for (std::size_t i = chains; i < lanes; i += chains)
    for (std::size_t k = 0; k < chains; ++k) best[k] = best[k] > all[i + k] ? best[k] : all[i + k];
  for (std::size_t k = 1; k < chains; ++k) best[0] = best[0] > best[k] ? best[0] : best[k];
  return best[0];
}

/// The sum of the lanes. xsimd 8 calls it hadd, later versions reduce_add.
template <class Batch>
auto sum_of_lanes(const Batch& batch) {
  if constexpr (requires { reduce_add(batch); }) {
    return reduce_add(batch);
  } else {
    return hadd(batch);
  }
}

/// A row of scores. Its last, partial SIMD vector is also stored padded with -inf, whose exponentials are 0.
template <class T>
struct Row {
  const T* x;
  std::size_t n;
  const T* rest;

  const T& operator[](std::size_t c) const { return x[c]; }
};

/// Returns the largest score. NaN needs no special treatment: any shift that keeps the exponentials from overflowing is right, and NaN
/// stays in their sum.
template <class T>
T shift_of(const Row<T>& x) {
  constexpr std::size_t lanes = Vec<T>::lanes;
  Vec<T> most = Vec<T>::load(x.rest);
  for (std::size_t i = 0; i + lanes <= x.n; i += lanes) {
    const Vec<T> next = Vec<T>::load(x.x + i);
    most = where(most > next, most, next);
  }
  return largest(most);
}

/// Returns a mask of the lane with this number, by comparison: a SIMD vector that was stored element by element is slow to load.
template <class T>
Mask<T> is_lane(std::size_t lane) {
  alignas(64) static constexpr T numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  static_assert(Vec<T>::lanes <= std::size(numbers));
  return Vec<T>::load(numbers) == Vec<T>(lane);
}

/// Also writes the exponentials to y, unless it is null.
template <class T>
Normalizer<T> normalizer(const Row<T>& x, T shift, std::size_t apart, T* y = nullptr) {
  constexpr std::size_t lanes = Vec<T>::lanes;
  const std::size_t whole = x.n / lanes * lanes;
  Vec<T> total(0), single(0);
  const auto add = [&](Vec<T> e, std::size_t from) {
    if (apart - from < lanes) {
      const auto is_apart = is_lane<T>(apart - from);
      single = where(is_apart, e, Vec<T>(0));
      e = where(is_apart, Vec<T>(0), e);
    }
    total = total + e;
  };
  for (std::size_t i = 0; i < whole; i += lanes) {
    const Vec<T> e = exp(Vec<T>::load(x.x + i) - shift);
    if (y) e.store(y + i);
    add(e, i);
  }
  if (whole < x.n) {
    const Vec<T> e = exp(Vec<T>::load(x.rest) - shift);
    alignas(64) T last[lanes];
    e.store(last);
    if (y) std::copy_n(last, x.n - whole, y + whole);
    add(e, whole);
  }
  return {shift, sum_of_lanes(single.v), sum_of_lanes(total.v)};
}

/// With the largest score apart.
template <class T>
Normalizer<T> normalizer(const Row<T>& x, std::size_t& apart, T* y = nullptr) {
  const T shift = shift_of(x);
  apart = position_of(x.x, x.n, shift);
  return normalizer(x, shift, apart, y);
}

/// Calls f(r, row) for all rows of n scores. Partial SIMD vectors are written for several rows before the first is read: loading a vector
/// just after its lanes were stored one by one would wait for the stores.
template <class T, class F>
void over_rows(const T* x, std::size_t rows, std::size_t n, const F& f) {
  constexpr std::size_t lanes = Vec<T>::lanes, block = 32;
  const std::size_t whole = n / lanes * lanes;
  parallel_for(rows, std::max<std::size_t>(1, (std::size_t{1} << 14) / std::max<std::size_t>(1, n)),
               [&](std::size_t begin, std::size_t end) {
                 alignas(64) T rests[block * lanes];
                 std::fill_n(rests, block * lanes, -std::numeric_limits<T>::infinity());
                 for (std::size_t first = begin; first < end; first += block) {
                   const std::size_t count = std::min(block, end - first);
                   const T* const from = x + first * n;
                   for (std::size_t k = 0; k < count; ++k) std::copy(from + k * n + whole, from + (k + 1) * n, rests + k * lanes);
                   for (std::size_t k = 0; k < count; ++k) f(first + k, Row<T>{from + k * n, n, rests + k * lanes});
                 }
               });
}

template <class F>
void floating(Dtype dtype, const F& f) {
  dtype == float32 ? f(float{}) : f(double{});
}

/// A ClassTarget's numbers as T.
template <class T>
struct Shares {
  const std::int64_t* classes;
  const T* weight;
  std::int64_t ignored;
  T at_right, at_each;

  Shares(const ClassTarget& t, std::size_t count)
      : classes(t.classes.data<std::int64_t>()),
        weight(t.weight ? t.weight->data<T>() : nullptr),
        ignored(t.ignored),
        at_right(static_cast<T>(1 - t.smoothing)),
        at_each(static_cast<T>(t.smoothing / static_cast<double>(count))) {}

  bool is_ignored(std::size_t answer) const { return classes[answer] == ignored; }
  std::size_t right(std::size_t answer) const { return static_cast<std::size_t>(classes[answer]); }
  T weight_of(std::size_t c) const { return weight ? weight[c] : T(1); }
  T of_right(std::size_t answer) const { return at_right * weight_of(right(answer)); }
  T of_each(std::size_t c) const { return at_each * weight_of(c); }
};

/// -log softmax(x) at c. In this order: shift + log_sum would round off the digits of log_sum where the shift is large.
template <class T>
T minus_log(const Row<T>& x, const Normalizer<T>& z, T log_sum, std::size_t c) {
  return log_sum - (x[c] - z.shift);
}

template <class T>
T loss_of_row(const Row<T>& x, const Shares<T>& shares, std::size_t row) {
  if (shares.is_ignored(row)) return 0;
  const Normalizer<T> z = normalizer(x, shift_of(x), shares.right(row));
  const T log_sum = z.log_sum();
  T loss = shares.of_right(row) * minus_log(x, z, log_sum, shares.right(row));
  if (shares.at_each > 0)
    for (std::size_t c = 0; c < x.n; ++c) loss += shares.of_each(c) * minus_log(x, z, log_sum, c);
  return loss;
}

/// dx = dy·(e·Σ q - q·Σ e)/Σ e for the exponentials e and the shares q; at the class apart from what the others have of both.
template <class T>
T slope_apart(const Normalizer<T>& z, T q, T other_shares, T dy) {
  return dy * (z.apart * other_shares - q * z.others) / z.sum();
}

template <class T>
void slope_of_row(const Row<T>& x, const Shares<T>& shares, std::size_t row, T dy, T* dx) {
  if (shares.is_ignored(row)) {
    std::fill_n(dx, x.n, T(0));
    return;
  }
  const std::size_t right = shares.right(row);
  const Normalizer<T> z = normalizer(x, shift_of(x), right, dx);
  T of_others = 0;
  if (shares.at_each > 0)
    for (std::size_t c = 0; c < x.n; ++c) of_others += c == right ? T(0) : shares.of_each(c);
  const T q = shares.of_right(row) + shares.of_each(right), scale = dy * (q + of_others) / z.sum();
  for (std::size_t c = 0; c < x.n; ++c) dx[c] *= scale;
  if (shares.at_each > 0)
    for (std::size_t c = 0; c < x.n; ++c) dx[c] -= dy * shares.of_each(c);
  dx[right] = slope_apart(z, q, of_others, dy);
}

template <class T>
T soft_loss_of_row(const Row<T>& x, const T* share) {
  if (x.n == 0) return 0;
  std::size_t most;
  const Normalizer<T> z = normalizer(x, most);
  const T log_sum = z.log_sum();
  T loss = 0;
  for (std::size_t c = 0; c < x.n; ++c)
    if (share[c] != 0) loss += share[c] * minus_log(x, z, log_sum, c);
  return std::isnan(log_sum) ? log_sum : loss;  // also where the NaN has no share
}

template <class T>
void soft_slope_of_row(const Row<T>& x, const T* share, T dy, T* dx) {
  if (x.n == 0) return;
  std::size_t most;
  const Normalizer<T> z = normalizer(x, most, dx);
  const T of_others = std::accumulate(share, share + most, T(0)) + std::accumulate(share + most + 1, share + x.n, T(0));
  const T scale = (share[most] + of_others) / z.sum();
  for (std::size_t c = 0; c < x.n; ++c) dx[c] = dy * (dx[c] * scale - share[c]);
  dx[most] = slope_apart(z, share[most], of_others, dy);
}

/// One number for each row of scores: f(r, row).
template <class F>
Array of_rows(const Array& x, const F& f) {
  const Array rows = classes_last(x);
  Array result(without_classes(x.shape()), x.dtype());
  floating(x.dtype(), [&](auto t) {
    using T = decltype(t);
    T* const to = result.mutable_data<T>();
    over_rows(rows.data<T>(), result.size(), Layout(x.shape()).classes, [&](std::size_t r, const Row<T>& row) { to[r] = f(r, row); });
  });
  return result;
}

/// As many numbers as each row has scores: f(r, row, dy, to).
template <class F>
Array like_rows(const Array& x, const Array& dy, const F& f) {
  const Array rows = classes_last(x);
  Array result(rows.shape(), x.dtype());
  floating(x.dtype(), [&](auto t) {
    using T = decltype(t);
    const T* const factor = dy.data<T>();
    T* const to = result.mutable_data<T>();
    over_rows(rows.data<T>(), dy.size(), Layout(x.shape()).classes,
              [&](std::size_t r, const Row<T>& row) { f(r, row, factor[r], to + r * row.n); });
  });
  return classes_last(result, true);
}

}  // namespace

void check_classes(const char* op, const ClassTarget& target, std::size_t classes) {
  const auto all = target.classes.span<std::int64_t>();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i] != target.ignored && (all[i] < 0 || static_cast<std::size_t>(all[i]) >= classes))
      throw ShapeError(fmt::format("{}: class {} at position {} is out of range for {} classes", op, all[i], i, classes));
}

Array cross_entropy(const Array& x, const ClassTarget& target) {
  return of_rows(x, [&]<class T>(std::size_t r, const Row<T>& row) { return loss_of_row(row, Shares<T>(target, row.n), r); });
}

Array cross_entropy_backward(const Array& x, const ClassTarget& target, const Array& dy) {
  return like_rows(x, dy, [&]<class T>(std::size_t r, const Row<T>& row, T factor, T* to) {
    slope_of_row(row, Shares<T>(target, row.n), r, factor, to);
  });
}

Array soft_cross_entropy(const Array& x, const Array& share) {
  const Array parts = classes_last(share);
  return of_rows(x, [&]<class T>(std::size_t r, const Row<T>& row) { return soft_loss_of_row(row, parts.data<T>() + r * row.n); });
}

Array soft_cross_entropy_backward(const Array& x, const Array& share, const Array& dy) {
  const Array parts = classes_last(share);
  return like_rows(x, dy, [&]<class T>(std::size_t r, const Row<T>& row, T factor, T* to) {
    soft_slope_of_row(row, parts.data<T>() + r * row.n, factor, to);
  });
}

Array nll(const Array& x, const ClassTarget& target) {
  Array losses(target.classes.shape(), x.dtype());
  const Layout layout(x.shape());
  floating(x.dtype(), [&](auto t) {
    using T = decltype(t);
    const Shares<T> shares(target, layout.classes);
    const T* const from = x.data<T>();
    T* const to = losses.mutable_data<T>();
    for (std::size_t i = 0; i < losses.size(); ++i)
      to[i] = shares.is_ignored(i) ? T(0) : -shares.of_right(i) * from[layout.first_of(i) + shares.right(i) * layout.inner];
  });
  return losses;
}

Array class_shares(const Shape& shape, Dtype dtype, const ClassTarget& target, const Array* factors) {
  Array result = Array::zeros(shape, dtype);
  const Layout layout(shape);
  floating(dtype, [&](auto t) {
    using T = decltype(t);
    const Shares<T> shares(target, layout.classes);
    const T* const factor = factors ? factors->data<T>() : nullptr;
    T* const to = result.mutable_data<T>();
    for (std::size_t i = 0; i < layout.answers(); ++i) {
      if (shares.is_ignored(i)) continue;
      const T f = factor ? factor[i] : T(1);
      T* const first = to + layout.first_of(i);
      if (shares.at_each > 0)
        for (std::size_t c = 0; c < layout.classes; ++c) first[c * layout.inner] = f * shares.of_each(c);
      first[shares.right(i) * layout.inner] += f * shares.of_right(i);
    }
  });
  return result;
}

double total_weight(const ClassTarget& target) {
  double total = 0;
  for (const std::int64_t c : target.classes.span<std::int64_t>())
    if (c != target.ignored) total += target.weight ? target.weight->as_double(static_cast<std::size_t>(c)) : 1;
  return total;
}

}  // namespace reel::kernels
