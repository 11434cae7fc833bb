#include <reel/autograd/debug/statistics.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace reel::debug {

double Statistics::rms() const {
  const std::size_t finite = size - nans - infinities;
  return finite == 0 ? 0 : norm / std::sqrt(static_cast<double>(finite));
}

Statistics statistics(const Array& array) {
  Statistics s{.size = array.size()};
  double sum = 0, largest = 0;
  bool any = false;
  visit(array.dtype(), [&](auto t) {
    for (const auto element : array.span<decltype(t)>()) {
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
      largest = std::max(largest, std::abs(x));
    }
    // Scaled, so that the squares of tiny and huge numbers do not vanish or overflow.
    double squares = 0;
    if (largest > 0) {
      for (const auto element : array.span<decltype(t)>()) {
        const double x = static_cast<double>(element) / largest;
        if (std::isfinite(x)) squares += x * x;
      }
    }
    s.norm = largest * std::sqrt(squares);
  });
  const std::size_t finite = s.size - s.nans - s.infinities;
  if (finite > 0) s.mean = sum / static_cast<double>(finite);
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
