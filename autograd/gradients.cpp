#include <reel/autograd/gradients.hpp>

#include <algorithm>
#include <functional>
#include <span>

#include <fmt/format.h>
#include <reel/autograd/node.hpp>
#include <reel/autograd/sweep.hpp>
#include <reel/autograd/ops/elementwise.hpp>
#include <reel/autograd/ops/reduce.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/reduce.hpp>

namespace reel {

namespace {

using detail::describe;
using detail::Node;
using detail::place_text;
using detail::RuleContext;
using detail::Sweep;

Tensor seed_for(const char* what, const Tensor& y, const Tensor& seed, SourceLocation at) {
  if (!seed.defined()) {
    if (y.size() != 1)
      throw GradientError(fmt::format("{}: the tensor has shape {}; a gradient needs one number: take its sum or mean, or give .seed{}",
                                      what, y.shape(), place_text(at)));
    return Tensor(Array::full(y.shape(), 1, y.dtype()));
  }
  if (seed.shape() != y.shape() || seed.dtype() != y.dtype())
    throw GradientError(fmt::format("{}: the seed is {} {} and the tensor is {} {}; they need one shape and dtype{}", what, seed.shape(),
                                    name_of(seed.dtype()), y.shape(), name_of(y.dtype()), place_text(at)));
  return seed;
}

void check_history(const char* what, const Tensor& y, SourceLocation at) {
  if (!y.has_history())
    throw GradientError(
        fmt::format("{}: the tensor has no history: nothing that it was computed from is a variable or a parameter that requires a "
                    "gradient, or it was computed under NoGrad or detached{}",
                    what, place_text(at)));
}

void check_not_released(const char* what, const detail::History& history, SourceLocation at) {
  for (const auto& item : history.items) {
    if (item.node->released)
      throw GradientError(
          fmt::format("{}: the history of {} (recorded at {}) was released by an earlier backward(); pass {{.retain = true}} to "
                      "that one to keep it{}",
                      what, describe(item.node), to_string(item.node->location), place_text(at)));
  }
}

}  // namespace

Variables::Variables(std::initializer_list<Tensor> tensors) : tensors_(tensors) {}

Variables::Variables(const std::vector<ParameterRef>& parameters) {
  for (const ParameterRef& p : parameters) tensors_.push_back(p.tensor());
}

namespace {

/// Which nodes are differentiated by. Several can belong to one variable: a parameter that was given a new value between two uses
/// has a leaf for each.
class Targets {
 public:
  struct Target {
    const void* identity;
    std::size_t variable;
  };

  explicit Targets(const std::vector<Tensor>& variables) {
    for (std::size_t i = 0; i < variables.size(); ++i) targets_.push_back({detail::identity(variables[i].node()), i});
    std::sort(targets_.begin(), targets_.end(), before);
  }
  std::span<const Target> of(const Node* node) const {
    const auto [first, last] = std::equal_range(targets_.begin(), targets_.end(), Target{detail::identity(node), 0}, before);
    return {first, last};
  }

 private:
  static bool before(const Target& a, const Target& b) { return std::less<>()(a.identity, b.identity); }

  std::vector<Target> targets_;
};

}  // namespace

std::vector<Tensor> gradients(const Tensor& y, const Variables& x, const GradientOptions& options, SourceLocation at) {
  check_history("gradients", y, at);
  const std::vector<Tensor>& variables = x.tensors();
  for (std::size_t i = 0; i < variables.size(); ++i) {
    if (!variables[i].has_history())
      throw GradientError(fmt::format("gradients: variable {} of {} is a constant; make it with variable() before computing with it{}", i,
                                      variables.size(), place_text(at)));
  }
  const Tensor seed = seed_for("gradients", y, options.seed, at);
  std::vector<Tensor> result(variables.size());
  Sweep sweep(detail::History::of(y.node(), false), options.differentiable, false);
  check_not_released("gradients", sweep.history(), at);
  const Targets targets(variables);
  sweep.mark([&](const Node* node) { return !targets.of(node).empty(); });
  sweep.run({&seed, 1}, [&](const Node* node, const Tensor& gradient) {
    for (const Targets::Target& target : targets.of(node)) {
      Tensor& sum = result[target.variable];
      const RuleContext scope(at, options.differentiable);
      const Tensor part = astype(gradient, variables[target.variable].dtype());
      sum = sum.defined() ? sum + part : part;
    }
  });
  for (std::size_t i = 0; i < variables.size(); ++i)
    if (!result[i].defined()) result[i] = zeros_like(variables[i]);
  return result;
}

void Tensor::backward(SourceLocation at) const { backward({}, at); }

void Tensor::backward(const BackwardOptions& options, SourceLocation at) const {
  check_history("backward", *this, at);
  const Tensor seed = seed_for("backward", *this, options.seed, at);
  Sweep sweep(detail::History::of(node(), false), false, !options.retain);
  check_not_released("backward", sweep.history(), at);
  const bool any = sweep.mark([](const Node* node) { return node->parameter && node->parameter->requires_grad; });
  if (!any)
    throw GradientError(
        "backward: no parameter that requires a gradient is in the history; for variables, gradients(y, {x}) returns the gradient" +
        place_text(at));
  // Handed out at the end, so that a rule that fails leaves no parameter with a part of its gradient.
  std::vector<std::pair<ParameterRef, Tensor>> parts;
  sweep.run({&seed, 1}, [&](Node* node, Tensor& gradient) {
    parts.emplace_back(ParameterRef::share(node->parameter), std::move(gradient));
  });
  for (auto& [parameter, gradient] : parts) {
    const bool converted = gradient.dtype() != parameter.dtype();  // the parameter changed its dtype since it was used
    parameter.add_grad(converted ? Tensor(gradient.value().astype(parameter.dtype())) : std::move(gradient));
  }
}

}  // namespace reel
