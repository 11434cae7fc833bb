#include <reel/core/pool.hpp>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>

// Under AddressSanitizer every block goes to the system, or a use after free would find a recycled block and stay unseen.
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

namespace reel::pool {

namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t small_limit = 1024;                       // below it a class every 64 bytes, above it four an octave
constexpr std::size_t small_classes = small_limit / alignment;  // 64, 128, ..., 1024
constexpr std::size_t classes = small_classes + 4 * 40;
constexpr std::size_t cache_limit = std::size_t{256} << 20;  // what a thread may keep in all

struct SizeClass {
  std::size_t index, bytes;
};

SizeClass size_class(std::size_t bytes) {
  if (bytes <= small_limit) {
    const std::size_t index = bytes == 0 ? 0 : (bytes - 1) / alignment;
    return {index, (index + 1) * alignment};
  }
  const auto octave = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1;  // 2^octave < bytes <= 2^(octave + 1)
  const std::size_t quarter = (std::size_t{1} << octave) / 4;
  const std::size_t step = (bytes - 1 - (std::size_t{1} << octave)) / quarter;
  return {small_classes + (octave - 10) * 4 + step, (std::size_t{1} << octave) + (step + 1) * quarter};
}

struct Block {
  Block* next;
};

struct Cache {
  Block* free[classes];
  std::size_t bytes;
  std::ptrdiff_t in_use, peak;
  bool closed;  // set when the thread's destructors ran: what comes back later goes to the system
};

// Plain data, so that it outlives every destructor of the thread; Closer empties it.
thread_local constinit Cache cache{};

struct Closer {
  ~Closer() {
    release_cached();
    cache.closed = true;
  }
};

void keep_until_thread_ends() {
  thread_local const Closer closer;
  (void)closer;
}

}  // namespace

void* allocate(std::size_t bytes) {
  const SizeClass c = size_class(bytes);
  cache.in_use += static_cast<std::ptrdiff_t>(c.bytes);
  cache.peak = std::max(cache.peak, cache.in_use);
  if constexpr (!REEL_POOL_BYPASS) {
    if (c.index < classes) {
      if (Block* block = cache.free[c.index]) {
        cache.free[c.index] = block->next;
        cache.bytes -= c.bytes;
        return block;
      }
    }
  }
  void* block = std::aligned_alloc(alignment, c.bytes);
  if (!block) throw std::bad_alloc();
  return block;
}

void deallocate(void* block, std::size_t bytes) noexcept {
  if (!block) return;
  const SizeClass c = size_class(bytes);
  cache.in_use -= static_cast<std::ptrdiff_t>(c.bytes);
  if (REEL_POOL_BYPASS || c.index >= classes || cache.closed || cache.bytes + c.bytes > cache_limit) {
    std::free(block);
    return;
  }
  if (cache.bytes == 0) keep_until_thread_ends();
  auto* const kept = static_cast<Block*>(block);
  kept->next = cache.free[c.index];
  cache.free[c.index] = kept;
  cache.bytes += c.bytes;
}

void release_cached() noexcept {
  for (Block*& head : cache.free) {
    while (head) {
      Block* const next = head->next;
      std::free(head);
      head = next;
    }
  }
  cache.bytes = 0;
}

std::size_t cached_bytes() noexcept { return cache.bytes; }

std::ptrdiff_t bytes_in_use() noexcept { return cache.in_use; }
std::ptrdiff_t peak_bytes() noexcept { return cache.peak; }
void reset_peak() noexcept { cache.peak = cache.in_use; }

}  // namespace reel::pool
