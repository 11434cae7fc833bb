#pragma once
#include <type_traits>
#include <utility>
#include <vector>

#include <reel/autograd/tensor.hpp>
#include <reel/core/unique_ptr.hpp>

namespace reel::nn {

namespace detail {

using TensorList = std::vector<Tensor>;

/// A hook of any kind. The tensors that it returns replace the inputs, results or gradients that it was given; an empty list, or an
/// undefined tensor in the list, replaces nothing.
class ModuleHookFunction {
 public:
  virtual ~ModuleHookFunction();
  virtual TensorList operator()(const TensorList& a, const TensorList& b) = 0;
};

/// Calls f, which returns nothing, a tensor, or a list, and returns a list.
template <class F, class... T>
TensorList hook_answer(F& f, const T&... arguments) {
  using Answer = std::invoke_result_t<F&, const T&...>;
  if constexpr (std::is_void_v<Answer>) {
    f(arguments...);
    return {};
  } else if constexpr (std::is_convertible_v<Answer, Tensor>) {
    return {Tensor(f(arguments...))};
  } else {
    return f(arguments...);
  }
}

/// The first tensor of a list, undefined for an empty one.
const Tensor& first_of(const TensorList& list);

/// A hook of one tensor (or list of tensors).
template <class F>
class HookOfOne final : public ModuleHookFunction {
 public:
  explicit HookOfOne(F f) : f_(std::move(f)) {}
  TensorList operator()(const TensorList& a, const TensorList&) override {
    if constexpr (std::is_invocable_v<F&, const Tensor&>) {
      return hook_answer(f_, first_of(a));
    } else {
      return hook_answer(f_, a);
    }
  }

 private:
  F f_;
};

/// A hook of two tensors (or lists of tensors).
template <class F>
class HookOfTwo final : public ModuleHookFunction {
 public:
  explicit HookOfTwo(F f) : f_(std::move(f)) {}
  TensorList operator()(const TensorList& a, const TensorList& b) override {
    if constexpr (std::is_invocable_v<F&, const Tensor&, const Tensor&>) {
      return hook_answer(f_, first_of(a), first_of(b));
    } else {
      return hook_answer(f_, a, b);
    }
  }

 private:
  F f_;
};

enum class HookKind { before_forward, after_forward, backward };

struct ModuleHookHandle;
class HookTable;

}  // namespace detail

/// Handle of a hook on a module. The hook is removed when the handle is destroyed, unless keep() lets it stay as long as the module lives.
class [[nodiscard]] ModuleHook {
 public:
  ModuleHook() = default;
  ModuleHook(ModuleHook&& other) noexcept : hook_(std::exchange(other.hook_, nullptr)) {}
  ModuleHook& operator=(ModuleHook other) noexcept {
    std::swap(hook_, other.hook_);
    return *this;
  }
  ~ModuleHook() { remove(); }

  /// Removes the hook. It is not called again, not even by backward passes through earlier calls of the module.
  void remove() noexcept;
  /// Releases the hook from this handle: it stays as long as the module lives.
  void keep() noexcept;
  /// Whether this handle still has a hook.
  bool active() const { return hook_ != nullptr; }

  /// Used by Module.
  explicit ModuleHook(detail::ModuleHookHandle* hook) : hook_(hook) {}

 private:
  detail::ModuleHookHandle* hook_ = nullptr;
};

namespace detail {

/// The hooks of one module. They move with the module; a copy of the module has none, and assigning a module without hooks removes none.
class Hooks {
 public:
  Hooks() = default;
  Hooks(const Hooks&) noexcept {}
  Hooks(Hooks&& other) noexcept : table_(std::exchange(other.table_, nullptr)) {}
  Hooks& operator=(const Hooks&) noexcept { return *this; }
  Hooks& operator=(Hooks&& other) noexcept {
    if (other.table_) std::swap(table_, other.table_);
    return *this;
  }
  ~Hooks();

  bool empty() const { return table_ == nullptr; }
  ModuleHook add(HookKind kind, UniquePtr<ModuleHookFunction> f);

 private:
  friend class HookedCall;
  HookTable* table_ = nullptr;
};

/// One call of a module that has hooks.
class HookedCall {
 public:
  /// Runs the hooks before the call, which may replace the inputs.
  HookedCall(const Hooks& hooks, std::vector<Tensor*> inputs);
  ~HookedCall();
  HookedCall(const HookedCall&) = delete;
  HookedCall& operator=(const HookedCall&) = delete;
  /// Runs the hooks after the call, which may replace the results.
  void finish(const std::vector<Tensor*>& results);

 private:
  struct Backward;  // what the call's entries on the tape know of it
  struct Shared;
  HookTable& table_;
  TensorList seen_;             // the inputs
  UniquePtr<Shared> backward_;  // where there are backward hooks
};

}  // namespace detail

}  // namespace reel::nn
