#pragma once
#include <cstddef>
#include <type_traits>

namespace reel {

/// How many threads work on one parallel_for, the calling one included. Throws Error for 0. Takes effect at the next parallel_for.
/// Results do not depend on it.
void set_num_threads(std::size_t n);

/// As set; before that REEL_NUM_THREADS of the environment, else the number of hardware threads. Throws Error when the
/// variable is not a whole number of 1 or more.
std::size_t num_threads();

namespace detail {

extern std::size_t thread_count;  // 0 until somebody asks for it; used atomically, though without <atomic> in a public header

using Piece = void (*)(void* context, std::size_t begin, std::size_t end);
void run_pieces(std::size_t n, std::size_t grain, Piece piece, void* context);
/// The number that num_threads() starts with.
std::size_t default_threads();

}  // namespace detail

/// Calls f(begin, end) on pieces that cover [0, n) once each, on several threads when n > grain. Every piece begins at a
/// multiple of `grain` (0 counts as 1), and only that is promised: an f that computes each output from its own index alone
/// (disjoint outputs, no sum across a piece) gives the same bits for any number of threads. All threads round, flush denormal numbers and
/// trap as the caller does. Runs f(0, n) in the calling thread when
/// there is one thread, inside another parallel_for, and while another thread's parallel_for has the workers.
/// An exception stops the rest; of several, the one of the earliest piece is rethrown, as a serial loop would.
template <class F>
void parallel_for(std::size_t n, std::size_t grain, F&& f) {
  if (n <= grain || __atomic_load_n(&detail::thread_count, __ATOMIC_RELAXED) == 1) {
    if (n != 0) f(std::size_t{0}, n);
    return;
  }
  using Function = std::remove_reference_t<F>;
  detail::run_pieces(
      n, grain, [](void* context, std::size_t begin, std::size_t end) { (*static_cast<Function*>(context))(begin, end); },
      const_cast<void*>(static_cast<const void*>(&f)));
}

}  // namespace reel
