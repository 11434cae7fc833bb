#include <reel/core/kernels/network/normalization.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <reel/core/kernels/detail/pairwise_sum.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/manipulation.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

constexpr std::size_t work = std::size_t{1} << 14;  // elements that one thread takes at least

std::size_t grain_of(std::size_t elements) { return std::max<std::size_t>(1, work / std::max<std::size_t>(1, elements)); }

/// x̂ = ((x - shift) - offset)·scale: the shift is a number near the mean, the offset the rest of the mean.
template <class T>
struct Moments {
  T shift, offset, scale;
  double mean, variance;

  T normalized(T x) const { return ((x - shift) - offset) * scale; }
};

/// Calls f(x) for a row's elements in double.
template <class T, class F>
void for_each_of(const T* row, const NormLayout& l, const F& f) {
  for (std::size_t j = 0; j < l.runs; ++j)
    for (std::size_t i = 0; i < l.length; ++i) f(static_cast<double>(row[j * l.run_stride + i]));
}

/// The largest distance from `from`; NaN if there is one.
template <class T>
double farthest(const T* row, const NormLayout& l, double from) {
  double most = 0;
  for_each_of(row, l, [&](double x) { most = std::abs(x - from) > most || std::isnan(x) ? std::abs(x - from) : most; });
  return most;
}

/// Whether a row's squares neither overflowed nor lost digits below T's range, or lost only what eps hides.
template <class T>
bool is_safe(double mean_square, double eps) {
  constexpr double least = 1e7 * static_cast<double>(std::numeric_limits<T>::min());
  return mean_square <= static_cast<double>(std::numeric_limits<T>::max()) && (eps > least || mean_square > least);
}

/// The moments in units of 2^exponent and in double, for rows whose squares T does not hold.
template <class T>
Moments<T> scaled_moments(const T* row, const NormLayout& l, NormOptions options, int exponent) {
  const double n = static_cast<double>(l.count());
  double sum = 0, squares = 0;
  if (options.centered) for_each_of(row, l, [&](double x) { sum += std::ldexp(x, -exponent); });
  const double mean = sum / n;
  for_each_of(row, l, [&](double x) {
    const double d = std::ldexp(x, -exponent) - mean;
    squares += d * d;
  });
  const double variance = squares / n, whole = std::ldexp(mean, exponent);
  const T shift = static_cast<T>(whole), offset = static_cast<T>(whole - static_cast<double>(shift));
  const double scale = std::ldexp(1 / std::sqrt(variance + std::ldexp(options.eps, -2 * exponent)), -exponent);
  return {shift, offset, static_cast<T>(scale), whole, std::ldexp(variance, 2 * exponent)};
}

/// Sums around the row's first element, which is near the mean if measured by the deviation; where it is not, around the mean again.
template <class T>
Moments<T> moments_of(const T* row, const NormLayout& l, NormOptions options) {
  const double n = static_cast<double>(l.count());
  T shift = options.centered && l.count() > 0 ? *row : T(0);
  for (bool again = options.centered;; again = false) {
    double rest = 0, squares = 0;
    for (std::size_t j = 0; j < l.runs; ++j) {
      const auto sums = sums_of<2>(
          l.length,
          [shift](auto x) {
            const auto d = x - shift;
            return std::array{d, d * d};
          },
          row + j * l.run_stride);
      rest += sums[0];
      squares += sums[1];
    }
    if (l.count() > 0 && !is_safe<T>(squares / n, options.eps)) {
      const double most = farthest(row, l, static_cast<double>(shift));
      if (most > 0 && std::isfinite(most)) return scaled_moments(row, l, options, std::ilogb(most));
    }
    const double offset = options.centered ? rest / n : 0, mean = static_cast<double>(shift) + offset;
    const double spread = squares / n - offset * offset, variance = spread < 0 ? 0 : spread;
    if (again && offset * offset > 4 * variance) {
      shift = static_cast<T>(mean);
      continue;
    }
    return {shift, static_cast<T>(offset), static_cast<T>(1 / std::sqrt(variance + options.eps)), mean, variance};
  }
}

template <class T>
struct Weights {
  const T* weight;
  const T* bias;
};

