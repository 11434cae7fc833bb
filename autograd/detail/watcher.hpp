#pragma once
// The calls that the library makes to a debugger, if one is linked and watches (is_watched() in context.hpp). The library knows nothing
// else of the debugger.
#include <reel/autograd/tensor.hpp>

namespace reel::detail {

struct Node;

class Watcher {
 public:
  /// Whether this thread is computing for the debugger itself, which must not be reported.
  virtual bool is_pausing() const = 0;
  /// An op ran and returned `result`.
  virtual void recorded(const Tensor& result) = 0;
  /// The rule of the op that made `node` got `dy` and returned `gradient` for one of the op's inputs.
  virtual void applied(Node* node, const Tensor& dy, const Tensor& gradient) = 0;
  /// The gradients of `result` are about to be computed from `seed`; its history is still there.
  virtual void before_backward(const Tensor& result, const Tensor& seed) = 0;

 protected:
  ~Watcher() = default;
};

/// Set before `watchers` becomes positive for the first time, and never reset.
inline constinit Watcher* linked_watcher = nullptr;
/// The debugger. Must be called only if is_watched().
inline Watcher& watcher() { return *__atomic_load_n(&linked_watcher, __ATOMIC_ACQUIRE); }

}  // namespace reel::detail
