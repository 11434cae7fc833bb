#include <reel/autograd/debug/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include <fmt/format.h>

namespace reel::debug {

double Statistics::rms() const {
  const std::size_t finite = size - nans - infinities;
  return finite == 0 ? 0 : norm / std::sqrt(static_cast<double>(finite));
}

namespace {

/// The results of one pass over finite numbers, in several sums side by side, which the compiler vectorizes.
class Sums {
 public:
  template <class T>
  explicit Sums(std::span<const T> all) {
    std::fill(min_, min_ + lanes, infinity);
    std::fill(max_, max_ + lanes, -infinity);
    std::size_t i = 0;
    for (; i + lanes <= all.size(); i += lanes)
      for (std::size_t k = 0; k < lanes; ++k) add(k, static_cast<double>(all[i + k]));
    for (; i < all.size(); ++i) add(0, static_cast<double>(all[i]));
    for (std::size_t k = 1; k < lanes; ++k) {
      min_[0] = std::min(min_[0], min_[k]);
      max_[0] = std::max(max_[0], max_[k]);
      sum_[0] += sum_[k];
      squares_[0] += squares_[k];
      zeros_[0] += zeros_[k];
      bad_[0] += bad_[k];
    }
  }

  bool is_finite() const { return bad_[0] == 0; }
  double largest() const { return std::max(-min_[0], max_[0]); }
  /// Whether no relevant square underflowed or overflowed.
  bool has_squares() const { return largest() == 0 || (largest() < 1e140 && largest() > 1e-140); }
  double norm() const { return std::sqrt(squares_[0]); }
  void put_into(Statistics& s) const {
    s.min = min_[0];
    s.max = max_[0];
    s.zeros = static_cast<std::size_t>(zeros_[0]);
    s.mean = sum_[0] / static_cast<double>(s.size);
  }

 private:
  static constexpr std::size_t lanes = 16;  // a loop of 8 is unrolled before it can become SIMD
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  void add(std::size_t k, double x) {
    min_[k] = x < min_[k] ? x : min_[k];
    max_[k] = x > max_[k] ? x : max_[k];
    sum_[k] += x;
    squares_[k] += x * x;
    zeros_[k] += x == 0 ? 1.0 : 0.0;
    bad_[k] += x * 0;  // NaN, if it is not finite
  }

  double min_[lanes], max_[lanes];
  double sum_[lanes] = {}, squares_[lanes] = {}, zeros_[lanes] = {}, bad_[lanes] = {};
};

/// The statistics of the finite numbers only.
template <class T>
void look_at_each(std::span<const T> all, Statistics& s) {
  double sum = 0;
  bool any = false;
  for (const T element : all) {
    const double x = static_cast<double>(element);
    if (!std::isfinite(x)) {
      ++(std::isnan(x) ? s.nans : s.infinities);
      continue;
    }
    s.min = any ? std::min(s.min, x) : x;
    s.max = any ? std::max(s.max, x) : x;
    any = true;
    s.zeros += x == 0;
    sum += x;
  }
  if (any) s.mean = sum / static_cast<double>(s.size - s.nans - s.infinities);
}

/// Scaled, so that the squares of tiny and huge numbers do not vanish or overflow.
template <class T>
double scaled_norm(std::span<const T> all, double largest) {
  if (largest == 0) return 0;
  double squares = 0;
  for (const T element : all) {
    const double x = static_cast<double>(element) / largest;
    if (std::isfinite(x)) squares += x * x;
  }
  return largest * std::sqrt(squares);
}

}  // namespace

Statistics statistics(const Array& array) {
  Statistics s{.size = array.size()};
  if (s.size == 0) return s;
  visit(array.dtype(), [&](auto t) {
    const auto all = array.span<decltype(t)>();
    const Sums sums(all);
    if (sums.is_finite()) {
      sums.put_into(s);
      s.norm = sums.has_squares() ? sums.norm() : scaled_norm(all, sums.largest());
    } else {
      look_at_each(all, s);
      s.norm = scaled_norm(all, std::max(std::abs(s.min), std::abs(s.max)));
    }
  });
  return s;
}

std::string to_string(const Statistics& s) {
  std::string text = fmt::format("min {:.4g}  max {:.4g}  mean {:.4g}  norm {:.4g}", s.min, s.max, s.mean, s.norm);
  const auto count = [&](const char* what, std::size_t n) {
    if (n > 0) text += fmt::format("  {} {} of {}", what, n, s.size);
  };
  count("zeros", s.zeros);
  count("NaN", s.nans);
  count("infinite", s.infinities);
  return text;
}

}  // namespace reel::debug