template <class T>
void normalize_row(const T* x, const Moments<T>& m, const Weights<T>& w, std::size_t group, const NormLayout& l, T* y) {
  for (std::size_t j = 0; j < l.runs; ++j) {
    const T* const from = x + j * l.run_stride;
    T* const to = y + j * l.run_stride;
    const std::size_t at = group * l.group_weights + j * l.run_weights;
    if (!l.weight_each || (!w.weight && !w.bias)) {
      const T factor = w.weight ? m.scale * w.weight[at] : m.scale, bias = w.bias ? w.bias[at] : T(0);
      for (std::size_t i = 0; i < l.length; ++i) to[i] = ((from[i] - m.shift) - m.offset) * factor + bias;
    } else if (!w.bias) {
      for (std::size_t i = 0; i < l.length; ++i) to[i] = m.normalized(from[i]) * w.weight[at + i];
    } else if (!w.weight) {
      for (std::size_t i = 0; i < l.length; ++i) to[i] = m.normalized(from[i]) + w.bias[at + i];
    } else {
      for (std::size_t i = 0; i < l.length; ++i) to[i] = m.normalized(from[i]) * w.weight[at + i] + w.bias[at + i];
    }
  }
}

/// Σ g and Σ g·(x - shift) over a row, with g = dy·weight.
template <class T>
std::array<double, 2> slope_sums(const T* x, const T* dy, T shift, const T* weight, std::size_t group, const NormLayout& l) {
  std::array<double, 2> total{};
  for (std::size_t j = 0; j < l.runs; ++j) {
    const std::size_t begin = j * l.run_stride, at = group * l.group_weights + j * l.run_weights;
    if (l.weight_each && weight) {
      const auto sums = sums_of<2>(
          l.length,
          [shift](auto v, auto d, auto w) {
            const auto g = d * w;
            return std::array{g, g * (v - shift)};
          },
          x + begin, dy + begin, weight + at);
      for (std::size_t k = 0; k < 2; ++k) total[k] += sums[k];
    } else {
      const double w = weight ? static_cast<double>(weight[at]) : 1;
      const auto sums = sums_of<2>(
          l.length,
          [shift](auto v, auto d) {
            return std::array{d, d * (v - shift)};
          },
          x + begin, dy + begin);
      for (std::size_t k = 0; k < 2; ++k) total[k] += w * sums[k];
    }
  }
  return total;
}

/// to = f(in...), element by element; `to` may be one of them, which keeps compilers from making a plain loop SIMD.
template <class T, class F, class... In>
void map_run(std::size_t n, const F& f, T* to, const In*... in) {
  constexpr std::size_t lanes = Vec<T>::lanes;
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) f(Vec<T>::load(in + i)...).store(to + i);
  for (; i < n; ++i) to[i] = f(in[i]...);
}

/// dx, which may be dy, = scale·(g - mean g - x̂·mean(g·x̂)), where mean g falls away in a row that is not centered; `sums` are slope_sums().
template <class T>
void pull_back_row(const T* x, const T* dy, const Moments<T>& m, const T* weight, std::size_t group, const NormLayout& l, bool centered,
                   const std::array<double, 2>& sums, T* dx) {
  const bool each = l.weight_each && weight;
  const auto [sum_g, sum_gd] = sums;
  const T shift = m.shift;
  const double n = static_cast<double>(l.count()), scale = static_cast<double>(m.scale), offset = static_cast<double>(m.offset);
  const double slope = scale * (scale * (sum_gd - offset * sum_g) / n);  // of x̂, since that of x itself may leave T's range
  const T s = m.scale, b = static_cast<T>(slope), c = static_cast<T>((centered ? scale * sum_g / n : 0) - slope * (scale * offset));
  for (std::size_t j = 0; j < l.runs; ++j) {
    const std::size_t begin = j * l.run_stride, at = group * l.group_weights + j * l.run_weights;
    if (each) {
      const auto slope_at = [=](auto v, auto d, auto w) { return (d * w * s - (v - shift) * s * b) - c; };
      map_run(l.length, slope_at, dx + begin, x + begin, dy + begin, weight + at);
    } else {
      const T a = weight ? m.scale * weight[at] : m.scale;
      const auto slope_at = [=](auto v, auto d) { return (d * a - (v - shift) * s * b) - c; };
      map_run(l.length, slope_at, dx + begin, x + begin, dy + begin);
    }
  }
}

/// Σ dy·x̂ and Σ dy where each element of a row has a weight of its own: each chunk of rows adds up its part while its rows are in the
/// cache, then the parts are added in order. Chunks are fixed, so that the bits are.
template <class T>
class ColumnSums {
 public:
  static constexpr std::size_t rows_a_chunk = 64;

  ColumnSums(const NormLayout& l, bool wanted) : layout_(l), width_(l.weights()), parts_(wanted ? 2 * width_ * chunks_of(l) : 0) {}

