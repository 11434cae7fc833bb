#include <reel/autograd/detail/function_entry.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <reel/autograd/detail/sweep.hpp>

namespace reel::detail {

KeptFunction::~KeptFunction() = default;
KeptRule::~KeptRule() = default;

void throw_arity(std::size_t takes, std::size_t given) {
  throw Error(fmt::format("the function takes {} tensor{} and gets {}", takes, takes == 1 ? "" : "s", given));
}

const Tensor* Substitution::find(const Node* node) const {
  const void* const wanted = identity(node);
  for (const Item& item : items_)
    if (item.identity == wanted) return &item.by;
  return outer_ ? outer_->find(node) : nullptr;
}

const void* Substitution::captured_as(const Node* node) const {
  for (const Item& item : items_)
    if (item.by.node() == node) return item.identity;
  return outer_ ? outer_->captured_as(node) : identity(node);
}

FunctionEntry::FunctionEntry(UniquePtr<KeptFunction> f) : f_(std::move(f)) {
  in_module_ = context.module != nullptr;
  if (in_module_) module_ = *context.module;
  module_.outer = nullptr;
  in_call_ = context.call_site != nullptr;
  if (in_call_) call_site_ = *context.call_site;
}

Tensor FunctionEntry::run_first(std::span<const Tensor> inputs) {
  given_ = inputs.size();
  kernels::RecordDraws note(draws_);
  return (*f_)({inputs.begin(), inputs.end()});
}

FunctionEntry::Inside FunctionEntry::inside(const Tensor& y, std::span<const Tensor> inputs, std::uint64_t since) {
  Inside result;
  Node* const root = y.node();
  for (const History::Item& item : History::of({&root, 1}, since, History::Outside::kept).items) {
    Node* const node = item.node;
    const bool outside = node->id < since || node->kind == Kind::parameter;
    if (!outside) {
      result.ops += node->kind == Kind::op;
      continue;
    }
    const bool given = std::any_of(inputs.begin(), inputs.end(), [&](const Tensor& t) { return t.node() == node; });
    if (!given && node->tracked && is_floating(node->value.dtype())) result.captured.push_back(Tensor::share(node));
  }
  std::reverse(result.captured.begin(), result.captured.end());
  return result;
}

void FunctionEntry::set_inputs(std::span<const Tensor> inputs) {
  for (const Tensor& t : inputs)
    identities_.push_back(context.substitution ? context.substitution->captured_as(t.node()) : identity(t.node()));
}

Tensor FunctionEntry::run(std::span<const Tensor> inputs, bool record) const {
  struct Restored {
    Context before = context;
    ~Restored() { context = before; }
  } restored;
  context.recording = record;
  context.running_again = true;
  context.call_site = in_call_ ? &call_site_ : nullptr;
  context.module = in_module_ ? &module_ : nullptr;
  Substitution replaced(context.substitution);
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const Node* const node = inputs[k].node();
    const Node* const met = node->parameter ? node->parameter->leaf.node() : node;
    if (identity(node) != identities_[k] || met != node) replaced.replace(identities_[k], inputs[k]);
  }
  if (!replaced.empty()) context.substitution = &replaced;
  kernels::RepeatDraws repeat(draws_);
  const Tensor y = (*f_)({inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(given_)});
  const Tensor* const other = y.defined() ? replaced.find(y.node()) : nullptr;
  return other ? *other : y;
}

namespace {

void check_repeats(const Node* node, const Tensor& y) {
  const auto fail = [&](const std::string& how) {
    throw GradientError(fmt::format("{}: its function {} when it was computed again for the gradient; it has to repeat itself{}",
                                    describe(node), how, place_text(node)));
  };
  if (!y.defined()) fail("gave a tensor that is not defined");
  const Array &before = node->value, &now = y.value();
  if (now.shape() != before.shape() || now.dtype() != before.dtype())
    fail(fmt::format("gave {} {} instead of {} {}", now.shape(), name_of(now.dtype()), before.shape(), name_of(before.dtype())));
  if (!identical(now, before)) fail(fmt::format("gave other values (the largest difference is {:.3g})", max_difference(now, before)));
  if (!y.has_history()) fail("gave a result without history");
}

void check_known(const Node* node, const History& history, std::uint64_t since) {
  for (const History::Item& item : history.items) {
    const bool outside = item.node->id < since || item.node->kind == Kind::parameter;
    if (!outside || !is_floating(item.node->value.dtype())) continue;
    const bool known =
        std::any_of(node->inputs.begin(), node->inputs.end(), [&](const Tensor& input) { return input.node() == item.node; });
    if (!known)
      throw GradientError(
          fmt::format("{}: its function used {} when it was computed again for the gradient, which it did not use before; it has to "
                      "repeat itself{}",
                      describe(node), describe(item.node), place_text(node)));
  }
}

}  // namespace

Recomputed compute_again(Node* checkpoint) {
  const std::shared_ptr<FunctionEntry> entry = checkpoint->extras->function;
  const std::uint64_t since = Node::next_id();
  Tensor y;
  try {
    y = entry->run({checkpoint->inputs.begin(), checkpoint->inputs.size()}, true);
  } catch (...) {
    rethrow_failed<GradientError>(describe(checkpoint) + ": its function failed when it was computed again for the gradient",
                                  place_of(checkpoint));
  }
  check_repeats(checkpoint, y);
  Node* const root = y.node();
  History history = History::of({&root, 1}, since, History::Outside::kept);
  check_known(checkpoint, history, since);
  return {std::move(y), std::move(history)};
}

Tensor view_of(const Tensor& x) {
  const Tensor y = reel::record(
      "identity", "dx = dy", {x}, [](const Inputs& in) { return in[0]; }, [](const Pullback& p) { return Gradients{p.dy()}; });
  return x.name().empty() ? y : y.named(x.name());
}

}  // namespace reel::detail
