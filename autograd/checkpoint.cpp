#include <reel/autograd/checkpoint.hpp>

#include <fmt/format.h>
#include <reel/autograd/detail/function_entry.hpp>
#include <reel/autograd/detail/sweep.hpp>

namespace reel {

namespace detail {

namespace {

/// An entry that is computed by a function that it stores.
template <class R>
Tensor make_entry(Recording& recording, RuleText rule_text, const std::shared_ptr<FunctionEntry>& entry, Array value,
                  std::span<const Tensor> captured, const R& rule, SourceLocation at) {
  NewEntry made = recording.enter(rule_text, std::move(value), false);
  Node* const node = made.result.node();
  node->location = context.call_site ? *context.call_site : at;
  for (const Tensor& t : captured) {
    node->inputs.push_back(t);
    node->depth = std::max(node->depth, t.node()->depth + 1);
  }
  entry->set_inputs({node->inputs.begin(), node->inputs.size()});
  node->extras = std::make_unique<Extras>();
  node->extras->function = entry;
  // The node owns the entry, and so outlives what its functions point to.
  made.forward->set([own = entry.get()](const Inputs& in) {
    std::vector<Tensor> inputs;
    for (std::size_t k = 0; k < in.size(); ++k) inputs.emplace_back(in[k]);
    return own->run(inputs, false).value();
  });
  made.rule->set(rule);
  return std::move(made.result);
}

/// The rule of a checkpoint, for callers that ask for this entry alone; a sweep does not use it, see Sweep::recompute().
Gradients differentiate(const FunctionEntry& entry, const Pullback& p) {
  const std::uint64_t since = Node::next_id();
  std::vector<Tensor> inputs;
  for (std::size_t k = 0; k < p.size(); ++k) {
    const Tensor& t = p.input(k);
    const bool linked = p.differentiable() && t.has_history();
    inputs.push_back(linked ? view_of(t) : is_floating(t.dtype()) ? variable(t) : t);
  }
  const Tensor y = entry.run(inputs, true);
  std::vector<Tensor> found(p.size());
  Node* const root = y.node();
  Sweep sweep(History::of({&root, 1}, since, History::Outside::left_out), p.differentiable(), false);
  const auto position = [&](const Node* node) {
    std::size_t k = 0;
    while (k < inputs.size() && inputs[k].node() != node) ++k;
    return k;
  };
  sweep.mark([&](const Node* node) { return position(node) < p.size() && p.needs(position(node)); });
  sweep.run({&p.dy(), 1}, [&](Node* node, Tensor& gradient) { found[position(node)] = gradient; });
  Gradients result;
  for (Tensor& gradient : found) result.push_back(std::move(gradient));
  return result;
}

void require_result(const char* op, const Tensor& y, SourceLocation at) {
  if (!y.defined()) throw Error(fmt::format("{}: its function returned a tensor that is not defined{}", op, place_text(at)));
}

}  // namespace

Tensor checkpoint(UniquePtr<KeptFunction> f, std::span<const OperandRef> operands, SourceLocation at) {
  Recording recording("checkpoint", operands);
  recording.keep_inputs();
  const std::span<const Tensor> inputs = recording.inputs();
  if (!context.recording) return (*f)({inputs.begin(), inputs.end()});
  const auto entry = std::make_shared<FunctionEntry>(std::move(f));
  const std::uint64_t since = Node::next_id();
  const Tensor y = entry->run_first(inputs);
  require_result("checkpoint", y, at);
  if (!y.has_history()) return y;
  const FunctionEntry::Inside inside = FunctionEntry::inside(y, inputs, since);
  const Tensor result = make_entry(
      recording, "f is computed again and differentiated", entry, y.value(), inside.captured,
      [own = entry.get()](const Pullback& p) { return differentiate(*own, p); }, at);
  result.node()->recomputes = true;
  const auto describe_ops = [ops = inside.ops] { return fmt::format("{} op{}", ops, ops == 1 ? "" : "s"); };
  result.node()->new_description().set(describe_ops);
  return result;
}

Tensor with_rule(Literal op, RuleText rule_text, UniquePtr<KeptFunction> f, std::span<const OperandRef> operands, UniquePtr<KeptRule> rule,
                 SourceLocation at) {
  Recording recording(op, operands);
  recording.keep_inputs();
  const std::span<const Tensor> inputs = recording.inputs();
  const auto entry = std::make_shared<FunctionEntry>(std::move(f));
  entry->rule = std::move(rule);
  const std::uint64_t since = Node::next_id();
  const Tensor y = entry->run_first(inputs);
  require_result(op.text, y, at);
  if (!context.recording) return y;
  const std::vector<Tensor> captured = FunctionEntry::inside(y, inputs, since).captured;
  if (!captured.empty())
    throw GradientError(
        fmt::format("{}: its function uses {}, which is not among the inputs, so that its gradient would be lost; list it there, or "
                    "detach() it{}",
                    op.text, describe(captured[0].node()), place_text(at)));
  if (!recording.is_tracked()) return y.detach();
  return make_entry(
      recording, rule_text, entry, y.value(), {}, [own = entry.get()](const Pullback& p) { return (*own->rule)(p); }, at);
}

}  // namespace detail

Tensor stop_gradient(Operand x) {
  return record(
      "stop_gradient", "dx = 0", {x}, [](const Inputs& in) { return in[0]; }, [](const Pullback&) { return Gradients{none}; });
}

}  // namespace reel
