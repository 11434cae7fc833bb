#pragma once
#include <optional>
#include <string>

#include <reel/core/mistake.hpp>
#include <reel/nn/module.hpp>
#include <reel/optim/schedules/scheduler.hpp>
#include <reel/optim/training/function.hpp>
#include <reel/optim/training/history.hpp>

namespace reel::metrics {
class Metric;
}

namespace reel::optim {

class Trainer;

/// What a callback is told after an epoch.
struct EpochReport {
  std::size_t epoch;   ///< counted from 1
  std::size_t epochs;  ///< that were asked for
  const Score& training;
  const Score* validation;                                ///< null without validation data
  const std::vector<metrics::Metric>* metrics = nullptr;  ///< the trainer's

  /// "loss", "val_loss", or a metric's name, with "val_" for the validation data. Throws Error for one that is not there, with those that
  /// are.
  double value(const std::string& name) const;
  /// Whether a larger number of this name is better: a metric's own word, and no for losses. Empty where nobody said it.
  std::optional<bool> larger_is_better(const std::string& name) const;
};

/// Takes part in fit(). Every function may call Trainer::stop(), which ends the training after the present epoch. What a callback throws
/// leaves fit() as an Error with its place: a class of Error stays what it is, and any other exception becomes an Error that
/// says whose it was.
class Callback {
 public:
  Callback() = default;
  virtual ~Callback();
  virtual void on_train_begin(Trainer&) {}
  virtual void on_epoch_begin(Trainer&, std::size_t /*epoch*/) {}
  /// After each batch, with its number from 1 and its loss.
  virtual void on_batch_end(Trainer&, std::size_t /*batch*/, double /*loss*/) {}
  virtual void on_epoch_end(Trainer&, const EpochReport&) {}
  /// After on_epoch_end() of all callbacks: for what has to see their state.
  virtual void on_epoch_done(Trainer&, const EpochReport&) {}
  virtual void on_train_end(Trainer&, const History&) {}
  /// For a loss that is NaN or infinite, before any step along it. Whether the training ends here; otherwise fit() throws.
  virtual bool on_nonfinite_loss(Trainer&, std::size_t /*epoch*/, std::size_t /*batch*/, double /*loss*/) { return false; }

  /// What a training that goes on from a checkpoint needs of it; load_state() is called after on_train_begin().
  virtual State state() const { return {}; }
  virtual void load_state(const State&) {}

 protected:
  Callback(const Callback&) = default;  // as what it is: through a Callback& half of it would be lost
  Callback& operator=(const Callback&) = default;
  Callback(Callback&&) = default;
  Callback& operator=(Callback&&) = default;
};

struct EarlyStoppingOptions {
  std::string monitor = "val_loss";
  /// Epochs without an improvement after which the training ends.
  std::size_t patience = 0;
  /// What counts as an improvement.
  double min_delta = 0;
  /// Larger is better. Where it is not said, it follows from what is watched: a metric knows it, and of a loss smaller is better.
  std::optional<bool> maximize = {};
  /// Put the values of the best epoch back in the end.
  bool restore_best = false;
};

/// Ends the training when a number no longer gets better.
class EarlyStopping : public Callback {
 public:
  explicit EarlyStopping(EarlyStoppingOptions options = {}) : options_(std::move(options)) {}
  REEL_NO_SUCH_OPTION(EarlyStoppingOptions, explicit EarlyStopping(...));

  void on_train_begin(Trainer& trainer) override;
  /// Throws Error where fit() does not report what is watched.
  void on_epoch_begin(Trainer& trainer, std::size_t epoch) override;
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;
  void on_train_end(Trainer& trainer, const History& history) override;
  State state() const override;
  void load_state(const State& state) override;
  /// The epoch, from 1, that was best so far; 0 before the first.
  std::size_t best_epoch() const { return best_epoch_; }

 private:
  EarlyStoppingOptions options_;
  bool warned_ = false;
  std::optional<double> best_;
  std::size_t best_epoch_ = 0;
  State best_state_;
};

/// Ends the training at a loss that is NaN or infinite, instead of an error. History::stopped_early says so; the epoch is left out.
class TerminateOnNaN : public Callback {
 public:
  bool on_nonfinite_loss(Trainer&, std::size_t, std::size_t, double) override { return true; }
};

struct FollowOptions {
  bool every_batch = false;  ///< a step of the schedule after each step of the optimizer, otherwise after each epoch
  /// What schedules such as ReduceLROnPlateau watch; empty: "val_loss", without validation data "loss".
  std::string monitor = {};
};

/// Sets the learning rate: by a function of the epoch, from 1, and the present rate, or by a Scheduler, which has to outlive it.
class LearningRateScheduler : public Callback {
 public:
  explicit LearningRateScheduler(Function<double(std::size_t epoch, double lr)> function) : function_(std::move(function)) {}
  explicit LearningRateScheduler(Scheduler& scheduler, FollowOptions options = {}) : scheduler_(&scheduler), options_(std::move(options)) {}
  REEL_NO_SUCH_OPTION(FollowOptions, explicit LearningRateScheduler(Scheduler&, ...));

  void on_train_begin(Trainer& trainer) override;
  void on_epoch_begin(Trainer& trainer, std::size_t epoch) override;
  void on_batch_end(Trainer& trainer, std::size_t batch, double loss) override;
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;
  State state() const override;
  void load_state(const State& state) override;

 private:
  Function<double(std::size_t, double)> function_;
  Scheduler* scheduler_ = nullptr;
  FollowOptions options_;
  std::size_t steps_ = 0;
};

/// Writes a table: epoch, learning rate, loss, metrics, and those of the validation data, one line an epoch. Throws IoError.
class CSVLogger : public Callback {
 public:
  /// An old file is replaced at the first epoch, unless `append` says to go on in it, or the training goes on from a checkpoint.
  explicit CSVLogger(std::string path, bool append = false) : path_(std::move(path)), append_(append) {}

  void on_train_begin(Trainer& trainer) override;
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;
  void load_state(const State& state) override;

 private:
  std::string path_;
  bool append_, is_open_ = false;
};

struct ModelCheckpointOptions {
  std::string path;       ///< "{epoch}" in it becomes the number of the epoch
  std::size_t every = 1;  ///< epochs
  /// Save only when `monitor` is better than ever.
  bool best_only = false;
  std::string monitor = "val_loss";
  /// Larger is better; where it is not said, as EarlyStoppingOptions::maximize.
  std::optional<bool> maximize = {};
};

/// Writes checkpoints of the whole training, from which FitOptions::resume goes on, after on_epoch_end() of all callbacks. Throws
/// IoError.
class ModelCheckpoint : public Callback {
 public:
  /// Throws Error for an empty path, or `every` = 0.
  explicit ModelCheckpoint(ModelCheckpointOptions options, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(ModelCheckpointOptions, explicit ModelCheckpoint(...));

  void on_train_begin(Trainer& trainer) override;
  /// Throws Error where fit() does not report what is watched.
  void on_epoch_begin(Trainer& trainer, std::size_t epoch) override;
  void on_epoch_done(Trainer& trainer, const EpochReport& report) override;
  State state() const override;
  void load_state(const State& state) override;
  /// The file that was written last; empty before the first.
  const std::string& last_path() const& { return last_path_; }
  std::string last_path() && { return std::move(last_path_); }

 private:
  ModelCheckpointOptions options_;
  bool warned_ = false;
  std::optional<double> best_;
  std::string last_path_;
};

}  // namespace reel::optim
