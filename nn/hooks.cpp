#include <reel/nn/hooks.hpp>

#include <algorithm>
#include <memory>
#include <mutex>

#include <fmt/format.h>
#include <reel/autograd/detail/sweep.hpp>
#include <reel/autograd/hooks.hpp>
#include <reel/autograd/record.hpp>

namespace reel::nn {

namespace detail {

ModuleHookFunction::~ModuleHookFunction() = default;

const Tensor& first_of(const TensorList& list) {
  static const Tensor undefined;
  return list.empty() ? undefined : list[0];
}

namespace {

/// One hook, shared by its table, the calls that were made while it was in it, and its handle; a removed hook has no function.
struct Hook {
  HookKind kind;
  std::shared_ptr<ModuleHookFunction> function;
};
using HookList = std::vector<std::shared_ptr<Hook>>;

std::mutex mutex;  // histories that met a hook are swept by any thread; only modules with hooks come here

std::shared_ptr<ModuleHookFunction> function_of(const Hook& hook) {
  const std::lock_guard lock(mutex);
  return hook.function;
}

/// Puts the tensors that a hook returned in the place of those that it was given.
void replace(TensorList& list, TensorList answer, const char* what) {
  if (answer.size() > list.size())
    throw Error(fmt::format("a module's hook returned {} tensors for {} {}", answer.size(), list.size(), what));
  for (std::size_t i = 0; i < answer.size(); ++i)
    if (answer[i].defined()) list[i] = std::move(answer[i]);
}

void run(const HookList& hooks, TensorList& a, TensorList& b, TensorList& replaced, const char* what) {
  for (const auto& hook : hooks)
    if (const auto function = function_of(*hook)) replace(replaced, (*function)(a, b), what);
}

TensorList values_of(const std::vector<Tensor*>& tensors) {
  TensorList list;
  for (const Tensor* const tensor : tensors) list.push_back(*tensor);
  return list;
}

Tensor passed(const Tensor& x) {
  const CallSite site(reel::detail::context.module ? reel::detail::context.module->called_at : SourceLocation{});
  return record(
      "module_boundary", "dx = dy", {x}, [](const Inputs& in) { return in[0]; }, [](const Pullback& p) { return Gradients{p.dy()}; });
}

/// Collects the gradients of tensors that belong together in a backward pass, so that a hook sees all of them before any is passed on.
struct Gate {
  TensorList gradients;
  std::uint64_t sweep = 0;
  bool open = false;

  void arrive(std::size_t i, const Tensor& gradient) {
    const bool is_new = std::exchange(sweep, reel::detail::running_sweep()) != sweep;  // an earlier one may have ended by an exception
    if (std::exchange(open, false) || is_new) gradients.assign(gradients.size(), Tensor());
    gradients[i] = gradient;
  }
  template <class F>
  Tensor leave(std::size_t i, const F& all_arrived) {
    if (!std::exchange(open, true)) all_arrived(gradients);
    return std::move(gradients[i]);
  }
};

/// Puts a gate into each tensor's history: two entries, of which a sweep reaches all newer ones before the older ones. Calls
/// all_arrived(gradients), which may replace the gradients, once per sweep. Returns whether any tensor has a history.
template <class F>
bool put_gate(const std::vector<Tensor*>& tensors, F all_arrived) {
  const auto gate = std::make_shared<Gate>();
  gate->gradients.resize(tensors.size());
  bool any = false;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!tensors[i]->defined() || !tensors[i]->has_history() || !is_recording()) continue;
    any = true;
    *tensors[i] = passed(*tensors[i]);
    on_gradient(*tensors[i], [gate, i, all_arrived](const Tensor&) { return gate->leave(i, all_arrived); }).keep();
  }
  for (std::size_t i = 0; i < tensors.size() && any; ++i) {
    if (!tensors[i]->defined() || !tensors[i]->has_history()) continue;
    *tensors[i] = passed(*tensors[i]);
    on_gradient(*tensors[i], [gate, i](const Tensor& gradient) { gate->arrive(i, gradient); }).keep();
  }
  return any;
}

}  // namespace

