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
  Loss(Tensor (*function)(Operand, Operand)) : Loss([function](const Tensor& p, const Tensor& t) { return function(p, t); }) {}
  template <LossFunction F>
  Loss(F function) : call_(new Holder<F>(std::move(function))) {}

  Tensor operator()(const Tensor& prediction, const Tensor& target) const { return call_->call(prediction, target); }

 private:
  struct Call {
    virtual ~Call() = default;
    virtual Tensor call(const Tensor& prediction, const Tensor& target) = 0;
  };
  template <class F>
  struct Holder : Call {
    explicit Holder(F f) : function(std::move(f)) {}
    Tensor call(const Tensor& prediction, const Tensor& target) override { return function(prediction, target); }
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

  /// Goes over the data `epochs` times. Throws GradientError when the loss is NaN or infinite, naming epoch and batch.
  History fit(const data::Dataset& dataset, const FitOptions& options = {});
  /// Loss and metrics in evaluation mode, without history.
  Score evaluate(const data::Dataset& dataset, std::size_t batch_size = 256);
  /// The model's answers in evaluation mode, without history, one a row of features.
  Tensor predict(const Tensor& features, std::size_t batch_size = 256);

  nn::Module& model() { return *model_; }
  Optimizer& optimizer() { return *optimizer_; }
  /// Called in a callback: the training ends after this epoch.
  void stop() { stop_ = true; }

 private:
  struct Sums;
  Score train_epoch(data::Batches& batches, std::size_t epoch, std::span<Callback* const> callbacks);

  nn::Module* model_;
  Loss loss_;
  Owned<Optimizer> optimizer_;
  TrainerOptions options_;
  bool stop_ = false;
};

}  // namespace reel::optim
