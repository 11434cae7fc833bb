#include <reel/autograd/gradcheck/numeric.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

#include <reel/core/error.hpp>

namespace reel::detail {

namespace {

constexpr std::size_t levels = 3;

Samples take_samples(const Ray& ray, const std::vector<double>& centre, const std::vector<bool>& depends, double step) {
  Samples samples{step, centre, depends, {}, {}};
  for (std::size_t i = 0; i < levels; ++i, step /= 2) {
    samples.left.push_back(ray(-step));
    samples.right.push_back(ray(step));
  }
  return samples;
}

/// Which results differ from the centre at a large offset to either side. Near the centre a change may be lost to rounding.
std::vector<bool> find_dependent(const Ray& ray, const std::vector<double>& centre, double far) {
  std::vector<bool> depends(centre.size());
  try {
    for (const double offset : {far, -far}) {
      const std::vector<double> y = ray(offset).y;
      for (std::size_t i = 0; i < centre.size(); ++i) depends[i] = depends[i] || y[i] != centre[i];
    }
  } catch (const Error&) {
    depends.assign(centre.size(), true);  // not a place where the function can be asked
  }
  return depends;
}

/// The differences at one step.
struct Difference {
  double central = 0, left = 0, right = 0;
  double noise = 0;  // what rounding y can do to them

  double jump() const { return std::abs(right - left); }
};

Difference difference_at(const Samples& samples, std::size_t level, const std::vector<double>& weights, double epsilon) {
  const Sample &low = samples.left[level], &high = samples.right[level];
  Difference d;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double below = low.y[i], centre = samples.centre[i], above = high.y[i], w = weights[i];
    if (below == centre && above == centre && !samples.depends[i]) continue;
    d.central += w * (above - below);
    d.left += w * (centre - below);
    d.right += w * (above - centre);
    d.noise += std::abs(w) * (std::abs(below) + std::abs(centre) + std::abs(above));
  }
  d.central /= high.offset - low.offset;
  d.left /= -low.offset;
  d.right /= high.offset;
  d.noise *= epsilon / (high.offset - low.offset);
  return d;
}

/// Away from kinks left and right slope differ by h f'', which halves with h; at a kink the difference stays; where the
/// function itself jumps it doubles.
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
  // Of the truncation error fine - coarse is far more than is left; of the rounding error it is a fair sample.
  const double error = std::abs(fine - coarse) + 2 * d[2].noise;
  const bool finite = std::isfinite(d[0].left + d[0].right + d[1].left + d[1].right + d[2].left + d[2].right);
  return {finite ? smoothness_of(d, epsilon) : Smoothness::not_finite, value, error, d[2].left, d[2].right, samples.step};
}

Measurement measure_slope(const Ray& ray, const std::vector<double>& centre, const std::vector<double>& weights, double step, double far,
                          const Accuracy& accuracy) {
  const std::vector<bool> depends = find_dependent(ray, centre, far);
  std::optional<Measurement> smooth, broken, undefined;
  // Small steps for what bends sharply or has a kink nearby, a large one for what is small beside its own rounding errors.
  for (const double factor : {1.0, 0x1p-4, 0x1p-8, 0x1p-12, 0x1p-16, 0x1p4}) {
    Measurement m{{}, take_samples(ray, centre, depends, step * factor)};
    m.slope = slope_of(m.samples, weights, accuracy.epsilon);
    const Slope& s = m.slope;
    if (s.smoothness == Smoothness::not_finite) {
      undefined = std::move(m);
    } else if (s.smoothness != Smoothness::smooth) {
      if (!broken) broken = std::move(m);
    } else {
      if (s.error <= 0.1 * (accuracy.atol + accuracy.rtol * std::abs(s.value))) return m;
      if (!smooth || s.error < smooth->slope.error) smooth = std::move(m);
    }
  }
  // A kink that only the larger steps reach is not at this point, unless rounding hides it from the small ones.
  if (smooth && (!broken || smooth->slope.error < 0.1 * std::abs(broken->slope.right - broken->slope.left))) return *std::move(smooth);
  return broken ? *std::move(broken) : *std::move(undefined);
}

}  // namespace reel::detail