class HookTable {
 public:
  void add(std::shared_ptr<Hook> hook) {
    const std::lock_guard lock(mutex);
    std::erase_if(hooks_, [](const auto& h) { return !h->function; });
    hooks_.push_back(std::move(hook));
  }
  /// The hooks at this moment, since a hook may remove itself and others.
  HookList of(HookKind kind) const {
    const std::lock_guard lock(mutex);
    HookList result;
    for (const auto& hook : hooks_)
      if (hook->kind == kind && hook->function) result.push_back(hook);
    return result;
  }

 private:
  HookList hooks_;
};

struct ModuleHookHandle {
  std::shared_ptr<Hook> hook;
};

Hooks::~Hooks() { delete table_; }

ModuleHook Hooks::add(HookKind kind, UniquePtr<ModuleHookFunction> f) {
  if (!table_) table_ = new HookTable;
  const auto owner = std::make_shared<UniquePtr<ModuleHookFunction>>(std::move(f));
  auto handle = std::make_unique<ModuleHookHandle>();  // before the hook is in the table: without it nobody could take the hook off
  handle->hook = std::make_shared<Hook>(Hook{kind, {owner, owner->get()}});
  table_->add(handle->hook);
  return ModuleHook(handle.release());
}

struct HookedCall::Backward {
  HookList hooks;
  std::size_t inputs = 0, results = 0;
  bool gate_before = false;
  TensorList grad_outputs;
  std::uint64_t sweep = 0;  // that brought grad_outputs; another may come to the inputs alone

  void run_with(TensorList& grad_inputs) {
    TensorList outputs = std::exchange(grad_outputs, {});
    if (sweep != reel::detail::running_sweep() || outputs.empty()) outputs.assign(results, Tensor());
    run(hooks, grad_inputs, outputs, grad_inputs, "gradients of inputs");
  }
};

struct HookedCall::Shared {
  std::shared_ptr<Backward> call;
};

HookedCall::HookedCall(const Hooks& hooks, std::vector<Tensor*> inputs) : table_(*hooks.table_) {
  seen_ = values_of(inputs);
  TensorList nothing;
  run(table_.of(HookKind::before_forward), seen_, nothing, seen_, "inputs");
  for (std::size_t i = 0; i < inputs.size(); ++i) *inputs[i] = seen_[i];
  HookList backward = table_.of(HookKind::backward);
  if (backward.empty()) return;
  const auto call = std::make_shared<Backward>();
  backward_ = UniquePtr<Shared>(new Shared{call});
  call->hooks = std::move(backward);
  call->inputs = inputs.size();
  call->gate_before = put_gate(inputs, [call](TensorList& gradients) { call->run_with(gradients); });
}

HookedCall::~HookedCall() = default;

void HookedCall::finish(const std::vector<Tensor*>& results) {
  TensorList list = values_of(results);
  run(table_.of(HookKind::after_forward), seen_, list, list, "results");
  for (std::size_t i = 0; i < results.size(); ++i) *results[i] = list[i];
  if (!backward_) return;
  backward_->call->results = results.size();
  put_gate(results, [call = backward_->call](TensorList& gradients) {
    call->grad_outputs = gradients;
    call->sweep = reel::detail::running_sweep();
    if (call->gate_before) return;
    TensorList none_of_inputs(call->inputs);
    call->run_with(none_of_inputs);
  });
}

}  // namespace detail

void ModuleHook::remove() noexcept {
  if (!hook_) return;
  std::shared_ptr<detail::ModuleHookFunction> dropped;  // ends outside the lock: what it captured may be anything
  {
    const std::lock_guard lock(detail::mutex);
    dropped.swap(hook_->hook->function);
  }
  keep();
}

void ModuleHook::keep() noexcept { delete std::exchange(hook_, nullptr); }

}  // namespace reel::nn
