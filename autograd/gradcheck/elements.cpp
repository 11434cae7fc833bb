#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <reel/autograd/gradcheck/check.hpp>

namespace reel::detail {

namespace {

using Place = std::pair<std::size_t, std::size_t>;  // input and position

bool is_smooth(const Element& e) { return e.slope.smoothness == Smoothness::smooth; }

bool is_mismatch(const Element& e) { return is_smooth(e) && !(e.difference() <= e.allowed); }

class Elements {
 public:
  explicit Elements(const Trial& trial) : trial_(trial), weights_(flatten(trial.numeric().weights)) {}

  std::optional<Finding> check(const Suspects& suspects, std::vector<std::string>& accepted) {
    double scale = 0;
    for (const auto& [input, position] : chosen(suspects.elements)) {
      Element e = measured(input, position, false);
      const bool is_rough = e.slope.error > std::max(0.01 * std::abs(e.rule), std::cbrt(trial_.epsilon));
      if (is_mismatch(e) || (is_smooth(e) ? is_rough : !passes_at_kink(e))) e = measured(input, position, true);
      if (std::isfinite(e.slope.value)) scale = std::max(scale, std::abs(e.slope.value));
      elements_.push_back(e);
    }
    if (suspects.certain && std::none_of(elements_.begin(), elements_.end(), is_mismatch)) elements_.push_back(*suspects.certain);
    // Worst first: a wrong number at a smooth point, then a point without a derivative, then one that cannot be judged.
    if (auto f = worst_of(Fault::mismatch, is_mismatch)) return refine(*std::move(f));
    const TieCheck ties = check_ties(trial_);
    if (ties.wrong) return ties.wrong;
    const auto adds_up = [&](const Element& e) {  // some share of a tie
      return trial_.options.kinks == Kinks::allow &&
             std::find(ties.right.begin(), ties.right.end(), Place(e.input, e.position)) != ties.right.end();
    };
    if (auto f = worst_of(Fault::kink, [&](const Element& e) { return !is_smooth(e) && !passes_at_kink(e) && !adds_up(e); })) {
      if (trial_.options.kinks == Kinks::allow && f->wrong[0].slope.smoothness == Smoothness::kink)
        f->mistake = {"outside both slopes", "at a kink the rule may choose any value between the two slopes, and no other"};
      return refine(*std::move(f));
    }
    if (auto f = worst_of(Fault::too_rough, [&](const Element& e) {
          return is_smooth(e) && e.slope.error > std::max(0.01 * std::max(scale, std::abs(e.rule)), std::cbrt(trial_.epsilon));
        }))
      return f;
    for (const Element& e : elements_) {
      if (is_smooth(e)) continue;
      const std::string text = described(e);
      if (std::find(accepted.begin(), accepted.end(), text) == accepted.end()) accepted.push_back(text);
    }
    return std::nullopt;
  }

 private:
  /// The derivatives of an element by the rule and by differences; `careful` if the first measurement found a fault, which may be due to
  /// rounding.
  Element measured(std::size_t input, std::size_t position, bool careful) const {
    Element e{input, position, trial_.gradients[input].as_double(position), {}, 0};
    e.slope = measure_along(trial_, {{input, position}}, weights_, careful).slope;
    e.allowed = trial_.allowed(e.rule, e.slope) + (careful ? trial_.gradient_scatter()[input][position] : 0);
    return e;
  }

  std::vector<Place> chosen(const std::vector<Place>& suspects) const {
    std::vector<Place> places;
    for (std::size_t k = 0; k < trial_.problem.inputs.size(); ++k)
      for (std::size_t i = 0; trial_.problem.inputs[k].checked && i < trial_.problem.inputs[k].value.size(); ++i) places.emplace_back(k, i);
    const std::size_t most = std::max<std::size_t>(trial_.options.sample, 1);
    if (places.size() <= most) return places;
    // A shuffle by the random weights of each position: the same for the same seed.
    const Array keys = random_weights({places.size()}, float64, trial_.problem.seed + 5);
    std::vector<std::size_t> order(places.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return keys.as_double(a) < keys.as_double(b); });
    std::vector<Place> sample(suspects.begin(), suspects.begin() + static_cast<std::ptrdiff_t>(std::min(suspects.size(), most)));
    for (std::size_t i = 0; i < most; ++i) sample.push_back(places[order[i]]);
    std::sort(sample.begin(), sample.end());
    sample.erase(std::unique(sample.begin(), sample.end()), sample.end());
    return sample;
  }

  std::string described(const Element& e) const {
    return trial_.name(e.input, e.position) + " = " + number_text(trial_.problem.inputs[e.input].value.as_double(e.position));
  }

  bool passes_at_kink(const Element& e) const {
    if (trial_.options.kinks == Kinks::refuse) return false;
    // Where a function has a kink its gradient jumps, and any value between the two sides is as good as another.
    if (trial_.problem.order > 1 && e.slope.smoothness == Smoothness::jump) return true;
    if (e.slope.smoothness != Smoothness::kink) return false;
    const double slack = trial_.allowed(e.rule, e.slope);
    return e.rule >= std::min(e.slope.left, e.slope.right) - slack && e.rule <= std::max(e.slope.left, e.slope.right) + slack;
  }

