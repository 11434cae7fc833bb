#pragma once
// Derivatives by differences.
#include <functional>
#include <vector>

namespace reel::detail {

/// One sample of a vector function y(t), at t = offset.
struct Sample {
  double offset;  // the actual offset, after rounding to the dtype of the moved elements
  std::vector<double> y;
};
using Ray = std::function<Sample(double offset)>;

/// What is known of y at t = 0, for all directions.
struct Centre {
  std::vector<double> y;
  std::vector<double> scatter;  // rounding error of each y; empty if it is estimated from the size of y alone
};

/// Samples of a ray at 0 and on either side of it, at h, h/2 and h/4.
struct Samples {
  double step;
  const Centre* centre;
  std::vector<bool> depends;  // whether each of y can change at all; those that cannot have no rounding error either
  std::vector<Sample> left, right;
};

enum class Smoothness { smooth, kink, jump, not_finite };

/// d(Σ w y)/dt at t = 0.
struct Slope {
  Smoothness smoothness;
  double value;
  double error;  // how far off it may be: what the extrapolation still changed, and rounding
  double left, right;
  double step;
  bool converges = true;  // whether halving the step brings the differences together, as far as rounding lets that be seen
};

struct Accuracy {
  double epsilon;  // of the dtype that y was computed in
  double rtol, atol;
};

/// The derivative from these samples.
Slope slope_of(const Samples& samples, const std::vector<double>& weights, double epsilon);

struct Measurement {
  Slope slope;
  Samples samples;
};

/// The derivative with a step size near `step`; other step sizes are tried until the uncertainty is well below what `accuracy` requires.
/// `far` is an offset at which everything that depends on t at all is expected to differ. The measurement refers to `centre`.
Measurement measure_slope(const Ray& ray, const Centre& centre, const std::vector<double>& weights, double step, double far,
                          const Accuracy& accuracy);

/// How far rounding scatters each result of f, six standard deviations, from high differences of its values at 1, 2, ... and at -1, -2,
/// ..., which are steps so small that a smooth function leaves nothing in them (Moré and Wild 2011, "Estimating computational noise"). 0
/// where a value is not finite.
std::vector<double> scatter_of(const std::function<std::vector<double>(double t)>& f);

}  // namespace reel::detail
