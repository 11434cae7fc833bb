#pragma once
#include <cstddef>
#include <vector>

namespace reel::memory {

/// 64-byte aligned memory from free lists, or from the system where they have none. A thread keeps small blocks (up to 32 KB) for itself;
/// larger ones, and those beyond 32 MB, are kept for all threads, 256 MB in all. Blocks come back with the same `bytes`, from any thread.
/// Throws std::bad_alloc when the system has no memory even after the free lists were given back to it.
void* allocate(std::size_t bytes);
void deallocate(void* block, std::size_t bytes) noexcept;

/// Gives back to the system what is kept for the calling thread, and for all threads.
void release_cached() noexcept;
/// Bytes that are kept for the calling thread, and for all threads.
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
  T* allocate(std::size_t n) { return static_cast<T*>(memory::allocate(n * sizeof(T))); }
  void deallocate(T* elements, std::size_t n) noexcept { memory::deallocate(elements, n * sizeof(T)); }
  friend bool operator==(Allocator, Allocator) { return true; }
};
template <class T>
using Vector = std::vector<T, Allocator<T>>;

}  // namespace reel::memory

namespace reel {
/// Its name in version 0.1.
namespace [[deprecated("reel::pool is reel::memory now")]] pool {
using namespace memory;
}
}  // namespace reel
