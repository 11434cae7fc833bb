#pragma once
#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <reel/core/mistake.hpp>
#include <reel/core/unique_ptr.hpp>
#include <reel/nn/data/batches.hpp>
#include <reel/nn/losses.hpp>
#include <reel/nn/metrics.hpp>
#include <reel/nn/module.hpp>
#include <reel/optim/optimizer.hpp>
#include <reel/optim/training/callbacks.hpp>
#include <reel/optim/training/checkpoint.hpp>
#include <reel/optim/training/history.hpp>

namespace reel::optim {

template <class F>
concept LossFunction = std::is_invocable_r_v<Tensor, F&, const Tensor&, const Tensor&>;

/// A function of prediction and target that returns a scalar tensor: nn::mse_loss, or any callable.
class Loss {
 public:
  Loss(Tensor (*function)(Operand, Operand)) : call_(new Holder<Tensor (*)(Operand, Operand)>(function)) {}
  template <LossFunction F>
  Loss(F function) : call_(new Holder<F>(std::move(function))) {}
  REEL_MISTAKE("a loss is a function of two tensors, prediction and target, that returns a Tensor", Loss(...));

  /// `at` is the recorded place of an op such as nn::mse_loss; ops in a callable have the places in their own source.
  Tensor operator()(const Tensor& prediction, const Tensor& target, SourceLocation at = SourceLocation::here()) const {
    if (!call_) throw Error("a loss that was moved from was used");
    return call_->call(prediction, target, at);
  }

 private:
  struct Call {
    virtual ~Call() = default;
    virtual Tensor call(const Tensor& prediction, const Tensor& target, SourceLocation at) = 0;
  };
  template <class F>
  struct Holder : Call {
    explicit Holder(F f) : function(std::move(f)) {}
    Tensor call(const Tensor& prediction, const Tensor& target, SourceLocation at) override {
      if constexpr (std::same_as<F, Tensor (*)(Operand, Operand)>) {
        return function(Operand(prediction, at), Operand(target, at));
      } else {
        return function(prediction, target);
      }
    }
    F function;
  };
  UniquePtr<Call> call_;
};

struct TrainerOptions {
  /// Metrics measured in training and evaluation.
  std::vector<metrics::Metric> metrics = {};
  /// Number of batches per step, whose gradients are accumulated: for a loss that is a mean, the step is that of one large batch. The last
  /// step of an epoch may have fewer.
  std::size_t accumulate = 1;
  /// Gradient clipping before each step: the largest norm of all gradients together, and the largest absolute value of their elements. By
  /// default none.
  std::optional<double> clip_norm = {}, clip_value = {};
  /// A weight average that is updated after each step; it has to outlive the trainer.
  WeightAverage* average = nullptr;
};

struct FitOptions {
  std::size_t epochs = 1;
  std::size_t batch_size = 32;
  /// Validation data, evaluated after each epoch.
  const data::Dataset* validation = nullptr;
  /// Share of the data, its last samples, that is used for validation instead of training, at least 0 and below 1.
  double validation_split = 0;
  /// Whether each epoch has a new random order.
  bool shuffle = true;
  /// Whether a last batch that is smaller than the others is left out.
  bool drop_last = false;
  /// Factors of the classes' losses, 1 for classes that are not named. Targets are int64 classes (samples,), or 0 and 1 in any dtype as
  /// (samples,) or (samples, 1). The loss has to be a mean over the samples. As in Keras, the mean still divides by the number of samples,
  /// not counting those that the loss ignores (ignore_index).
  std::map<std::int64_t, double> class_weight = {};
  /// Number of batches that another thread assembles in advance; 0: none. The results are the same.
  std::size_t prefetch = 0;
  /// Path of a checkpoint of this training, written by ModelCheckpoint, from which to resume; the result is the same, bit for bit, as
  /// without the interruption. Empty: starts anew.
  std::string resume = {};
  /// Whether to show the progress on standard error.
  bool progress = false;
  /// Called in this order; they have to outlive the call.
  std::vector<Callback*> callbacks = {};
};

/// Trains and evaluates a model, with Keras's names: fit, evaluate, predict. The model has to outlive the trainer. Samples that a class
/// loss ignores (ignore_index) do not count in means over batches, and their rows are left out of metrics.
class Trainer {
 public:
  template <std::derived_from<Optimizer> O>
  Trainer(nn::Module& model, Loss loss, O optimizer, TrainerOptions options = {})
      : Trainer(model, std::move(loss), UniquePtr<Optimizer>(new O(std::move(optimizer))), std::move(options)) {}
  Trainer(nn::Module& model, Loss loss, UniquePtr<Optimizer> optimizer, TrainerOptions options = {});
  REEL_NO_SUCH_OPTION(TrainerOptions, Trainer(nn::Module&, Loss, const Optimizer&, ...));

