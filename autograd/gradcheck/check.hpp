#pragma once
// The check of one problem.
#include <optional>

#include <reel/autograd/gradcheck/finding.hpp>
#include <reel/autograd/gradcheck/problem.hpp>

namespace reel::detail {

struct Limits {
  double rtol, atol;
};

/// A problem, the accuracy with which it is checked, and the results and gradients at its point.
struct Trial {
  Trial(const Problem& problem, const GradcheckOptions& options);

  const Problem& problem;
  std::optional<Problem> finer;  // the same in float64, where the function is one of float32 and allows it
  GradcheckOptions options;
  Limits limits;
  double epsilon;  // of the dtype in which differences are computed
  Centre centre;   // of the numeric problem
  std::vector<Array> results;
  std::vector<Array> gradients;  // one per input; empty for those that are not checked

  /// The problem that differences are taken of.
  const Problem& numeric() const { return finer ? *finer : problem; }
  /// "x[2,1]"
  std::string name(std::size_t input, std::size_t position) const;
  Finding finding(Fault fault, std::string text = {}, std::optional<std::size_t> input = {}) const;
  /// The largest difference between a rule's derivative and the numeric one that passes.
  double allowed(double rule, const Slope& slope) const;
  /// The centre with the scatter of the results, which needs some more calls of the function.
  const Centre& careful_centre() const;
  /// How far rounding scatters the gradients of the rules (the problem's own results), one array each.
  const std::vector<std::vector<double>>& gradient_scatter() const;
  const std::vector<std::vector<double>>& result_scatter() const;
  /// The step size at x: a power of two, so that moving by it rounds as little as possible.
  double step_at(double x) const;

 private:
  double own_epsilon_;  // of the coarsest dtype in which the problem itself computes
  mutable std::optional<Centre> careful_centre_;
  mutable std::optional<std::vector<std::vector<double>>> gradient_scatter_, result_scatter_;
};

/// One element of a checked input, and the direction in which it moves.
struct Move {
  std::size_t input, position;
  double sign = 1;
};

/// The derivative of the weighted sum of results while elements move together. `careful`: use the scatter of the results as the rounding
/// error.
Measurement measure_along(const Trial& trial, const std::vector<Move>& moves, const std::vector<double>& weights, bool careful);

/// Checks that need no differences: the contract of a function and its rules. Fills in the trial's results and gradients.
std::optional<Finding> check_contract(Trial& trial);

/// One direction, ±1 per element, and the derivative along it by the rule and by differences.
struct Direction {
  std::vector<std::vector<double>> signs;  // one list per input
  double rule = 0, allowed = 0;
  Slope slope{};

  bool fails() const;
};
/// The elements that remain of a failing direction after halving it repeatedly.
struct Suspects {
  std::vector<std::pair<std::size_t, std::size_t>> elements;  // input and position
  std::optional<Element> certain;                             // if a single element fails on its own
};
/// The suspects of the first direction that fails; empty if none does.
Suspects search_along_directions(const Trial& trial);

/// Checks every element, or a sample and all suspects. Appends the kinks that pass to `accepted`.
std::optional<Finding> check_elements(const Trial& trial, const Suspects& suspects, std::vector<std::string>& accepted);

/// The result of checking groups of equal elements: where elements tie, an op such as max has a kink for each of them, and none if they
/// move together.
struct TieCheck {
  std::optional<Finding> wrong = {};                            // the first group along which the rule is wrong
  std::vector<std::pair<std::size_t, std::size_t>> right = {};  // input and position of all equal elements along which it is right
};
TieCheck check_ties(const Trial& trial);

/// The gradients of one element of a result, one array per input.
std::vector<Array> gradients_of_one(const Problem& problem, std::size_t output, std::size_t position);

/// The rate at which |f(x + h d) - f(x) - h g·d| falls with h along one element, for the rule's gradient g: 2 for a correct g, 1 for a
/// wrong one, 0 if rounding hides it.
double taylor_rate(const Trial& trial, const Element& element);

/// The first fault of a problem's function, rules or gradients, at the problem's order. Appends the kinks that pass to `accepted`.
std::optional<Finding> check(const Problem& problem, const GradcheckOptions& options, std::vector<std::string>& accepted);

/// gradcheck() of one op of a tape, at the values that it was recorded with, with respect to those inputs that a gradient can reach.
GradcheckReport gradcheck(const Entry& entry, const GradcheckOptions& options);

// Elements by position, for arrays of either floating dtype.

/// Adds to one element and returns by how much it really changed.
double move_element(Array& array, std::size_t position, double by);
std::vector<double> flatten(const std::vector<Array>& arrays);
std::vector<Array> values_of(const Tensors& tensors);
/// The arrays times a number.
std::vector<Array> scaled(const std::vector<Array>& arrays, double factor);

}  // namespace reel::detail
