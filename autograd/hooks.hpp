#pragma once
#include <type_traits>

#include <reel/autograd/tensor.hpp>
#include <reel/core/unique_ptr.hpp>

namespace reel {

namespace detail {

class HookFunction {
 public:
  virtual ~HookFunction();
  virtual Tensor operator()(const Tensor& gradient) = 0;
};

template <class F>
class HookFunctionOf final : public HookFunction {
 public:
  explicit HookFunctionOf(F f) : f_(std::move(f)) {}
  Tensor operator()(const Tensor& gradient) override {
    if constexpr (std::is_void_v<decltype(f_(gradient))>) {
      f_(gradient);
      return none;
    } else {
      return f_(gradient);
    }
  }

 private:
  F f_;
};

struct HookHandle;

}  // namespace detail

/// Owns a hook: the hook is removed when this handle is destroyed, unless keep() lets it stay as long as the tensor.
class [[nodiscard]] GradientHook {
 public:
  GradientHook() = default;
  GradientHook(GradientHook&& other) noexcept : hook_(std::exchange(other.hook_, nullptr)) {}
  GradientHook& operator=(GradientHook other) noexcept {
    std::swap(hook_, other.hook_);
    return *this;
  }
  ~GradientHook() { remove(); }

  /// Removes the hook; it is not called again.
  void remove() noexcept;
  /// Releases the hook, which then stays as long as the tensor.
  void keep() noexcept;
  /// Whether this handle still has a hook.
  bool active() const { return hook_ != nullptr; }

  /// For the engine.
  explicit GradientHook(detail::HookHandle* hook) : hook_(hook) {}

 private:
  detail::HookHandle* hook_ = nullptr;
};

namespace detail {

GradientHook add_hook(const Tensor& x, UniquePtr<HookFunction> f, SourceLocation at);

}  // namespace detail

/// Calls hook(gradient) whenever backward() or gradients() reaches this tensor, with the complete gradient, before the gradient goes on to
/// the tensor's inputs, into a parameter or into the result. A hook that returns a tensor replaces the gradient; a hook that returns void,
/// or none, leaves it unchanged. Several hooks are called in the order in which they were added, each with the gradient that the previous
/// one left. In a differentiable sweep the computations of a hook are differentiable too. No hook is called where a sweep does not need
/// this tensor's gradient, and in jvp().
///
/// A parameter keeps its hooks when its value changes. A hook that captures its own tensor keeps that tensor alive until the hook is
/// removed. Hooks may be added and removed while other threads differentiate, except for a tensor's first hook. Throws GradientError when
/// the tensor is a constant; during the sweep, when the hook throws or returns a gradient of another shape or dtype.
template <class F>
GradientHook on_gradient(const Tensor& x, F hook, SourceLocation at = SourceLocation::here()) {
  return detail::add_hook(x, UniquePtr<detail::HookFunction>(new detail::HookFunctionOf<F>(std::move(hook))), at);
}

}  // namespace reel
