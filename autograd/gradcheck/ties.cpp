#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <reel/autograd/gradcheck/check.hpp>

namespace reel::detail {

namespace {

using Moves = std::vector<Move>;

constexpr std::size_t most_groups = 16;

/// Elements that move together so that ties remain ties: equal ones, those of equal magnitude (which tie for an op of |x|, and move away
/// from 0 or towards it), and all.
std::vector<Moves> groups_of(const Problem& problem) {
  std::map<std::pair<Dtype, double>, Moves> equal, alike;
  Moves all;
  for (std::size_t k = 0; k < problem.inputs.size(); ++k) {
    const Input& input = problem.inputs[k];
    if (!input.checked || input.is_dy) continue;
    for (std::size_t i = 0; i < input.value.size(); ++i) {
      const double x = input.value.as_double(i);
      if (!std::isfinite(x)) continue;
      equal[{input.value.dtype(), x}].push_back({k, i});
      alike[{input.value.dtype(), std::abs(x)}].push_back({k, i, x < 0 ? -1.0 : 1.0});
      all.push_back({k, i});
    }
  }
  std::vector<Moves> groups;
  const auto add = [&](const Moves& moves) {
    if (moves.size() > 1 && groups.size() < most_groups) groups.push_back(moves);
  };
  for (const auto& [value, moves] : equal) add(moves);
  for (const auto& [value, moves] : alike)
    if (std::any_of(moves.begin(), moves.end(), [sign = moves[0].sign](const Move& m) { return m.sign != sign; })) add(moves);
  if (!groups.empty() && groups[0].size() < all.size()) groups.push_back(all);
  return groups;
}

class Ties {
 public:
  explicit Ties(const Trial& trial) : trial_(trial), weights_(flatten(trial.numeric().weights)) {}

  TieCheck check() const {
    TieCheck result;
    for (const Moves& moves : groups_of(trial_.problem)) {
      Element e = measured(moves, trial_.gradients, weights_);
      if (!is_wrong(e)) {
        if (e.slope.smoothness == Smoothness::smooth && std::isfinite(e.rule) && is_tie(moves))
          for (const Move& m : moves) result.right.emplace_back(m.input, m.position);
        continue;
      }
      Finding f = trial_.finding(Fault::mismatch, {}, moves[0].input);
      f.total = moves.size();
      refine(f, moves, e);
      f.wrong = {e};
      f.worst = {{names(moves), value(moves[0]), e.rule, e.slope.value, e.slope.error, e.allowed}};
      f.together = ", moved together";
      f.mistake = mistake(moves, e);
      result.wrong = std::move(f);
      break;
    }
    return result;
  }

 private:
  static bool is_wrong(const Element& e) {
    return e.slope.smoothness == Smoothness::smooth && std::isfinite(e.rule) && !(e.difference() <= e.allowed);
  }

  Element measured(const Moves& moves, const std::vector<Array>& gradients, const std::vector<double>& weights) const {
    Element e{moves[0].input, moves[0].position};
    double slack = 0;
    for (const bool careful : {false, true}) {
      e.rule = 0;
      for (const Move& m : moves) {
        const double g = gradients[m.input].as_double(m.position);
        e.rule += m.sign * g;
        slack += trial_.limits.rtol * std::abs(g) + (careful ? trial_.gradient_scatter()[m.input][m.position] : 0);
      }
      e.slope = measure_along(trial_, moves, weights, careful).slope;
      e.allowed = trial_.allowed(e.rule, e.slope) + slack;
      if (!is_wrong(e)) break;
    }
    return e;
  }

  /// Of one result, without weights: the most wrong one.
  void refine(Finding& f, const Moves& moves, Element& e) const {
    constexpr std::size_t most_results = 64;
    if (trial_.centre.y.size() > most_results) return;
    std::vector<double> one_hot(trial_.centre.y.size());
    double largest = 0;
    for (std::size_t k = 0, flat = 0; k < trial_.results.size(); ++k) {
      for (std::size_t i = 0; i < trial_.results[k].size(); ++i, ++flat) {
        one_hot[flat] = 1;
        const Element one = measured(moves, gradients_of_one(trial_.problem, k, i), one_hot);
        one_hot[flat] = 0;
        if (!is_wrong(one) || one.difference() <= largest) continue;
        largest = one.difference();
        e = one;
        f.output = element_name(trial_.problem.outputs[k], trial_.results[k].shape(), i);
      }
    }
  }

  bool is_tie(const Moves& moves) const {
    return std::all_of(moves.begin(), moves.end(), [&](const Move& m) { return std::abs(value(m)) == std::abs(value(moves[0])); });
  }

  double value(const Move& m) const { return trial_.problem.inputs[m.input].value.as_double(m.position); }

  /// "x[0], x[2] and 3 more", with the inputs where there are several.
  std::string names(const Moves& moves) const {
    constexpr std::size_t shown = 4;
    const bool of_one = std::all_of(moves.begin(), moves.end(), [&](const Move& m) { return m.input == moves[0].input; });
    std::string text;
    for (std::size_t i = 0; i < std::min(moves.size(), shown); ++i) {
      const bool is_last = i + 1 == moves.size();
      text += (i == 0 ? "" : is_last ? " and " : ", ") + trial_.name(moves[i].input, moves[i].position);
      if (!of_one) text += " of " + trial_.problem.inputs[moves[i].input].label;
    }
    return moves.size() > shown ? text + fmt::format(" and {} more", moves.size() - shown) : text;
  }

  Mistake mistake(const Moves& moves, const Element& e) const {
    if (!is_tie(moves)) return {};
    const double times = e.rule / e.slope.value;
    const std::string how = std::abs(times - std::round(times)) < 1e-6 && times > 1.5
                                ? fmt::format("the rule gives {} of the equal elements all of the gradient", times)
                                : "what the rule gives equal elements does not add up to the slope that they have together";
    return {"ties", how + "; it may go to one of them, or be shared, so that it adds up"};
  }

  const Trial& trial_;
  std::vector<double> weights_;
};

}  // namespace

TieCheck check_ties(const Trial& trial) { return Ties(trial).check(); }

}  // namespace reel::detail
