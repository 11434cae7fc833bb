#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <reel/optim/state_visitors.hpp>
#include <reel/optim/training/callbacks.hpp>
#include <reel/optim/training/trainer_parts.hpp>

namespace reel::optim {

namespace {

/// Appends a score's column names and its values.
void add_score(const Score& score, const std::string& prefix, std::string& header, std::string& line) {
  header += "," + prefix + "loss";
  line += fmt::format(",{}", score.loss);
  for (const auto& [name, value] : score.metrics) {
    header += "," + prefix + name;
    line += fmt::format(",{}", value);
  }
}

}  // namespace

void CSVLogger::on_train_begin(Trainer&) { is_open_ = append_; }

void CSVLogger::load_state(const State&) { is_open_ = true; }

void CSVLogger::on_epoch_end(Trainer& trainer, const EpochReport& report) {
  std::string header = "epoch,lr", line = fmt::format("{},{}", report.epoch, trainer.optimizer().lr({}));
  add_score(report.training, "", header, line);
  if (report.validation) add_score(*report.validation, "val_", header, line);
  std::error_code none;
  const bool is_new = !is_open_ || !std::filesystem::exists(path_, none) || std::filesystem::file_size(path_, none) == 0;
  std::ofstream file(path_, is_new ? std::ios::trunc : std::ios::app);
  if (is_new) file << header << '\n';
  file << line << '\n';
  file.flush();
  if (!file) throw IoError(path_ + ": cannot be written");
  is_open_ = true;
}

ModelCheckpoint::ModelCheckpoint(ModelCheckpointOptions options, SourceLocation at) : options_(std::move(options)) {
  reel::detail::placed(at, [&] {
    if (options_.path.empty()) throw Error("ModelCheckpoint: the path is empty");
    if (require_count("ModelCheckpoint", "every", options_.every) == 0)
      throw Error("ModelCheckpoint: every 0 epochs; it has to be at least 1");
  });
}

void ModelCheckpoint::on_epoch_begin(Trainer& trainer, std::size_t) {
  if (options_.best_only) trainer.check_watched(options_.monitor);
}

void ModelCheckpoint::on_train_begin(Trainer&) {
  best_.reset();
  last_path_.clear();
}

void ModelCheckpoint::on_epoch_done(Trainer& trainer, const EpochReport& report) {
  if (report.epoch % options_.every != 0) return;
  if (options_.best_only) {
    const double value = report.value(options_.monitor);
    const bool larger = is_larger_better("ModelCheckpoint", options_.monitor, options_.maximize, report, warned_);
    if (!(best_ ? (larger ? value > *best_ : value < *best_) : value == value)) return;
    best_ = value;
  }
  std::string path = options_.path;
  const std::string mark = "{epoch}";
  if (const std::size_t at = path.find(mark); at != std::string::npos) path.replace(at, mark.size(), std::to_string(report.epoch));
  trainer.save(path, {});
  last_path_ = path;
}

State ModelCheckpoint::state() const { return best_ ? State{{"best", scalar_of(*best_)}} : State{}; }

void ModelCheckpoint::load_state(const State& state) {
  Entries entries(state);
  std::optional<double> best;
  if (entries.has("best")) entries.number("best", best.emplace());
  entries.finish("ModelCheckpoint");
  best_ = best;
}

}  // namespace reel::optim
