#pragma once
#include <vector>

#include <reel/core/mistake.hpp>
#include <reel/optim/schedules/scheduler.hpp>

// Schedules whose rate rises and falls while the momentum does the opposite: the optimizer's option "momentum", or betas[0] of Adam's
// family. Options and results are PyTorch 1.13's. A PerGroup option takes one value for all groups, or one per group.
namespace reel::optim {

struct OneCycleLROptions {
  PerGroup max_lr;                                         ///< highest rate
  std::int64_t total_steps = 0;                            ///< number of steps of the cycle; 0: epochs · steps_per_epoch
  std::int64_t epochs = 0, steps_per_epoch = 0;            ///< used where total_steps is 0
  double pct_start = 0.3;                                  ///< share of the steps in which the rate rises, from 0 to 1
  bool cosine = true;                                      ///< phases follow a cosine; otherwise a straight line
  bool cycle_momentum = true;                              ///< whether the momentum falls while the rate rises
  PerGroup base_momentum = {0.85}, max_momentum = {0.95};  ///< lowest and highest momentum
  double div_factor = 25;                                  ///< the first rate is max_lr / div_factor,
  double final_div_factor = 1e4;                           ///< and the last one is the first / final_div_factor
  bool three_phase = false;                                ///< falls to the first rate as fast as it rose, then to the last one
};

/// One cycle per training (Smith and Topin 2019, "Super-convergence"): the rate rises from max_lr / div_factor to max_lr in pct_start ·
/// total_steps steps, then falls to max_lr / (div_factor · final_div_factor). step() throws Error beyond total_steps; the constructor also
/// for an optimizer without momentum and betas, unless cycle_momentum is false.
class OneCycleLR : public Scheduler {
 public:
  OneCycleLR(Optimizer& optimizer, const OneCycleLROptions& options, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(OneCycleLROptions, OneCycleLR(Optimizer&, ...));
  const char* name() const override { return "OneCycleLR"; }

 protected:
  void advance_by_one() override;
  double next_lr(std::size_t group) override;

 private:
  struct Phase {
    double end;
    int from, to;   // rates: 0 the first, 1 the largest, 2 the last
    bool down, up;  // of the momentum: from large to small, from small to large; neither keeps it large
  };
  double anneal(double from, double to, double part) const;
  void check() const;

  OneCycleLROptions options_;
  std::vector<Phase> phases_;
  bool of_betas_ = false;
};

enum class CyclicMode {
  triangular,   ///< all cycles are equal
  triangular2,  ///< each cycle is half as high as the one before
  exp_range     ///< the height is scaled by gamma^t
};

struct CyclicLROptions {
  PerGroup base_lr, max_lr;                              ///< lowest and highest rate
  double step_size_up = 2000;                            ///< number of steps in which the rate rises, positive
  double step_size_down = 0;                             ///< number of steps in which the rate falls; 0: as step_size_up
  CyclicMode mode = CyclicMode::triangular;              ///< how heights of cycles change
  double gamma = 1;                                      ///< of CyclicMode::exp_range
  bool cycle_momentum = true;                            ///< whether the momentum falls while the rate rises
  PerGroup base_momentum = {0.8}, max_momentum = {0.9};  ///< lowest and highest momentum
};

/// Cyclical learning rates (Smith 2017): base_lr + (max_lr - base_lr) · h, where h rises from 0 to 1 and falls back to 0 along straight
/// lines, scaled as `mode` says. Throws Error for an optimizer without the option "momentum", unless cycle_momentum is false.
class CyclicLR : public Scheduler {
 public:
  CyclicLR(Optimizer& optimizer, const CyclicLROptions& options, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(CyclicLROptions, CyclicLR(Optimizer&, ...));
  const char* name() const override { return "CyclicLR"; }

 protected:
  double next_lr(std::size_t group) override;

 private:
  CyclicLROptions options_;
};

}  // namespace reel::optim