  static std::size_t chunks_of(const NormLayout& l) { return (l.rows + rows_a_chunk - 1) / rows_a_chunk; }
  void add(std::size_t row, const T* x, const T* dy, const Moments<T>& moments) {
    if (parts_.empty()) return;
    const Moments<T> m = moments;
    T* const weight = parts_.data() + row / rows_a_chunk * 2 * width_ + row % layout_.groups * layout_.group_weights;
    T* const bias = weight + width_;
    for (std::size_t i = 0; i < layout_.length; ++i) {
      weight[i] += dy[i] * m.normalized(x[i]);
      bias[i] += dy[i];
    }
  }
  void total(T* dweight, T* dbias) const {
    for (std::size_t i = 0; i < width_; ++i) {
      double weight = 0, bias = 0;
      for (std::size_t at = i; at < parts_.size(); at += 2 * width_) {
        weight += static_cast<double>(parts_[at]);
        bias += static_cast<double>(parts_[at + width_]);
      }
      if (dweight) dweight[i] = static_cast<T>(weight);
      if (dbias) dbias[i] = static_cast<T>(bias);
    }
  }

 private:
  const NormLayout& layout_;
  std::size_t width_;
  std::vector<T> parts_;
};

/// Σ dy·x̂ of sums of dy and dy·(x - shift).
template <class T>
double weight_slope(const Moments<T>& m, const std::array<double, 2>& sums) {
  return static_cast<double>(m.scale) * (sums[1] - static_cast<double>(m.offset) * sums[0]);
}

/// The same sums for one weight per run.
template <class T>
void sum_runs(const T* x, const T* dy, const Moments<T>* moments, const NormLayout& l, T* dweight, T* dbias) {
  const std::size_t weights = l.weights(), terms = weights == 0 ? 0 : l.rows * l.count() / weights;
  parallel_for(weights, grain_of(terms), [&](std::size_t begin, std::size_t end) {
    for (std::size_t at = begin; at < end; ++at) {
      const std::size_t group = at / l.group_weights;
      double weight = 0, bias = 0;
      for (std::size_t r = group; r < l.rows; r += l.groups) {
        const std::size_t from = r * l.row_stride + at % l.group_weights * l.run_stride;
        const T shift = moments[r].shift;
        const auto sums = sums_of<2>(
            l.length,
            [shift](auto v, auto d) {
              return std::array{d, d * (v - shift)};
            },
            x + from, dy + from);
        weight += weight_slope(moments[r], sums);
        bias += sums[0];
      }
      if (dweight) dweight[at] = static_cast<T>(weight);
      if (dbias) dbias[at] = static_cast<T>(bias);
    }
  });
}

template <class T>
NormGradients pull_back(const Array& x, const Array* weight, Array dy, const NormLayout& l, NormOptions options, NormNeeds needs) {
  const bool parameters = needs.weight || needs.bias;
  const bool weight_a_row = !l.weight_each && l.run_weights == 0;  // dx's sums have the parameters' slopes in them
  const bool over = !dy.is_shared() && (!parameters || weight_a_row || l.weight_each);
  NormGradients result;
  const Shape flat{l.weights()};
  const T* const d = dy.data<T>();
  if (needs.x) result.x = over ? std::move(dy) : Array(x.shape(), x.dtype());
  if (needs.weight) result.weight = Array(flat, x.dtype());
  if (needs.bias) result.bias = Array(flat, x.dtype());
  const T* const from = x.data<T>();
  const T* const w = weight ? weight->data<T>() : nullptr;
  T* const dx = needs.x ? result.x.mutable_data<T>() : nullptr;
  T* const dw = needs.weight ? result.weight.mutable_data<T>() : nullptr;
  T* const db = needs.bias ? result.bias.mutable_data<T>() : nullptr;
  std::vector<Moments<T>> moments(l.rows);
  ColumnSums<T> columns(l, parameters && l.weight_each);
  constexpr std::size_t chunk = ColumnSums<T>::rows_a_chunk;
  const std::size_t chunk_rows = l.weight_each && parameters ? chunk : 1;  // rows that one thread has to take together
  parallel_for((l.rows + chunk_rows - 1) / chunk_rows, grain_of(l.count() * chunk_rows), [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin * chunk_rows; r < std::min(l.rows, end * chunk_rows); ++r) {
      const std::size_t at = r * l.row_stride, group = r % l.groups;
      moments[r] = moments_of(from + at, l, options);
      columns.add(r, from + at, d + at, moments[r]);
      if (!dx && !weight_a_row) continue;
      std::array<double, 2> sums = slope_sums(from + at, d + at, moments[r].shift, weight_a_row ? nullptr : w, group, l);
      if (weight_a_row) {
        if (dw) dw[r] = static_cast<T>(weight_slope(moments[r], sums));
        if (db) db[r] = static_cast<T>(sums[0]);
        if (w) sums = {static_cast<double>(w[r]) * sums[0], static_cast<double>(w[r]) * sums[1]};
      }
      if (dx) pull_back_row(from + at, d + at, moments[r], w, group, l, options.centered, sums, dx + at);
    }
  });
  if (!parameters || weight_a_row) return result;
  l.weight_each ? columns.total(dw, db) : sum_runs(from, d, moments.data(), l, dw, db);
  return result;
}

