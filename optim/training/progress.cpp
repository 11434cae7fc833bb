#include <reel/optim/training/progress.hpp>

#include <unistd.h>

#include <fmt/format.h>

namespace reel::optim::detail {

namespace {

std::string bar(std::size_t done, std::size_t all) {
  constexpr std::size_t width = 24;
  const std::size_t filled = all == 0 ? width : done * width / all;
  return std::string(filled, '=') + std::string(width - filled, '.');
}

}  // namespace

Progress::Progress(std::size_t epochs, std::size_t batches) : epochs_(epochs), batches_(batches), terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (has_bar_) std::fputc('\n', stderr);
}

std::string Progress::epoch_text(std::size_t epoch) const {
  return fmt::format("epoch {:>{}}/{}", epoch, std::to_string(epochs_).size(), epochs_);
}

void Progress::on_batch_end(Trainer&, std::size_t batch, double loss) {
  if (!terminal_) return;
  const auto now = Clock::now();
  if (now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  fmt::print(stderr, "\r\x1b[K{}  [{}] {}/{}  loss {:.4f}", epoch_text(epoch_), bar(batch, batches_), batch, batches_, loss);
  std::fflush(stderr);
  has_bar_ = true;
}

void Progress::on_epoch_end(Trainer&, const EpochReport& report) {
  epoch_ = report.epoch + 1;
  has_bar_ = false;
  const std::size_t every = terminal_ ? 1 : (epochs_ + 9) / 10;
  if (report.epoch % every != 0 && report.epoch != epochs_ && report.epoch != 1) return;
  const std::string validation = report.validation ? fmt::format("  |  validation: {}", *report.validation) : std::string();
  fmt::print(stderr, "{}{}  {}{}\n", terminal_ ? "\r\x1b[K" : "", epoch_text(report.epoch), report.training, validation);
}

}  // namespace reel::optim::detail