  template <class IsWrong>
  std::optional<Finding> worst_of(Fault fault, const IsWrong& is_wrong) const {
    Finding f = trial_.finding(fault);
    std::copy_if(elements_.begin(), elements_.end(), std::back_inserter(f.wrong), is_wrong);
    if (f.wrong.empty()) return std::nullopt;
    const auto badness = [](const Element& e) {
      return std::isnan(e.difference()) ? std::numeric_limits<double>::infinity() : e.difference();
    };
    std::stable_sort(f.wrong.begin(), f.wrong.end(), [&](const Element& a, const Element& b) { return badness(a) > badness(b); });
    f.total = elements_.size();
    f.label = trial_.problem.inputs[f.wrong[0].input].label;
    if (trial_.centre.y.size() == 1) f.output = element_name(trial_.problem.outputs[0], trial_.results[0].shape(), 0);
    for (std::size_t i = 0; i < std::min<std::size_t>(f.wrong.size(), 4); ++i) f.worst.push_back(shown(f.wrong[i]));
    keep_gradients(f);
    return f;
  }

  GradcheckElement shown(const Element& e) const {
    return {trial_.name(e.input, e.position),
            trial_.problem.inputs[e.input].value.as_double(e.position),
            e.rule,
            e.slope.value,
            e.slope.error,
            e.allowed};
  }

  /// The gradients that the search for a mistake compares.
  void keep_gradients(Finding& f) const {
    for (std::size_t k = 0; k < trial_.problem.inputs.size(); ++k) {
      const Input& input = trial_.problem.inputs[k];
      f.rule_gradients.push_back(input.checked ? trial_.gradients[k].astype(float64) : Array());
      f.numeric_gradients.push_back(input.checked ? Array::full(input.value.shape(), std::numeric_limits<double>::quiet_NaN(), float64)
                                                  : Array());
    }
    for (const Element& e : elements_)
      if (is_smooth(e)) f.numeric_gradients[e.input].mutable_data<double>()[e.position] = e.slope.value;
  }

  /// Numbers that a reader can verify: for the worst element, the one result whose derivative is most wrong, without weights.
  Finding refine(Finding f) const {
    constexpr std::size_t most_results = 1024;
    const std::size_t results = trial_.centre.y.size();
    const auto [input, position] = std::pair(f.wrong[0].input, f.wrong[0].position);
    if (results > 1 && results <= most_results) {
      const Measurement whole = measure_along(trial_, {{input, position}}, weights_, true);
      std::vector<double> one_hot(results);
      double largest = -1;
      for (std::size_t k = 0, flat = 0; k < trial_.results.size(); ++k) {
        for (std::size_t i = 0; i < trial_.results[k].size(); ++i, ++flat) {
          one_hot[flat] = 1;
          Element e = f.wrong[0];
          e.slope = slope_of(whole.samples, one_hot, trial_.epsilon);
          one_hot[flat] = 0;
          e.rule = gradients_of_one(trial_.problem, k, i)[input].as_double(position);
          e.allowed = trial_.allowed(e.rule, e.slope) + trial_.gradient_scatter()[input][position];
          if (wrongness(f.fault, e) <= largest) continue;
          largest = wrongness(f.fault, e);
          f.wrong[0] = e;
          f.worst[0] = shown(e);
          f.output = element_name(trial_.problem.outputs[k], trial_.results[k].shape(), i);
        }
      }
    }
    if (f.fault == Fault::mismatch && !std::isfinite(f.wrong[0].rule)) f.mistake = beside(f.wrong[0]);
    return f;
  }

  /// A rule that is not finite at a number and right next to it.
  Mistake beside(const Element& e) const {
    std::vector<Array> point = trial_.problem.point();
    move_element(point[e.input], e.position, trial_.step_at(point[e.input].as_double(e.position)));
    const double there = trial_.problem.pull_back(trial_.problem.weights, point)[e.input].as_double(e.position);
    if (!std::isfinite(there)) return {};
    return {"division by 0",
            fmt::format("the rule gives a number beside {}; there it divides by 0, or multiplies 0 by infinity", described(e))};
  }

  /// Results that are not wrong come last. If the rule's derivative is not finite for any of them, since 0·NaN is NaN, the result that
  /// depends most on the element is chosen.
  static double wrongness(Fault fault, const Element& e) {
    if (fault == Fault::mismatch) {
      if (!is_mismatch(e)) return -1;
      return std::isfinite(e.rule) ? e.difference() : std::abs(e.slope.value);
    }
    return is_smooth(e) || e.slope.smoothness == Smoothness::not_finite ? -1 : std::abs(e.slope.right - e.slope.left);
  }

  const Trial& trial_;
  std::vector<double> weights_;
  std::vector<Element> elements_;
};

}  // namespace

std::optional<Finding> check_elements(const Trial& trial, const Suspects& suspects, std::vector<std::string>& accepted) {
  return Elements(trial).check(suspects, accepted);
}

double taylor_rate(const Trial& trial, const Element& element) {
  const Problem& problem = trial.numeric();
  const std::vector<double> weights = flatten(problem.weights);
  const double g = trial.gradients[element.input].as_double(element.position);
  const auto value_at = [&](double offset, double& moved) {
    std::vector<Array> point = problem.point();
    moved = move_element(point[element.input], element.position, offset);
    const std::vector<double> y = flatten(values_of(problem.evaluate(point)));
    double total = 0, size = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      total += weights[i] * y[i];
      size += std::abs(weights[i] * y[i]);
    }
    return std::pair(total, size);
  };
  double moved = 0;
  const auto [start, size] = value_at(0, moved);
  const double first_step = trial.step_at(problem.inputs[element.input].value.as_double(element.position)) * 16;
  std::vector<double> rates;
  double before = 0;
  for (const double divisor : {1.0, 2.0, 4.0, 8.0}) {
    const double remainder = std::abs(value_at(first_step / divisor, moved).first - start - moved * g);
    if (!(remainder > 64 * trial.epsilon * size)) return rates.empty() ? 0 : rates.back();
    if (divisor > 1) rates.push_back(std::log2(before / remainder));
    before = remainder;
  }
  return rates.back();
}

}  // namespace reel::detail
