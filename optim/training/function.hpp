#pragma once
#include <concepts>
#include <type_traits>
#include <utility>

#include <reel/core/mistake.hpp>
#include <reel/core/unique_ptr.hpp>

namespace reel::optim {

/// A copyable function object for later calls, as std::function; empty by default. Including <functional> would cost every user a tenth of
/// a second per source file.
template <class Signature>
class Function;

template <class Result, class... Argument>
class Function<Result(Argument...)> {
 public:
  Function() = default;
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, Function> && std::is_invocable_r_v<Result, F&, Argument...>) Function(F function)
      : call_(new Holder<F>(std::move(function))) {}
  REEL_MISTAKE("the function takes or returns something else than what stands behind Function",
               Function(auto f) requires(!std::same_as<decltype(f), Function> &&
                                         !std::is_invocable_r_v<Result, decltype(f)&, Argument...>));
  Function(const Function& other) : call_(other ? other.call_->copy() : nullptr) {}
  Function(Function&&) noexcept = default;
  Function& operator=(Function other) noexcept {
    call_ = std::move(other.call_);
    return *this;
  }
  ~Function() = default;

  explicit operator bool() const { return static_cast<bool>(call_); }
  Result operator()(Argument... argument) const { return call_->call(std::forward<Argument>(argument)...); }

 private:
  struct Call {
    virtual ~Call() = default;
    virtual Result call(Argument... argument) = 0;
    virtual Call* copy() const = 0;
  };
  template <class F>
  struct Holder : Call {
    explicit Holder(F f) : function(std::move(f)) {}
    Result call(Argument... argument) override { return function(std::forward<Argument>(argument)...); }
    Call* copy() const override { return new Holder(function); }
    F function;
  };
  UniquePtr<Call> call_;
};

}  // namespace reel::optim
