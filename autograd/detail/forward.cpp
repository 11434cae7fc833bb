#include <reel/autograd/detail/forward.hpp>

#include <reel/autograd/detail/function_entry.hpp>
#include <reel/autograd/detail/sweep.hpp>
#include <reel/autograd/ops/arithmetic.hpp>

namespace reel::detail {

Forward::Forward(History history, bool differentiable)
    : history_(std::move(history)),
      differentiable_(differentiable),
      tangents_(history_.items.size()),
      last_use_(history_.items.size(), History::no_edge) {
  for (std::size_t i = history_.items.size(); i-- > 0;) {
    for (std::size_t k = 0; k < history_.items[i].node->inputs.size(); ++k)
      if (const std::uint32_t from = history_.edge(i, k); from != History::no_edge) last_use_[from] = static_cast<std::uint32_t>(i);
  }
}

void Forward::add(std::size_t item, Tensor tangent) {
  Tensor& sum = tangents_[item];
  if (!sum.defined()) {
    sum = std::move(tangent);
  } else {
    const RuleContext scope(history_.items[item].node, differentiable_);
    sum = sum + tangent;
  }
}

Tensor Forward::run() {
  for (std::size_t i = history_.items.size(); i-- > 0;)
    if (history_.items[i].node->kind == Kind::op) step(i);
  Tensor result = std::move(tangents_[history_.roots[0]]);
  for (Tensor& t : tangents_) t = Tensor();
  return result;
}

void Forward::step(std::size_t item) {
  Node* const node = history_.items[item].node;
  SmallVector<Tensor, 4> tangents;
  bool any = false;
  for (std::size_t k = 0; k < node->inputs.size(); ++k) {
    const std::uint32_t from = history_.edge(item, k);
    tangents.push_back(from == History::no_edge ? Tensor() : tangents_[from]);
    any = any || tangents[k].defined();
  }
  for (std::size_t k = 0; k < node->inputs.size(); ++k) {
    const std::uint32_t from = history_.edge(item, k);
    if (from != History::no_edge && last_use_[from] == item && from != history_.roots[0]) tangents_[from] = Tensor();
  }
  if (!any || !is_floating(node->value.dtype())) return;
  const std::span<const Tensor> all(tangents.begin(), tangents.size());
  Tensor result = node->recomputes ? through_checkpoint(node, all) : through_rule(node, all);
  if (result.defined()) add(item, std::move(result));
}

Tensor Forward::through_rule(Node* node, std::span<const Tensor> tangents) const {
  const Tensor u = variable(Tensor(Array::zeros(node->value.shape(), node->value.dtype())));
  std::uint64_t needed = 0;
  for (std::size_t k = 0; k < tangents.size() && k < 63; ++k) needed |= std::uint64_t{tangents[k].defined()} << k;
  SmallVector<Tensor, 4> pulled, seeds;
  std::vector<Node*> roots;
  {
    const RuleContext scope(node, true);
    Gradients answer = apply_rule(node, u, needed, true);
    for (std::size_t k = 0; k < tangents.size(); ++k) {
      if (!tangents[k].defined() || !answer[k].defined()) continue;
      pulled.push_back(fit(node, k, std::move(answer[k]), true));
      roots.push_back(pulled[pulled.size() - 1].node());
      seeds.push_back(tangents[k]);
    }
  }
  if (roots.empty()) return none;
  Sweep sweep(History::of(roots, u.node()->id, History::Outside::left_out), differentiable_, false);
  sweep.mark([&](const Node* other) { return other == u.node(); });
  Tensor result;
  sweep.run({seeds.begin(), seeds.size()}, [&](Node*, Tensor& gradient) { result = gradient; });
  return result;
}

Tensor Forward::through_checkpoint(Node* node, std::span<const Tensor> tangents) const {
  Recomputed again = compute_again(node);
  Forward inner(std::move(again.history), differentiable_);
  const auto& items = inner.history().items;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].node->id > node->id) continue;  // as in the reverse sweep
    for (std::size_t k = 0; k < tangents.size(); ++k) {
      if (node->inputs[k].node() != items[i].node || !tangents[k].defined()) continue;
      inner.add(i, tangents[k]);
      break;
    }
  }
  return inner.run();
}

}  // namespace reel::detail
