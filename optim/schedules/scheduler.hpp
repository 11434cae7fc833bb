#pragma once
#include <cstdint>
#include <vector>

#include <reel/optim/optimizer.hpp>

namespace reel::optim {

/// One number for all groups of parameters, `.max_lr = 0.1`, or one a group, `.max_lr = {0.1, 0.01}`.
struct PerGroup : std::vector<double> {
  using std::vector<double>::vector;
  PerGroup(double value) : std::vector<double>(1, value) {}
};

/// Changes an optimizer's learning rates, group by group, as the training goes on. As in PyTorch: it sets the rates of step 0 when it is
/// made, and step() is called after the optimizer's, once an epoch or once a batch. Rates follow from those before, so that schedules
/// can be combined (ChainedScheduler). The optimizer has to outlive it.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// On to the next epoch, or batch. Throws Error where the schedule follows a number (ReduceLROnPlateau) or is at its end (OneCycleLR).
  void step(SourceLocation at = SourceLocation::here()) {
    reel::detail::placed(at, [&] { advance_by_one(); });
  }
  /// The same, told the number that is watched; schedules that follow none ignore it.
  void step_with(double metric, SourceLocation at = SourceLocation::here()) {
    reel::detail::placed(at, [&] { advance_with(metric); });
  }
  /// Tells a schedule that follows a number whether larger is better, where its options do not say it: fit() knows it of its metrics.
  virtual void set_larger_is_better(bool /*larger*/) {}
  /// The number of steps so far.
  std::int64_t last_epoch() const { return last_epoch_; }
  Optimizer& optimizer() const { return *optimizer_; }

  /// The class: "StepLR".
  virtual const char* name() const = 0;
  /// What the next steps depend on, beside the options and the optimizer, whose state has the rates themselves.
  State state() const;
  /// Takes all of it over, or nothing: throws Error that names the entries that are missing, unexpected or do not fit. Leaves the
  /// optimizer alone: its own load_state() brings the rates.
  void load_state(const State& state, SourceLocation at = SourceLocation::here());
  /// The first half of load_state(): throws where the state does not fit, and changes nothing. The second half, which cannot fail, is the
  /// change's commit().
  Change prepare_load(const State& state);

 protected:
  friend class SequentialLR;
  friend class ChainedScheduler;

  explicit Scheduler(Optimizer& optimizer) : optimizer_(&optimizer) {}

  /// Sets the rates of step 0; what a constructor ends with. `lrs` are the initial rates, else the optimizer's, as its first scheduler
  /// found them.
  void start(const std::vector<double>& lrs = {});
  /// A group's rate at last_epoch(), from the present one.
  virtual double next_lr(std::size_t group) = 0;
  /// The same from the initial rate alone, where it can be had.
  virtual double closed_lr(std::size_t group) { return next_lr(group); }
  /// What step() does: counts further and sets the rates.
  virtual void advance_by_one();
  /// What step_with() does.
  virtual void advance_with(double /*metric*/) { advance_by_one(); }
  /// Counts further, before the rates are computed.
  virtual void advance() {}
  enum class Form { chained, closed };
  /// Back to step 0, with the rates of next_lr() or closed_lr(): how SequentialLR begins a schedule.
  virtual void restart(Form form);
  /// Shows the visitor all numbers that the next steps depend on, where they are kept: it may remember the places.
  virtual void visit_state(const std::string& prefix, NumberVisitor& visitor);

  double lr(std::size_t group) const { return optimizer_->group_lr(group, {}); }
  double initial_lr(std::size_t group) const { return initial_lrs_[group]; }
  double epoch() const { return static_cast<double>(last_epoch_); }
  std::size_t groups() const { return optimizer_->groups(); }
  void set_lrs(Form form);
  void set_initial_lrs();

 private:
  Optimizer* optimizer_;
  std::vector<double> initial_lrs_;
  std::int64_t last_epoch_ = -1;
};

/// A list of one value a group, or one value for all. Throws Error for another length.
PerGroup one_a_group(const char* scheduler, const char* option, const PerGroup& values, std::size_t groups);

}  // namespace reel::optim
