#pragma once
#include <cstdint>

#if defined(__x86_64__) || defined(__i386__)
#include <xmmintrin.h>
#elif !defined(__aarch64__)
#include <cfenv>
#endif

namespace reel::detail {

/// The rounding mode of a thread's floating-point arithmetic, whether denormal numbers are flushed to zero, and which exceptions are
/// trapped. Every thread has its own. The flags of past exceptions are not part of it.
class FloatEnvironment {
 public:
  /// Returns the environment of the calling thread.
  static FloatEnvironment current() {
    FloatEnvironment e;
#if defined(__x86_64__) || defined(__i386__)
    e.bits_ = _mm_getcsr() & ~flags;
    __asm__("fnstcw %0" : "=m"(e.x87_));  // long double, and what fesetround() sets as well
#elif defined(__aarch64__)
    __asm__ volatile("mrs %0, fpcr" : "=r"(e.bits_));
#else
    e.bits_ = std::fegetround();
#endif
    return e;
  }

  /// Sets the environment of the calling thread.
  void apply() const {
    if (*this == current()) return;
#if defined(__x86_64__) || defined(__i386__)
    _mm_setcsr(bits_ | (_mm_getcsr() & flags));
    __asm__ volatile("fldcw %0" : : "m"(x87_));
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(bits_));
#else
    std::fesetround(bits_);
#endif
  }

  friend bool operator==(const FloatEnvironment&, const FloatEnvironment&) = default;

 private:
#if defined(__x86_64__) || defined(__i386__)
  static constexpr unsigned flags = 0x3f;
  unsigned bits_ = 0;
  std::uint16_t x87_ = 0;
#elif defined(__aarch64__)
  std::uint64_t bits_ = 0;
#else
  int bits_ = 0;
#endif
};

}  // namespace reel::detail
