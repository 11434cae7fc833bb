#include <reel/nn/data/prefetch.hpp>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include <fmt/format.h>

namespace reel::data {

struct Prefetch::Worker {
  struct Item {
    Batch batch;
    std::exception_ptr error;
  };

  Worker(const Batches& b, std::size_t first, std::size_t d)
      : batches(b), begin(first), end(b.size()), depth(d), thread([this] { work(); }) {}
  ~Worker() {
    {
      const std::lock_guard lock(mutex);
      stopped = true;
    }
    changed.notify_all();
    thread.join();
  }

  void work() {
    for (std::size_t i = begin; i < end; ++i) {
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return stopped || ready.size() < depth; });
        if (stopped) return;
      }
      Item item;
      try {
        item.batch = batches[i];
      } catch (...) {
        item.error = std::current_exception();
      }
      {
        const std::lock_guard lock(mutex);
        ready.push_back(std::move(item));
      }
      changed.notify_all();
    }
  }

  const Batches& batches;
  const std::size_t begin, end, depth;
  std::size_t taken = 0;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Item> ready;
  bool stopped = false;
  std::thread thread;  // the last member: it uses the others
};

Prefetch::Prefetch(const Batches& batches, std::size_t first, std::size_t depth) {
  if (depth == 0) throw Error("Prefetch: a depth of 0; it has to be at least 1");
  worker_ = Owned<Worker>(new Worker(batches, first, depth));
}

Prefetch::~Prefetch() = default;

Batch Prefetch::next() {
  Worker& w = *worker_;
  if (w.begin + w.taken >= w.end) throw ShapeError(fmt::format("Prefetch: batch {} of {} batches", w.begin + w.taken, w.end));
  Worker::Item item;
  {
    std::unique_lock lock(w.mutex);
    w.changed.wait(lock, [&] { return !w.ready.empty(); });
    item = std::move(w.ready.front());
    w.ready.pop_front();
    ++w.taken;
  }
  w.changed.notify_all();
  if (item.error) std::rethrow_exception(item.error);
  return std::move(item.batch);
}

}  // namespace reel::data
