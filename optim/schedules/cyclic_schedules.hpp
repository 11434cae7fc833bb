#pragma once
#include <vector>

#include <reel/core/mistake.hpp>
#include <reel/optim/schedules/scheduler.hpp>

// Schedules that go up and down, with the momentum against the rate: the option "momentum", or betas[0] of Adam's family. PyTorch 1.13's
// options and results. Options with a list take one value, or one a group.
namespace reel::optim {

struct OneCycleLROptions {
  PerGroup max_lr;
  std::int64_t total_steps = 0;  ///< or epochs and steps_per_epoch
  std::int64_t epochs = 0, steps_per_epoch = 0;
  double pct_start = 0.3;  ///< the part of the steps in which the rate rises
  bool cosine = true;      ///< otherwise straight
  bool cycle_momentum = true;
  PerGroup base_momentum = {0.85}, max_momentum = {0.95};
  double div_factor = 25;         ///< the first rate is max_lr / div_factor,
  double final_div_factor = 1e4;  ///< the last one that / final_div_factor
  bool three_phase = false;       ///< down to the first rate as fast as up, then to the last one
};

/// One rise and fall of the rate in a training (Smith and Topin 2019, "Super-convergence"). Throws Error for a step beyond total_steps.
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
  triangular,   ///< all cycles alike
  triangular2,  ///< each half as high as the one before
  exp_range     ///< scaled by gamma^t
};

struct CyclicLROptions {
  PerGroup base_lr, max_lr;
  double step_size_up = 2000;
  double step_size_down = 0;  ///< 0: as step_size_up
  CyclicMode mode = CyclicMode::triangular;
  double gamma = 1;
  bool cycle_momentum = true;
  PerGroup base_momentum = {0.8}, max_momentum = {0.9};
};

/// Between two rates, up and down in straight lines (Smith 2017, "Cyclical learning rates"). cycle_momentum needs an optimizer with the
/// option "momentum"; throws Error for another.
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
