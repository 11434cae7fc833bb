#include <reel/optim/callbacks.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

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

}  // namespace reel::optim
