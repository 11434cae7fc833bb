#include <reel/optim/schedules/schedules.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

namespace reel::optim {

namespace {

using std::numbers::pi;

void check_positive(const char* scheduler, const char* option, std::int64_t value) {
  if (value < 1) throw Error(fmt::format("{}: {} is {}; it has to be 1 or more", scheduler, option, value));
}

void check_factor(const char* scheduler, const char* option, double value) {
  if (!(value >= 0 && value <= 1)) throw Error(fmt::format("{}: {} is {}; it has to lie between 0 and 1", scheduler, option, value));
}

void check_not_negative(const char* scheduler, const char* option, double value) {
  if (!(value >= 0)) throw Error(fmt::format("{}: {} is {}; it has to be 0 or more", scheduler, option, value));
}

double number(std::int64_t value) { return static_cast<double>(value); }

}  // namespace

StepLR::StepLR(Optimizer& optimizer, const StepLROptions& options, SourceLocation at) : Scheduler(optimizer), options_(options) {
  reel::detail::placed(at, [&] {
    check_positive("StepLR", "step_size", options.step_size);
    check_not_negative("StepLR", "gamma", options.gamma);
    start();
  });
}
double StepLR::next_lr(std::size_t group) {
  return last_epoch() == 0 || last_epoch() % options_.step_size != 0 ? lr(group) : lr(group) * options_.gamma;
}
double StepLR::closed_lr(std::size_t group) {
  return initial_lr(group) * std::pow(options_.gamma, number(last_epoch() / options_.step_size));
}

MultiStepLR::MultiStepLR(Optimizer& optimizer, const MultiStepLROptions& options, SourceLocation at)
    : Scheduler(optimizer), options_(options) {
  reel::detail::placed(at, [&] {
    check_not_negative("MultiStepLR", "gamma", options.gamma);
    start();
  });
}
double MultiStepLR::next_lr(std::size_t group) {
  const auto times = std::count(options_.milestones.begin(), options_.milestones.end(), last_epoch());
  return times == 0 ? lr(group) : lr(group) * std::pow(options_.gamma, number(times));
}
double MultiStepLR::closed_lr(std::size_t group) {
  const auto passed = [this](std::int64_t milestone) { return milestone <= last_epoch(); };
  const auto times = std::count_if(options_.milestones.begin(), options_.milestones.end(), passed);
  return initial_lr(group) * std::pow(options_.gamma, number(times));
}

ExponentialLR::ExponentialLR(Optimizer& optimizer, const ExponentialLROptions& options, SourceLocation at)
    : Scheduler(optimizer), options_(options) {
  reel::detail::placed(at, [&] {
    check_not_negative("ExponentialLR", "gamma", options.gamma);
    start();
  });
}
double ExponentialLR::next_lr(std::size_t group) { return last_epoch() == 0 ? lr(group) : lr(group) * options_.gamma; }
double ExponentialLR::closed_lr(std::size_t group) { return initial_lr(group) * std::pow(options_.gamma, epoch()); }

ConstantLR::ConstantLR(Optimizer& optimizer, const ConstantLROptions& options, SourceLocation at)
    : Scheduler(optimizer), options_(options) {
  reel::detail::placed(at, [&] {
    check_factor("ConstantLR", "factor", options.factor);
    if (options.factor == 0) throw Error("ConstantLR: factor is 0, from which no rate comes back; it has to be above 0");
    start();
  });
}
double ConstantLR::next_lr(std::size_t group) {
  if (last_epoch() == 0) return lr(group) * options_.factor;
  return last_epoch() == options_.total_iters ? lr(group) * (1 / options_.factor) : lr(group);
}
double ConstantLR::closed_lr(std::size_t group) { return initial_lr(group) * (last_epoch() >= options_.total_iters ? 1 : options_.factor); }

LinearLR::LinearLR(Optimizer& optimizer, const LinearLROptions& options, SourceLocation at) : Scheduler(optimizer), options_(options) {
  reel::detail::placed(at, [&] {
    check_factor("LinearLR", "start_factor", options.start_factor);
    check_factor("LinearLR", "end_factor", options.end_factor);
    if (options.start_factor == 0) throw Error("LinearLR: start_factor is 0, from which no rate grows; it has to be above 0");
    check_positive("LinearLR", "total_iters", options.total_iters);
    start();
  });
}
double LinearLR::next_lr(std::size_t group) {
  if (last_epoch() == 0) return lr(group) * options_.start_factor;
  if (last_epoch() > options_.total_iters) return lr(group);
  const double rise = options_.end_factor - options_.start_factor;
  return lr(group) * (1 + rise / (number(options_.total_iters) * options_.start_factor + (epoch() - 1) * rise));
}
double LinearLR::closed_lr(std::size_t group) {
  const double rise = options_.end_factor - options_.start_factor, iters = number(options_.total_iters);
  return initial_lr(group) * (options_.start_factor + rise * std::min(iters, epoch()) / iters);
}

PolynomialLR::PolynomialLR(Optimizer& optimizer, const PolynomialLROptions& options, SourceLocation at)
    : Scheduler(optimizer), options_(options) {
  reel::detail::placed(at, [&] {
    check_positive("PolynomialLR", "total_iters", options.total_iters);
    check_not_negative("PolynomialLR", "power", options.power);
    start();
  });
}
double PolynomialLR::next_lr(std::size_t group) {
  if (last_epoch() == 0 || last_epoch() > options_.total_iters) return lr(group);
  const double iters = number(options_.total_iters);
  return lr(group) * std::pow((1 - epoch() / iters) / (1 - (epoch() - 1) / iters), options_.power);
}
double PolynomialLR::closed_lr(std::size_t group) {
  const double iters = number(options_.total_iters);
  return initial_lr(group) * std::pow(1 - std::min(iters, epoch()) / iters, options_.power);
}

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, const CosineAnnealingLROptions& options, SourceLocation at)
    : Scheduler(optimizer), options_(options) {
  reel::detail::placed(at, [&] {
    check_positive("CosineAnnealingLR", "T_max", options.T_max);
    check_not_negative("CosineAnnealingLR", "eta_min", options.eta_min);
    start();
  });
}
double CosineAnnealingLR::next_lr(std::size_t group) {
  if (last_epoch() == 0) return lr(group);
  const double period = number(options_.T_max), low = options_.eta_min;
  // The step up from the lowest rate, for which the ratio of two steps would divide by 0.
  if ((last_epoch() - 1 - options_.T_max) % (2 * options_.T_max) == 0)
    return lr(group) + (initial_lr(group) - low) * (1 - std::cos(pi / period)) / 2;
  return (1 + std::cos(pi * epoch() / period)) / (1 + std::cos(pi * (epoch() - 1) / period)) * (lr(group) - low) + low;
}
double CosineAnnealingLR::closed_lr(std::size_t group) {
  const double low = options_.eta_min;
  return low + (initial_lr(group) - low) * (1 + std::cos(pi * epoch() / number(options_.T_max))) / 2;
}

