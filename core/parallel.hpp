#pragma once
#include <cstddef>
#include <type_traits>

namespace reel {

/// Sets the number of threads that work on one parallel_for, including the calling thread. Throws Error for 0. Takes effect at the next
/// parallel_for. Results do not depend on it.
void set_num_threads(std::size_t n);

/// Returns the number set by set_num_threads(); by default the environment variable REEL_NUM_THREADS, or without it the number of hardware
/// threads. Throws Error when the variable is not a whole number of at least 1.
std::size_t num_threads();

namespace detail {

extern std::size_t thread_count;  // 0 until it is first needed; used atomically, though without <atomic> in a public header

using Piece = void (*)(void* context, std::size_t begin, std::size_t end);
void run_pieces(std::size_t n, std::size_t grain, Piece piece, void* context);
/// The number that num_threads() starts with.
std::size_t default_threads();

}  // namespace detail

/// Calls f(begin, end) for pieces that together cover [0, n) once, on several threads when n > grain. Every piece begins at a multiple of
/// `grain` (0 counts as 1); nothing else about the pieces is guaranteed. An f that computes each output from its own index alone (disjoint
/// outputs, no sum across a piece) gives the same bits for any number of threads. All threads use the caller's rounding mode, flushing of
/// denormal numbers and floating-point traps. f(0, n) runs in the calling thread when there is one thread, inside another parallel_for, and
/// while another thread's parallel_for uses the workers. An exception stops the remaining pieces; of several exceptions, that of the
/// earliest piece is rethrown, as in a serial loop.
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
