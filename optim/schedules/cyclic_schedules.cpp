#include <reel/optim/schedules/cyclic_schedules.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

namespace reel::optim {

namespace {

void check_rates(const char* scheduler, const char* option, const std::vector<double>& values) {
  for (const double value : values)
    if (!(value >= 0)) throw Error(fmt::format("{}: {} is {}; it has to be 0 or more", scheduler, option, value));
}

}  // namespace

OneCycleLR::OneCycleLR(Optimizer& optimizer, const OneCycleLROptions& options, SourceLocation at)
    : Scheduler(optimizer), options_(options) {
  reel::detail::placed(at, [&] {
    OneCycleLROptions& o = options_;
    if (o.total_steps == 0) o.total_steps = o.epochs * o.steps_per_epoch;
    check();
    o.max_lr = one_a_group("OneCycleLR", "max_lr", o.max_lr, groups());
    check_rates("OneCycleLR", "max_lr", o.max_lr);
    const double steps = static_cast<double>(o.total_steps), rise = o.pct_start * steps - 1;
    if (o.three_phase) {
      phases_ = {{rise, 0, 1, true, false}, {2 * o.pct_start * steps - 2, 1, 0, false, true}, {steps - 1, 0, 2, false, false}};
    } else {
      phases_ = {{rise, 0, 1, true, false}, {steps - 1, 1, 2, false, true}};
    }
    if (o.cycle_momentum) {
      of_betas_ = optimizer.find_option(0, "betas.0", {}) != nullptr;
      if (!of_betas_ && !optimizer.find_option(0, "momentum", {}))
        throw Error(fmt::format("OneCycleLR: {} has neither momentum nor betas; set .cycle_momentum = false", optimizer.name()));
      o.base_momentum = one_a_group("OneCycleLR", "base_momentum", o.base_momentum, groups());
      o.max_momentum = one_a_group("OneCycleLR", "max_momentum", o.max_momentum, groups());
    }
    std::vector<double> first;
    for (const double lr : o.max_lr) first.push_back(lr / o.div_factor);
    start(first);
  });
}

void OneCycleLR::check() const {
  if (options_.total_steps < 1)
    throw Error(fmt::format("OneCycleLR: total_steps is {}; give it, or epochs and steps_per_epoch, as 1 or more", options_.total_steps));
  if (!(options_.pct_start >= 0 && options_.pct_start <= 1))
    throw Error(fmt::format("OneCycleLR: pct_start is {}; it has to lie between 0 and 1", options_.pct_start));
  if (!(options_.div_factor > 0 && options_.final_div_factor > 0))
    throw Error(fmt::format("OneCycleLR: div_factor is {} and final_div_factor {}; both have to be above 0", options_.div_factor,
                            options_.final_div_factor));
}

void OneCycleLR::advance_by_one() {
  if (last_epoch() >= options_.total_steps)
    throw Error(fmt::format("OneCycleLR: step {} of a schedule of {} steps", last_epoch() + 1, options_.total_steps));
  Scheduler::advance_by_one();
}

double OneCycleLR::anneal(double from, double to, double part) const {
  return options_.cosine ? to + (from - to) / 2 * (std::cos(std::numbers::pi * part) + 1) : (to - from) * part + from;
}

double OneCycleLR::next_lr(std::size_t group) {
  double start = 0;
  std::size_t i = 0;
  for (; i + 1 < phases_.size() && epoch() > phases_[i].end; ++i) start = phases_[i].end;
  const Phase& phase = phases_[i];
  const double part = (epoch() - start) / (phase.end - start);
  if (options_.cycle_momentum) {
    const double low = options_.base_momentum[group], high = options_.max_momentum[group];
    *optimizer().find_option(group, of_betas_ ? "betas.0" : "momentum", {}) = anneal(phase.up ? low : high, phase.down ? low : high, part);
  }
  const double rates[] = {initial_lr(group), options_.max_lr[group], initial_lr(group) / options_.final_div_factor};
  return anneal(rates[phase.from], rates[phase.to], part);
}

CyclicLR::CyclicLR(Optimizer& optimizer, const CyclicLROptions& options, SourceLocation at) : Scheduler(optimizer), options_(options) {
  reel::detail::placed(at, [&] {
    CyclicLROptions& o = options_;
    if (o.step_size_down == 0) o.step_size_down = o.step_size_up;
    if (!(o.step_size_up > 0 && o.step_size_down > 0))
      throw Error(
          fmt::format("CyclicLR: step_size_up is {} and step_size_down {}; both have to be above 0", o.step_size_up, o.step_size_down));
    o.base_lr = one_a_group("CyclicLR", "base_lr", o.base_lr, groups());
    o.max_lr = one_a_group("CyclicLR", "max_lr", o.max_lr, groups());
    check_rates("CyclicLR", "base_lr", o.base_lr);
    check_rates("CyclicLR", "max_lr", o.max_lr);
    if (o.cycle_momentum) {
      if (!optimizer.find_option(0, "momentum", {}))
        throw Error(fmt::format("CyclicLR: {} has no momentum; set .cycle_momentum = false", optimizer.name()));
      o.base_momentum = one_a_group("CyclicLR", "base_momentum", o.base_momentum, groups());
      o.max_momentum = one_a_group("CyclicLR", "max_momentum", o.max_momentum, groups());
    }
    for (std::size_t group = 0; group < groups(); ++group) optimizer.set_group_lr(group, o.base_lr[group], {});
    start();
  });
}

double CyclicLR::next_lr(std::size_t group) {
  const double size = options_.step_size_up + options_.step_size_down, up = options_.step_size_up / size;
  const double cycle = std::floor(1 + epoch() / size), x = 1 + epoch() / size - cycle;
  double height = x <= up ? x / up : (x - 1) / (up - 1);
  if (options_.mode == CyclicMode::triangular2) height /= std::exp2(cycle - 1);
  if (options_.mode == CyclicMode::exp_range) height *= std::pow(options_.gamma, epoch());
  if (options_.cycle_momentum) {
    const double low = options_.base_momentum[group], high = options_.max_momentum[group];
    *optimizer().find_option(group, "momentum", {}) = high - (high - low) * height;
  }
  return options_.base_lr[group] + (options_.max_lr[group] - options_.base_lr[group]) * height;
}

}  // namespace reel::optim
