#pragma once
#include <cstdint>
#include <vector>

#include <reel/optim/optimizer.hpp>

namespace reel::optim {

/// One number for all groups of parameters, `.max_lr = 0.1`, or one per group, `.max_lr = {0.1, 0.01}`.
struct PerGroup : std::vector<double> {
  using std::vector<double>::vector;
  PerGroup(double value) : std::vector<double>(1, value) {}
};

/// Base class of learning rate schedules, which change an optimizer's learning rates, group by group, during a training. As in PyTorch, the
/// constructor sets the rates of step 0, and step() is called after the optimizer's step(), once per epoch or once per batch. New rates are
/// computed from the present ones, so that schedules can be combined (ChainedScheduler). The optimizer has to outlive the schedule.
/// Constructors throw Error for options out of range.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// Advances to the next epoch or batch. Throws Error where the schedule needs a metric (ReduceLROnPlateau) or is at its end (OneCycleLR).
  void step(SourceLocation at = SourceLocation::here()) {
    reel::detail::placed(at, [&] { advance_by_one(); });
  }
  /// The same with the monitored metric; schedules that need none ignore it.
  void step_with(double metric, SourceLocation at = SourceLocation::here()) {
    reel::detail::placed(at, [&] { advance_with(metric); });
  }
  /// Tells a schedule that monitors a metric whether larger is better, where its options do not say so. Called by fit(), which knows it
  /// from its metrics.
  virtual void set_larger_is_better(bool /*larger*/) {}
  /// The number of steps so far.
  std::int64_t last_epoch() const { return last_epoch_; }
  Optimizer& optimizer() const { return *optimizer_; }

  /// The class's name, such as "StepLR".
  virtual const char* name() const = 0;
  /// What the next steps depend on besides the options and the optimizer, whose own state holds the rates.
  State state() const;
  /// Loads the whole state, or nothing: throws Error that names the entries that are missing, unexpected or do not fit. Does not change the
  /// optimizer: its own load_state() restores the rates.
  void load_state(const State& state, SourceLocation at = SourceLocation::here());
  /// The first half of load_state(): throws where the state does not fit, and changes nothing. The second half, which cannot fail, is the
  /// change's commit().
  Change prepare_load(const State& state);

 protected:
  friend class SequentialLR;
  friend class ChainedScheduler;

  explicit Scheduler(Optimizer& optimizer) : optimizer_(&optimizer) {}

  /// Sets the rates of step 0; the last call of each constructor. `lrs` are the initial rates; by default those that the optimizer had
  /// before its first scheduler.
  void start(const std::vector<double>& lrs = {});
  /// A group's rate at last_epoch(), computed from its present rate.
  virtual double next_lr(std::size_t group) = 0;
  /// The same computed from the initial rate alone, where the schedule has such a formula.
  virtual double closed_lr(std::size_t group) { return next_lr(group); }
  /// Implements step(): advances the count and sets the rates.
  virtual void advance_by_one();
  /// Implements step_with().
  virtual void advance_with(double /*metric*/) { advance_by_one(); }
  /// Advances counts of the derived class, before the rates are computed.
  virtual void advance() {}
  enum class Form { chained, closed };
  /// Goes back to step 0, with the rates of next_lr() or closed_lr(). SequentialLR starts its schedules with it.
  virtual void restart(Form form);
  /// Visits all numbers that the next steps depend on; the visitor may keep their addresses.
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

/// One value per group, from a list of that length or of one value for all groups. Throws Error for another length.
PerGroup one_a_group(const char* scheduler, const char* option, const PerGroup& values, std::size_t groups);

}  // namespace reel::optim
