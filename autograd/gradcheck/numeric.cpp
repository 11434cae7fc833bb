#include <reel/autograd/gradcheck/numeric.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <reel/core/error.hpp>

namespace reel::detail {

namespace {

constexpr std::size_t levels = 3;

Samples take_samples(const Ray& ray, const Centre& centre, const std::vector<bool>& depends, double step) {
  Samples samples{step, &centre, depends, {}, {}};
  for (std::size_t i = 0; i < levels; ++i, step /= 2) {
    samples.left.push_back(ray(-step));
    samples.right.push_back(ray(step));
  }
  for (const auto* side : {&samples.left, &samples.right})
    for (const Sample& s : *side)
      for (std::size_t i = 0; i < centre.y.size(); ++i) samples.depends[i] = samples.depends[i] || s.y[i] != centre.y[i];
  return samples;
}

/// The results that differ from the centre at a large offset on either side. Near the centre a change may be lost to rounding.
std::vector<bool> find_dependent(const Ray& ray, const std::vector<double>& centre, double far) {
  std::vector<bool> depends(centre.size());
  try {
    for (const double offset : {far, -far}) {
      const std::vector<double> y = ray(offset).y;
      for (std::size_t i = 0; i < centre.size(); ++i) depends[i] = depends[i] || y[i] != centre[i];
    }
  } catch (const MemoryError&) {
    throw;
  } catch (const Error&) {
    depends.assign(centre.size(), true);  // the function cannot be evaluated here
  }
  return depends;
}

/// The differences at one step.
struct Difference {
  double central = 0, left = 0, right = 0;
  double noise = 0;  // the effect of rounding y on them

  double jump() const { return std::abs(right - left); }
};

Difference difference_at(const Samples& samples, std::size_t level, const std::vector<double>& weights, double epsilon) {
  const Sample &low = samples.left[level], &high = samples.right[level];
  const std::vector<double>&centres = samples.centre->y, &scatter = samples.centre->scatter;
  Difference d;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double below = low.y[i], centre = centres[i], above = high.y[i], w = weights[i];
    if (below == centre && above == centre && !samples.depends[i]) continue;
    d.central += w * (above - below);
    d.left += w * (centre - below);
    d.right += w * (above - centre);
    const double rounding = epsilon * (std::abs(below) + std::abs(centre) + std::abs(above));
    d.noise += std::abs(w) * (scatter.empty() ? rounding : std::max(rounding, scatter[i]));
  }
  d.central /= high.offset - low.offset;
  d.left /= -low.offset;
  d.right /= high.offset;
  d.noise /= high.offset - low.offset;
  return d;
}

/// Away from kinks, left and right derivative differ by h f'', which halves with h; at a kink the difference stays; where the function
/// itself jumps it doubles.
Smoothness smoothness_of(const Difference (&d)[levels], double epsilon) {
  const double largest = std::max(std::abs(d[2].left), std::abs(d[2].right));
  const auto grows = [&](std::size_t i) { return std::abs(d[i + 1].central) > 1.8 * std::abs(d[i].central); };
  if (grows(0) && grows(1) && std::abs(d[2].central) > 16 * d[2].noise) return Smoothness::jump;  // alike to both sides
  const bool visible = d[2].jump() > std::max(16 * d[2].noise, std::cbrt(epsilon) * largest);
  if (!visible || d[1].jump() < 0.8 * d[0].jump() || d[2].jump() < 0.8 * d[1].jump()) return Smoothness::smooth;
  return d[2].jump() > 1.8 * d[1].jump() && d[1].jump() > 1.8 * d[0].jump() ? Smoothness::jump : Smoothness::kink;
}

}  // namespace

Slope slope_of(const Samples& samples, const std::vector<double>& weights, double epsilon) {
  Difference d[levels];
  for (std::size_t i = 0; i < levels; ++i) d[i] = difference_at(samples, i, weights, epsilon);
  // Each extrapolation removes the leading power of h from the error: first h^2, then h^4.
  const double coarse = (4 * d[1].central - d[0].central) / 3;
  const double fine = (4 * d[2].central - d[1].central) / 3;
  const double value = (16 * fine - coarse) / 15;
  // The difference fine - coarse is far larger than the remaining truncation error; of the rounding error it is a fair sample.
  const double error = std::abs(fine - coarse) + 2 * d[2].noise;
  // The leading error falls to a quarter; if the differences do not converge, the function changes its slope within the step.
  const bool converges = std::abs(d[2].central - d[1].central) <= 0.5 * std::abs(d[1].central - d[0].central) + 4 * d[2].noise;
  const bool finite = std::isfinite(d[0].left + d[0].right + d[1].left + d[1].right + d[2].left + d[2].right);
  return {finite ? smoothness_of(d, epsilon) : Smoothness::not_finite, value, error, d[2].left, d[2].right, samples.step, converges};
}