  /// Trains for `epochs` passes over the data. Throws GradientError, naming epoch and batch, if the loss is NaN or infinite, ShapeError if
  /// it is not a scalar, IoError for a checkpoint that does not fit. Afterwards each module has its previous mode, training or evaluation,
  /// as after evaluate() and predict().
  History fit(const data::Dataset& dataset, const FitOptions& options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(FitOptions, History fit(const data::Dataset&, ...));
  /// Loss and metrics of a data set, in evaluation mode and without recording.
  Score evaluate(const data::Dataset& dataset, std::size_t batch_size = 256, SourceLocation at = SourceLocation::here());
  /// The model's predictions, one per row of features, in evaluation mode and without recording.
  Tensor predict(const Tensor& features, std::size_t batch_size = 256, SourceLocation at = SourceLocation::here());

  nn::Module& model() { return *model_; }
  Optimizer& optimizer() { return *optimizer_; }
  /// Called by a callback: ends the training after this epoch. Checkpoints written from then on record this, and a training that resumes
  /// from one trains no further.
  void stop() { stop_ = true; }
  /// Called by a callback: throws Error, with the list of names, unless fit() reports a value of this name ("loss", "val_loss", a
  /// metric's).
  void check_watched(const std::string& name) const;
  /// The number of optimizer steps in this call of fit().
  std::size_t steps() const { return steps_; }
  /// Writes a checkpoint of model, optimizer, average and random generator; called by a callback also of the position in the data, the
  /// history and the callbacks. Throws IoError if the file cannot be written.
  void save(const std::string& path, SourceLocation at = SourceLocation::here());

 private:
  struct Sums;
  struct Training;
  struct Outcome;
  void check_not_moved_from(SourceLocation at) const;
  Outcome apply(const data::Batch& batch, SourceLocation at);
  /// The loss of a batch, and the divisor of its mean.
  Outcome loss_of(const Tensor& prediction, const Tensor& targets, SourceLocation at);
  Outcome weighted_loss(const Tensor& prediction, const data::Batch& batch, SourceLocation at);
  /// Trains on a batch and returns its outcome; a loss that is NaN or infinite causes no step.
  Outcome train_batch(const data::Batch& batch, bool is_last);
  Outcome step_by_closure(const data::Batch& batch);
  void step();
  void clip();
  void count_step();
  /// Empty if a callback ended the training at a loss that is NaN or infinite.
  std::optional<Score> train_epoch(std::size_t epoch);
  Outcome train_one(const data::Batch& batch, std::size_t i);
  bool ends_at(std::size_t epoch, std::size_t batch, double loss);
  void run_epochs(const data::Dataset* validation);
  void check(const FitOptions& options, SourceLocation at) const;
  CheckpointParts parts() const;
  void resume(const std::string& path);

  nn::Module* model_;
  Loss loss_;
  UniquePtr<Optimizer> optimizer_;
  TrainerOptions options_;
  bool stop_ = false;
  std::size_t steps_ = 0;
  Training* training_ = nullptr;  // while fit() runs
};

}  // namespace reel::optim
