#include <reel/optim/schedules/scheduler.hpp>

#include <fmt/format.h>
#include <reel/optim/state_visitors.hpp>

namespace reel::optim {

void Scheduler::start(const std::vector<double>& lrs) {
  for (std::size_t group = 0; group < groups(); ++group) {
    std::optional<double>& initial = optimizer_->groups_[group].initial_lr;
    if (!lrs.empty()) initial = lrs[group];
    if (!initial) initial = lr(group);
    initial_lrs_.push_back(*initial);
  }
  last_epoch_ = 0;
  set_lrs(Form::chained);
}

void Scheduler::set_lrs(Form form) {
  if (groups() > initial_lrs_.size())
    throw Error(
        fmt::format("{}: the optimizer has {} groups, and had {} when the scheduler was made", name(), groups(), initial_lrs_.size()));
  std::vector<double> values;
  for (std::size_t group = 0; group < groups(); ++group) {
    const double value = form == Form::closed ? closed_lr(group) : next_lr(group);
    const bool is_rounded_zero = value < 0 && value > -1e-9 * initial_lr(group);
    values.push_back(is_rounded_zero ? 0 : value);
  }
  for (std::size_t group = 0; group < groups(); ++group) optimizer_->set_group_lr(group, values[group], {});
}

void Scheduler::advance_by_one() {
  ++last_epoch_;
  advance();
  set_lrs(Form::chained);
}

void Scheduler::restart(Form form) {
  last_epoch_ = 0;
  set_lrs(form);
}

void Scheduler::set_initial_lrs() {
  for (std::size_t group = 0; group < groups(); ++group) optimizer_->set_group_lr(group, initial_lr(group), {});
}

void Scheduler::visit_state(const std::string& prefix, NumberVisitor& visitor) {
  visitor(prefix + "last_epoch", last_epoch_);
  for (std::size_t group = 0; group < initial_lrs_.size(); ++group)
    visitor(prefix + "base_lrs." + std::to_string(group), initial_lrs_[group]);
}

State Scheduler::state() const {
  State result;
  WriteNumbers write(result, "");
  const_cast<Scheduler*>(this)->visit_state("", write);  // this visitor only reads
  return result;
}

void Scheduler::load_state(const State& state, SourceLocation at) {
  reel::detail::placed(at, [&] { prepare_load(state).commit(); });
}

Change Scheduler::prepare_load(const State& state) {
  Entries entries(state);
  ReadNumbers::Numbers numbers;
  ReadNumbers read(entries, "", numbers);
  visit_state("", read);
  entries.finish(name());
  return Change([numbers = std::move(numbers)]() mutable noexcept { numbers.swap(); });
}

PerGroup one_a_group(const char* scheduler, const char* option, const PerGroup& values, std::size_t groups) {
  if (values.size() == 1) return PerGroup(groups, values[0]);
  if (values.size() != groups)
    throw Error(fmt::format("{}: {} values of {} for {} groups; it needs one, or one a group", scheduler, values.size(), option, groups));
  return values;
}

}  // namespace reel::optim
