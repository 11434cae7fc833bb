#pragma once
#include <cstddef>

#include <reel/core/unique_ptr.hpp>
#include <reel/nn/data/batches.hpp>

namespace reel::data {

/// Puts a pass's batches together ahead of their use, on a thread of its own, or, where the system gives no thread, when they are asked
/// for. The batches are the same as without. The Batches have to outlive it, and their order has to stay as it is.
class Prefetch {
 public:
  /// From batch `first` on, at most `depth` (1 or more) ahead.
  explicit Prefetch(const Batches& batches, std::size_t first = 0, std::size_t depth = 2, SourceLocation at = SourceLocation::here());
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;
  ~Prefetch();

  /// The next batch. Throws what putting it together threw, and tries again when it is called again; ShapeError after the last one.
  Batch next(SourceLocation at = SourceLocation::here());

 private:
  struct Worker;
  UniquePtr<Worker> worker_;
};

}  // namespace reel::data
