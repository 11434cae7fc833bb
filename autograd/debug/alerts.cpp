#include <reel/autograd/debug/alerts.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/gradient_summary.hpp>

namespace reel::debug {

std::string name_of(Problem problem) {
  switch (problem) {
    case Problem::nan_born: return "NaN born";
    case Problem::infinity_born: return "infinity born";
    case Problem::masked: return "masked";
    case Problem::wrong_rule: return "wrong rule";
    case Problem::stale_gradient: return "gradient not cleared";
    case Problem::no_gradient: return "no gradient";
    case Problem::silent_broadcast: return "silent broadcast";
    case Problem::vanishing_gradient: return "vanishing gradient";
    case Problem::exploding_gradient: return "exploding gradient";
    case Problem::dead_units: return "dead units";
    case Problem::saturated: return "saturated";
    case Problem::cancellation: return "cancellation";
    case Problem::unused_output: return "unused output";
  }
  return "?";
}

Finding::Finding(Problem problem, Entry entry, std::size_t number, Phase phase, const Ints& index, std::string message)
    : problem_(problem), phase_(phase), number_(number), index_(index), entry_(std::move(entry)), message_(std::move(message)) {}

double magnitude(const Array& array) {
  double sum = 0;
  visit(array.dtype(), [&](auto t) {
    for (const auto x : array.span<decltype(t)>()) sum += std::abs(static_cast<double>(x));
  });
  return sum;
}

std::string line_in_brackets(SourceLocation at) {
  const std::string line = reel::to_string(at);
  return line.empty() ? "" : " (" + line + ")";
}

Finding finding_of(const Run& run, Problem problem, std::size_t entry, Phase phase, const Ints& index, const std::string& text) {
  return {problem,
          run.entry(entry),
          entry,
          phase,
          index,
          fmt::format("{}: {}{}: {}", name_of(problem), phase == Phase::backward && run.is_op(entry) ? "the rule of " : "",
                      run.title(entry), text)};
}

GradientSummary::GradientSummary(const Run& r, BackwardReplay& b, const AlertOptions& o)
    : main_user(r.size(), npos),
      gradient_norm(r.size(), std::numeric_limits<double>::quiet_NaN()),
      part_sum(r.size(), 0),
      parts(r.size(), 0),
      run(r),
      reversal(b),
      options(o) {
  std::vector<double> most(run.size(), -1);
  for (std::size_t user = run.size(); user-- > 0;) {
    const Tensor dy = reversal.gradient(user);
    if (!dy.defined()) continue;
    const Statistics s = statistics(dy.value());
    gradient_norm[user] = s.finite() ? s.norm : std::numeric_limits<double>::infinity();
    const std::vector<Tensor>& given = reversal.contributions(user);
    for (std::size_t k = 0; k < given.size(); ++k) {
      const std::size_t to = run.input(user, k);
      if (!given[k].defined() || to == npos) continue;
      const double size = magnitude(given[k].value());
      part_sum[to] += size;
      ++parts[to];
      if (size > most[to]) {
        most[to] = size;
        main_user[to] = user;
      }
    }
  }
}

namespace {

/// Infinities that do not reach the result, such as those of a mask, do no harm if all gradients are finite.
void drop_harmless(const Run& run, BackwardReplay& reversal, Findings& findings) {
  const auto is_infinity = [](const Finding& f) {
    if (f.problem() != Problem::masked) return false;
    const Array& value = f.entry().value();
    return std::isinf(value.as_double(position_of(value, f.index(), "")));
  };
  if (std::none_of(findings.begin(), findings.end(), is_infinity)) return;
  for (std::size_t i = 0; i < run.size(); ++i) {
    const Tensor gradient = run.is_op(i) ? Tensor() : reversal.gradient(i);
    if (gradient.defined() && first_nonfinite(gradient.value())) return;
  }
  std::erase_if(findings, is_infinity);
}

}  // namespace

std::vector<Finding> alerts(const Tensor& result, const AlertOptions& options, SourceLocation at) {
  const Run run(result);
  BackwardReplay reversal(run, options.seed, std::size_t{1} << 30, at);
  Findings findings;
  find_forward_births(run, findings);
  drop_harmless(run, reversal, findings);
  find_backward_births(run, reversal, findings);
  if (options.check_rules) find_wrong_rules(run, findings);
  const GradientSummary survey(run, reversal, options);
  find_stale_gradients(survey, findings);
  find_missing_gradients(survey, findings);
  find_silent_broadcasts(run, findings);
  find_exploding_and_vanishing(survey, findings);
  find_flat_ops(survey, findings);
  find_cancellation(survey, findings);
  find_unused_parts(run, findings);
  return findings;
}

std::optional<Finding> find_first_nonfinite(const Tensor& result, SourceLocation at) {
  const Run run(result);
  Findings findings;
  find_forward_births(run, findings);
  if (findings.empty() && result.has_history() && result.size() == 1) {
    BackwardReplay reversal(run, {}, std::size_t{1} << 30, at);
    find_backward_births(run, reversal, findings);
  }
  if (findings.empty()) return std::nullopt;
  return findings.front();
}

}  // namespace reel::debug
