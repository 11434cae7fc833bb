#pragma once
#include <type_traits>
#include <utility>

#include <reel/core/unique_ptr.hpp>

namespace reel {

/// A prepared change: it has been checked and owns all the memory that it needs, so commit() cannot fail. A Change that is destroyed
/// without commit() changes nothing. To change several objects, all or none, prepare all changes before the first commit().
class Change {
 public:
  /// Changes nothing.
  Change() = default;
  template <class F>
  requires std::is_nothrow_invocable_v<F&>
  explicit Change(F f) : step_(new StepOf<F>(std::move(f))) {}

  /// Makes the change, once.
  void commit() noexcept {
    if (step_) step_->make();
    step_ = {};
  }

 private:
  struct Step {
    virtual ~Step() = default;
    virtual void make() noexcept = 0;
  };
  template <class F>
  struct StepOf final : Step {
    explicit StepOf(F f) : function(std::move(f)) {}
    void make() noexcept override { function(); }
    F function;
  };
  UniquePtr<Step> step_;
};

}  // namespace reel
