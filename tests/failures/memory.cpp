#include "memory.hpp"

#include <atomic>
#include <cstdlib>
#include <new>
#include <utility>

namespace failing {

namespace {

std::atomic<bool> armed{false}, refused{false};
std::atomic<Mode> mode{Mode::once};
std::atomic<long> left{0}, blocks{0};
thread_local bool refuses_again = false;

bool is_refused() noexcept {
  if (!armed.load(std::memory_order_relaxed)) return false;
  const long n = left.fetch_sub(1, std::memory_order_relaxed);
  if (n > 1 || (n < 1 && mode.load(std::memory_order_relaxed) != Mode::for_good)) return false;
  refused.store(true, std::memory_order_relaxed);
  return true;
}

/// The pool's: it asks again at once.
bool is_refused_block() noexcept {
  if (std::exchange(refuses_again, false)) return true;
  if (!is_refused()) return false;
  refuses_again = mode.load(std::memory_order_relaxed) == Mode::once;
  return true;
}

void* take(std::size_t bytes) noexcept {
  if (is_refused()) return nullptr;
  void* const block = std::malloc(bytes == 0 ? 1 : bytes);
  if (block) blocks.fetch_add(1, std::memory_order_relaxed);
  return block;
}

void give_back(void* block) noexcept {
  if (!block) return;
  blocks.fetch_sub(1, std::memory_order_relaxed);
  std::free(block);
}

}  // namespace

void arm(long n, Mode new_mode) {
  left = n;
  mode = new_mode;
  refused = false;
  armed = true;
}

bool disarm() {
  armed = false;
  refuses_again = false;
  return refused;
}

long live() { return blocks; }

}  // namespace failing

extern "C" void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  if (failing::is_refused_block()) return nullptr;
  void* block = nullptr;
  return ::posix_memalign(&block, alignment, bytes) == 0 ? block : nullptr;
}

void* operator new(std::size_t bytes) {
  if (void* const block = failing::take(bytes)) return block;
  throw std::bad_alloc();
}
void* operator new[](std::size_t bytes) { return operator new(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return failing::take(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return failing::take(bytes); }
void operator delete(void* block) noexcept { failing::give_back(block); }
void operator delete[](void* block) noexcept { failing::give_back(block); }
void operator delete(void* block, std::size_t) noexcept { failing::give_back(block); }
void operator delete[](void* block, std::size_t) noexcept { failing::give_back(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { failing::give_back(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { failing::give_back(block); }
