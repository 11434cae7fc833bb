#include <reel/autograd/gradcheck/check.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace reel::detail {

namespace {

std::vector<double> flatten(const Array& array) {
  std::vector<double> result(array.size());
  visit(array.dtype(), [&](auto t) {
    const auto* const data = array.data<decltype(t)>();
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<double>(data[i]);
  });
  return result;
}

template <class List, class ToArray>
std::vector<double> flatten_all(const List& list, const ToArray& to_array) {
  std::vector<double> result;
  for (const auto& item : list) {
    const std::vector<double> part = flatten(to_array(item));
    result.insert(result.end(), part.begin(), part.end());
  }
  return result;
}

std::vector<double> flatten(const Tensors& tensors) {
  return flatten_all(tensors, [](const Tensor& t) { return t.value(); });
}
std::vector<double> flatten(const std::vector<Array>& arrays) {
  return flatten_all(arrays, [](const Array& a) { return a; });
}

/// Adds to one element and returns by how much it really changed.
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

struct Difference {
  double largest = 0;
  std::size_t output = 0, position = 0;
};

/// Where two results differ most; NaN on one side only counts as infinitely far.
Difference largest_difference(const std::vector<Array>& a, const std::vector<Array>& b) {
  Difference result;
  for (std::size_t k = 0; k < a.size(); ++k) {
    for (std::size_t i = 0; i < a[k].size(); ++i) {
      const double p = a[k].as_double(i), q = b[k].as_double(i);
      if (p == q || (std::isnan(p) && std::isnan(q))) continue;
      const double d = std::isnan(p - q) ? std::numeric_limits<double>::infinity() : std::abs(p - q);
      if (d > result.largest) result = {d, k, i};
    }
  }
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

class Check {
 public:
  Check(const Problem& problem, const GradcheckOptions& options)
      : problem_(problem), kinks_(options.kinks), dtype_(coarsest_dtype(problem)), limits_(limits_for(dtype_, options)) {}

  std::optional<Finding> run() {
    if (std::optional<Finding> found = check_function()) return found;
    gradients_ = problem_.pull_back(problem_.weights);
    if (std::optional<Finding> found = check_linear()) return found;
    if (std::optional<Finding> found = check_consistent()) return found;
    return check_elements();
  }

 private:
  Finding finding(Fault fault, std::string text = {}) const {
    Finding f{.fault = fault, .order = problem_.order, .seed = problem_.seed};
    f.text = std::move(text);
    return f;
  }

  std::optional<Finding> check_function() {
    results_ = values_of(problem_.evaluate(problem_.point()));
    const std::vector<Array> again = values_of(problem_.evaluate(problem_.point()));
    const Difference d = largest_difference(results_, again);
    if (d.largest > 0)
      return finding(
          Fault::not_deterministic,
          fmt::format(
              "not deterministic: with the same inputs, {} was {} at first and {} when computed again, the largest difference ({:.3g}); "
              "if it draws random numbers, put a SeedScope inside the function",
              element_name(problem_.outputs[d.output], results_[d.output].shape(), d.position),
              number_text(results_[d.output].as_double(d.position)), number_text(again[d.output].as_double(d.position)), d.largest));
    centre_ = flatten(results_);
    weights_ = flatten(problem_.weights);
    return std::nullopt;
  }

  std::optional<Finding> check_linear() const {
    for (const double factor : {0.0, 2.0}) {
      const std::vector<Array> got = problem_.pull_back(scaled(problem_.weights, factor));
      for (std::size_t k = 0; k < got.size(); ++k) {
        if (!problem_.inputs[k].checked) continue;
        for (std::size_t i = 0; i < got[k].size(); ++i) {
          const double expected = factor * gradients_[k].as_double(i), actual = got[k].as_double(i);
          if (!std::isfinite(expected) || std::abs(actual - expected) <= limits_.atol + limits_.rtol * std::abs(expected)) continue;
          Finding f = finding(Fault::not_linear,
                              fmt::format("the gradient is not linear in dy: with {} it is {} at {}, and should be {}",
                                          factor == 0 ? "dy = 0" : "2 dy", number_text(actual), name(k, i), number_text(expected)));
          f.label = problem_.inputs[k].label;
          return f;
        }
      }
    }
    return std::nullopt;
  }

  /// A rule may compute its gradient in another way when that is to be differentiated; it has to be the same gradient.
  std::optional<Finding> check_consistent() const {
    if (problem_.order == 1) return std::nullopt;
    const std::vector<Array> other = values_of(problem_.evaluate(problem_.point(), true));
    for (std::size_t k = 0; k < other.size(); ++k) {
      if (allclose(other[k], results_[k], limits_.rtol, limits_.atol)) continue;
      const Difference d = largest_difference({other[k]}, {results_[k]});
      return finding(Fault::inconsistent,
                     fmt::format("{} is {} where the rule only computes it, and {} where it is to be differentiated again",
                                 element_name(problem_.outputs[k], other[k].shape(), d.position),
                                 number_text(results_[k].as_double(d.position)), number_text(other[k].as_double(d.position))));
    }
    return std::nullopt;
  }

  std::string name(std::size_t input, std::size_t position) const {
    return element_name(problem_.inputs[input].symbol, problem_.inputs[input].value.shape(), position);
  }

  double epsilon() const {
    return dtype_ == float32 ? double{std::numeric_limits<float>::epsilon()} : std::numeric_limits<double>::epsilon();
  }

  /// A power of two, so that moving by it rounds as little as can be: the usual cube root of epsilon in float64; in float32 more, since
  /// there the extrapolation makes up for a larger step and rounding hurts more.
  double step_at(double x) const {
    return std::exp2(std::floor(std::log2(std::max(std::abs(x), 1.0)))) * (dtype_ == float32 ? 0x1p-6 : 0x1p-17);
  }

  Measurement measure(std::size_t input, std::size_t position) const {
    const auto at = [&](double offset) {
      std::vector<Array> point = problem_.point();
      const double moved = move_element(point[input], position, offset);
      return Sample{moved, flatten(problem_.evaluate(point))};
    };
    const double x = problem_.inputs[input].value.as_double(position);
    return measure_slope(at, centre_, weights_, step_at(x), std::max(std::abs(x), 1.0), {epsilon(), limits_.rtol, limits_.atol});
  }

  double allowed(double rule, const Slope& slope) const {
    return limits_.atol + limits_.rtol * std::max(std::abs(rule), std::abs(slope.value)) + slope.error;
  }

  std::optional<Finding> check_elements() {
    std::vector<Element> elements;
    double scale = 0;
    for (std::size_t k = 0; k < problem_.inputs.size(); ++k) {
      if (!problem_.inputs[k].checked) continue;
      for (std::size_t i = 0; i < gradients_[k].size(); ++i) {
        Element e{k, i, gradients_[k].as_double(i), measure(k, i).slope, 0};
        e.allowed = allowed(e.rule, e.slope);
        if (std::isfinite(e.slope.value)) scale = std::max(scale, std::abs(e.slope.value));
        elements.push_back(e);
      }
    }
    // Worst news first: a wrong number at a smooth point, then a point without a derivative, then one that cannot be judged.
    if (auto f = worst_of(elements, Fault::mismatch, [&](const Element& e) { return is_smooth(e) && !(e.difference() <= e.allowed); }))
      return refine(*f);
    if (auto f = worst_of(elements, Fault::kink, [&](const Element& e) { return !is_smooth(e) && !passes_at_kink(e); })) return refine(*f);
    return worst_of(elements, Fault::too_rough, [&](const Element& e) {
      return is_smooth(e) && e.slope.error > std::max(0.01 * std::max(scale, std::abs(e.rule)), std::cbrt(epsilon()));
    });
  }

  static bool is_smooth(const Element& e) { return e.slope.smoothness == Smoothness::smooth; }

  bool passes_at_kink(const Element& e) const {
    if (kinks_ == Kinks::refuse || e.slope.smoothness != Smoothness::kink) return false;
    const double slack = allowed(e.rule, e.slope);
    return e.rule >= std::min(e.slope.left, e.slope.right) - slack && e.rule <= std::max(e.slope.left, e.slope.right) + slack;
  }

  template <class IsWrong>
  std::optional<Finding> worst_of(const std::vector<Element>& elements, Fault fault, const IsWrong& is_wrong) const {
    Finding f = finding(fault);
    for (const Element& e : elements) {
      if (!is_wrong(e)) continue;
      const bool is_worse = !std::isnan(f.worst.difference()) && !(e.difference() <= f.worst.difference());
      if (f.wrong++ == 0 || is_worse) f.worst = e;
    }
    if (f.wrong == 0) return std::nullopt;
    f.total = elements.size();
    describe(f);
    return f;
  }

  void describe(Finding& f) const {
    const Input& input = problem_.inputs[f.worst.input];
    f.label = input.label;
    f.element = name(f.worst.input, f.worst.position) + " = " + number_text(input.value.as_double(f.worst.position));
    if (centre_.size() == 1) f.output = element_name(problem_.outputs[0], results_[0].shape(), 0);
  }

  /// Numbers that a reader can verify: of the wrong element, the one result whose derivative is most wrong, without weights.
  Finding refine(Finding f) const {
    constexpr std::size_t most_results = 1024;
    if (centre_.size() == 1 || centre_.size() > most_results) return f;
    const Samples samples = measure(f.worst.input, f.worst.position).samples;
    std::vector<double> one_hot(centre_.size());
    double largest = 0;
    for (std::size_t k = 0, flat = 0; k < results_.size(); ++k) {
      for (std::size_t i = 0; i < results_[k].size(); ++i, ++flat) {
        one_hot[flat] = 1;
        Element e = f.worst;
        e.slope = slope_of(samples, one_hot, epsilon());
        one_hot[flat] = 0;
        e.rule = derivative_of(k, i, e);
        e.allowed = allowed(e.rule, e.slope);
        if (wrongness(f.fault, e) <= largest) continue;
        largest = wrongness(f.fault, e);
        f.worst = e;
        f.output = element_name(problem_.outputs[k], results_[k].shape(), i);
      }
    }
    return f;
  }

  /// What the rule gives for one result by one element of an input.
  double derivative_of(std::size_t output, std::size_t position, const Element& by) const {
    std::vector<Array> dy = scaled(problem_.weights, 0);
    move_element(dy[output], position, 1);
    return problem_.pull_back(dy)[by.input].as_double(by.position);
  }

  static double wrongness(Fault fault, const Element& e) {
    if (fault == Fault::mismatch) return is_smooth(e) && e.difference() > e.allowed ? e.difference() : 0;
    return is_smooth(e) || e.slope.smoothness == Smoothness::not_finite ? 0 : std::abs(e.slope.right - e.slope.left);
  }

  const Problem& problem_;
  Kinks kinks_;
  Dtype dtype_;
  Limits limits_;
  std::vector<Array> results_, gradients_;
  std::vector<double> centre_, weights_;
};

}  // namespace

Limits limits_for(Dtype dtype, const GradcheckOptions& options) {
  const bool coarse = dtype == float32;
  return {options.rtol.value_or(coarse ? 1e-3 : 1e-6), options.atol.value_or(coarse ? 1e-5 : 1e-10)};
}

std::optional<Finding> check(const Problem& problem, const GradcheckOptions& options) {
  try {
    return Check(problem, options).run();
  } catch (const InputChanged& changed) {
    Finding f{.fault = Fault::changed_input, .order = problem.order, .seed = problem.seed};
    f.label = problem.inputs[changed.input].label;
    f.text = "the function or a rule changed the numbers of its input, which it may only read";
    return f;
  }
}

}  // namespace reel::detail