template <class F>
auto with_type(const Array& x, const F& f) {
  return x.dtype() == float32 ? f(float{}) : f(double{});
}

/// Runs of a few elements, far apart, are slow to walk over: such rows are gathered first.
constexpr std::size_t short_run = 16;

bool is_scattered(const NormLayout& l) { return l.runs > 1 && l.length < short_run && l.run_stride != l.length; }

NormLayout gathered(const NormLayout& l) {
  NormLayout result = l;
  result.runs = 1;
  result.length = result.row_stride = result.run_stride = l.count();
  return result;
}

/// (runs, rows, length) as (rows, runs, length).
Array gather_rows(const Array& x, const NormLayout& l) { return permute(x.with_shape({l.runs, l.rows, l.length}), {1, 0, 2}); }
Array scatter_rows(const Array& x, const NormLayout& l, const Shape& shape) {
  return permute(x.with_shape({l.rows, l.runs, l.length}), {1, 0, 2}).with_shape(shape);
}

}  // namespace

NormLayout NormLayout::trailing(std::size_t outer, std::size_t n) { return {outer, 1, n, n, n, 1, n, 0, true}; }

NormLayout NormLayout::grouped(std::size_t batch, std::size_t channels, std::size_t inner, std::size_t groups) {
  const std::size_t each = channels / groups;
  if (inner == 1) return {batch * groups, 1, each, each, each, groups, each, 0, true};
  return {batch * groups, each, inner, each * inner, inner, groups, each, 1, false};
}

NormLayout NormLayout::channels(std::size_t batch, std::size_t channels, std::size_t inner) {
  return {channels, batch, inner, inner, channels * inner, channels, 1, 0, false};
}

Array normalize(const Array& x, const Array* weight, const Array* bias, const NormLayout& l, NormOptions options) {
  if (is_scattered(l)) return scatter_rows(normalize(gather_rows(x, l), weight, bias, gathered(l), options), l, x.shape());
  Array y(x.shape(), x.dtype());
  if (y.size() == 0) return y;
  with_type(x, [&](auto t) {
    using T = decltype(t);
    const T* const from = x.data<T>();
    T* const to = y.mutable_data<T>();
    const Weights<T> w{weight ? weight->data<T>() : nullptr, bias ? bias->data<T>() : nullptr};
    parallel_for(l.rows, grain_of(l.count()), [&](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; ++r) {
        const T* const row = from + r * l.row_stride;
        normalize_row(row, moments_of(row, l, options), w, r % l.groups, l, to + r * l.row_stride);
      }
    });
  });
  return y;
}

NormGradients normalize_backward(const Array& x, const Array* weight, Array dy, const NormLayout& l, NormOptions options, NormNeeds needs) {
  if (x.size() == 0) {
    const Array zero = Array::zeros(Shape{l.weights()}, x.dtype());
    return {x, zero, zero};
  }
  if (is_scattered(l)) {
    NormGradients result = normalize_backward(gather_rows(x, l), weight, gather_rows(dy, l), gathered(l), options, needs);
    if (needs.x) result.x = scatter_rows(result.x, l, x.shape());
    return result;
  }
  return with_type(x, [&](auto t) { return pull_back<decltype(t)>(x, weight, std::move(dy), l, options, needs); });
}

NormStatistics norm_statistics(const Array& x, const NormLayout& l) {
  if (is_scattered(l)) return norm_statistics(gather_rows(x, l), gathered(l));
  NormStatistics result{Array(Shape{l.rows}, x.dtype()), Array(Shape{l.rows}, x.dtype())};
  with_type(x, [&](auto t) {
    using T = decltype(t);
    const T* const from = x.data<T>();
    T* const mean = result.mean.mutable_data<T>();
    T* const variance = result.variance.mutable_data<T>();
    parallel_for(l.rows, grain_of(l.count()), [&](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; ++r) {
        const Moments<T> m = moments_of(from + r * l.row_stride, l, {.eps = 1, .centered = true});
        mean[r] = static_cast<T>(m.mean);
        variance[r] = static_cast<T>(m.variance);
      }
    });
  });
  return result;
}

}  // namespace reel::kernels
