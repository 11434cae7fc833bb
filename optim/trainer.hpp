#pragma once
#include <concepts>
#include <utility>
#include <vector>

#include <reel/core/owned.hpp>
#include <reel/nn/data/batches.hpp>
#include <reel/nn/losses.hpp>
#include <reel/nn/metrics.hpp>
#include <reel/nn/module.hpp>
#include <reel/optim/callbacks.hpp>
#include <reel/optim/history.hpp>
#include <reel/optim/optimizer.hpp>

namespace reel::optim {

template <class F>
concept LossFunction = std::is_invocable_r_v<Tensor, F&, const Tensor&, const Tensor&>;

/// A function of prediction and target that gives one number: nn::mse_loss, or any callable.
class Loss {
 public:
  Loss(Tensor (*function)(Operand, Operand)) : call_(new Holder<Tensor (*)(Operand, Operand)>(function)) {}
  template <LossFunction F>
  Loss(F function) : call_(new Holder<F>(std::move(function))) {}

  /// `at` is the place of an op such as nn::mse_loss; what a callable records has the place that its own source says.
  Tensor operator()(const Tensor& prediction, const Tensor& target, SourceLocation at = SourceLocation::here()) const {
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
  Owned<Call> call_;
};

struct TrainerOptions {
  std::vector<metrics::Metric> metrics = {};
};

struct FitOptions {
  std::size_t epochs = 1;
  std::size_t batch_size = 32;
  /// Evaluated after each epoch.
  const data::Dataset* validation = nullptr;
  bool shuffle = true;
  bool drop_last = false;
  /// Show the progress on standard error.
  bool progress = false;
  /// Called in this order; they have to outlive the call.
  std::vector<Callback*> callbacks = {};
};

/// Trains, evaluates and applies a model, in Keras's words. The model has to outlive the trainer.
class Trainer {
 public:
  template <std::derived_from<Optimizer> O>
  Trainer(nn::Module& model, Loss loss, O optimizer, TrainerOptions options = {})
      : Trainer(model, std::move(loss), Owned<Optimizer>(new O(std::move(optimizer))), std::move(options)) {}
  Trainer(nn::Module& model, Loss loss, Owned<Optimizer> optimizer, TrainerOptions options = {});

  /// Goes over the data `epochs` times. Throws GradientError when the loss is NaN or infinite, naming epoch and batch, ShapeError when it
  /// is not one number. Leaves each module in the mode that it was in, as evaluate() and predict() do.
  History fit(const data::Dataset& dataset, const FitOptions& options = {}, SourceLocation at = SourceLocation::here());
  /// Loss and metrics in evaluation mode, without history.
  Score evaluate(const data::Dataset& dataset, std::size_t batch_size = 256, SourceLocation at = SourceLocation::here());
  /// The model's answers in evaluation mode, without history, one a row of features.
  Tensor predict(const Tensor& features, std::size_t batch_size = 256, SourceLocation at = SourceLocation::here());

  nn::Module& model() { return *model_; }
  Optimizer& optimizer() { return *optimizer_; }
  /// Called in a callback: the training ends after this epoch.
  void stop() { stop_ = true; }

 private:
  struct Sums;
  /// A batch's prediction and loss.
  std::pair<Tensor, Tensor> apply(const data::Batch& batch, SourceLocation at);
  Score train_epoch(data::Batches& batches, std::size_t epoch, std::span<Callback* const> callbacks, SourceLocation at);

  nn::Module* model_;
  Loss loss_;
  Owned<Optimizer> optimizer_;
  TrainerOptions options_;
  bool stop_ = false;
};

}  // namespace reel::optim
