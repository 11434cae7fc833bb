#include <reel/autograd/gradients.hpp>

#include <algorithm>

#include <reel/autograd/reverse.hpp>
#include <reel/autograd/untrained.hpp>

namespace reel {

Variables::Variables(std::initializer_list<Tensor> tensors) : tensors_(tensors) {}

Variables::Variables(const std::vector<ParameterRef>& parameters) {
  for (const ParameterRef& p : parameters) tensors_.push_back(p.tensor({}));
}

std::vector<Tensor> gradients(const Tensor& y, const Variables& x, const GradientOptions& options, SourceLocation at) {
  if (detail::is_watched() && !detail::context.in_rule) [[unlikely]] {
    detail::check_history("gradients", y, at);
    detail::watch_backward(y, detail::seed_for("gradients", y, options.seed, at));
  }
  return detail::gradients("gradients", y, x.tensors(), options, at);
}

namespace {

[[noreturn]] void throw_no_parameter(const detail::History& history, SourceLocation at) {
  const bool is_gone = std::any_of(history.items.begin(), history.items.end(),
                                   [](const auto& item) { return item.node->kind == detail::Kind::parameter && !item.node->parameter; });
  throw GradientError(
      (is_gone
           ? "backward: the parameters in the history are gone, so nobody could have their gradients: the module that has them has to live "
             "until backward()"
           : "backward: no parameter that requires a gradient is in the history; for variables, gradients(y, {x}) returns the gradient") +
      detail::place_text(at));
}

}  // namespace

void Tensor::backward(SourceLocation at) const { backward({}, at); }

void Tensor::backward(const BackwardOptions& options, SourceLocation at) const {
  detail::check_history("backward", *this, at);
  const Tensor seed = detail::seed_for("backward", *this, options.seed, at);
  detail::Sweep sweep(detail::History::of(node(), false), false, !options.retain);
  detail::check_not_released("backward", sweep.history(), at);
  std::size_t trained = 0, untrained = 0;
  const bool any = sweep.mark([&](const detail::Node* node) {
    const detail::ParameterState* const p = node->parameter;
    if (!p || !p->requires_grad) return false;
    ++(p->in_optimizer ? trained : untrained);
    return true;
  });
  if (!any) throw_no_parameter(sweep.history(), at);
  if (untrained > 0) [[unlikely]] {
    detail::note_untrained(sweep.history(), trained == 0 ? untrained : 0, at);
  } else {
    detail::note_all_trained();
  }
  if (detail::is_watched()) [[unlikely]]
    detail::watch_backward(*this, seed);
  // Handed out at the end, so that a rule that fails leaves no parameter with a part of its gradient.
  pool::Vector<std::pair<detail::Node*, Tensor>> parts;
  parts.reserve(sweep.history().items.size());
  sweep.run({&seed, 1}, [&](detail::Node* node, Tensor& gradient) { parts.emplace_back(node, std::move(gradient)); });
  for (auto& [node, gradient] : parts) {
    detail::ParameterState* const parameter = node->parameter;
    if (!parameter) continue;                     // a hook let go of it
    const Dtype dtype = parameter->leaf.dtype();  // may have changed since it was used
    detail::add_gradient(parameter, gradient.dtype() == dtype ? std::move(gradient) : Tensor(gradient.value().astype(dtype)));
  }
}

}  // namespace reel
