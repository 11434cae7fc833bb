#pragma once
// What the library tells a debugger that is linked and looks (is_watched() in context.hpp); it knows nothing else of one.
#include <reel/autograd/tensor.hpp>

namespace reel::detail {

struct Node;

class Watcher {
 public:
  /// Whether this thread computes something for the debugger itself, of which it does not want to hear.
  virtual bool is_pausing() const = 0;
  /// An op ran; `result` is what it gave.
  virtual void recorded(const Tensor& result) = 0;
  /// The rule of the op that made `node` got `dy` and gave `gradient` for one of the op's inputs.
  virtual void applied(Node* node, const Tensor& dy, const Tensor& gradient) = 0;
  /// The gradients of `result` are about to be computed from `seed`; its history is still there.
  virtual void before_backward(const Tensor& result, const Tensor& seed) = 0;

 protected:
  ~Watcher() = default;
};

/// Set before `watchers` counts the first one that looks, and then for good.
inline constinit Watcher* linked_watcher = nullptr;
/// The debugger; only where is_watched().
inline Watcher& watcher() { return *__atomic_load_n(&linked_watcher, __ATOMIC_ACQUIRE); }

}  // namespace reel::detail