CosineAnnealingWarmRestarts::CosineAnnealingWarmRestarts(Optimizer& optimizer, const WarmRestartsOptions& options, SourceLocation at)
    : Scheduler(optimizer), options_(options), T_i_(options.T_0) {
  reel::detail::placed(at, [&] {
    check_positive("CosineAnnealingWarmRestarts", "T_0", options.T_0);
    check_positive("CosineAnnealingWarmRestarts", "T_mult", options.T_mult);
    check_not_negative("CosineAnnealingWarmRestarts", "eta_min", options.eta_min);
    start();
  });
}
void CosineAnnealingWarmRestarts::advance() {
  if (++T_cur_ < T_i_) return;
  T_cur_ -= T_i_;
  T_i_ *= options_.T_mult;
}
void CosineAnnealingWarmRestarts::restart(Form form) {
  T_cur_ = 0;
  T_i_ = options_.T_0;
  Scheduler::restart(form);
}
double CosineAnnealingWarmRestarts::next_lr(std::size_t group) {
  const double low = options_.eta_min;
  return low + (initial_lr(group) - low) * (1 + std::cos(pi * number(T_cur_) / number(T_i_))) / 2;
}
void CosineAnnealingWarmRestarts::visit_state(const std::string& prefix, NumberVisitor& visitor) {
  Scheduler::visit_state(prefix, visitor);
  visitor(prefix + "T_cur", T_cur_);
  visitor(prefix + "T_i", T_i_);
}

SWALR::SWALR(Optimizer& optimizer, const SWALROptions& options, SourceLocation at) : Scheduler(optimizer), options_(options) {
  reel::detail::placed(at, [&] {
    options_.swa_lr = one_a_group("SWALR", "swa_lr", options.swa_lr, groups());
    for (const double lr : options_.swa_lr) check_not_negative("SWALR", "swa_lr", lr);
    check_not_negative("SWALR", "anneal_epochs", number(options.anneal_epochs));
    start();
  });
}
double SWALR::weight(double step) const {
  const double t = std::clamp(step / std::max(1.0, number(options_.anneal_epochs)), 0.0, 1.0);
  return options_.cosine ? (1 - std::cos(pi * t)) / 2 : t;
}
double SWALR::next_lr(std::size_t group) {
  const double step = options_.anneal_epochs == 0 ? std::max(1.0, epoch()) : epoch();
  const double target = options_.swa_lr[group], before = weight(step - 1), now = weight(step);
  const double start = before == 1 ? target : (lr(group) - before * target) / (1 - before);
  return target * now + start * (1 - now);
}

}  // namespace reel::optim
