// Alerts about gradients that are finite, but vanish, explode, cancel or are 0.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/gradient_summary.hpp>
#include <reel/autograd/debug/detail/op_jacobian.hpp>
#include <reel/autograd/debug/detail/unwatched.hpp>
#include <reel/autograd/detail/sweep.hpp>

namespace reel::debug {

namespace {

/// The factor by which the ops of one kind at one line change a gradient's norm on its way, all together.
struct Change {
  double log_ratio = 0;
  std::size_t count = 0, first = 0;  // the entry nearest to the result
};

/// The ops from a leaf to the result: after each value, the op that contributes most to its gradient.
std::vector<std::size_t> main_way(const GradientSummary& s, std::size_t leaf) {
  std::vector<std::size_t> way;
  for (std::size_t at = s.main_user[leaf]; at != npos; at = s.main_user[at]) way.push_back(at);
  return way;
}

/// The kind of op and line that shrink (or grow) the gradient most on its way to a leaf.
Change main_cause(const GradientSummary& s, std::size_t leaf, const std::vector<std::size_t>& way, bool grows) {
  std::map<std::pair<std::string, std::string>, Change> changes;
  std::size_t below = leaf;
  for (const std::size_t op : way) {
    const Entry entry = s.run.entry(op);
    Change& change = changes[{entry.op(), reel::to_string(entry.location())}];
    const double before = s.gradient_norm[op], after = s.gradient_norm[below];
    if (before > 0 && after > 0 && std::isfinite(before) && std::isfinite(after)) change.log_ratio += std::log(after / before);
    ++change.count;
    change.first = op;
    below = op;
  }
  Change main;
  bool any = false;
  for (const auto& [key, change] : changes) {
    if (any && (grows ? change.log_ratio <= main.log_ratio : change.log_ratio >= main.log_ratio)) continue;
    main = change;
    any = true;
  }
  return main;
}

std::string change_text(const GradientSummary& s, std::size_t leaf, const Change& cause, double from) {
  const std::string times =
      cause.count > 1 ? fmt::format("the {} {} here make it", cause.count, s.run.entry(cause.first).op()) : "it makes it";
  return fmt::format("the gradient of {} has the norm {:.3g}, beside {:.3g}; {} {:.3g} times as large", s.run.title(leaf),
                     s.gradient_norm[leaf], from, times, std::exp(cause.log_ratio));
}

void add_once(Findings& findings, Finding finding) {
  const auto same = [&](const Finding& f) { return f.problem() == finding.problem() && f.number() == finding.number(); };
  if (std::none_of(findings.begin(), findings.end(), same)) findings.push_back(std::move(finding));
}

}  // namespace

namespace {

bool has_finite_gradient(const GradientSummary& s, std::size_t leaf) {
  return !s.run.is_op(leaf) && std::isfinite(s.gradient_norm[leaf]) && s.run.value(leaf).size() > 0 && s.main_user[leaf] != npos;
}

/// The norm that the gradients of leaves are compared with: the largest of them; if there is only one, the largest on its way.
double largest_beside(const GradientSummary& s, const std::vector<std::size_t>& leaves, const std::vector<std::size_t>& way) {
  double largest = 0;
  for (const std::size_t entry : leaves.size() > 1 ? leaves : way)
    if (std::isfinite(s.gradient_norm[entry])) largest = std::max(largest, s.gradient_norm[entry]);
  return largest;
}

void find_vanishing(const GradientSummary& s, std::size_t leaf, const std::vector<std::size_t>& way, double largest, Findings& findings) {
  const double norm = s.gradient_norm[leaf];
  if (!(norm < s.options.vanishing * largest)) return;
  if (norm > 0) {
    const Change cause = main_cause(s, leaf, way, false);
    add_once(findings,
             finding_of(s.run, Problem::vanishing_gradient, cause.first, Phase::backward, {}, change_text(s, leaf, cause, largest)));
    return;
  }
  const auto last = std::find_if(way.begin(), way.end(), [&](std::size_t op) { return s.gradient_norm[op] > 0; });
  if (last == way.end()) return;
  const std::size_t below = last == way.begin() ? leaf : *(last - 1);
  if (s.run.value(below).size() == 0) return;  // there is nothing to pass on
  if (s.part_sum[below] > 0) return;           // the parts are not 0, and cancel
  add_once(findings, finding_of(s.run, Problem::vanishing_gradient, *last, Phase::backward, {},
                                fmt::format("a gradient of norm {:.3g} arrives, and none of it passes on: that of {} is 0 everywhere",
                                            s.gradient_norm[*last], s.run.title(leaf))));
}

}  // namespace

void find_exploding_and_vanishing(const GradientSummary& s, Findings& findings) {
  std::vector<std::size_t> leaves;
  for (std::size_t leaf = 0; leaf < s.run.size(); ++leaf)
    if (has_finite_gradient(s, leaf)) leaves.push_back(leaf);
  const double seed = std::max(s.gradient_norm[s.run.size() - 1], 1e-300);
  for (const std::size_t leaf : leaves) {
    if (s.gradient_norm[leaf] <= s.options.exploding * seed) continue;
    const Change cause = main_cause(s, leaf, main_way(s, leaf), true);
    add_once(findings, finding_of(s.run, Problem::exploding_gradient, cause.first, Phase::backward, {}, change_text(s, leaf, cause, seed)));
  }
  for (const std::size_t leaf : leaves) {
    const std::vector<std::size_t> way = main_way(s, leaf);
    find_vanishing(s, leaf, way, largest_beside(s, leaves, way), findings);
  }
}

namespace {

/// Elementwise: the gradient that arrived at an op's value, and the gradient that the op passed to its one input.
struct Slopes {
  Array arrived, passed;
  std::size_t input;
};

/// For elementwise ops of one tensor.
std::optional<Slopes> slopes_of(const GradientSummary& s, std::size_t op) {
  if (!s.run.is_op(op) || std::isnan(s.gradient_norm[op])) return std::nullopt;
  const std::vector<Tensor> given = s.reversal.contributions(op);
  std::optional<std::size_t> only;
  for (std::size_t k = 0; k < given.size(); ++k) {
    if (s.run.node(op)->inputs[k].size() == 1 && s.run.value(op).size() > 1) continue;
    if (only) return std::nullopt;
    only = k;
  }
  if (!only || !given[*only].defined() || given[*only].shape() != s.run.value(op).shape()) return std::nullopt;
  return Slopes{s.reversal.gradient(op).value(), given[*only].value(), *only};
}

void find_dead_units(const GradientSummary& s, std::size_t op, const Slopes& slopes, Findings& findings) {
  const Shape& shape = slopes.arrived.shape();
  const std::size_t units = shape.rank() > 1 ? shape.back() : 1, rows = units == 0 ? 0 : slopes.arrived.size() / units;
  if (rows < 4) return;
  std::vector<bool> wanted(units, false), alive(units, false);
  for (std::size_t i = 0; i < rows * units; ++i) {
    wanted[i % units] = wanted[i % units] || slopes.arrived.as_double(i) != 0;
    alive[i % units] = alive[i % units] || slopes.passed.as_double(i) != 0;
  }
  std::size_t dead = 0, all = 0, first = units;
  for (std::size_t u = 0; u < units; ++u) {
    all += wanted[u];
    if (!wanted[u] || alive[u]) continue;
    ++dead;
    first = std::min(first, u);
  }
  if (dead == 0 || static_cast<double>(dead) < s.options.dead * static_cast<double>(all)) return;
  const std::string which = shape.rank() > 1 ? fmt::format("{} of {} units (the first is {})", dead, units, first) : "all elements";
  findings.push_back(finding_of(s.run, Problem::dead_units, op, Phase::backward, {},
                                fmt::format("{} pass no gradient on for any of {} rows; the largest value there is {}", which, rows,
                                            number(statistics(s.run.value(op)).max))));
}

/// The largest derivative of the op where its input is 0.
double slope_at_zero(const GradientSummary& s, std::size_t op, std::size_t input) {
  const reel::detail::Node* const node = s.run.node(op);
  SmallVector<Tensor, 3> inputs;
  for (std::size_t k = 0; k < node->inputs.size(); ++k)
    inputs.push_back(k == input ? zeros_like(node->inputs[k]) : node->inputs[k].detach());
  Array value = run_forward(node, Inputs({inputs.begin(), inputs.size()}));
  const Array ones = Array::full(value.shape(), 1, value.dtype());
  const Tensor at_zero = Tensor::adopt(node->with(std::move(value), std::move(inputs)));
  const Unwatched quiet;
  const reel::detail::RuleContext scope(node, false);
  Gradients answer = reel::detail::apply_rule(at_zero.node(), Tensor(ones), std::uint64_t{1} << input, false);
  if (!answer[input].defined()) return 0;
  const Statistics slopes = statistics(answer[input].value());
  return slopes.finite() ? std::max(std::abs(slopes.min), std::abs(slopes.max)) : 0;
}

void find_saturation(const GradientSummary& s, std::size_t op, const Slopes& slopes, Findings& findings) {
  const Entry entry = s.run.entry(op);
  if (entry.op() == "exp" || slopes.input >= 63) return;  // exp is flat on one side on purpose
  std::size_t flat = 0, all = 0;
  double at_zero = -1;
  for (std::size_t i = 0; i < slopes.arrived.size(); ++i) {
    const double arrived = std::abs(slopes.arrived.as_double(i)), passed = std::abs(slopes.passed.as_double(i));
    if (!(arrived > 0)) continue;
    ++all;
    if (passed > 1e-2 * arrived) continue;
    if (at_zero < 0) at_zero = slope_at_zero(s, op, slopes.input);
    flat += passed < 1e-3 * at_zero * arrived;
  }
  if (all == 0 || flat == 0 || static_cast<double>(flat) < s.options.saturated * static_cast<double>(all)) return;
  const Statistics input = statistics(s.run.node(op)->inputs[slopes.input].value());
  findings.push_back(finding_of(s.run, Problem::saturated, op, Phase::backward, {},
                                fmt::format("{} of {} elements are where it is flat, and pass on less than a thousandth of what it "
                                            "passes at 0; its input goes from {} to {}",
                                            flat, all, number(input.min), number(input.max))));
}

}  // namespace

void find_flat_ops(const GradientSummary& s, Findings& findings) {
  for (std::size_t op = s.run.size(); op-- > 0;) {
    const std::optional<Slopes> slopes = slopes_of(s, op);
    if (!slopes || slopes->arrived.size() == 0) continue;
    const std::size_t before = findings.size();
    find_dead_units(s, op, *slopes, findings);
    if (findings.size() == before) find_saturation(s, op, *slopes, findings);
  }
}

namespace {

/// a - b, or a + b, whose result is much smaller than its terms: that many digits are lost.
void find_forward_cancellation(const GradientSummary& s, Findings& findings) {
  for (std::size_t i = 0; i < s.run.size(); ++i) {
    const Entry entry = s.run.entry(i);
    if (!s.run.is_op(i) || (entry.op() != "sub" && entry.op() != "add") || !is_floating(s.run.value(i).dtype())) continue;
    const double limit = s.run.value(i).dtype() == float32 ? 1e-5 : 1e-12;
    double terms = 0;
    bool same_shape = true;
    for (const Tensor& input : s.run.node(i)->inputs) {
      terms += magnitude(input.value());
      same_shape = same_shape && input.shape() == s.run.value(i).shape();
    }
    const double left = magnitude(s.run.value(i));
    if (!same_shape || !(left > 0) || !(left < limit * terms)) continue;
    findings.push_back(finding_of(s.run, Problem::cancellation, i, Phase::forward, {},
                                  fmt::format("{:.3g} is left of terms that make {:.3g}, so {} digits are lost", left, terms,
                                              static_cast<int>(std::log10(terms / left)))));
  }
}

}  // namespace

void find_cancellation(const GradientSummary& s, Findings& findings) {
  find_forward_cancellation(s, findings);
  for (std::size_t i = 0; i < s.run.size(); ++i) {
    if (s.parts[i] < 2 || !(s.part_sum[i] > 0) || !std::isfinite(s.part_sum[i])) continue;
    const double left = magnitude(s.reversal.gradient(i).value());
    if (!(left < (1 - s.options.cancellation) * s.part_sum[i])) continue;
    const std::size_t blamed = s.run.is_op(i) ? i : s.main_user[i];
    findings.push_back(finding_of(s.run, Problem::cancellation, blamed, Phase::backward, {},
                                  fmt::format("the {} parts of the gradient of {} cancel: {:.3g} is left of {:.3g}", s.parts[i],
                                              s.run.label(i), left, s.part_sum[i])));
  }
}

}  // namespace reel::debug
