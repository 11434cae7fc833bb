#include <reel/autograd/gradcheck.hpp>

#include <fmt/format.h>
#include <reel/autograd/gradcheck/check.hpp>

namespace reel::detail {

namespace {

TensorFunction function_of(TensorFunctionRef f) {
  return [f](const Tensors& in, bool) { return Tensors{f.call(f.function, in)}; };
}

std::vector<Input> inputs_of(const std::vector<Tensor>& tensors) {
  std::vector<Input> inputs;
  for (const Tensor& t : tensors) inputs.push_back({t.value(), is_floating(t.dtype()), fmt::format("input {}", inputs.size()), "x"});
  return inputs;
}

/// Whether an op's fault can be what is wrong with the whole.
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

std::optional<Finding> check_op(const Entry& entry, int order, const GradcheckOptions& options) {
  try {
    Problem problem = problem_of(entry, options.seed);
    while (problem.order < order) problem = differentiated(problem);
    return check(problem, options);
  } catch (const Error&) {
    return std::nullopt;  // it cannot be checked by itself, so it is not known to be wrong
  }
}

/// Puts the blame on the oldest op that fails in the same way when it is checked by itself, at the inputs that it had.
Finding locate(const Problem& problem, const Finding& whole, const GradcheckOptions& options) {
  const Tensor y = problem.results()[0];
  bool all_right = true;
  for (const Entry& entry : Tape(y)) {
    if (entry.is_leaf() || !entry.output().has_history()) continue;
    std::optional<Finding> own = check_op(entry, whole.order, options);
    if (!own) continue;
    all_right = false;
    if (!is_of_one_kind(own->fault, whole.fault)) continue;
    own->op = entry.op();
    own->rule = entry.rule();
    own->at = entry.location();
    return *std::move(own);
  }
  Finding result = whole;
  result.ops_are_right = all_right && whole.fault == Fault::mismatch;
  return result;
}

std::size_t elements_of(const Problem& problem) {
  std::size_t n = 0;
  for (const Input& input : problem.inputs)
    if (input.checked) n += input.value.size();
  return n;
}

GradcheckReport report(const Finding& finding) { return {false, message_of(finding)}; }

GradcheckReport check_orders(TensorFunctionRef f, const std::vector<Tensor>& inputs, const GradcheckOptions& options, SourceLocation at) {
  const Problem base = make_problem(function_of(f), inputs_of(inputs), options.seed);
  std::string passed;
  for (Problem problem = base;; problem = differentiated(problem)) {
    if (std::optional<Finding> found = check(problem, options)) {
      found->at = at;
      return report(locate(base, *found, options));
    }
    passed += fmt::format("{}{} derivatives of order {}", passed.empty() ? "" : ", ", elements_of(problem), problem.order);
    if (problem.order == options.order) return {true, passed + " agree with numeric ones\n"};
  }
}

}  // namespace

GradcheckReport gradcheck(TensorFunctionRef f, const std::vector<Tensor>& inputs, const GradcheckOptions& options, SourceLocation at) {
  if (options.order < 1) throw Error(fmt::format("gradcheck: order is {}; it is 1 or more ({})", options.order, to_string(at)));
  bool any = false;
  for (const Tensor& t : inputs) any = any || (t.defined() && is_floating(t.dtype()));
  const std::string place = " (" + to_string(at) + ")";
  if (!any) return {false, "gradcheck: no input is float32 or float64, so there is nothing to differentiate by" + place + "\n"};
  try {
    return check_orders(f, inputs, options, at);
  } catch (const Error& e) {
    return {false, std::string(e.what()) + "\n  thrown during gradcheck" + place + "\n"};
  }
}

}  // namespace reel::detail
