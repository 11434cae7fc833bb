#pragma once
#include <reel/core/change.hpp>
#include <reel/core/mistake.hpp>
#include <reel/nn/data/batches.hpp>
#include <reel/nn/module.hpp>

namespace reel::optim {

struct AveragingOptions {
  /// Average floating buffers, such as running means, too; otherwise the model's own are used.
  bool buffers = false;
};

/// A mean of a model's weights over the steps of a training, which often predicts better than the last weights. The model has to
/// outlive it. Call update() after the optimizer's steps, and predict inside an AveragedScope.
class WeightAverage {
 public:
  virtual ~WeightAverage() = default;

  /// Takes the model's present weights into the mean; the first ones are the mean.
  void update(SourceLocation at = SourceLocation::here());
  /// How many weights were taken.
  std::int64_t updates() const { return updates_; }
  /// The mean, by the model's names: for model.load_state(), or a file. Before the first update() the model's weights at the start.
  const State& values() const& { return values_; }
  State values() && { return std::move(values_); }
  nn::Module& model() const { return *model_; }
  virtual const char* name() const = 0;

  /// values() as "mean.0.weight", and the number of updates.
  State state() const;
  /// Takes all of it over, or nothing: throws Error that names the entries that are missing, unexpected or do not fit.
  void load_state(const State& state, SourceLocation at = SourceLocation::here());
  /// The first half of load_state(): throws where the state does not fit, and changes nothing. The second half, which cannot fail, is the
  /// change's commit().
  Change prepare_load(const State& state);

 protected:
  WeightAverage(nn::Module& model, const AveragingOptions& options);
  /// How much of the mean the weights of this update are, counted from 1.
  virtual double share(std::int64_t update) const = 0;

 private:
  nn::Module* model_;
  State values_;
  std::int64_t updates_ = 0;
};

/// The exponential moving average: mean = decay · mean + (1 - decay) · weights (Polyak and Juditsky 1992).
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

/// The even mean: stochastic weight averaging (Izmailov et al. 2018), as PyTorch's AveragedModel. Usually update() is called once an
/// epoch in the last part of a training, whose rate SWALR sets.
class SWA : public WeightAverage {
 public:
  explicit SWA(nn::Module& model, const AveragingOptions& options = {}) : WeightAverage(model, options) {}
  REEL_NO_SUCH_OPTION(AveragingOptions, explicit SWA(nn::Module&, ...));
  const char* name() const override { return "SWA"; }

 protected:
  double share(std::int64_t update) const override { return 1 / static_cast<double>(update); }
};

/// The model has the mean while this lives; then its own weights again.
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

/// Running means and variances of all BatchNorm layers anew, as the even mean over these batches (in their
/// present order; their position stays), in training mode, as PyTorch's update_bn. Averaged weights need it: the model's own statistics are
/// of other weights.
///
///     const optim::AveragedScope averaged(swa);
///     optim::update_bn(model, data::Batches(train, {.batch_size = 256}));
///
/// Throws Error for no batches, and what the model throws; the statistics then are as before.
void update_bn(nn::Module& model, const data::Batches& batches, SourceLocation at = SourceLocation::here());

}  // namespace reel::optim
