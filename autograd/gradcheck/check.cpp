#include <reel/autograd/gradcheck/check.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace reel::detail {

double move_element(Array& array, std::size_t position, double by) {
  double moved = 0;
  visit(array.dtype(), [&](auto t) {
    auto* const data = array.mutable_data<decltype(t)>();
    const double before = static_cast<double>(data[position]);
    data[position] = static_cast<decltype(t)>(before + by);
    moved = static_cast<double>(data[position]) - before;
  });
  return moved;
}

std::vector<double> flatten(const std::vector<Array>& arrays) {
  std::vector<double> result;
  for (const Array& a : arrays)
    for (std::size_t i = 0; i < a.size(); ++i) result.push_back(a.as_double(i));
  return result;
}

std::vector<Array> values_of(const Tensors& tensors) {
  std::vector<Array> result;
  for (const Tensor& t : tensors) result.push_back(t.value());
  return result;
}

std::vector<Array> scaled(const std::vector<Array>& arrays, double factor) {
  std::vector<Array> result;
  for (const Array& a : arrays) {
    Array copy = a;
    visit(a.dtype(), [&](auto t) {
      auto* const data = copy.mutable_data<decltype(t)>();
      for (std::size_t i = 0; i < copy.size(); ++i) data[i] = static_cast<decltype(t)>(static_cast<double>(data[i]) * factor);
    });
    result.push_back(std::move(copy));
  }
  return result;
}

Trial::Trial(const Problem& problem_, const GradcheckOptions& options_) : problem(problem_), options(options_) {
  const bool coarse = coarsest_dtype(problem) == float32;
  if (coarse) finer = in_float64(problem);
  limits = {options.rtol.value_or(coarse ? 1e-3 : 1e-6), options.atol.value_or(coarse ? 1e-5 : 1e-10)};
  epsilon = coarse && !finer ? double{std::numeric_limits<float>::epsilon()} : std::numeric_limits<double>::epsilon();
}

std::string Trial::name(std::size_t input, std::size_t position) const {
  return element_name(problem.inputs[input].symbol, problem.inputs[input].value.shape(), position);
}

Finding Trial::finding(Fault fault, std::string text, std::optional<std::size_t> input) const {
  Finding f{.fault = fault, .order = problem.order, .seed = problem.seed};
  f.text = std::move(text);
  if (input) f.label = problem.inputs[*input].label;
  return f;
}

double Trial::allowed(double rule, const Slope& slope) const {
  return limits.atol + limits.rtol * std::max(std::abs(rule), std::abs(slope.value)) + slope.error;
}

/// The usual cube root of epsilon in float64; in float32 more, since there the extrapolation makes up for a larger step and rounding
/// hurts more.
double Trial::step_at(double x) const {
  const bool fine = epsilon < 1e-10;
  return std::exp2(std::floor(std::log2(std::max(std::abs(x), 1.0)))) * (fine ? 0x1p-17 : 0x1p-6);
}

std::optional<Finding> check(const Problem& problem, const GradcheckOptions& options, std::vector<std::string>& accepted) {
  try {
    Trial trial(problem, options);
    if (auto found = check_contract(trial)) return found;
    return check_elements(trial, search_along_directions(trial), accepted);
  } catch (const InputChanged& changed) {
    Finding f{.fault = Fault::changed_input, .order = problem.order, .seed = problem.seed};
    f.label = problem.inputs[changed.input].label;
    f.text = "the function or a rule changed the numbers of its input, which it may only read";
    return f;
  }
}

}  // namespace reel::detail
