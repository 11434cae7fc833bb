#include <reel/autograd/gradcheck.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <reel/autograd/detail/node.hpp>
#include <reel/autograd/gradcheck/check.hpp>
#include <reel/autograd/gradcheck/diagnosis.hpp>
#include <reel/autograd/ops/join.hpp>
#include <reel/autograd/ops/shape.hpp>

namespace reel::detail {

namespace {

/// The subject of the check: a function of tensors and, for a module, of its parameters.
struct Subject {
  TensorFunctionRef f;
  std::vector<Tensor> tensors;
  NamedParameters parameters;
  SourceLocation at;

  TensorFunction function() const {
    return [this](const Tensors& in, bool) {
      if (parameters.empty()) return Tensors{f.call(f.function, in, at)};
      const auto split = in.begin() + static_cast<std::ptrdiff_t>(tensors.size());
      std::vector<ParameterRef> references;
      for (const auto& [name, parameter] : parameters) references.push_back(parameter);
      const ParameterSwap substitution(references, in.data() + tensors.size());
      return Tensors{f.call(f.function, Tensors(in.begin(), split), at)};
    };
  }

  std::vector<Input> inputs() const {
    std::vector<Input> inputs;
    for (const Tensor& t : tensors)
      inputs.push_back({t.value(), is_floating(t.dtype()), fmt::format("input {}", inputs.size()), symbol_of(t)});
    for (const auto& [name, parameter] : parameters)
      inputs.push_back({parameter.value(), parameter.requires_grad(), "parameter " + name, name});
    return inputs;
  }
};

/// Whether an op's fault can explain the fault of the whole function.
bool is_of_one_kind(Fault a, Fault b) {
  const auto kind = [](Fault f) {
    switch (f) {
      case Fault::kink:
      case Fault::too_rough: return Fault::kink;
      case Fault::not_deterministic:
      case Fault::changed_input: return f;
      default: return Fault::mismatch;
    }
  };
  return kind(a) == kind(b);
}

/// A finding about one op of the tape.
Finding blamed(Finding finding, const Entry& entry) {
  finding.op = entry.op();
  finding.rule = entry.rule();
  finding.at = entry.location();
  finding.module = entry.module();
  return finding;
}

std::optional<Finding> check_op(const Entry& entry, int order, const GradcheckOptions& options) {
  try {
    const Problem base = problem_of(entry, options.seed);
    if (auto found = check_form(entry, base)) return found;
    Problem problem = base;
    while (problem.order < order) problem = differentiated(problem);
    std::vector<std::string> accepted;
    std::optional<Finding> found = check(problem, options, accepted);
    if (found) diagnose(*found, problem, entry.output().node());
    return found;
  } catch (const MemoryError&) {
    throw;
  } catch (const Error&) {
    return std::nullopt;  // it cannot be checked separately, so it is not known to be wrong
  }
}

/// Every op that can be wrong, oldest first, each once: those on the way to the result and, for higher orders, those of rules.
std::vector<Entry> suspects(const Tensors& results) {
  std::vector<Entry> entries;
  for (const Tensor& y : results)
    for (const Entry& entry : Tape(y))
      if (!entry.is_leaf() && entry.output().has_history()) entries.push_back(entry);
  const auto id = [](const Entry& e) { return e.output().node()->id; };
  std::sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) { return id(a) < id(b); });
  entries.erase(std::unique(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) { return id(a) == id(b); }), entries.end());
  return entries;
}

/// The oldest op that fails in the same way when it is checked separately, at its recorded inputs.
std::optional<Finding> find_guilty(const std::vector<Entry>& entries, int order, const Finding& whole, const GradcheckOptions& options,
                                   std::size_t& right) {
  for (const Entry& entry : entries) {
    std::optional<Finding> own = check_op(entry, order, options);
    if (!own) {
      ++right;
      continue;
    }
    if (!is_of_one_kind(own->fault, whole.fault)) continue;
    return blamed(*std::move(own), entry);
  }
  return std::nullopt;
}

/// Names the wrong op in the finding, if one fails when it is checked separately.
Finding locate(const Problem& base, const Problem& problem, Finding whole, const GradcheckOptions& options) {
  std::size_t right = 0;
  const std::vector<Entry> forward = suspects(base.results());
  std::optional<Finding> guilty;
  if (problem.order > 1) {  // an op that only a rule uses may be wrong in its first order
    std::vector<Entry> all = suspects(problem.evaluate(problem.point(), true));
    guilty = find_guilty(all, 1, whole, options, right);
    right = 0;
  }
  if (!guilty) guilty = find_guilty(forward, problem.order, whole, options, right);
  if (guilty) {
    guilty->ops_checked = right;
    guilty->rate = whole.rate;
    return *std::move(guilty);
  }
  whole.ops_are_right = right == forward.size() && whole.fault == Fault::mismatch;
  if (whole.ops_are_right) diagnose(whole, problem, nullptr);
  return whole;
}

std::size_t elements_of(const Problem& problem) {
  std::size_t n = 0;
  for (const Input& input : problem.inputs)
    if (input.checked) n += input.value.size();
  return n;
}

/// The points that a passed check leaves open.
std::vector<std::string> open_questions(const Problem& base, const GradcheckOptions& options, const std::vector<std::string>& kinks) {
  std::vector<std::string> open;
  if (!kinks.empty()) {
    const std::vector<std::string> shown(kinks.begin(),
                                         kinks.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(kinks.size(), 4)));
    open.push_back(fmt::format("{} kinks accepted, where the rule lies between both slopes: {}{}", kinks.size(), fmt::join(shown, ", "),
                               shown.size() < kinks.size() ? ", ..." : ""));
  }
  if (const std::size_t n = elements_of(base); n > options.sample)
    open.push_back(fmt::format("{} of {} elements were looked at one by one, all along random directions", options.sample, n));
  for (const Input& input : base.inputs)
    if (!input.checked) open.push_back(fmt::format("{} has no gradient to check ({})", input.label, name_of(input.value.dtype())));
  if (options.order == 1) open.emplace_back("second derivatives ({.order = 2})");
  return open;
}

