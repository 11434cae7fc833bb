#include <reel/optim/callbacks.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <reel/optim/state_visitors.hpp>
#include <reel/optim/trainer.hpp>

namespace reel::optim {

Callback::~Callback() = default;

double EpochReport::value(const std::string& name) const {
  if (name == "loss") return training.loss;
  if (!name.starts_with("val_")) return training.metric(name);
  if (!validation) throw Error("'" + name + "' needs validation data; give fit() .validation");
  return name == "val_loss" ? validation->loss : validation->metric(name.substr(4));
}

void EarlyStopping::on_train_begin(Trainer&) {
  best_.reset();
  best_epoch_ = 0;
  best_state_.clear();
}

void EarlyStopping::on_epoch_end(Trainer& trainer, const EpochReport& report) {
  const double value = report.value(options_.monitor);
  const double gain = !best_ ? std::numeric_limits<double>::infinity() : options_.maximize ? value - *best_ : *best_ - value;
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
  if (!best_state_.empty()) trainer.model().load_state(best_state_);
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

void LearningRateScheduler::on_train_begin(Trainer&) { steps_ = 0; }

void LearningRateScheduler::on_epoch_begin(Trainer& trainer, std::size_t epoch) {
  if (function_) trainer.optimizer().set_lr(function_(epoch, trainer.optimizer().lr()), {});  // fit() adds its place
}

void LearningRateScheduler::on_batch_end(Trainer& trainer, std::size_t, double loss) {
  if (!scheduler_ || !options_.every_batch || trainer.steps() == steps_) return;
  steps_ = trainer.steps();
  scheduler_->step_with(loss);
}

void LearningRateScheduler::on_epoch_end(Trainer&, const EpochReport& report) {
  if (!scheduler_ || options_.every_batch) return;
  const std::string standard = report.validation ? "val_loss" : "loss";
  scheduler_->step_with(report.value(options_.monitor.empty() ? standard : options_.monitor));
}

State LearningRateScheduler::state() const { return scheduler_ ? scheduler_->state() : State{}; }

void LearningRateScheduler::load_state(const State& state) {
  if (scheduler_) scheduler_->load_state(state);
}

}  // namespace reel::optim
