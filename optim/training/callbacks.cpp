#include <reel/optim/training/callbacks.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <reel/autograd/detail/warning.hpp>
#include <reel/core/io/detail/names.hpp>
#include <reel/optim/state_visitors.hpp>
#include <reel/optim/training/trainer_parts.hpp>

namespace reel::optim {

Callback::~Callback() = default;

void check_watched(const std::string& name, const std::vector<std::string>& metrics, bool has_validation) {
  std::vector<std::string> known{"loss"}, of_validation{"val_loss"};
  for (const std::string& metric : metrics) {
    known.push_back(metric);
    of_validation.push_back("val_" + metric);
  }
  const auto has = [&](const std::vector<std::string>& list) { return std::find(list.begin(), list.end(), name) != list.end(); };
  if (has(known) || (has_validation && has(of_validation))) return;
  if (has(of_validation)) throw Error("'" + name + "' needs validation data; give fit() .validation");
  if (has_validation) known.insert(known.end(), of_validation.begin(), of_validation.end());
  const std::string meant = io::closest(name, known);
  throw Error(fmt::format("there is no '{}' among what the training reports: {}{}{}", name, fmt::join(known, ", "),
                          metrics.empty() ? " (metrics come with the trainer's .metrics)" : "",
                          meant.empty() ? "" : fmt::format("; did you mean '{}'?", meant)));
}

double EpochReport::value(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& [metric, value] : training.metrics) names.push_back(metric);
  check_watched(name, names, validation != nullptr);
  if (name == "loss") return training.loss;
  if (name == "val_loss" && validation) return validation->loss;
  const bool is_own = std::find(names.begin(), names.end(), name) != names.end();  // one may be called "val_..." itself
  return is_own ? training.metric(name, {}) : validation->metric(name.substr(4), {});
}

std::optional<bool> EpochReport::larger_is_better(const std::string& name) const {
  if (name == "loss" || name == "val_loss") return false;
  if (!metrics) return std::nullopt;
  for (const metrics::Metric& metric : *metrics)
    if (metric.name == name || "val_" + metric.name == name) return metric.larger_is_better;
  return std::nullopt;
}

bool is_larger_better(const char* who, const std::string& name, std::optional<bool> said, const EpochReport& report, bool& warned) {
  if (said) return *said;
  const std::optional<bool> known = report.larger_is_better(name);
  if (!known && !std::exchange(warned, true))
    reel::detail::warn(
        fmt::format("{} watches {}, of which nobody said whether larger is better, and takes smaller for better; say .maximize there, or "
                    "{{.larger_is_better = ...}} where the metric is made",
                    who, name));
  return known.value_or(false);
}

void EarlyStopping::on_epoch_begin(Trainer& trainer, std::size_t) { trainer.check_watched(options_.monitor); }

void EarlyStopping::on_train_begin(Trainer&) {
  best_.reset();
  best_epoch_ = 0;
  best_state_.clear();
}

void EarlyStopping::on_epoch_end(Trainer& trainer, const EpochReport& report) {
  const double value = report.value(options_.monitor);
  const bool larger = is_larger_better("EarlyStopping", options_.monitor, options_.maximize, report, warned_);
  const double gain = !best_ ? std::numeric_limits<double>::infinity() : larger ? value - *best_ : *best_ - value;
  const bool better = !std::isnan(value) && gain > options_.min_delta;
  if (better) {
    best_ = value;
    best_epoch_ = report.epoch;
    if (options_.restore_best) best_state_ = trainer.model().state();
  } else if (report.epoch - best_epoch_ >= std::max<std::size_t>(1, options_.patience)) {
    trainer.stop();
  }
}

void EarlyStopping::on_train_end(Trainer& trainer, const History&) {
  if (!best_state_.empty()) trainer.model().load_state(best_state_, {}, {});
}

State EarlyStopping::state() const {
  State result{{"best_epoch", scalar_of(static_cast<std::int64_t>(best_epoch_))}};
  if (best_) result["best"] = scalar_of(*best_);
  for (const auto& [name, value] : best_state_) result["weights." + name] = value;
  return result;
}

void EarlyStopping::load_state(const State& state) {
  Entries entries(state);
  std::int64_t epoch = 0;
  std::optional<double> best;
  State weights;
  entries.number("best_epoch", epoch);
  if (epoch < 0) entries.refuse("best_epoch is negative");
  if (entries.has("best")) entries.number("best", best.emplace());
  for (const auto& [name, value] : state)
    if (name.starts_with("weights.")) weights[name.substr(8)] = entries.take(name);
  entries.finish("EarlyStopping");
  best_epoch_ = static_cast<std::size_t>(epoch);
  best_ = best;
  best_state_ = std::move(weights);
}

void LearningRateScheduler::on_train_begin(Trainer&) {
  steps_ = 0;
  if (scheduler_ && options_.every_batch) scheduler_->set_larger_is_better(false);  // the batch's loss
}

void LearningRateScheduler::on_epoch_begin(Trainer& trainer, std::size_t epoch) {
  if (scheduler_ && !options_.every_batch && !options_.monitor.empty()) trainer.check_watched(options_.monitor);
  if (function_) trainer.optimizer().set_lr(function_(epoch, trainer.optimizer().lr({})), {});  // fit() adds its place
}

void LearningRateScheduler::on_batch_end(Trainer& trainer, std::size_t, double loss) {
  if (!scheduler_ || !options_.every_batch || trainer.steps() == steps_) return;
  steps_ = trainer.steps();
  scheduler_->step_with(loss, {});
}

void LearningRateScheduler::on_epoch_end(Trainer&, const EpochReport& report) {
  if (!scheduler_ || options_.every_batch) return;
  const std::string name = !options_.monitor.empty() ? options_.monitor : report.validation ? "val_loss" : "loss";
  const double value = report.value(name);
  if (const std::optional<bool> larger = report.larger_is_better(name)) scheduler_->set_larger_is_better(*larger);
  scheduler_->step_with(value, {});
}

State LearningRateScheduler::state() const { return scheduler_ ? scheduler_->state() : State{}; }

void LearningRateScheduler::load_state(const State& state) {
  if (scheduler_) scheduler_->load_state(state, {});
}

}  // namespace reel::optim
