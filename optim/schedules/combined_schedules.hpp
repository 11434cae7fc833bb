#pragma once
#include <optional>
#include <vector>

#include <reel/core/mistake.hpp>
#include <reel/optim/schedules/scheduler.hpp>
#include <reel/optim/training/function.hpp>

// Schedules given by a function, a monitored metric, or other schedules. Options and results are PyTorch 1.13's. t is the number of steps,
// lr₀ a group's initial rate.
namespace reel::optim {

/// A function from the number of steps to a factor.
using LrLambda = Function<double(std::int64_t)>;

/// lr₀ · f(t). The function is not part of the state, so it has to be given again after loading.
class LambdaLR : public Scheduler {
 public:
  LambdaLR(Optimizer& optimizer, LrLambda f, SourceLocation at = SourceLocation::here());
  /// One function per group. Throws Error for another number of functions.
  LambdaLR(Optimizer& optimizer, std::vector<LrLambda> f, SourceLocation at = SourceLocation::here());
  const char* name() const override { return "LambdaLR"; }

 protected:
  double next_lr(std::size_t group) override;

 private:
  std::vector<LrLambda> functions_;
};

/// Multiplies the rate by f(t) in each step t, from step 1 on: lr₀ · f(1) ··· f(t).
class MultiplicativeLR : public Scheduler {
 public:
  MultiplicativeLR(Optimizer& optimizer, LrLambda f, SourceLocation at = SourceLocation::here());
  const char* name() const override { return "MultiplicativeLR"; }

 protected:
  double next_lr(std::size_t group) override;

 private:
  LrLambda function_;
};

struct ReduceLROnPlateauOptions {
  /// Whether larger values are better. By default, fit()'s callback follows the metric that it monitors; otherwise smaller is better.
  std::optional<bool> maximize = {};
  double factor = 0.1;         ///< factor of a reduction, at least 0 and below 1
  std::int64_t patience = 10;  ///< number of steps without an improvement before the next one reduces the rate
  double threshold = 1e-4;     ///< smallest change that counts as an improvement,
  bool relative = true;        ///< as a share of the best value so far; otherwise as a difference
  std::int64_t cooldown = 0;   ///< number of steps after a reduction that do not count
  PerGroup min_lr = {0};       ///< lowest rate
  double eps = 1e-8;           ///< reductions by less are skipped
};

/// Multiplies the rate by `factor` when a metric, such as the validation loss, has not improved for more than `patience` steps; the new
/// rate is at least min_lr. Advanced by step_with(metric); step() throws Error.
class ReduceLROnPlateau : public Scheduler {
 public:
  explicit ReduceLROnPlateau(Optimizer& optimizer, const ReduceLROnPlateauOptions& options = {},
                             SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(ReduceLROnPlateauOptions, explicit ReduceLROnPlateau(Optimizer&, ...));
  const char* name() const override { return "ReduceLROnPlateau"; }
  void set_larger_is_better(bool larger) override;
  double best() const { return best_; }

 protected:
  void advance_by_one() override;
  void advance_with(double metric) override;
  double next_lr(std::size_t group) override;
  void visit_state(const std::string& prefix, NumberVisitor& visitor) override;

 private:
  bool is_better(double value) const;
  ReduceLROnPlateauOptions options_;
  bool larger_is_better_;
  double best_;
  std::int64_t bad_epochs_ = 0, cooldown_ = 0;
  bool reduce_ = false;
};

/// Combines several schedules of one optimizer: each step is one step of each of them, so that their factors multiply. The schedules have
/// to outlive it. Throws Error for no schedules, and for schedules of different optimizers.
class ChainedScheduler : public Scheduler {
 public:
  explicit ChainedScheduler(std::vector<Scheduler*> schedulers, SourceLocation at = SourceLocation::here());
  const char* name() const override { return "ChainedScheduler"; }
  void set_larger_is_better(bool larger) override;

 protected:
  void advance_by_one() override;
  void advance_with(double metric) override;
  double next_lr(std::size_t group) override;
  void restart(Form form) override;
  void visit_state(const std::string& prefix, NumberVisitor& visitor) override;

 private:
  std::vector<Scheduler*> schedulers_;
};

/// Runs one schedule after the other: after milestones[i] steps, schedule i + 1 begins with its step 0. The schedules have to outlive it.
///
///     optim::LinearLR warm_up(adam, {.start_factor = 0.1, .total_iters = 5});
///     optim::CosineAnnealingLR cosine(adam, {.T_max = 95});
///     optim::SequentialLR schedule(adam, {&warm_up, &cosine}, {5});
class SequentialLR : public Scheduler {
 public:
  SequentialLR(Optimizer& optimizer, std::vector<Scheduler*> schedulers, std::vector<std::int64_t> milestones,
               SourceLocation at = SourceLocation::here());
  const char* name() const override { return "SequentialLR"; }
  void set_larger_is_better(bool larger) override;

 protected:
  void advance_by_one() override;
  void advance_with(double metric) override;
  double next_lr(std::size_t group) override;
  void restart(Form form) override;
  void visit_state(const std::string& prefix, NumberVisitor& visitor) override;

 private:
  void step_by(const double* metric);
  std::vector<Scheduler*> schedulers_;
  std::vector<std::int64_t> milestones_;
};

}  // namespace reel::optim
