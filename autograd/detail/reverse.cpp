#include <reel/autograd/detail/reverse.hpp>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>

namespace reel::detail {

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
  if (y.has_history()) return;
  if (!y.defined()) throw_undefined(what, at);
  const Node* const node = y.node();
  if (node->cut)
    throw GradientError(fmt::format("{}: {} has no gradient{}, and nothing else connects the tensor with a variable or a parameter{}", what,
                                    node->op, place_text(node), place_text(at)));
  throw GradientError(
      fmt::format("{}: the tensor has no history: nothing that it was computed from is a variable or a parameter that requires a "
                  "gradient, or it was computed under NoGrad or detached{}",
                  what, place_text(at)));
}

void check_not_released(const char* what, const History& history, SourceLocation at) {
  for (const auto& item : history.items) {
    if (item.node->released)
      throw GradientError(
          fmt::format("{}: the history of {} (recorded at {}) was released by an earlier backward(); pass {{.retain = true}} to "
                      "that one to keep it{}",
                      what, describe(item.node), to_string(item.node->location), place_text(at)));
  }
}

void check_variables(const char* what, const std::vector<Tensor>& x, SourceLocation at) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!x[i].has_history())
      throw GradientError(fmt::format("{}: variable {} of {} is a constant; make it with variable() before computing with it{}", what, i,
                                      x.size(), place_text(at)));
  }
}

namespace {

std::vector<Node*> nodes_of(std::span<const Tensor> tensors) {
  std::vector<Node*> result;
  for (const Tensor& t : tensors) result.push_back(t.node());
  return result;
}

}  // namespace

Reverse::Reverse(const char* what, std::span<const Tensor> y, const std::vector<Tensor>& x, std::uint64_t since, bool differentiable,
                 SourceLocation at)
    : x_(x),
      targets_(x),
      sweep_(History::of(nodes_of(y), since, History::Outside::left_out), differentiable, false),
      differentiable_(differentiable),
      at_(at) {
  check_not_released(what, sweep_.history(), at);
  sweep_.mark([&](const Node* node) { return !targets_.of(node).empty(); });
}

std::vector<Tensor> Reverse::operator()(std::span<const Tensor> seeds) {
  std::vector<Tensor> result(x_.size());
  sweep_.run(seeds, [&](const Node* node, const Tensor& gradient) {
    for (const Targets::Target& target : targets_.of(node)) {
      Tensor& sum = result[target.variable];
      const RuleContext scope(at_, differentiable_);
      const Tensor part = astype(gradient, x_[target.variable].dtype());
      sum = sum.defined() ? sum + part : part;
    }
  });
  for (std::size_t i = 0; i < x_.size(); ++i)
    if (!result[i].defined()) result[i] = zeros_like(x_[i]);
  return result;
}

Tensor with_history(const Tensor& derivative, const std::vector<Tensor>& x, SourceLocation at) {
  if (derivative.has_history() || x.empty()) return derivative;
  const RuleContext scope(at, true);
  std::vector<OperandRef> operands{derivative};
  operands.insert(operands.end(), x.begin(), x.end());
  return reel::record(
      "constant", "dx = 0", std::span<const OperandRef>(operands), [](const Inputs& in) { return in[0]; },
      [](const Pullback& q) {
        Gradients result;
        for (std::size_t i = 0; i < q.size(); ++i) result.push_back(none);
        return result;
      });
}

std::vector<Tensor> gradients(const char* what, const Tensor& y, const std::vector<Tensor>& x, const GradientOptions& options,
                              SourceLocation at) {
  check_history(what, y, at);
  check_variables(what, x, at);
  const Tensor seed = seed_for(what, y, options.seed, at);
  std::vector<Tensor> result = Reverse(what, {&y, 1}, x, 0, options.differentiable, at)({&seed, 1});
  if (options.differentiable)
    for (Tensor& derivative : result) derivative = with_history(derivative, x, at);
  return result;
}

}  // namespace reel::detail
