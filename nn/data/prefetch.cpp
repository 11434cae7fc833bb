#include <reel/nn/data/prefetch.hpp>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/format.h>

namespace reel::data {

/// Batches wait in a ring of fixed length, so that passing one on needs no memory. The worker ends at the first batch that it cannot
/// assemble; the caller then assembles this batch and those after it.
struct Prefetch::Worker {
  Worker(const Batches& b, std::size_t first, std::size_t depth)
      : batches(b), end(b.size()), next(first), ring(std::min(depth, std::max<std::size_t>(1, b.size()))) {
    try {
      thread = std::thread([this, first] { work(first); });
    } catch (const std::system_error&) {
      is_working = false;  // the system gives no more threads
    }
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    {
      const std::lock_guard lock(mutex);
      is_stopped = true;
    }
    changed.notify_all();
    if (thread.joinable()) thread.join();
  }

  void work(std::size_t first) noexcept {
    std::exception_ptr thrown;
    for (std::size_t i = first; i < end && !thrown; ++i) {
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return is_stopped || i - next < ring.size(); });
        if (is_stopped) return;
      }
      std::optional<Batch> batch;
      try {
        batch = batches[i];
      } catch (...) {
        thrown = std::current_exception();
      }
      const std::lock_guard lock(mutex);
      if (thrown) {
        error = thrown;
        is_working = false;
      } else {
        ring[i % ring.size()] = std::move(batch);
      }
      changed.notify_all();
    }
  }

  /// Batch `next`; empty if the worker ended before it.
  std::optional<Batch> take() {
    std::unique_lock lock(mutex);
    std::optional<Batch>& place = ring[next % ring.size()];
    changed.wait(lock, [&] { return place || !is_working; });
    std::optional<Batch> batch = std::move(place);
    place.reset();
    if (batch) {
      ++next;
      changed.notify_all();
    } else if (error) {
      std::rethrow_exception(std::exchange(error, nullptr));
    }
    return batch;
  }

  const Batches& batches;
  const std::size_t end;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t next;  // the batch that is handed out next
  std::vector<std::optional<Batch>> ring;
  std::exception_ptr error;
  bool is_working = true, is_stopped = false;
  std::thread thread;
};

Prefetch::Prefetch(const Batches& batches, std::size_t first, std::size_t depth, SourceLocation at) {
  detail::placed(at, [&] {
    if (require_count("Prefetch", "the depth", depth) == 0) throw Error("Prefetch: a depth of 0; it has to be at least 1");
  });
  worker_ = UniquePtr<Worker>(new Worker(batches, first, depth));
}

Prefetch::~Prefetch() = default;

Batch Prefetch::next(SourceLocation at) {
  Worker& w = *worker_;
  if (w.next >= w.end) detail::placed(at, [&] { throw ShapeError(fmt::format("Prefetch: batch {} of {} batches", w.next, w.end)); });
  return detail::placed(at, [&] {
    if (std::optional<Batch> batch = w.take()) return std::move(*batch);
    Batch batch = w.batches[w.next];
    ++w.next;
    return batch;
  });
}

}  // namespace reel::data
