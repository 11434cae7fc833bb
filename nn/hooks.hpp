#pragma once
#include <type_traits>
#include <utility>
#include <vector>

#include <reel/autograd/tensor.hpp>
#include <reel/core/unique_ptr.hpp>

namespace reel::nn {

namespace detail {

using TensorList = std::vector<Tensor>;

/// A hook of any kind. Its answer replaces what it stands for; an empty list leaves all as it is, and so does a tensor without a value.
class ModuleHookFunction {
 public:
  virtual ~ModuleHookFunction();
  virtual TensorList operator()(const TensorList& a, const TensorList& b) = 0;
};

/// Calls f, which answers nothing, a tensor, or a list.
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

/// A hook on a module, which stays until this handle ends, unless keep() lets it stay for as long as the module.
class [[nodiscard]] ModuleHook {
 public:
  ModuleHook() = default;
  ModuleHook(ModuleHook&& other) noexcept : hook_(std::exchange(other.hook_, nullptr)) {}
  ModuleHook& operator=(ModuleHook other) noexcept {
    std::swap(hook_, other.hook_);
    return *this;
  }
  ~ModuleHook() { remove(); }

  /// Takes the hook off; it is not called again, by calls of the module that were made before neither.
  void remove() noexcept;
  /// Lets go of the hook, which stays.
  void keep() noexcept;
  /// Whether this handle still has a hook.
  bool active() const { return hook_ != nullptr; }

  /// For Module.
  explicit ModuleHook(detail::ModuleHookHandle* hook) : hook_(hook) {}

 private:
  detail::ModuleHookHandle* hook_ = nullptr;
};

namespace detail {

/// The hooks of one module. They move with it; a copy has none, and assigning a module without any takes none off.
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
  /// Before it: hooks may replace the inputs.
  HookedCall(const Hooks& hooks, std::vector<Tensor*> inputs);
  ~HookedCall();
  HookedCall(const HookedCall&) = delete;
  HookedCall& operator=(const HookedCall&) = delete;
  /// After it: hooks may replace the results.
  void finish(const std::vector<Tensor*>& results);

 private:
  struct Backward;  // what the entries that it leaves on the tape know of the call
  struct Shared;
  HookTable& table_;
  TensorList seen_;             // the inputs
  UniquePtr<Shared> backward_;  // where there are backward hooks
};

}  // namespace detail

}  // namespace reel::nn
