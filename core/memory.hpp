#pragma once
#include <cstddef>
#include <vector>

namespace reel::memory {

/// Returns 64-byte aligned memory from free lists, or from the system if the lists have no such block. Each thread keeps up to 32 MB of
/// small blocks (up to 32 KB each) for itself; all other blocks are kept for all threads, up to 256 MB. A block is deallocated with the
/// same `bytes`, by any thread. Throws std::bad_alloc when the system has no memory even after the free lists were given back to it.
void* allocate(std::size_t bytes);
void deallocate(void* block, std::size_t bytes) noexcept;

/// Returns the memory that is kept for the calling thread, and for all threads, to the system.
void release_cached() noexcept;
/// Bytes that are kept for the calling thread, and for all threads.
std::size_t cached_bytes() noexcept;

/// bytes_in_use() is the number of bytes that the calling thread allocated less those that it deallocated; peak_bytes() is its largest
/// value since reset_peak(). A block that another thread deallocates is subtracted in that thread.
std::ptrdiff_t bytes_in_use() noexcept;
std::ptrdiff_t peak_bytes() noexcept;
void reset_peak() noexcept;

/// An allocator for standard containers that uses this memory; Vector is a std::vector with it.
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
/// The name of reel::memory in version 0.1.
namespace [[deprecated("reel::pool is reel::memory now")]] pool {
using namespace memory;
}
}  // namespace reel
