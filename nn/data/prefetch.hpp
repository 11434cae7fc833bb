#pragma once
#include <cstddef>

#include <reel/core/unique_ptr.hpp>
#include <reel/nn/data/batches.hpp>

namespace reel::data {

/// Assembles the batches of a pass in advance, on a thread of its own; where the system gives no thread, each batch is assembled when it is
/// asked for. The batches are the same as without Prefetch. The Batches have to outlive it, and their order must not change.
class Prefetch {
 public:
  /// Starts at batch `first` and keeps at most `depth` batches ready, 1 or more.
  explicit Prefetch(const Batches& batches, std::size_t first = 0, std::size_t depth = 2, SourceLocation at = SourceLocation::here());
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;
  ~Prefetch();

  /// The next batch. An exception from assembling it is thrown here; the next call tries again. Throws ShapeError after the last batch.
  Batch next(SourceLocation at = SourceLocation::here());

 private:
  struct Worker;
  UniquePtr<Worker> worker_;
};

}  // namespace reel::data
