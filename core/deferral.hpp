#pragma once
#include <cstddef>
#include <limits>

namespace reel {

inline constexpr std::size_t never_deferred = std::numeric_limits<std::size_t>::max();

/// From how many bytes on the result of an elementwise op is deferred: it is computed when somebody reads its elements, together with what
/// it is made of, block by block, so that memory is passed over once for a chain of ops. Values are the same bits in either case. A
/// deferred result that only sums and the like read is never stored. With `never_deferred` each op computes at once, as a profiler or a
/// debugger of another make may want it. Takes effect at the next op.
void set_deferral_bytes(std::size_t bytes);

namespace detail {

extern std::size_t deferral;  // 0 until somebody asks for it; used atomically, though without <atomic> in a public header
std::size_t default_deferral();

}  // namespace detail

/// As set; before that REEL_DEFERRAL_BYTES of the environment ("never", or a whole number), else half a megabyte. Throws Error when
/// the variable is neither.
inline std::size_t deferral_bytes() {
  const std::size_t bytes = __atomic_load_n(&detail::deferral, __ATOMIC_RELAXED);
  return bytes != 0 ? bytes : detail::default_deferral();
}

/// Another deferral_bytes() as long as it lives; of all threads.
class DeferralScope {
 public:
  explicit DeferralScope(std::size_t bytes) : before_(deferral_bytes()) { set_deferral_bytes(bytes); }
  ~DeferralScope() { set_deferral_bytes(before_); }
  DeferralScope(const DeferralScope&) = delete;
  DeferralScope& operator=(const DeferralScope&) = delete;

 private:
  std::size_t before_;
};

}  // namespace reel
