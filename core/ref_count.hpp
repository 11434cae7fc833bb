#pragma once
#include <cstddef>

namespace reel {

/// How many owners something has, safe from several threads. std::atomic would do, but <atomic> costs every user a twelfth of a second a
/// source file.
class RefCount {
 public:
  void add() { __atomic_fetch_add(&owners_, 1, __ATOMIC_RELAXED); }
  /// Returns whether that was the last one. Who is the only owner finds that out by reading: nobody is left who could add one meanwhile.
  bool remove() { return count() == 1 || __atomic_fetch_sub(&owners_, 1, __ATOMIC_ACQ_REL) == 1; }
  std::size_t count() const { return __atomic_load_n(&owners_, __ATOMIC_ACQUIRE); }

 private:
  std::size_t owners_ = 1;
};

}  // namespace reel
