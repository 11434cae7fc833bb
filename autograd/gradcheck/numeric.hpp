#pragma once
// Derivatives by differences; internal, not installed.
#include <functional>
#include <vector>

namespace reel::detail {

/// A vector function of one number t, at t = offset.
struct Sample {
  double offset;  // as it really was, after rounding to the dtype of what is moved
  std::vector<double> y;
};
using Ray = std::function<Sample(double offset)>;

/// What is known of y at t = 0, whichever way t leads.
struct Centre {
  std::vector<double> y;
  std::vector<double> scatter;  // how far rounding throws each of y; empty where only the size of y says it
};

/// A ray at 0 and at either side of it, by h, h/2 and h/4.
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

/// The slope from samples that there are.
Slope slope_of(const Samples& samples, const std::vector<double>& weights, double epsilon);

struct Measurement {
  Slope slope;
  Samples samples;
};

/// The slope with a step near `step`; other steps are tried while the uncertainty is not well below what `accuracy` asks for.
/// `far` is an offset at which everything that depends on t at all is expected to differ. The measurement refers to `centre`.
Measurement measure_slope(const Ray& ray, const Centre& centre, const std::vector<double>& weights, double step, double far,
                          const Accuracy& accuracy);

/// How far rounding scatters each result of f, six standard deviations, from high differences of its values at 1, 2, ... and at -1, -2,
/// ..., which are steps so small that a smooth function leaves nothing in them (Moré and Wild 2011, "Estimating computational noise"). 0
/// where a value is not finite.
std::vector<double> scatter_of(const std::function<std::vector<double>(double t)>& f);

}  // namespace reel::detail
