#pragma once
#include <optional>
#include <vector>

#include <reel/core/mistake.hpp>
#include <reel/optim/schedules/scheduler.hpp>
#include <reel/optim/training/function.hpp>

// Schedules that follow a function, a number that is watched, or other schedules. PyTorch 1.13's options and results.
namespace reel::optim {

/// A factor by the number of steps.
using LrLambda = Function<double(std::int64_t)>;

/// lr₀ · f(t). The function is not part of the state.
class LambdaLR : public Scheduler {
 public:
  LambdaLR(Optimizer& optimizer, LrLambda f, SourceLocation at = SourceLocation::here());
  /// One function a group.
  LambdaLR(Optimizer& optimizer, std::vector<LrLambda> f, SourceLocation at = SourceLocation::here());
  const char* name() const override { return "LambdaLR"; }

 protected:
  double next_lr(std::size_t group) override;

 private:
  std::vector<LrLambda> functions_;
};

/// lr · f(t) each step, from step 1 on.
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
  /// Larger is better. Where it is not said, fit()'s callback follows the metric that it watches, and otherwise smaller is better.
  std::optional<bool> maximize = {};
  double factor = 0.1;
  std::int64_t patience = 10;  ///< steps without an improvement that are let pass
  double threshold = 1e-4;     ///< what counts as an improvement,
  bool relative = true;        ///< as a part of the best value so far, or by itself
  std::int64_t cooldown = 0;   ///< steps after a reduction that do not count
  PerGroup min_lr = {0};
  double eps = 1e-8;  ///< smaller reductions are not made
};

/// lr · factor when a number, such as the validation loss, no longer gets better: step_with(number).
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

/// Several schedules of one optimizer at once: each step is one of each of them. They have to outlive it.
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

/// One schedule after the other: at milestones[i] steps, the schedule i + 1 begins with its step 0. They have to outlive it.
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
