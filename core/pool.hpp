#pragma once
#include <cstddef>
#include <vector>

namespace reel::pool {

/// 64-byte aligned memory from the calling thread's free lists, or from the system where they have none.
/// Blocks come back with the same `bytes`, from any thread. Throws std::bad_alloc.
void* allocate(std::size_t bytes);
void deallocate(void* block, std::size_t bytes) noexcept;

/// Gives what the calling thread keeps for later back to the system.
void release_cached() noexcept;
/// Bytes that the calling thread keeps for later.
std::size_t cached_bytes() noexcept;

/// Bytes that the calling thread took and did not give back, and the most they were since reset_peak(). A block that another thread gives
/// back is subtracted there.
std::ptrdiff_t bytes_in_use() noexcept;
std::ptrdiff_t peak_bytes() noexcept;
void reset_peak() noexcept;

/// A std::vector whose elements lie in such memory.
template <class T>
struct Allocator {
  using value_type = T;
  Allocator() = default;
  template <class U>
  Allocator(const Allocator<U>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(pool::allocate(n * sizeof(T))); }
  void deallocate(T* elements, std::size_t n) noexcept { pool::deallocate(elements, n * sizeof(T)); }
  friend bool operator==(Allocator, Allocator) { return true; }
};
template <class T>
using Vector = std::vector<T, Allocator<T>>;

}  // namespace reel::pool
