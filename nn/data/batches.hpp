#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include <reel/core/change.hpp>
#include <reel/core/mistake.hpp>
#include <reel/nn/data/dataset.hpp>

namespace reel::data {

struct BatchOptions {
  /// Number of samples per batch, 1 or more.
  std::size_t batch_size = 32;
  /// Whether samples come in random order, a new order for each pass (manual_seed).
  bool shuffle = false;
  /// Whether a last batch that is smaller than the others is left out.
  bool drop_last = false;
};

/// The samples of one batch, along the first axis.
struct Batch {
  Tensor features, targets;
  std::size_t size() const { return features.shape()[0]; }
};

/// Iterates over a data set in batches. Each begin() starts a new pass, except for the first one after load_state(), which continues the
/// saved pass. A loop that is left by break, return or an exception has ended its pass, and epoch() counts it; a state that is saved
/// afterwards still continues within that pass. The data set has to outlive the Batches.
///
///     data::Batches batches(train, {.batch_size = 10, .shuffle = true});
///     while (batches.epoch() < 5)
///       for (const data::Batch& batch : batches) ...
class Batches {
 public:
  /// Throws Error for a batch size of 0, ShapeError when features and targets differ in length.
  explicit Batches(const Dataset& dataset, BatchOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(BatchOptions, explicit Batches(const Dataset&, ...));
  explicit Batches(const Dataset&& dataset, BatchOptions options = {}, SourceLocation at = SourceLocation::here()) = delete;

  /// The number of batches in a pass.
  std::size_t size() const;
  std::size_t batch_size() const { return options_.batch_size; }
  /// Begins a pass: draws the order of its samples.
  void shuffle();
  /// Batch i of the present pass.
  Batch operator[](std::size_t i) const;

  /// The number of passes that have ended: finished, or left early.
  std::int64_t epoch() const { return epoch_ + (is_left_ ? 1 : 0); }
  /// The number of batches that the present pass has handed out.
  std::size_t position() const { return position_; }
  /// Sets position(), for loops that index batches instead of using begin().
  void set_position(std::size_t position);

  /// The order of the present pass, its position, and the number of earlier passes, by name.
  std::map<std::string, Tensor> state() const;
  /// Loads the whole state, or nothing; throws Error for a state of another number of samples, and for an incomplete one.
  void load_state(const std::map<std::string, Tensor>& state, SourceLocation at = SourceLocation::here());
  /// The first half of load_state(): throws where the state does not fit, and changes nothing. The second half, which cannot fail, is the
  /// change's commit().
  Change prepare_load(const std::map<std::string, Tensor>& state);

  /// Destroying the iterator that begin() returned ends the pass; destroying its copies does not.
  class Iterator {
   public:
    Iterator(Batches* batches, std::size_t i, std::uint64_t pass = 0) : batches_(batches), i_(i), pass_(pass) {}
    Iterator(const Iterator& other) : Iterator(other.batches_, other.i_) {}
    Iterator(Iterator&& other) noexcept : Iterator(other.batches_, other.i_, std::exchange(other.pass_, 0)) {}
    Iterator& operator=(Iterator other) noexcept {
      std::swap(batches_, other.batches_);
      std::swap(i_, other.i_);
      std::swap(pass_, other.pass_);
      return *this;
    }
    ~Iterator() {
      if (pass_ != 0) batches_->leave(pass_);
    }
    Batch operator*() const {
      Batch batch = (*batches_)[i_];
      batches_->set_position(i_ + 1);
      return batch;
    }
    Iterator& operator++() {
      ++i_;
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.i_ == b.i_; }

   private:
    Batches* batches_;
    std::size_t i_;
    std::uint64_t pass_;  // the pass that this iterator ends; 0: none
  };
  Iterator begin() {
    const std::size_t first = start_pass();
    return {this, first, pass_};
  }
  Iterator end() { return {this, size()}; }
  /// As begin(), for loops that index batches: begins a pass, or continues a loaded one. Returns the index of the first batch.
  std::size_t start_pass();

 private:
  /// Notes that the loop over this pass has ended, perhaps before its last batch.
  void leave(std::uint64_t pass) {
    if (pass == pass_ && position_ > 0 && position_ < size()) is_left_ = true;
  }

  const Dataset* dataset_;
  BatchOptions options_;
  Array order_;
  std::size_t position_ = 0;
  std::int64_t epoch_ = 0;
  bool is_resumed_ = false;
  bool is_left_ = false;
  std::uint64_t pass_ = 0;  // the present one
};

}  // namespace reel::data
