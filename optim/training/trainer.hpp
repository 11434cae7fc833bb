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

/// A function of prediction and target that gives one number: nn::mse_loss, or any callable.
class Loss {
 public:
  Loss(Tensor (*function)(Operand, Operand)) : call_(new Holder<Tensor (*)(Operand, Operand)>(function)) {}
  template <LossFunction F>
  Loss(F function) : call_(new Holder<F>(std::move(function))) {}
  REEL_MISTAKE("a loss is a function of two tensors, prediction and target, that returns a Tensor", Loss(...));

  /// `at` is the place of an op such as nn::mse_loss; what a callable records has the place that its own source says.
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
  std::vector<metrics::Metric> metrics = {};
  /// Batches whose gradients make one step, that of one large batch of a loss that is a mean; the last step of an epoch may have fewer.
  std::size_t accumulate = 1;
  /// Before each step: the largest norm of all gradients together, the largest size of their elements.
  std::optional<double> clip_norm = {}, clip_value = {};
  /// A mean of the weights that takes part after each step; it has to outlive the trainer.
  WeightAverage* average = nullptr;
};

struct FitOptions {
  std::size_t epochs = 1;
  std::size_t batch_size = 32;
  /// Evaluated after each epoch.
  const data::Dataset* validation = nullptr;
  /// Or this part of the data, its last samples, which are then not trained on.
  double validation_split = 0;
  bool shuffle = true;
  bool drop_last = false;
  /// The factor of a class's losses, for targets that are int64 classes (samples,), or 0 and 1 in any dtype as (samples,) or (samples, 1);
  /// 1 for classes that are not named. The loss has to be a mean over the samples. As Keras's, the mean still divides by the number of
  /// samples, without those that the loss leaves out (ignore_index).
  std::map<std::int64_t, double> class_weight = {};
  /// Batches that are put together ahead, on another thread; 0: none. The results are the same.
  std::size_t prefetch = 0;
  /// A checkpoint of this training, by ModelCheckpoint, to go on from: it becomes what it would have been without a stop, bit for bit.
  std::string resume = {};
  /// Show the progress on standard error.
  bool progress = false;
  /// Called in this order; they have to outlive the call.
  std::vector<Callback*> callbacks = {};
};

/// Trains, evaluates and applies a model, in Keras's words. The model has to outlive the trainer. Samples that a class loss leaves out
/// (ignore_index) count in no mean over batches, and rows of them are left out of metrics.
class Trainer {
 public:
  template <std::derived_from<Optimizer> O>
  Trainer(nn::Module& model, Loss loss, O optimizer, TrainerOptions options = {})
      : Trainer(model, std::move(loss), UniquePtr<Optimizer>(new O(std::move(optimizer))), std::move(options)) {}
  Trainer(nn::Module& model, Loss loss, UniquePtr<Optimizer> optimizer, TrainerOptions options = {});
  REEL_NO_SUCH_OPTION(TrainerOptions, Trainer(nn::Module&, Loss, const Optimizer&, ...));

  /// Goes over the data `epochs` times. Throws GradientError when the loss is NaN or infinite, naming epoch and batch, ShapeError when it
  /// is not one number, IoError for a checkpoint that does not fit. Leaves each module in the mode that it was in, as evaluate() and
  /// predict() do.
  History fit(const data::Dataset& dataset, const FitOptions& options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(FitOptions, History fit(const data::Dataset&, ...));
  /// Loss and metrics in evaluation mode, without history.
  Score evaluate(const data::Dataset& dataset, std::size_t batch_size = 256, SourceLocation at = SourceLocation::here());
  /// The model's answers in evaluation mode, without history, one a row of features.
  Tensor predict(const Tensor& features, std::size_t batch_size = 256, SourceLocation at = SourceLocation::here());

  nn::Module& model() { return *model_; }
  Optimizer& optimizer() { return *optimizer_; }
  /// Called in a callback: the training ends after this epoch. Checkpoints that are written from then on hold it, and what resumes from
  /// them trains no further.
  void stop() { stop_ = true; }
  /// Called in a callback: throws Error unless fit() reports a number of this name ("loss", "val_loss", a metric's), with those that it
  /// does.
  void check_watched(const std::string& name) const;
  /// The optimizer's steps in this call of fit().
  std::size_t steps() const { return steps_; }
  /// Writes a checkpoint of model, optimizer, average and random generator; in a callback also of the training's place in its data,
  /// its history and its callbacks. Throws IoError.
  void save(const std::string& path, SourceLocation at = SourceLocation::here());

 private:
  struct Sums;
  struct Training;
  struct Outcome;
  void check_not_moved_from(SourceLocation at) const;
  Outcome apply(const data::Batch& batch, SourceLocation at);
  /// The loss of these rows, or of all, and what its mean divided by.
  Outcome loss_of(const Tensor& prediction, const Tensor& targets, SourceLocation at);
  Outcome weighted_loss(const Tensor& prediction, const data::Batch& batch, SourceLocation at);
  /// What became of a batch, after its part in a step; no step along a loss that is no number.
  Outcome train_batch(const data::Batch& batch, bool is_last);
  Outcome step_by_closure(const data::Batch& batch);
  void step();
  void clip();
  void count_step();
  /// Nothing when a callback ended the training at a loss that is no number.
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
