#pragma once
#include <reel/core/change.hpp>
#include <reel/core/mistake.hpp>
#include <reel/nn/data/batches.hpp>
#include <reel/nn/module.hpp>

namespace reel::optim {

struct AveragingOptions {
  /// Whether floating buffers, such as running means, are averaged, too; otherwise the model's own are used.
  bool buffers = false;
};

/// Base of averages of a model's weights over the steps of a training; the mean often predicts better than the last weights. Call update()
/// after the optimizer's steps, and predict inside an AveragedScope. The model has to outlive the average.
class WeightAverage {
 public:
  virtual ~WeightAverage() = default;

  /// Adds the model's present weights to the mean; after the first update they are the mean.
  void update(SourceLocation at = SourceLocation::here());
  /// The number of updates so far.
  std::int64_t updates() const { return updates_; }
  /// The mean by the model's names, for model.load_state() or a file. Before the first update(), the model's weights when the average was
  /// made.
  const State& values() const& { return values_; }
  State values() && { return std::move(values_); }
  nn::Module& model() const { return *model_; }
  virtual const char* name() const = 0;

  /// The entries of values() as "mean.0.weight" and so on, and the number of updates.
  State state() const;
  /// Loads the whole state, or nothing: throws Error that names the entries that are missing, unexpected or do not fit.
  void load_state(const State& state, SourceLocation at = SourceLocation::here());
  /// The first half of load_state(): throws where the state does not fit, and changes nothing. The second half, which cannot fail, is the
  /// change's commit().
  Change prepare_load(const State& state);

 protected:
  WeightAverage(nn::Module& model, const AveragingOptions& options);
  /// The weight of update number `update`, counted from 1, in the new mean.
  virtual double share(std::int64_t update) const = 0;

 private:
  nn::Module* model_;
  State values_;
  std::int64_t updates_ = 0;
};

/// Exponential moving average: mean = decay · mean + (1 - decay) · weights (averaging of weights: Polyak and Juditsky 1992).
class EMA : public WeightAverage {
 public:
  /// Throws Error unless 0 <= decay < 1.
  explicit EMA(nn::Module& model, double decay = 0.999, const AveragingOptions& options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(AveragingOptions, explicit EMA(nn::Module&, double, ...));
  const char* name() const override { return "EMA"; }

 protected:
  double share(std::int64_t) const override { return 1 - decay_; }

 private:
  double decay_;
};

/// Stochastic weight averaging (Izmailov et al. 2018), the plain mean of the weights, as PyTorch's AveragedModel. Usually update() is
/// called once per epoch in the last part of a training, in which SWALR sets the rate.
class SWA : public WeightAverage {
 public:
  explicit SWA(nn::Module& model, const AveragingOptions& options = {}) : WeightAverage(model, options) {}
  REEL_NO_SUCH_OPTION(AveragingOptions, explicit SWA(nn::Module&, ...));
  const char* name() const override { return "SWA"; }

 protected:
  double share(std::int64_t update) const override { return 1 / static_cast<double>(update); }
};

/// While alive, the model has the averaged weights; afterwards its own weights again.
///
///     const optim::AveragedScope averaged(ema);
///     trainer.evaluate(test);
class AveragedScope {
 public:
  explicit AveragedScope(const WeightAverage& average, SourceLocation at = SourceLocation::here());
  ~AveragedScope();
  AveragedScope(const AveragedScope&) = delete;
  AveragedScope& operator=(const AveragedScope&) = delete;

 private:
  Change restore_;
};

/// Recomputes the running means and variances of all BatchNorm layers as the plain mean over these batches, in training mode, as PyTorch's
/// update_bn. The batches come in their present order, and their position does not change. Averaged weights need this, since the model's
/// own statistics belong to other weights.
///
///     const optim::AveragedScope averaged(swa);
///     optim::update_bn(model, data::Batches(train, {.batch_size = 256}));
///
/// Throws Error for no batches, and what the model throws; the statistics are then unchanged.
void update_bn(nn::Module& model, const data::Batches& batches, SourceLocation at = SourceLocation::here());

}  // namespace reel::optim
