#pragma once
#include <vector>

#include <reel/core/mistake.hpp>
#include <reel/optim/schedules/scheduler.hpp>

// Schedules of one formula. Options, formulas and results are PyTorch 1.13's; t is the number of steps, lr₀ a group's initial rate.
namespace reel::optim {

struct StepLROptions {
  std::int64_t step_size;
  double gamma = 0.1;
};

/// lr · gamma every step_size steps.
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
  std::vector<std::int64_t> milestones;
  double gamma = 0.1;
};

/// lr · gamma at each milestone, twice where it is listed twice.
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
  double gamma;
};

/// lr · gamma each step.
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
  double factor = 1.0 / 3;
  std::int64_t total_iters = 5;
};

/// factor · lr₀ for total_iters steps, then lr₀: the simplest warm-up.
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
  double start_factor = 1.0 / 3;
  double end_factor = 1;
  std::int64_t total_iters = 5;
};

/// From start_factor · lr₀ to end_factor · lr₀ in total_iters even steps: warm-up.
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
  std::int64_t total_iters = 5;
  double power = 1;
};

/// lr₀ · (1 - t / total_iters)^power, then 0.
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
  std::int64_t T_max;
  double eta_min = 0;
};

/// eta_min + (lr₀ - eta_min) · (1 + cos(π t / T_max)) / 2 (Loshchilov and Hutter 2017, without restarts).
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
  std::int64_t T_0;         ///< steps of the first period
  std::int64_t T_mult = 1;  ///< how much longer each period is than the one before
  double eta_min = 0;
};

/// A cosine from lr₀ to eta_min, again and again (SGDR, Loshchilov and Hutter 2017).
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
  PerGroup swa_lr;  ///< one, or one a group
  std::int64_t anneal_epochs = 10;
  bool cosine = true;  ///< otherwise straight
};

/// From the rate that an optimizer has to swa_lr in anneal_epochs steps, for weight averaging (Izmailov et al. 2018).
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
