#include <reel/optim/schedules/combined_schedules.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace reel::optim {

namespace {

Optimizer& optimizer_of(const char* name, const std::vector<Scheduler*>& schedulers) {
  if (schedulers.empty()) throw Error(fmt::format("{} was given no schedulers", name));
  if (std::find(schedulers.begin(), schedulers.end(), nullptr) != schedulers.end())
    throw Error(fmt::format("{}: one of its schedulers is null", name));
  for (const Scheduler* const scheduler : schedulers)
    if (&scheduler->optimizer() != &schedulers[0]->optimizer())
      throw Error(fmt::format("{}: its schedulers have different optimizers; all need the same", name));
  return schedulers[0]->optimizer();
}

/// The worst value: every number is better.
double worst(bool larger_is_better) {
  return larger_is_better ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
}

}  // namespace

LambdaLR::LambdaLR(Optimizer& optimizer, LrLambda f, SourceLocation at)
    : LambdaLR(optimizer, std::vector(optimizer.groups(), std::move(f)), at) {}
LambdaLR::LambdaLR(Optimizer& optimizer, std::vector<LrLambda> f, SourceLocation at) : Scheduler(optimizer), functions_(std::move(f)) {
  reel::detail::placed(at, [&] {
    if (functions_.size() != groups()) throw Error(fmt::format("LambdaLR: {} functions for {} groups", functions_.size(), groups()));
    start();
  });
}
double LambdaLR::next_lr(std::size_t group) { return initial_lr(group) * functions_[group](last_epoch()); }

MultiplicativeLR::MultiplicativeLR(Optimizer& optimizer, LrLambda f, SourceLocation at) : Scheduler(optimizer), function_(std::move(f)) {
  reel::detail::placed(at, [&] { start(); });
}
double MultiplicativeLR::next_lr(std::size_t group) { return last_epoch() > 0 ? lr(group) * function_(last_epoch()) : lr(group); }

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, const ReduceLROnPlateauOptions& options, SourceLocation at)
    : Scheduler(optimizer), options_(options), larger_is_better_(options.maximize.value_or(false)), best_(worst(larger_is_better_)) {
  reel::detail::placed(at, [&] {
    if (!(options.factor >= 0 && options.factor < 1))
      throw Error(fmt::format("ReduceLROnPlateau: factor is {}; it has to be at least 0 and below 1", options.factor));
    options_.min_lr = one_a_group("ReduceLROnPlateau", "min_lr", options.min_lr, groups());
    start();
  });
}

void ReduceLROnPlateau::advance_by_one() {
  throw Error("ReduceLROnPlateau: step() needs the number that is watched; call step_with(value)");
}

void ReduceLROnPlateau::set_larger_is_better(bool larger) {
  if (options_.maximize || larger == larger_is_better_) return;
  larger_is_better_ = larger;
  best_ = worst(larger);  // of another number
}

bool ReduceLROnPlateau::is_better(double value) const {
  const double threshold = options_.threshold;
  if (larger_is_better_) return value > (options_.relative ? best_ * (1 + threshold) : best_ + threshold);
  return value < (options_.relative ? best_ * (1 - threshold) : best_ - threshold);
}

void ReduceLROnPlateau::advance_with(double metric) {
  if (is_better(metric)) {
    best_ = metric;
    bad_epochs_ = 0;
  } else {
    ++bad_epochs_;
  }
  if (cooldown_ > 0) {
    --cooldown_;
    bad_epochs_ = 0;
  }
  reduce_ = bad_epochs_ > options_.patience;
  if (reduce_) {
    cooldown_ = options_.cooldown;
    bad_epochs_ = 0;
  }
  Scheduler::advance_by_one();
  reduce_ = false;
}

double ReduceLROnPlateau::next_lr(std::size_t group) {
  const double reduced = std::max(lr(group) * options_.factor, options_.min_lr[group]);
  return reduce_ && lr(group) - reduced > options_.eps ? reduced : lr(group);
}

