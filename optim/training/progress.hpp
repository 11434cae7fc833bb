#pragma once
// Internal; not installed.
#include <chrono>
#include <cstdio>
#include <string>

#include <reel/optim/training/callbacks.hpp>

namespace reel::optim::detail {

/// Shows the progress of a training on standard error: on a terminal a bar that is redrawn in place, and one line per epoch; elsewhere (a
/// file, a pipe, CI) about ten lines in all, without control characters.
class Progress : public Callback {
 public:
  Progress(std::size_t epochs, std::size_t batches);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Ends the line of a bar that an error left half drawn, so that the error's text has a line of its own.
  ~Progress() override;
  void on_batch_end(Trainer&, std::size_t batch, double loss) override;
  void on_epoch_end(Trainer&, const EpochReport& report) override;

 private:
  using Clock = std::chrono::steady_clock;
  std::string epoch_text(std::size_t epoch) const;

  std::size_t epochs_, batches_, epoch_ = 1;
  bool terminal_, has_bar_ = false;
  Clock::time_point drawn_{};
};

}  // namespace reel::optim::detail
