#pragma once
// The check of one problem; internal, not installed.
#include <optional>

#include <reel/autograd/gradcheck/finding.hpp>
#include <reel/autograd/gradcheck/problem.hpp>

namespace reel::detail {

struct Limits {
  double rtol, atol;
};

/// A problem, how exactly it is to be checked, and what its function and rules give at its point.
struct Trial {
  Trial(const Problem& problem, const GradcheckOptions& options);

  const Problem& problem;
  std::optional<Problem> finer;  // the same in float64, where the function is one of float32 and allows it
  GradcheckOptions options;
  Limits limits;
  double epsilon;  // of the dtype in which differences are computed
  Centre centre;   // of the numeric problem
  std::vector<Array> results;
  std::vector<Array> gradients;  // one an input; empty for those that are not checked

  /// What differences are taken of.
  const Problem& numeric() const { return finer ? *finer : problem; }
  /// "x[2,1]"
  std::string name(std::size_t input, std::size_t position) const;
  Finding finding(Fault fault, std::string text = {}, std::optional<std::size_t> input = {}) const;
  /// By how much a rule's number may differ from a slope.
  double allowed(double rule, const Slope& slope) const;
  /// The centre with the scatter of the results, which takes some more calls of the function.
  const Centre& careful_centre() const;
  /// How far rounding scatters the gradients that rules give, and the problem's own results, an array each.
  const std::vector<std::vector<double>>& gradient_scatter() const;
  const std::vector<std::vector<double>>& result_scatter() const;
  /// A power of two, so that moving by it rounds as little as can be.
  double step_at(double x) const;

 private:
  double own_epsilon_;  // of the coarsest dtype in which the problem itself computes
  mutable std::optional<Centre> careful_centre_;
  mutable std::optional<std::vector<std::vector<double>>> gradient_scatter_, result_scatter_;
};

/// One element of a checked input, and which way it goes.
struct Move {
  std::size_t input, position;
  double sign = 1;
};

/// The slope of the results' sum with these weights where elements move together. `careful`: with the scatter of the results as rounding.
Measurement measure_along(const Trial& trial, const std::vector<Move>& moves, const std::vector<double>& weights, bool careful);

/// Checks that need no differences: what a function and its rules have to keep to. Fills in the trial's results and gradients.
std::optional<Finding> check_contract(Trial& trial);

/// One direction of ±1 an element, and what the rule and differences say along it.
struct Direction {
  std::vector<std::vector<double>> signs;  // one an input
  double rule = 0, allowed = 0;
  Slope slope{};

  bool fails() const;
};
/// What is left of a direction that fails after halving it again and again.
struct Suspects {
  std::vector<std::pair<std::size_t, std::size_t>> elements;  // input and position
  std::optional<Element> certain;                             // where it is a single one that fails by itself
};
/// Of the first direction that fails; empty if none does.
Suspects search_along_directions(const Trial& trial);

/// Every element, or a sample and all suspects. Appends to `accepted` the kinks that pass.
std::optional<Finding> check_elements(const Trial& trial, const Suspects& suspects, std::vector<std::string>& accepted);

/// What groups of equal elements show: where elements tie, an op such as max has a kink for each of them, and none where they move
/// together.
struct TieCheck {
  std::optional<Finding> wrong = {};                            // the first group along which the rule is wrong
  std::vector<std::pair<std::size_t, std::size_t>> right = {};  // input and position of all equal elements along which it is right
};
TieCheck check_ties(const Trial& trial);

/// What the rule gives for one result, by each input.
std::vector<Array> gradients_of_one(const Problem& problem, std::size_t output, std::size_t position);

/// The rate at which |f(x + h d) - f(x) - h g·d| falls with h towards one element, for the rule's gradient g: 2 for a right one, 1 for a
/// wrong one, 0 where rounding hides it.
double taylor_rate(const Trial& trial, const Element& element);

/// The first thing that is wrong with a problem's function, rules or gradients, at the problem's order. `accepted` gets the kinks
/// that pass.
std::optional<Finding> check(const Problem& problem, const GradcheckOptions& options, std::vector<std::string>& accepted);

/// gradcheck() of one op of a tape by itself, at the numbers that it was recorded with, by those of its inputs that a gradient can reach.
GradcheckReport gradcheck(const Entry& entry, const GradcheckOptions& options);

// Elements by position, for arrays of either floating dtype.

/// Adds to one element and returns by how much it really changed.
double move_element(Array& array, std::size_t position, double by);
std::vector<double> flatten(const std::vector<Array>& arrays);
std::vector<Array> values_of(const Tensors& tensors);
/// The arrays times a number.
std::vector<Array> scaled(const std::vector<Array>& arrays, double factor);

}  // namespace reel::detail
