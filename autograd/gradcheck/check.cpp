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

namespace {

constexpr double nudge = 16;  // units in the last place: enough to change the roundings, and too little to change a smooth function

/// The scatter of f's results for a nudged point.
template <class F>
std::vector<double> scatter_at(const Problem& problem, double epsilon, const F& f) {
  return scatter_of([&](double t) { return flatten(f(problem.nudged(nudge * t, epsilon), t)); });
}

std::vector<std::vector<double>> split_like(const std::vector<Array>& arrays, const std::vector<double>& flat) {
  std::vector<std::vector<double>> result;
  auto at = flat.begin();
  for (const Array& a : arrays) {
    result.emplace_back(at, at + static_cast<std::ptrdiff_t>(a.size()));
    at += static_cast<std::ptrdiff_t>(a.size());
  }
  return result;
}

}  // namespace

Trial::Trial(const Problem& problem_, const GradcheckOptions& options_) : problem(problem_), options(options_) {
  const bool coarse = coarsest_dtype(problem) == float32;
  if (coarse) finer = in_float64(problem);
  limits = {options.rtol.value_or(coarse ? 1e-3 : 1e-6), options.atol.value_or(coarse ? 1e-5 : 1e-10)};
  own_epsilon_ = coarse ? double{std::numeric_limits<float>::epsilon()} : std::numeric_limits<double>::epsilon();
  epsilon = finer ? std::numeric_limits<double>::epsilon() : own_epsilon_;
  centre.y = flatten(values_of(numeric().evaluate(numeric().point())));
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

const Centre& Trial::careful_centre() const {
  if (!careful_centre_) {
    careful_centre_ = {centre.y, scatter_at(numeric(), epsilon, [&](const auto& at, double) { return values_of(numeric().evaluate(at)); })};
    // Where numbers cancel, the same rounding error occurs every time, and nothing scatters.
    const double least = 4 * epsilon * numeric().magnitude();
    for (double& s : careful_centre_->scatter) s = std::max(s, least);
  }
  return *careful_centre_;
}

const std::vector<std::vector<double>>& Trial::gradient_scatter() const {
  if (!gradient_scatter_)
    gradient_scatter_ = split_like(gradients, scatter_at(problem, own_epsilon_, [&](const auto& at, double t) {
                                     const auto seed = static_cast<std::uint64_t>(1000 + 10 * t);
                                     return problem.pull_back(problem.weights, at, own_epsilon_, 100'000 * seed);
                                   }));
  return *gradient_scatter_;
}

const std::vector<std::vector<double>>& Trial::result_scatter() const {
  if (!result_scatter_)
    result_scatter_ =
        split_like(results, scatter_at(problem, own_epsilon_, [&](const auto& at, double) { return values_of(problem.evaluate(at)); }));
  return *result_scatter_;
}

/// In float64 the usual cube root of epsilon; in float32 larger, since there the extrapolation compensates for a larger step and rounding
/// matters more.
double Trial::step_at(double x) const {
  const bool fine = epsilon < 1e-10;
  return std::exp2(std::floor(std::log2(std::max(std::abs(x), 1.0)))) * (fine ? 0x1p-17 : 0x1p-6);
}

Measurement measure_along(const Trial& trial, const std::vector<Move>& moves, const std::vector<double>& weights, bool careful) {
  const Problem& problem = trial.numeric();
  double largest = 0;
  for (const Move& m : moves) largest = std::max(largest, std::abs(problem.inputs[m.input].value.as_double(m.position)));
  const auto at = [&](double offset) {
    std::vector<Array> point = problem.point();
    double moved = offset;
    for (const Move& m : moves) {
      const double own = m.sign * move_element(point[m.input], m.position, m.sign * offset);
      if (moves.size() == 1) moved = own;
    }
    return Sample{moved, flatten(values_of(problem.evaluate(point)))};
  };
  return measure_slope(at, careful ? trial.careful_centre() : trial.centre, weights, trial.step_at(largest), std::max(largest, 1.0),
                       {trial.epsilon, trial.limits.rtol, trial.limits.atol});
}

std::vector<Array> gradients_of_one(const Problem& problem, std::size_t output, std::size_t position) {
  std::vector<Array> dy = scaled(problem.weights, 0);
  move_element(dy[output], position, 1);
  return problem.pull_back(dy);
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
