#include <reel/core/memory.hpp>

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

// Under AddressSanitizer every block goes back to the system; otherwise a use after free would access a recycled block and stay undetected.
#if defined(__SANITIZE_ADDRESS__)
#define REEL_POOL_BYPASS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define REEL_POOL_BYPASS 1
#endif
#endif
#ifndef REEL_POOL_BYPASS
#define REEL_POOL_BYPASS 0
#endif

namespace reel::memory {

namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t small_limit = 1024;                       // below it one class per 64 bytes, above it four per octave
constexpr std::size_t small_classes = small_limit / alignment;  // 64, 128, ..., 1024
constexpr std::size_t classes = small_classes + 4 * 40;
constexpr std::size_t own_block = std::size_t{1} << 15;      // the largest block that a thread keeps for itself
constexpr std::size_t own_limit = std::size_t{32} << 20;     // what a thread keeps for itself in all
constexpr std::size_t depot_limit = std::size_t{256} << 20;  // what is kept for all threads

struct SizeClass {
  std::size_t index, bytes;
};

constexpr SizeClass size_class(std::size_t bytes) {
  if (bytes <= small_limit) {
    const std::size_t index = bytes == 0 ? 0 : (bytes - 1) / alignment;
    return {index, (index + 1) * alignment};
  }
  const auto octave = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1;  // 2^octave < bytes <= 2^(octave + 1)
  const std::size_t step = (bytes - 1 - (std::size_t{1} << octave)) >> (octave - 2);
  return {small_classes + (octave - 10) * 4 + step, (std::size_t{1} << octave) + ((step + 1) << (octave - 2))};
}

/// Free blocks of the first size classes.
template <std::size_t Classes>
struct FreeLists {
  struct Block {
    Block* next;
  };
  Block* first[Classes];
  std::size_t bytes;

  void* take(SizeClass c) noexcept {
    Block* const block = first[c.index];
    if (!block) return nullptr;
    first[c.index] = block->next;
    bytes -= c.bytes;
    return block;
  }
  void put(void* block, SizeClass c) noexcept {
    first[c.index] = new (block) Block{first[c.index]};
    bytes += c.bytes;
  }
  void release() noexcept {
    for (Block*& head : first)
      while (head) std::free(std::exchange(head, head->next));
    bytes = 0;
  }
};

/// Free blocks for all threads. A block that one thread allocates and another deallocates (a prefetched batch) returns to the first thread
/// through this depot, instead of filling lists from which nothing is taken. The lock costs little, because filling a block of this size
/// takes longer.
class Depot {
 public:
  void* take(SizeClass c) noexcept {
    if (c.bytes <= own_block && !has_small_.load(std::memory_order_relaxed)) return nullptr;
    const std::lock_guard lock(mutex_);
    return lists_.take(c);
  }
  /// Returns whether there was room.
  bool put(void* block, SizeClass c) noexcept {
    const std::lock_guard lock(mutex_);
    if (lists_.bytes + c.bytes > depot_limit) return false;
    if (!is_fork_safe_) is_fork_safe_ = pthread_atfork(before_fork, after_fork, after_fork) == 0;
    if (c.bytes <= own_block) has_small_.store(true, std::memory_order_relaxed);
    lists_.put(block, c);
    return true;
  }
  void release() noexcept {
    const std::lock_guard lock(mutex_);
    has_small_.store(false, std::memory_order_relaxed);
    lists_.release();
  }
  std::size_t bytes() noexcept {
    const std::lock_guard lock(mutex_);
    return lists_.bytes;
  }

 private:
  static void before_fork();
  static void after_fork();

  std::mutex mutex_;
  FreeLists<classes> lists_{};
  std::atomic<bool> has_small_{false};
  bool is_fork_safe_ = false;  // the child of a fork must find the lists complete and the lock free
};

// Outlives all destructors.
constinit Depot depot;

void Depot::before_fork() { depot.mutex_.lock(); }
void Depot::after_fork() { depot.mutex_.unlock(); }

struct Cache {
  FreeLists<size_class(own_block).index + 1> lists;
  std::ptrdiff_t in_use, peak;
  bool closed;  // set when the thread's destructors ran: what comes back later does not stay here
};

// Plain data, so that it outlives every destructor of the thread; Closer empties it. initial-exec: accessed without a call even from
// position-independent code. A library that is loaded at run time has little room for such variables; this one takes 320 bytes.
[[gnu::tls_model("initial-exec")]] thread_local constinit Cache cache{};

struct Closer {
  ~Closer() {
    cache.lists.release();
    cache.closed = true;
  }
};

void keep_until_thread_ends() {
  thread_local const Closer closer;
  (void)closer;
}

void* find_block(SizeClass c) noexcept {
  if constexpr (!REEL_POOL_BYPASS) {
    if (c.bytes <= own_block)
      if (void* const block = cache.lists.take(c)) return block;
    if (c.index < classes)
      if (void* const block = depot.take(c)) return block;
  }
  if (void* const block = std::aligned_alloc(alignment, c.bytes)) return block;
  release_cached();
  return std::aligned_alloc(alignment, c.bytes);
}

}  // namespace

void* allocate(std::size_t bytes) {
  const SizeClass c = size_class(bytes);
  void* const block = find_block(c);
  if (!block) throw std::bad_alloc();
  cache.in_use += static_cast<std::ptrdiff_t>(c.bytes);
  cache.peak = std::max(cache.peak, cache.in_use);
  return block;
}

void deallocate(void* block, std::size_t bytes) noexcept {
  if (!block) return;
  const SizeClass c = size_class(bytes);
  cache.in_use -= static_cast<std::ptrdiff_t>(c.bytes);
  if constexpr (!REEL_POOL_BYPASS) {
    if (c.bytes <= own_block && cache.lists.bytes + c.bytes <= own_limit && !cache.closed) {
      if (cache.lists.bytes == 0) keep_until_thread_ends();
      return cache.lists.put(block, c);
    }
    if (c.index < classes && depot.put(block, c)) return;
  }
  std::free(block);
}

void release_cached() noexcept {
  cache.lists.release();
  depot.release();
}

std::size_t cached_bytes() noexcept { return cache.lists.bytes + depot.bytes(); }

std::ptrdiff_t bytes_in_use() noexcept { return cache.in_use; }
std::ptrdiff_t peak_bytes() noexcept { return cache.peak; }
void reset_peak() noexcept { cache.peak = cache.in_use; }

}  // namespace reel::memory