GradcheckReport passed(std::string summary, const GradcheckOptions& options, std::vector<std::string> open) {
  GradcheckReport::Details d{.ok = true};
  d.order = options.order;
  d.seed = options.seed;
  for (const std::string& question : open) summary += "  not proved: " + question + "\n";
  d.not_proved = std::move(open);
  d.message = std::move(summary);
  return GradcheckReport(std::move(d));
}

GradcheckReport failed(std::string message) { return report_of(Finding{.fault = Fault::failed, .text = std::move(message)}); }

/// Checks one order after the other; `report` makes a report of the first finding.
template <class Report>
GradcheckReport check_orders(const Problem& base, const GradcheckOptions& options, const Report& report) {
  std::string summary;
  std::vector<std::string> kinks;
  for (Problem problem = base;; problem = differentiated(problem)) {
    if (std::optional<Finding> found = check(problem, options, kinks)) return report(problem, *std::move(found));
    summary += fmt::format("{}{} derivatives of order {}", summary.empty() ? "" : ", ", elements_of(problem), problem.order);
    if (problem.order == options.order)
      return passed(summary + " agree with numeric ones\n", options, open_questions(base, options, kinks));
  }
}

GradcheckReport check_subject(const Subject& subject, const GradcheckOptions& options) {
  const Problem base = make_problem(subject.function(), subject.inputs(), options.seed);
  return check_orders(base, options, [&](const Problem& problem, Finding found) {
    found.at = subject.at;
    if (found.fault == Fault::mismatch && found.together.empty()) {  // ties have no derivative one by one
      Trial trial(problem, options);
      trial.gradients = problem.pull_back(problem.weights);
      found.rate = taylor_rate(trial, found.wrong[0]);
    }
    return report_of(locate(base, problem, std::move(found), options));
  });
}

/// The report for an Error of the check, naming the op whose gradients have the wrong form, if there is one.
GradcheckReport report_error(const Subject& subject, const GradcheckOptions& options, const Error& error) {
  try {
    const Problem base = make_problem(subject.function(), subject.inputs(), options.seed);
    for (const Entry& entry : suspects(base.results())) {
      if (auto found = check_form(entry, problem_of(entry, options.seed))) return report_of(blamed(*std::move(found), entry));
    }
  } catch (const MemoryError&) {
    throw;
  } catch (const Error&) {  // the function itself fails
  }
  return failed(fmt::format("{}\n  thrown during gradcheck ({})", error.what(), to_string(subject.at)));
}

/// Layers do not count these calls in their running statistics.
struct RunningAgain {
  bool before = std::exchange(context.running_again, true);
  ~RunningAgain() { context.running_again = before; }
};

void require_order(const GradcheckOptions& options, SourceLocation at) {
  if (options.order < 1) throw Error(fmt::format("gradcheck: order is {}; it is 1 or more ({})", options.order, to_string(at)));
}

}  // namespace

Tensor in_one(const std::vector<Tensor>& parts) {
  std::vector<Tensor> flat;
  for (const Tensor& part : parts)
    if (part.defined()) flat.push_back(reshape(part, {-1}));
  if (flat.empty()) throw Error("gradcheck: the module returns no tensor");
  return flat.size() == 1 ? *std::find_if(parts.begin(), parts.end(), [](const Tensor& t) { return t.defined(); }) : concatenate(flat);
}

void throw_inputs(std::size_t given, SourceLocation at) {
  throw Error(fmt::format("gradcheck: the module cannot be called with {} tensor{} ({})", given, given == 1 ? "" : "s", to_string(at)));
}

GradcheckReport gradcheck(const Entry& entry, const GradcheckOptions& options) {
  require_order(options, entry.location());
  const RunningAgain guard;
  try {
    const Problem base = problem_of(entry, options.seed);
    if (std::none_of(base.inputs.begin(), base.inputs.end(), [](const Input& input) { return input.checked; }))
      return failed(fmt::format("gradcheck: {} has no input that a gradient reaches ({})", entry.op(), to_string(entry.location())));
    if (auto found = check_form(entry, base)) return report_of(blamed(*std::move(found), entry));
    return check_orders(base, options, [&](const Problem& problem, Finding found) {
      diagnose(found, problem, entry.output().node());
      return report_of(blamed(std::move(found), entry));
    });
  } catch (const MemoryError&) {
    throw;
  } catch (const Error& error) {
    return failed(fmt::format("{}\n  thrown during gradcheck ({})", error.what(), to_string(entry.location())));
  }
}

GradcheckReport gradcheck(TensorFunctionRef f, const std::vector<Tensor>& inputs, const NamedParameters& parameters,
                          const GradcheckOptions& options, SourceLocation at) {
  require_order(options, at);
  const RunningAgain guard;
  const Subject subject{f, inputs, parameters, at};
  bool any = false;
  try {
    for (const Input& input : subject.inputs()) any = any || input.checked;
    if (!any)
      return failed(fmt::format("gradcheck: no input is float32 or float64, so there is nothing to differentiate by ({})", to_string(at)));
    return check_subject(subject, options);
  } catch (const MemoryError&) {
    throw;
  } catch (const Error& error) {
    return report_error(subject, options, error);
  }
}

}  // namespace reel::detail
