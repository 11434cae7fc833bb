#include <reel/autograd/hooks.hpp>

#include <mutex>

#include <fmt/format.h>
#include <reel/autograd/detail/sweep.hpp>

namespace reel {

namespace detail {

HookFunction::~HookFunction() = default;

namespace {

/// Shared by the list of hooks and the handle; a removed hook has no function.
struct Hook {
  std::shared_ptr<HookFunction> function;
  SourceLocation at;
};

std::mutex mutex;  // sweeps of other threads may read a list at the same time; only tensors with hooks take the lock

}  // namespace

struct HookHandle {
  std::shared_ptr<Hook> hook;
};

class HookList {
 public:
  void add(std::shared_ptr<Hook> hook) {
    const std::lock_guard lock(mutex);
    std::erase_if(hooks_, [](const auto& h) { return !h->function; });
    hooks_.push_back(std::move(hook));
  }

  /// A copy of the hooks to call: a hook may remove itself and others.
  std::vector<Hook> active() const {
    const std::lock_guard lock(mutex);
    std::vector<Hook> result;
    for (const auto& hook : hooks_)
      if (hook->function) result.push_back(*hook);
    return result;
  }

 private:
  std::vector<std::shared_ptr<Hook>> hooks_;
};

GradientHook add_hook(const Tensor& x, UniquePtr<HookFunction> f, SourceLocation at) {
  if (!x.has_history())
    throw GradientError(fmt::format("on_gradient: the tensor is a constant, to which no gradient flows{}", place_text(at)));
  Node* const node = x.node();
  if (!node->parameter && !node->extras) node->extras = std::make_unique<Extras>();
  std::shared_ptr<HookList>& list = node->parameter ? node->parameter->hooks : node->extras->hooks;
  if (!list) list = std::make_shared<HookList>();
  const auto function = std::make_shared<UniquePtr<HookFunction>>(std::move(f));
  auto handle = std::make_unique<HookHandle>();  // before the hook is in the list: without a handle it could not be removed
  handle->hook = std::make_shared<Hook>(Hook{{function, function->get()}, at});
  list->add(handle->hook);
  return GradientHook(handle.release());
}

namespace {

Tensor run_hook(const Hook& hook, const Node* node, const Tensor& gradient) {
  Tensor answer;
  try {
    answer = (*hook.function)(gradient);
  } catch (...) {
    rethrow_failed<GradientError>("the gradient hook on " + describe(node) + " failed", to_string(hook.at));
  }
  if (!answer.defined()) return gradient;
  if (answer.shape() != gradient.shape() || answer.dtype() != gradient.dtype())
    throw GradientError(fmt::format("the gradient hook on {} returned {} {} for a gradient that is {} {}{}", describe(node), answer.shape(),
                                    name_of(answer.dtype()), gradient.shape(), name_of(gradient.dtype()), place_text(hook.at)));
  return answer;
}

}  // namespace

Tensor run_hooks(HookList& hooks, const Node* node, Tensor gradient, bool differentiable) {
  for (const Hook& hook : hooks.active()) {
    const RuleContext scope(hook.at, differentiable);
    gradient = run_hook(hook, node, gradient);
  }
  return gradient;
}

}  // namespace detail

void GradientHook::remove() noexcept {
  if (!hook_) return;
  std::shared_ptr<detail::HookFunction> dropped;  // destroyed outside the lock: its captures may run any code
  {
    const std::lock_guard lock(detail::mutex);
    dropped.swap(hook_->hook->function);
  }
  keep();
}

void GradientHook::keep() noexcept { delete std::exchange(hook_, nullptr); }

}  // namespace reel
