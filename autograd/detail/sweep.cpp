#include <reel/autograd/detail/sweep.hpp>

#include <fmt/format.h>
#include <reel/autograd/detail/function_entry.hpp>
#include <reel/autograd/detail/watcher.hpp>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/reduce.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/reduce.hpp>

namespace reel::detail {

std::string place_text(SourceLocation at) { return at.line == 0 ? std::string() : " (" + to_string(at) + ")"; }

std::string place_of(const Node* node) {
  const std::string line = to_string(node->location), path = node->module;
  return path.empty() ? line : "in " + path + (line.empty() ? "" : ", ") + line;
}

std::string place_text(const Node* node) {
  const std::string place = place_of(node);
  return place.empty() ? place : " (" + place + ")";
}

std::string describe(const Node* node) {
  const char* const op = node->kind == Kind::op ? node->op : node->kind == Kind::parameter ? "parameter" : "variable";
  return node->name && !node->name->empty() ? fmt::format("{} '{}'", op, *node->name) : std::string(op);
}

Array run_forward(const Node* node, const Inputs& inputs) {
  try {
    return node->forward(inputs);
  } catch (const Error&) {
    throw;
  } catch (...) {
    rethrow_failed<Error>(describe(node) + " failed", place_of(node));
  }
}

Gradients run_rule(const Node* node, const Pullback& p) {
  try {
    return node->rule(p);
  } catch (...) {
    rethrow_failed<GradientError>("the rule of " + describe(node) + " failed", place_of(node));
  }
}

Gradients apply_rule(Node* node, const Tensor& dy, std::uint64_t needed, bool differentiable) {
  const std::size_t inputs = node->inputs.size();
  const bool spent = !differentiable && dy.is_only_owner();
  Gradients answer = run_rule(node, Pullback(dy, node, {node->inputs.begin(), inputs}, needed, differentiable, spent));
  if (answer.size() != inputs)
    throw GradientError(
        fmt::format("{}: its rule returned {} gradients for {} inputs{}", describe(node), answer.size(), inputs, place_text(node)));
  return answer;
}

Tensor fit(const Node* node, std::size_t k, Tensor gradient, bool differentiable) {
  const Array& input = node->inputs[k].value();
  if (node->broadcasts && gradient.shape() != input.shape() && broadcasts_to(input.shape(), gradient.shape()))
    gradient = differentiable ? sum_to(gradient, input.shape()) : Tensor(kernels::sum_to(gradient.value(), input.shape()));
  if (gradient.shape() != input.shape() || gradient.dtype() != input.dtype())
    throw GradientError(fmt::format(
        "{}: its rule returned a gradient of shape {} and dtype {} for input {}, which has shape {} and dtype {}{}", describe(node),
        gradient.shape(), name_of(gradient.dtype()), k, input.shape(), name_of(input.dtype()), place_text(node)));
  return gradient;
}

Sweep::Sweep(History history, bool differentiable, bool release)
    : history_(std::move(history)),
      gradients_(history_.items.size()),
      use_(history_.items.size()),
      kept_(release ? history_.items.size() : 0),
      differentiable_(differentiable),
      release_(release) {}

Sweep::Sweep(History history, Sweep& outer, std::size_t item) : Sweep(std::move(history), outer.differentiable_, outer.release_) {
  outer_ = &outer;
  outside_.assign(history_.items.size(), History::no_edge);
  const Node* const node = outer.history_.items[item].node;
  for (std::size_t i = 0; i < history_.items.size(); ++i) {
    if (history_.items[i].node->id > node->id) continue;  // computed again, while inputs are older than the checkpoint
    for (std::size_t k = 0; k < node->inputs.size() && outside_[i] == History::no_edge; ++k)
      if (node->inputs[k].node() == history_.items[i].node) outside_[i] = outer.history_.edge(item, k);
  }
}

void Sweep::start(std::span<const Tensor> seeds) {
  for (std::size_t i = 0; i < seeds.size(); ++i)
    if (seeds[i].defined() && use_[history_.roots[i]] != unused) add(history_.roots[i], seeds[i]);
}

namespace {

[[gnu::tls_model("initial-exec")]] thread_local constinit std::uint64_t sweep_with_hook = 0;

}  // namespace

std::uint64_t running_sweep() { return sweep_with_hook; }

Tensor Sweep::run_hooks_on(std::size_t item, HookList& hooks, Tensor dy) {
  if (id_ == 0) id_ = Node::next_id();
  struct Restored {
    std::uint64_t before;
    ~Restored() { sweep_with_hook = before; }
  } const restored{std::exchange(sweep_with_hook, id_)};
  return run_hooks(hooks, history_.items[item].node, std::move(dy), differentiable_);
}

inline void Sweep::advance(std::size_t item, const void* self, DeliverFunction deliver) {
  Tensor dy = std::move(gradients_[item]);
  Node* const node = history_.items[item].node;
  if (dy.defined()) {
    if (HookList* const hooks = hooks_of(node)) [[unlikely]]
      dy = run_hooks_on(item, *hooks, std::move(dy));
    if (use_[item] == asked_for) deliver(self, node, dy);
    if (node->kind == Kind::op) pull_back(item, dy);
  }
  if (release_ && node->kind == Kind::op) release(item);
}

void Sweep::step(std::size_t item, const void* self, DeliverFunction deliver) { advance(item, self, deliver); }

void Sweep::run(std::span<const Tensor> seeds, const void* self, DeliverFunction deliver) {
  start(seeds);
  for (std::size_t i = 0; i < history_.items.size(); ++i) advance(i, self, deliver);
}

void Sweep::pull_back(std::size_t item, const Tensor& dy) {
  Node* const node = history_.items[item].node;
  const std::size_t inputs = node->inputs.size();
  std::uint64_t needed = 0;
  bool any = false;
  for (std::size_t k = 0; k < inputs; ++k) {
    const std::uint32_t from = history_.edge(item, k);
    if (from == History::no_edge || use_[from] == unused) continue;
    any = true;
    if (k < 63) needed |= std::uint64_t{1} << k;
  }
  if (!any) return;
  if (node->recomputes) [[unlikely]]
    return recompute(item, dy);
  if (is_watched()) [[unlikely]] {
    const Tensor kept = dy;  // a rule may write over an array that is not shared
    return apply<true>(item, dy, needed);
  }
  apply<false>(item, dy, needed);
}

template <bool Watched>
inline void Sweep::apply(std::size_t item, const Tensor& dy, std::uint64_t needed) {
  Node* const node = history_.items[item].node;
  const RuleContext scope(node, differentiable_);
  Gradients answer = apply_rule(node, dy, needed, differentiable_);
  for (std::size_t k = 0; k < node->inputs.size(); ++k) {
    const std::uint32_t from = history_.edge(item, k);
    if (from == History::no_edge || use_[from] == unused || !answer[k].defined()) continue;
    Tensor gradient = fit(node, k, std::move(answer[k]), differentiable_);
    if constexpr (Watched) watcher().applied(node, dy, gradient);
    add(from, std::move(gradient));
  }
}

/// Contributions from inside go straight into the sums outside, one by one, so that they are added in the order in which they would be
/// added without the checkpoint: the bits are the same.
void Sweep::recompute(std::size_t item, const Tensor& dy) {
  Recomputed again = compute_again(history_.items[item].node);
  Sweep inner(std::move(again.history), *this, item);
  inner.mark([](const Node*) { return false; });
  inner.run({&dy, 1}, [](Node*, Tensor&) {});
}

void Sweep::add(std::uint32_t to, Tensor gradient) {
  if (outer_ && outside_[to] != History::no_edge) [[unlikely]]
    return outer_->add(outside_[to], std::move(gradient));
  Tensor& sum = gradients_[to];
  if (!sum.defined()) {
    sum = std::move(gradient);
  } else if (differentiable_) {
    sum = sum + gradient;
  } else if (sum.is_only_owner()) {
    kernels::accumulate(sum.node()->value, gradient.value());
  } else {
    sum = Tensor(kernels::add(sum.value(), gradient.value()));
  }
}

/// Releases an entry's inputs; those that the sweep has still to visit are kept until then.
void Sweep::release(std::size_t item) {
  if (outer_ && outside_[item] != History::no_edge) return;
  Node* const node = history_.items[item].node;
  for (std::size_t k = 0; k < node->inputs.size(); ++k) {
    const std::uint32_t from = history_.edge(item, k);
    if (from != History::no_edge) kept_[from] = std::move(node->inputs[k]);
  }
  node->release();
  kept_[item] = Tensor();
}

}  // namespace reel::detail
