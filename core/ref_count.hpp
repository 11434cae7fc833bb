#pragma once
#include <cstddef>

namespace reel {

/// A thread-safe count of owners, which begins at 1. std::atomic would do, but <atomic> costs every user a twelfth of a second per source
/// file.
class RefCount {
 public:
  void add() { __atomic_fetch_add(&owners_, 1, __ATOMIC_RELAXED); }
  /// Removes one owner and returns whether it was the last one. If the count is 1, reading it is enough: no other owner exists that could
  /// add one meanwhile.
  bool remove() { return count() == 1 || __atomic_fetch_sub(&owners_, 1, __ATOMIC_ACQ_REL) == 1; }
  std::size_t count() const { return __atomic_load_n(&owners_, __ATOMIC_ACQUIRE); }

 private:
  std::size_t owners_ = 1;
};

}  // namespace reel
