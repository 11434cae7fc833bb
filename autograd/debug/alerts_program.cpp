// Alerts about what a program forgot or did unintentionally.
#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/gradient_summary.hpp>
#include <reel/autograd/debug/detail/op_jacobian.hpp>

namespace reel::debug {

using reel::detail::Kind;
using reel::detail::Node;

void find_wrong_rules(const Run& run, Findings& findings) {
  std::set<std::pair<std::string, std::string>> seen;
  for (std::size_t i = 0; i < run.size(); ++i) {
    const Entry op = run.entry(i);
    if (op.is_leaf() || !run.is_tracked(i) || run.node(i)->recomputes) continue;
    if (!seen.emplace(op.op() + op.attributes(), reel::to_string(op.location())).second) continue;
    bool finite = !first_nonfinite(run.value(i)), differentiable = false;
    for (const Tensor& input : op.inputs()) {
      finite = finite && !first_nonfinite(input.value());
      differentiable = differentiable || input.has_history();
    }
    if (!finite || !differentiable) continue;
    const GradcheckReport report = check_rule(run, i, {.kinks = Kinks::allow, .sample = 64});
    const std::string& kind = report.details().kind;
    if (report.ok() || kind == "not differentiable" || kind == "too uncertain") continue;
    const std::string text = report.message();
    findings.push_back(finding_of(run, Problem::wrong_rule, i, Phase::backward, {}, text.substr(0, text.find('\n'))));
  }
}

std::string first_use(const Run& run, std::size_t leaf) {
  const auto users = run.users(leaf);
  return users.empty() ? "" : ", used by " + run.title(users.back());
}

namespace {

/// Whether a parameter's gradient is exactly the one that this pass adds: then alerts() was called after backward(), and nothing is stale.
bool is_of_this_pass(const Array& grad, const Array& own) { return grad.shape() == own.shape() && allclose(grad, own, 1e-6, 0); }

/// The op that lets no gradient through, searched from a leaf towards the result.
std::size_t blocking_op(const GradientSummary& s, std::size_t entry) {
  while (true) {
    const auto users = s.run.users(entry);
    if (users.empty()) return entry;
    const std::size_t user = users.back();
    if (!s.run.is_tracked(user) || !std::isnan(s.gradient_norm[user])) return user;
    entry = user;
  }
}

}  // namespace

void find_stale_gradients(const GradientSummary& s, Findings& findings) {
  std::set<const void*> seen;
  for (std::size_t i = 0; i < s.run.size(); ++i) {
    const Node* const node = s.run.node(i);
    if (node->kind != Kind::parameter || !node->parameter || !node->parameter->grad.defined()) continue;
    if (!seen.insert(node->parameter).second) continue;
    const Tensor own = s.reversal.gradient(i);
    if (own.defined() && is_of_this_pass(node->parameter->grad.value(), own.value())) continue;
    const Statistics before = statistics(node->parameter->grad.value());
    findings.push_back(finding_of(
        s.run, Problem::stale_gradient, i, Phase::backward, {},
        fmt::format("it has a gradient from an earlier backward() (norm {:.4g}), and the next one is added to it; clear it with zero_grad()"
                    "{}",
                    before.norm, first_use(s.run, i))));
  }
}

void find_missing_gradients(const GradientSummary& s, Findings& findings) {
  std::set<const void*> reached;
  for (std::size_t i = 0; i < s.run.size(); ++i) {
    const Node* const node = s.run.node(i);
    if (node->kind == Kind::parameter) reached.insert(node->parameter);
    const bool wants = node->kind != Kind::op && node->tracked && i + 1 < s.run.size();
    if (!wants || !std::isnan(s.gradient_norm[i])) continue;
    const std::size_t blocking = blocking_op(s, i);
    const std::string leaf = s.run.title(i);
    if (blocking == i) {
      findings.push_back(finding_of(s.run, Problem::no_gradient, i, Phase::backward, {}, "nothing that the result depends on uses it"));
    } else {
      const std::string why = s.run.is_tracked(blocking) ? "its rule passes no gradient on" : "its value has no slope";
      findings.push_back(
          finding_of(s.run, Problem::no_gradient, blocking, Phase::backward, {}, fmt::format("{}, so {} has none", why, leaf)));
    }
  }
  const Entry result = s.run.entry(s.run.size() - 1);
  for (const ParameterRef& p : s.options.parameters) {
    if (reached.contains(p.state())) continue;
    const std::string name = p.name().empty() ? fmt::format("of shape {}", reel::to_string(p.shape())) : p.name();
    const std::string why = p.requires_grad() ? "the result does not depend on it" : "it does not require a gradient";
    findings.emplace_back(
        Problem::no_gradient, Entry(p.tensor()), npos, Phase::backward, Ints(),
        fmt::format("{}: parameter {}: {}{}", name_of(Problem::no_gradient), name, why, line_in_brackets(result.location())));
  }
}

void find_silent_broadcasts(const Run& run, Findings& findings) {
  for (std::size_t i = 0; i < run.size(); ++i) {
    const Node* const node = run.node(i);
    if (node->kind != Kind::op || node->inputs.size() < 2) continue;
    const Shape &a = node->inputs[0].shape(), &b = node->inputs[1].shape(), &y = node->value.shape();
    // One is a column and the other a row of equal length: (n, 1) and (n,).
    const auto is_column_of = [&](const Shape& column, const Shape& row) {
      return column.rank() == row.rank() + 1 && row.rank() > 0 && column.back() == 1 && row.back() > 1 &&
             column[column.rank() - 2] == row.back();
    };
    const std::size_t n = std::max(a.elements(), b.elements());
    if ((!is_column_of(a, b) && !is_column_of(b, a)) || y.elements() != n * n) continue;
    findings.push_back(finding_of(run, Problem::silent_broadcast, i, Phase::forward, {},
                                  fmt::format("{} and {} broadcast to {}, every element against every other; reshape one of them to the "
                                              "other's shape",
                                              reel::to_string(a), reel::to_string(b), reel::to_string(y))));
  }
}

void find_unused_parts(const Run& run, Findings& findings) {
  for (std::size_t i = 0; i < run.size(); ++i) {
    if (!run.is_op(i) || !run.is_tracked(i) || run.users(i).empty()) continue;
    const auto users = run.users(i);
    // A slice at the same line belongs to an op of several results, which takes them apart.
    const SourceLocation at = run.node(i)->location;
    const auto takes_a_part = [&](std::uint32_t user) {
      const SourceLocation there = run.node(user)->location;
      return run.entry(user).op() == "slice" && (there.line != at.line || std::string_view(there.file) != at.file);
    };
    if (!std::all_of(users.begin(), users.end(), takes_a_part)) continue;
    std::vector<bool> used(run.value(i).size(), false);
    for (const std::uint32_t user : users) {
      const Array& y = run.value(user);
      const Tensor part = OpJacobian(run, user).pull_back(0, Array::full(y.shape(), 1, y.dtype()));
      for (std::size_t p = 0; p < used.size() && part.defined(); ++p) used[p] = used[p] || part.value().as_double(p) != 0;
    }
    const auto unused = static_cast<std::size_t>(std::count(used.begin(), used.end(), false));
    if (unused == 0) continue;
    findings.push_back(finding_of(run, Problem::unused_output, i, Phase::forward, {},
                                  fmt::format("{} of its {} elements are never used: only parts of it are taken", unused, used.size())));
  }
}

}  // namespace reel::debug
