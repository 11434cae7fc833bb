#pragma once
#include <span>
#include <string>
#include <vector>

#include <reel/autograd/detail/node.hpp>

namespace reel::detail {

/// " (train.cpp:54)", or nothing for an unknown place.
std::string place_text(SourceLocation at);
/// The same with the node's module path.
std::string place_text(const Node* node);
/// The same without parentheses.
std::string place_of(const Node* node);
/// "mul 'y'"
std::string describe(const Node* node);

/// While alive, ops are recorded at the line and in the module of the op that a rule differentiates.
class RuleContext {
 public:
  RuleContext(const Node* node, bool record) : RuleContext(node->location, record, node->module) {}
  RuleContext(SourceLocation place, bool record, const char* module = "") : before_(context), frame_{nullptr, nullptr, module, place} {
    context.recording = record;
    context.call_site = &frame_.called_at;
    context.module = &frame_;
    context.in_rule = true;
  }
  ~RuleContext() { context = before_; }
  RuleContext(const RuleContext&) = delete;
  RuleContext& operator=(const RuleContext&) = delete;

 private:
  Context before_;
  ModuleFrame frame_;
};

/// Run a node's functions. Whatever a user's function throws becomes an Error, or a GradientError, that names the op.
Array run_forward(const Node* node, const Inputs& inputs);
Gradients run_rule(const Node* node, const Pullback& p);

/// Calls the rule of an op; returns as many gradients as the op has inputs. To be called within a RuleContext.
Gradients apply_rule(Node* node, const Tensor& dy, std::uint64_t needed, bool differentiable);
/// A rule's gradient for input k in its final form: summed over broadcast axes if the op asks for it, then of exactly the input's shape and
/// dtype.
Tensor fit(const Node* node, std::size_t k, Tensor gradient, bool differentiable);

/// One reverse sweep: gradients flow from the newest entry to the oldest, which is a topological order because an input is always older
/// than its output. Sums contributions, skips gradients that are not needed and checks shapes, for all ops.
class Sweep {
 public:
  /// With `release`, entries that were differentiated release their inputs.
  Sweep(History history, bool differentiable, bool release);
  /// A sweep through the entries that a checkpoint recorded when it was computed again. Gradients of tensors outside flow on in the outer
  /// sweep.
  Sweep(History history, Sweep& outer, std::size_t item);

  /// Marks the nodes whose gradients are requested; only what they need is computed. Returns whether there are any.
  template <class IsTarget>
  bool mark(const IsTarget& is_target) {
    bool any = false;
    for (std::size_t i = history_.items.size(); i-- > 0;) {
      const Node* const node = history_.items[i].node;
      const bool target = is_target(node);
      any = any || target;
      bool wanted = target || is_wanted_outside(i);
      for (std::size_t k = 0; k < node->inputs.size() && !wanted; ++k) {
        const std::uint32_t from = history_.edge(i, k);
        wanted = from != History::no_edge && use_[from] != unused;
      }
      // No gradient flows through values that are not real numbers, such as the result of a comparison.
      if (wanted && is_floating(node->value.dtype())) use_[i] = target ? asked_for : passed;
    }
    return any;
  }

  const History& history() const { return history_; }

  /// Starts from the roots' gradients, one per root (or undefined). Calls deliver(node, gradient) for the requested nodes, newest first.
  /// May be called again, unless the history is released.
  template <class Deliver>
  void run(std::span<const Tensor> seeds, const Deliver& deliver) {
    run(seeds, &deliver, [](const void* self, Node* node, Tensor& gradient) { (*static_cast<const Deliver*>(self))(node, gradient); });
  }

  // The same step by step, for the debugger: start(), then step() for every item, newest first. Between two steps gradients() holds the
  // sums so far of the items that are still to come; restoring earlier sums takes a step back.

  void start(std::span<const Tensor> seeds);
  template <class Deliver>
  void step(std::size_t item, const Deliver& deliver) {
    step(item, &deliver, [](const void* self, Node* node, Tensor& gradient) { (*static_cast<const Deliver*>(self))(node, gradient); });
  }
  std::span<Tensor> gradients() { return gradients_; }
  /// Applies an item's rule to dy and adds the results to its inputs' gradients.
  void pull_back(std::size_t item, const Tensor& dy);

 private:
  enum Use : char { unused, passed, asked_for };
  using DeliverFunction = void (*)(const void* self, Node* node, Tensor& gradient);

  void run(std::span<const Tensor> seeds, const void* self, DeliverFunction deliver);
  void step(std::size_t item, const void* self, DeliverFunction deliver);
  void advance(std::size_t item, const void* self, DeliverFunction deliver);
  bool is_wanted_outside(std::size_t item) const {
    return outer_ && outside_[item] != History::no_edge && outer_->use_[outside_[item]] != unused;
  }
  template <bool Watched>
  void apply(std::size_t item, const Tensor& dy, std::uint64_t needed);
  void recompute(std::size_t item, const Tensor& dy);
  void add(std::uint32_t to, Tensor gradient);
  void release(std::size_t item);
  Tensor run_hooks_on(std::size_t item, HookList& hooks, Tensor dy);

  History history_;
  memory::Vector<Tensor> gradients_;
  memory::Vector<Use> use_;
  memory::Vector<Tensor> kept_;
  bool differentiable_;
  bool release_;
  std::uint64_t id_ = 0;  // for running_sweep(), once it is asked for
  Sweep* outer_ = nullptr;
  std::vector<std::uint32_t> outside_;  // with outer_: where an item is in its history
};

/// The id, unique in this process, of the sweep whose hook is running on this thread, or 0.
std::uint64_t running_sweep();

Tensor run_hooks(HookList& hooks, const Node* node, Tensor gradient, bool differentiable);

}  // namespace reel::detail