namespace {

/// The measurement with the smallest error; a finer step that disagrees with it adds to its error.
Measurement most_trusted(std::vector<Measurement> smooth) {
  std::vector<double> errors;
  for (const Measurement& m : smooth) {
    double gap = 0;
    for (const Measurement& other : smooth) {
      const double difference = std::abs(other.slope.value - m.slope.value);
      const bool contradicts = !other.slope.converges || difference > other.slope.error + m.slope.error;
      if (other.slope.step < m.slope.step && contradicts) gap = std::max(gap, difference);
    }
    errors.push_back(m.slope.error + gap);
  }
  const auto best = static_cast<std::size_t>(std::min_element(errors.begin(), errors.end()) - errors.begin());
  smooth[best].slope.error = errors[best];
  return std::move(smooth[best]);
}

}  // namespace

Measurement measure_slope(const Ray& ray, const Centre& centre, const std::vector<double>& weights, double step, double far,
                          const Accuracy& accuracy) {
  const std::vector<bool> depends = find_dependent(ray, centre.y, far);
  std::vector<Measurement> smooth;
  std::optional<Measurement> broken, undefined;
  double finest_broken = std::numeric_limits<double>::infinity();
  bool has_kink = false;  // at the finest step so far
  // Small steps for functions that bend sharply or have a kink nearby, a large step for values that are small compared with their rounding
  // errors.
  for (const double factor : {1.0, 0x1p-4, 0x1p-8, 0x1p-12, 0x1p-16, 0x1p4, 0x1p-20, 0x1p-24}) {
    if (factor < 0x1p-16 && (has_kink || step * factor < 256 * accuracy.epsilon)) continue;
    Measurement m{{}, take_samples(ray, centre, depends, step * factor)};
    m.slope = slope_of(m.samples, weights, accuracy.epsilon);
    Slope& s = m.slope;
    const double gap = s.smoothness == Smoothness::jump ? std::abs(s.left) + std::abs(s.right) : std::abs(s.right - s.left);
    if ((s.smoothness == Smoothness::kink || s.smoothness == Smoothness::jump) && gap <= accuracy.atol) {
      s.smoothness = Smoothness::smooth;  // a kink too small to matter, and probably caused by rounding
      s.error += gap;
    }
    if (factor <= 0x1p-16) has_kink = s.smoothness == Smoothness::kink;
    if (s.smoothness == Smoothness::not_finite) {
      undefined = std::move(m);
    } else if (s.smoothness != Smoothness::smooth) {
      if (!broken) broken = std::move(m);
      finest_broken = std::min(finest_broken, step * factor);
    } else {
      if (s.error <= 0.1 * (accuracy.atol + accuracy.rtol * std::abs(s.value))) return m;
      smooth.push_back(std::move(m));
    }
  }
  // A kink that only the larger steps reach is not at this point, unless rounding hides it from the small ones.
  if (!smooth.empty()) {
    Measurement best = most_trusted(std::move(smooth));
    const bool is_clear = best.slope.step < finest_broken && best.slope.error <= 0.01 * std::abs(best.slope.value);
    if (!broken || is_clear || best.slope.error < 0.1 * std::abs(broken->slope.right - broken->slope.left)) return best;
    // A jump at this point would be seen at every finer step. Where it is not, the function bends within all of them.
    if (broken->slope.smoothness == Smoothness::jump && best.slope.step < broken->slope.step) {
      best.slope.error = std::numeric_limits<double>::infinity();
      return best;
    }
  }
  return broken ? *std::move(broken) : *std::move(undefined);
}

std::vector<double> scatter_of(const std::function<std::vector<double>(double t)>& f) {
  constexpr std::size_t points = 8, first_order = 3, last_order = 5;
  std::vector<double> result;
  std::vector<std::vector<double>> sums(last_order + 1);  // of the squares of the differences of an order
  for (const double side : {1.0, -1.0}) {
    std::vector<std::vector<double>> table;
    for (std::size_t i = 1; i <= points; ++i) table.push_back(f(side * static_cast<double>(i)));
    for (std::size_t order = 1; order <= last_order; ++order) {
      sums[order].resize(table[0].size());
      for (std::size_t i = 0; i + order < points; ++i) {
        for (std::size_t k = 0; k < table[i].size(); ++k) {
          table[i][k] = table[i + 1][k] - table[i][k];
          sums[order][k] += table[i][k] * table[i][k];
        }
      }
    }
  }
  result.resize(sums[1].size());
  for (std::size_t order = first_order; order <= last_order; ++order) {
    // Independent errors of variance 1 make differences of variance (2k)!/(k!)².
    double variance = 1;
    for (std::size_t i = 1; i <= order; ++i) variance *= static_cast<double>(order + i) / static_cast<double>(i);
    for (std::size_t k = 0; k < result.size(); ++k) {
      const double sigma = std::sqrt(sums[order][k] / (variance * 2 * static_cast<double>(points - order)));
      if (std::isfinite(sigma)) result[k] = std::max(result[k], 6 * sigma);
    }
  }
  return result;
}

}  // namespace reel::detail
