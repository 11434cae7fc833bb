#pragma once
#include <vector>

#include <reel/core/mistake.hpp>
#include <reel/optim/schedules/scheduler.hpp>

// Schedules given by one formula. Options, formulas and results are PyTorch 1.13's, by whose names they are known; those from a paper cite
// it. t is the number of steps, lr₀ a group's initial rate.
namespace reel::optim {

struct StepLROptions {
  std::int64_t step_size;  ///< number of steps between two changes, 1 or more
  double gamma = 0.1;      ///< factor, not negative
};

/// Step decay: lr₀ · gamma^⌊t / step_size⌋. Every step_size steps the rate is multiplied by gamma.
class StepLR : public Scheduler {
 public:
  StepLR(Optimizer& optimizer, const StepLROptions& options, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(StepLROptions, StepLR(Optimizer&, ...));
  const char* name() const override { return "StepLR"; }

 protected:
  double next_lr(std::size_t group) override;
  double closed_lr(std::size_t group) override;

 private:
  StepLROptions options_;
};

struct MultiStepLROptions {
  std::vector<std::int64_t> milestones;  ///< numbers of steps
  double gamma = 0.1;                    ///< factor, not negative
};

/// lr₀ · gamma^(number of milestones <= t): the rate is multiplied by gamma at each milestone, twice where it is listed twice.
class MultiStepLR : public Scheduler {
 public:
  MultiStepLR(Optimizer& optimizer, const MultiStepLROptions& options, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(MultiStepLROptions, MultiStepLR(Optimizer&, ...));
  const char* name() const override { return "MultiStepLR"; }

 protected:
  double next_lr(std::size_t group) override;
  double closed_lr(std::size_t group) override;

 private:
  MultiStepLROptions options_;
};

struct ExponentialLROptions {
  double gamma;  ///< factor per step, not negative
};

/// Exponential decay: lr₀ · gammaᵗ.
class ExponentialLR : public Scheduler {
 public:
  ExponentialLR(Optimizer& optimizer, const ExponentialLROptions& options, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(ExponentialLROptions, ExponentialLR(Optimizer&, ...));
  const char* name() const override { return "ExponentialLR"; }

 protected:
  double next_lr(std::size_t group) override;
  double closed_lr(std::size_t group) override;

 private:
  ExponentialLROptions options_;
};

struct ConstantLROptions {
  double factor = 1.0 / 3;       ///< above 0, at most 1
  std::int64_t total_iters = 5;  ///< number of steps with the factor
};

/// Constant warm-up: factor · lr₀ for t < total_iters, then lr₀.
class ConstantLR : public Scheduler {
 public:
  explicit ConstantLR(Optimizer& optimizer, const ConstantLROptions& options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(ConstantLROptions, explicit ConstantLR(Optimizer&, ...));
  const char* name() const override { return "ConstantLR"; }

 protected:
  double next_lr(std::size_t group) override;
  double closed_lr(std::size_t group) override;

 private:
  ConstantLROptions options_;
};

struct LinearLROptions {
  double start_factor = 1.0 / 3;  ///< above 0, at most 1
  double end_factor = 1;          ///< from 0 to 1
  std::int64_t total_iters = 5;   ///< number of steps from start to end, 1 or more
};

/// Linear warm-up (Goyal et al. 2017) or decay: lr₀ · (start_factor + (end_factor - start_factor) · min(t / total_iters, 1)).
class LinearLR : public Scheduler {
 public:
  explicit LinearLR(Optimizer& optimizer, const LinearLROptions& options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(LinearLROptions, explicit LinearLR(Optimizer&, ...));
  const char* name() const override { return "LinearLR"; }

 protected:
  double next_lr(std::size_t group) override;
  double closed_lr(std::size_t group) override;

 private:
  LinearLROptions options_;
};

struct PolynomialLROptions {
  std::int64_t total_iters = 5;  ///< number of steps until the rate is 0, 1 or more
  double power = 1;              ///< exponent, not negative
};

/// Polynomial decay: lr₀ · (1 - min(t / total_iters, 1))^power.
class PolynomialLR : public Scheduler {
 public:
  explicit PolynomialLR(Optimizer& optimizer, const PolynomialLROptions& options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(PolynomialLROptions, explicit PolynomialLR(Optimizer&, ...));
  const char* name() const override { return "PolynomialLR"; }

 protected:
  double next_lr(std::size_t group) override;
  double closed_lr(std::size_t group) override;

 private:
  PolynomialLROptions options_;
};

struct CosineAnnealingLROptions {
  std::int64_t T_max;  ///< number of steps from the initial to the lowest rate, 1 or more
  double eta_min = 0;  ///< lowest rate, not negative
};

/// Cosine annealing (Loshchilov and Hutter 2017, without restarts): eta_min + (lr₀ - eta_min) · (1 + cos(π t / T_max)) / 2. After T_max
/// steps the rate rises again along the cosine.
class CosineAnnealingLR : public Scheduler {
 public:
  CosineAnnealingLR(Optimizer& optimizer, const CosineAnnealingLROptions& options, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(CosineAnnealingLROptions, CosineAnnealingLR(Optimizer&, ...));
  const char* name() const override { return "CosineAnnealingLR"; }

 protected:
  double next_lr(std::size_t group) override;
  double closed_lr(std::size_t group) override;

 private:
  CosineAnnealingLROptions options_;
};

struct WarmRestartsOptions {
  std::int64_t T_0;         ///< number of steps of the first period, 1 or more
  std::int64_t T_mult = 1;  ///< each period is this many times as long as the one before
  double eta_min = 0;       ///< lowest rate, not negative
};

/// Cosine annealing with warm restarts (SGDR, Loshchilov and Hutter 2017): eta_min + (lr₀ - eta_min) · (1 + cos(π T / Tᵢ)) / 2, where T is
/// the number of steps in the present period and Tᵢ its length; each period starts at lr₀ again.
class CosineAnnealingWarmRestarts : public Scheduler {
 public:
  CosineAnnealingWarmRestarts(Optimizer& optimizer, const WarmRestartsOptions& options, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(WarmRestartsOptions, CosineAnnealingWarmRestarts(Optimizer&, ...));
  const char* name() const override { return "CosineAnnealingWarmRestarts"; }

 protected:
  double next_lr(std::size_t group) override;
  void advance() override;
  void restart(Form form) override;
  void visit_state(const std::string& prefix, NumberVisitor& visitor) override;

 private:
  WarmRestartsOptions options_;
  std::int64_t T_cur_ = 0, T_i_;
};

struct SWALROptions {
  PerGroup swa_lr;                  ///< final rate, one for all groups or one per group
  std::int64_t anneal_epochs = 10;  ///< number of steps until the final rate
  bool cosine = true;               ///< anneals along a cosine; otherwise along a straight line
};

/// Anneals the present rates to swa_lr, for stochastic weight averaging (Izmailov et al. 2018): (1 - w) · lr + w · swa_lr, where w goes
/// from 0 to 1 in anneal_epochs steps, as (1 - cos(π t / anneal_epochs)) / 2 or as t / anneal_epochs.
class SWALR : public Scheduler {
 public:
  SWALR(Optimizer& optimizer, const SWALROptions& options, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(SWALROptions, SWALR(Optimizer&, ...));
  const char* name() const override { return "SWALR"; }

 protected:
  double next_lr(std::size_t group) override;

 private:
  double weight(double step) const;
  SWALROptions options_;
};

}  // namespace reel::optim
