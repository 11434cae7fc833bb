#include <reel/core/parallel.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <reel/core/detail/float_environment.hpp>
#include <reel/core/detail/whole_number.hpp>
#include <reel/core/error.hpp>

namespace reel {

namespace detail {
constinit std::size_t thread_count = 0;
}

namespace {

constexpr std::size_t max_workers = 255;
constexpr std::size_t pieces_per_thread = 4;  // so that a thread that the system holds up does not hold up all

/// Each thread begins with its own pieces, the same ones in every job of this size, so that the elements that it wrote in one job are still
/// in its cache in the next; then it helps the others with theirs.
struct Job {
  const detail::Piece function;
  void* const context;
  const std::size_t n, length, pieces, threads;
  const detail::FloatEnvironment environment = detail::FloatEnvironment::current();  // of the caller, for all that work on it
  std::atomic<std::size_t> claimed[max_workers + 1];
  // Pieces from here on are left out after an exception; all before it still run, so that the earliest exception is always found.
  std::atomic<std::size_t> end;
  std::mutex error_mutex;
  std::exception_ptr error;

  Job(detail::Piece function_, void* context_, std::size_t n_, std::size_t length_, std::size_t threads_)
      : function(function_), context(context_), n(n_), length(length_), pieces((n_ - 1) / length_ + 1), threads(threads_), end(pieces) {
    for (std::size_t i = 0; i < threads; ++i) claimed[i].store(0, std::memory_order_relaxed);
  }

  void work(std::size_t thread) noexcept {
    for (std::size_t i = 0; i < threads; ++i) {
      const std::size_t owner = (thread + i) % threads, first = owner * pieces / threads, last = (owner + 1) * pieces / threads;
      for (std::size_t piece; (piece = first + claimed[owner].fetch_add(1, std::memory_order_relaxed)) < last;) run(piece);
    }
  }

 private:
  void run(std::size_t piece) noexcept {
    if (piece >= end.load(std::memory_order_relaxed)) return;
    try {
      const std::size_t begin = piece * length;
      function(context, begin, n - begin < length ? n : begin + length);
    } catch (...) {
      const std::lock_guard lock(error_mutex);
      if (piece >= end.load(std::memory_order_relaxed)) return;
      end.store(piece, std::memory_order_relaxed);
      error = std::current_exception();
    }
  }
};

/// Spins for about 200 µs until `ready`. Waking a sleeping thread takes as long as a whole job often does, and jobs come in quick
/// succession.
template <class Ready>
void spin(const Ready& ready) {
  for (int i = 0; i < 4800 && !ready(); ++i) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
  }
}

/// Workers that help with one job at a time. A job waits only for the workers that joined it, never for one that has yet to wake.
class Pool {
 public:
  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (std::size_t i = 0; i < started_; ++i) workers_[i].join();
  }

  void run(Job& job, std::size_t helpers) {
    grow(helpers);
    std::size_t asleep;
    {
      const std::lock_guard lock(mutex_);
      job_ = &job;
      openings_ = helpers;
      asleep = std::min(helpers, asleep_);
    }
    for (std::size_t i = 0; i < asleep; ++i) wake_.notify_one();
    job.work(0);
    {
      const std::lock_guard lock(mutex_);
      openings_ = 0;
    }
    spin([this] { return active_ == 0; });
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return active_ == 0; });
  }

 private:
  void grow(std::size_t helpers) {
    try {
      for (; started_ < std::min(helpers, max_workers); ++started_)
        workers_[started_] = std::thread([this, thread = started_ + 1] { serve(thread); });
    } catch (...) {
      // The system has no more threads, or no memory for one; the existing threads and the caller do all the work.
    }
  }

  void serve(std::size_t thread) {
    const auto wanted = [this] { return stop_ || openings_ > 0; };
    for (;;) {
      spin(wanted);
      std::unique_lock lock(mutex_);
      ++asleep_;
      wake_.wait(lock, wanted);
      --asleep_;
      if (stop_) return;
      --openings_;
      ++active_;
      Job& job = *job_;
      lock.unlock();
      job.environment.apply();
      job.work(thread);
      lock.lock();
      if (--active_ == 0) idle_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::array<std::thread, max_workers> workers_;
  std::size_t started_ = 0;
  Job* job_ = nullptr;
  std::size_t asleep_ = 0;
  // Changed under the mutex only; atomic for the threads that spin.
  std::atomic<std::size_t> openings_{0};  // how many workers may still join the job
  std::atomic<std::size_t> active_{0};
  std::atomic<bool> stop_{false};
};

// The thread that has set it uses the thread pool; all other calls, including nested ones, run serially.
constinit std::atomic<bool> busy{false};
constinit Pool* pool = nullptr;
constinit pid_t pool_process = 0;

struct Release {
  ~Release() { busy.store(false, std::memory_order_release); }
};

// Stays busy for ever, so that computations in other destructors run serially. The child of a fork has no workers to join.
void join_at_exit() {
  if (!busy.exchange(true, std::memory_order_acquire) && pool_process == getpid()) delete pool;
}

/// Returns null if there is no memory for it.
Pool* the_pool() {
  if (pool && pool_process == getpid()) return pool;
  static const int registered = std::atexit(join_at_exit);
  static_cast<void>(registered);
  Pool* const made = new (std::nothrow) Pool;  // in a fork's child the parent's is left alone: its threads and locks are not here
  if (!made) return nullptr;
  pool = made;
  pool_process = getpid();
  return pool;
}

}  // namespace

void set_num_threads(std::size_t n) {
  if (n == 0) throw Error("set_num_threads: n is 0; the calling thread counts, so n is 1 or more");
  std::atomic_ref(detail::thread_count).store(n, std::memory_order_relaxed);
}

std::size_t num_threads() {
  std::size_t n = std::atomic_ref(detail::thread_count).load(std::memory_order_relaxed);
  if (n != 0) return n;
  const std::size_t decided = detail::default_threads();
  return std::atomic_ref(detail::thread_count).compare_exchange_strong(n, decided, std::memory_order_relaxed) ? decided : n;
}

namespace detail {

std::size_t default_threads() {
  const char* const variable = std::getenv("REEL_NUM_THREADS");
  if (!variable || !*variable) return std::max(1U, std::thread::hardware_concurrency());
  const std::string_view text = variable;
  const std::optional<std::size_t> n = whole_number(text);
  if (!n || *n == 0) throw Error(fmt::format("REEL_NUM_THREADS is \"{}\"; it must be a whole number of 1 or more", text));
  return *n;
}

void run_pieces(std::size_t n, std::size_t grain, Piece piece, void* data) {
  grain = std::max<std::size_t>(grain, 1);
  const std::size_t grains = (n - 1) / grain + 1;
  const std::size_t threads = std::min({num_threads(), grains, max_workers + 1});
  if (threads == 1 || busy.exchange(true, std::memory_order_acquire)) return piece(data, 0, n);
  const Release release;
  Pool* const workers = the_pool();
  if (!workers) return piece(data, 0, n);
  const std::size_t length = std::max<std::size_t>(1, grains / (threads * pieces_per_thread)) * grain;
  Job job(piece, data, n, length, threads);
  workers->run(job, threads - 1);
  if (job.error) std::rethrow_exception(job.error);
}

}  // namespace detail

}  // namespace reel