void ReduceLROnPlateau::visit_state(const std::string& prefix, NumberVisitor& visitor) {
  Scheduler::visit_state(prefix, visitor);
  visitor(prefix + "best", best_);
  visitor(prefix + "num_bad_epochs", bad_epochs_);
  visitor(prefix + "cooldown_counter", cooldown_);
}

ChainedScheduler::ChainedScheduler(std::vector<Scheduler*> schedulers, SourceLocation at)
    : Scheduler(reel::detail::placed(at, [&]() -> Optimizer& { return optimizer_of("ChainedScheduler", schedulers); })),
      schedulers_(std::move(schedulers)) {
  reel::detail::placed(at, [&] { start(); });
}
double ChainedScheduler::next_lr(std::size_t group) { return lr(group); }
void ChainedScheduler::set_larger_is_better(bool larger) {
  for (Scheduler* const scheduler : schedulers_) scheduler->set_larger_is_better(larger);
}
void ChainedScheduler::advance_by_one() {
  for (Scheduler* const scheduler : schedulers_) scheduler->advance_by_one();
  Scheduler::advance_by_one();
}
void ChainedScheduler::advance_with(double metric) {
  for (Scheduler* const scheduler : schedulers_) scheduler->advance_with(metric);
  Scheduler::advance_by_one();
}
void ChainedScheduler::restart(Form) {
  set_initial_lrs();
  for (Scheduler* const scheduler : schedulers_) scheduler->restart(Form::chained);
  Scheduler::restart(Form::chained);
}
void ChainedScheduler::visit_state(const std::string& prefix, NumberVisitor& visitor) {
  Scheduler::visit_state(prefix, visitor);
  for (std::size_t i = 0; i < schedulers_.size(); ++i) schedulers_[i]->visit_state(fmt::format("{}{}.", prefix, i), visitor);
}

SequentialLR::SequentialLR(Optimizer& optimizer, std::vector<Scheduler*> schedulers, std::vector<std::int64_t> milestones,
                           SourceLocation at)
    : Scheduler(optimizer), schedulers_(std::move(schedulers)), milestones_(std::move(milestones)) {
  reel::detail::placed(at, [&] {
    if (&optimizer_of("SequentialLR", schedulers_) != &optimizer)
      throw Error("SequentialLR: its schedulers have another optimizer than its own");
    if (milestones_.size() + 1 != schedulers_.size())
      throw Error(fmt::format("SequentialLR: {} milestones for {} schedulers; there has to be one between any two", milestones_.size(),
                              schedulers_.size()));
    if (!std::is_sorted(milestones_.begin(), milestones_.end())) throw Error("SequentialLR: the milestones have to rise");
    start();
    // Each schedule's constructor set its first rates; now only the first schedule starts.
    restart(Form::chained);
  });
}

double SequentialLR::next_lr(std::size_t group) { return lr(group); }

void SequentialLR::set_larger_is_better(bool larger) {
  for (Scheduler* const scheduler : schedulers_) scheduler->set_larger_is_better(larger);
}
void SequentialLR::advance_by_one() { step_by(nullptr); }
void SequentialLR::advance_with(double metric) { step_by(&metric); }

void SequentialLR::step_by(const double* metric) {
  Scheduler::advance_by_one();
  const auto passed = std::upper_bound(milestones_.begin(), milestones_.end(), last_epoch()) - milestones_.begin();
  Scheduler& current = *schedulers_[static_cast<std::size_t>(passed)];
  if (passed > 0 && milestones_[static_cast<std::size_t>(passed) - 1] == last_epoch()) return current.restart(Form::closed);
  metric ? current.advance_with(*metric) : current.advance_by_one();
}

void SequentialLR::restart(Form form) {
  set_initial_lrs();
  schedulers_[0]->restart(form);
  Scheduler::restart(Form::chained);
}

void SequentialLR::visit_state(const std::string& prefix, NumberVisitor& visitor) {
  Scheduler::visit_state(prefix, visitor);
  for (std::size_t i = 0; i < schedulers_.size(); ++i) schedulers_[i]->visit_state(fmt::format("{}{}.", prefix, i), visitor);
}

}  // namespace reel::optim
