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

/// The results of an epoch, as passed to callbacks.
struct EpochReport {
  std::size_t epoch;   ///< counted from 1
  std::size_t epochs;  ///< the number of epochs asked for
  const Score& training;
  const Score* validation;                                ///< null without validation data
  const std::vector<metrics::Metric>* metrics = nullptr;  ///< the trainer's metrics

  /// The value of "loss", "val_loss", or a metric by its name, with "val_" in front for the validation data. Throws Error for an unknown
  /// name, with the list of names.
  double value(const std::string& name) const;
  /// Whether a larger value of this name is better: false for losses, for metrics as MetricOptions says. Empty where unknown.
  std::optional<bool> larger_is_better(const std::string& name) const;
};

/// Base class of callbacks, whose functions fit() calls during a training. Every function may call Trainer::stop(), which ends the training
/// after the present epoch. An exception from a callback leaves fit() as an Error with the place of fit(): an Error keeps its class, and
/// any other exception becomes an Error that says that a callback threw it.
class Callback {
 public:
  Callback() = default;
  virtual ~Callback();
  virtual void on_train_begin(Trainer&) {}
  virtual void on_epoch_begin(Trainer&, std::size_t /*epoch*/) {}
  /// Called after each batch, with its number, counted from 1, and its loss.
  virtual void on_batch_end(Trainer&, std::size_t /*batch*/, double /*loss*/) {}
  virtual void on_epoch_end(Trainer&, const EpochReport&) {}
  /// Called after on_epoch_end() of all callbacks, for callbacks that need the others' state.
  virtual void on_epoch_done(Trainer&, const EpochReport&) {}
  virtual void on_train_end(Trainer&, const History&) {}
  /// Called for a loss that is NaN or infinite, before the optimizer's step. Returns whether the training ends here; otherwise fit()
  /// throws.
  virtual bool on_nonfinite_loss(Trainer&, std::size_t /*epoch*/, std::size_t /*batch*/, double /*loss*/) { return false; }

  /// The callback's state in a checkpoint. When a training resumes, load_state() is called after on_train_begin().
  virtual State state() const { return {}; }
  virtual void load_state(const State&) {}

 protected:
  Callback(const Callback&) = default;  // as what it is: through a Callback& half of it would be lost
  Callback& operator=(const Callback&) = default;
  Callback(Callback&&) = default;
  Callback& operator=(Callback&&) = default;
};

struct EarlyStoppingOptions {
  /// Name of the monitored value, see EpochReport::value().
  std::string monitor = "val_loss";
  /// Number of epochs without an improvement after which the training ends.
  std::size_t patience = 0;
  /// Smallest change that counts as an improvement.
  double min_delta = 0;
  /// Whether larger values are better. By default it follows from the monitored value: see EpochReport::larger_is_better().
  std::optional<bool> maximize = {};
  /// Whether the model gets the weights of the best epoch at the end.
  bool restore_best = false;
};

/// Ends the training when the monitored value no longer improves.
class EarlyStopping : public Callback {
 public:
  explicit EarlyStopping(EarlyStoppingOptions options = {}) : options_(std::move(options)) {}
  REEL_NO_SUCH_OPTION(EarlyStoppingOptions, explicit EarlyStopping(...));

  void on_train_begin(Trainer& trainer) override;
  /// Throws Error if fit() does not report the monitored value.
  void on_epoch_begin(Trainer& trainer, std::size_t epoch) override;
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;
  void on_train_end(Trainer& trainer, const History& history) override;
  State state() const override;
  void load_state(const State& state) override;
  /// The best epoch so far, counted from 1; 0 before the first.
  std::size_t best_epoch() const { return best_epoch_; }

 private:
  EarlyStoppingOptions options_;
  bool warned_ = false;
  std::optional<double> best_;
  std::size_t best_epoch_ = 0;
  State best_state_;
};

/// Ends the training at a loss that is NaN or infinite, where fit() otherwise throws. History::stopped_early is then true, and the history
/// leaves this epoch out.
class TerminateOnNaN : public Callback {
 public:
  bool on_nonfinite_loss(Trainer&, std::size_t, std::size_t, double) override { return true; }
};

struct FollowOptions {
  bool every_batch = false;  ///< step the schedule after each step of the optimizer; otherwise after each epoch
  /// Name of the value that schedules such as ReduceLROnPlateau monitor; empty: "val_loss", without validation data "loss".
  std::string monitor = {};
};

/// Sets the learning rate, by a function of the epoch, counted from 1, and the present rate, or by a Scheduler, which has to outlive the
/// callback.
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

/// Writes a CSV table with one row per epoch: epoch, learning rate, loss, metrics, and loss and metrics of the validation data. Throws
/// IoError if the file cannot be written.
class CSVLogger : public Callback {
 public:
  /// An existing file is replaced at the first epoch, unless `append` is true or the training resumes from a checkpoint: then rows are
  /// appended.
  explicit CSVLogger(std::string path, bool append = false) : path_(std::move(path)), append_(append) {}

  void on_train_begin(Trainer& trainer) override;
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;
  void load_state(const State& state) override;

 private:
  std::string path_;
  bool append_, is_open_ = false;
};

struct ModelCheckpointOptions {
  std::string path;       ///< the file; "{epoch}" is replaced by the epoch's number
  std::size_t every = 1;  ///< number of epochs between two checkpoints, 1 or more
  /// Whether to save only when `monitor` is better than in all epochs before.
  bool best_only = false;
  /// Name of the monitored value, see EpochReport::value().
  std::string monitor = "val_loss";
  /// Whether larger values are better; see EarlyStoppingOptions::maximize.
  std::optional<bool> maximize = {};
};

/// Writes checkpoints of the whole training, for FitOptions::resume, after on_epoch_end() of all callbacks. Throws IoError if a file cannot
/// be written.
class ModelCheckpoint : public Callback {
 public:
  /// Throws Error for an empty path and for `every` = 0.
  explicit ModelCheckpoint(ModelCheckpointOptions options, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(ModelCheckpointOptions, explicit ModelCheckpoint(...));

  void on_train_begin(Trainer& trainer) override;
  /// Throws Error if fit() does not report the monitored value.
  void on_epoch_begin(Trainer& trainer, std::size_t epoch) override;
  void on_epoch_done(Trainer& trainer, const EpochReport& report) override;
  State state() const override;
  void load_state(const State& state) override;
  /// The path of the last file written; empty before the first.
  const std::string& last_path() const& { return last_path_; }
  std::string last_path() && { return std::move(last_path_); }

 private:
  ModelCheckpointOptions options_;
  bool warned_ = false;
  std::optional<double> best_;
  std::string last_path_;
};

}  // namespace reel::optim
