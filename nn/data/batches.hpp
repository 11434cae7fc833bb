#pragma once
#include <reel/nn/data/dataset.hpp>

namespace reel::data {

struct BatchOptions {
  std::size_t batch_size = 32;
  /// In random order, a new one for each pass (manual_seed).
  bool shuffle = false;
  /// Leave out a last batch that is smaller than the others.
  bool drop_last = false;
};

struct Batch {
  Tensor features, targets;
  std::size_t size() const { return features.shape()[0]; }
};

/// Walks over a data set in batches; each begin() is a new pass. The data set has to outlive it.
///
///     for (const data::Batch& batch : data::Batches(train, {.batch_size = 10, .shuffle = true})) ...
class Batches {
 public:
  /// Throws Error for a batch size of 0, ShapeError when features and targets differ in length.
  explicit Batches(const Dataset& dataset, BatchOptions options = {});
  explicit Batches(const Dataset&& dataset, BatchOptions options = {}) = delete;

  /// How many batches a pass has.
  std::size_t size() const;
  /// Draws the order of the next pass.
  void shuffle();
  /// Batch i of the pass.
  Batch operator[](std::size_t i) const;

  class Iterator {
   public:
    Iterator(const Batches* batches, std::size_t i) : batches_(batches), i_(i) {}
    Batch operator*() const { return (*batches_)[i_]; }
    Iterator& operator++() {
      ++i_;
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.i_ == b.i_; }

   private:
    const Batches* batches_;
    std::size_t i_;
  };
  Iterator begin() {
    shuffle();
    return {this, 0};
  }
  Iterator end() const { return {this, size()}; }

 private:
  const Dataset* dataset_;
  BatchOptions options_;
  Array order_;
};

}  // namespace reel::data
