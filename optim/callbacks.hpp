#pragma once
#include <optional>
#include <string>

#include <reel/nn/module.hpp>
#include <reel/optim/history.hpp>

namespace reel::optim {

class Trainer;

/// What a callback is told after an epoch.
struct EpochReport {
  std::size_t epoch;   ///< counted from 1
  std::size_t epochs;  ///< that were asked for
  const Score& training;
  const Score* validation;  ///< null without validation data

  /// "loss", "val_loss", or a metric's name, with "val_" for the validation data. Throws Error for one that is not there.
  double value(const std::string& name) const;
};

/// Takes part in fit(). Every function may call Trainer::stop(), which ends the training after the present epoch.
class Callback {
 public:
  virtual ~Callback();
  virtual void on_train_begin(Trainer&) {}
  virtual void on_epoch_begin(Trainer&, std::size_t /*epoch*/) {}
  /// After each step of the optimizer, with the batch's number from 1 and its loss.
  virtual void on_batch_end(Trainer&, std::size_t /*batch*/, double /*loss*/) {}
  virtual void on_epoch_end(Trainer&, const EpochReport&) {}
  virtual void on_train_end(Trainer&, const History&) {}
};

struct EarlyStoppingOptions {
  std::string monitor = "val_loss";
  /// Epochs without an improvement after which the training ends.
  std::size_t patience = 0;
  /// What counts as an improvement.
  double min_delta = 0;
  /// Larger is better, as for accuracies; otherwise smaller is.
  bool maximize = false;
  /// Put the values of the best epoch back in the end.
  bool restore_best = false;
};

/// Ends the training when a number no longer gets better.
class EarlyStopping : public Callback {
 public:
  explicit EarlyStopping(EarlyStoppingOptions options = {}) : options_(std::move(options)) {}

  void on_train_begin(Trainer& trainer) override;
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;
  void on_train_end(Trainer& trainer, const History& history) override;
  /// The epoch, from 1, that was best so far; 0 before the first.
  std::size_t best_epoch() const { return best_epoch_; }

 private:
  EarlyStoppingOptions options_;
  std::optional<double> best_;
  std::size_t best_epoch_ = 0;
  State best_state_;
};

}  // namespace reel::optim
