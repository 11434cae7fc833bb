#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <reel/core/error.hpp>
#include <reel/core/plot/figure.hpp>

namespace reel::optim {

/// A loss and the metrics measured with it, in the trainer's order.
struct Score {
  double loss = 0;
  std::vector<std::pair<std::string, double>> metrics;

  /// The metric of this name. Throws Error for an unknown name, with the list of names.
  double metric(const std::string& name, SourceLocation at = SourceLocation::here()) const;
};

/// "loss 0.1568, binary_accuracy 0.7656"
std::ostream& operator<<(std::ostream& out, const Score& score);

/// The losses and metrics of a fit(), one number per epoch.
struct History {
  std::vector<double> loss;      ///< mean over the epoch's samples, in training mode
  std::vector<double> val_loss;  ///< empty without validation data
  /// Metrics by name; those of the validation data as "val_" + name.
  std::map<std::string, std::vector<double>> metrics;
  /// Whether a callback ended the training before its last epoch.
  bool stopped_early = false;

  std::size_t epochs() const { return loss.size(); }
};

}  // namespace reel::optim

namespace reel::plot {

/// A figure of the loss, and of the validation loss where there is one, over the epochs.
Figure history(const optim::History& history);

}  // namespace reel::plot

/// "loss 0.1568, binary_accuracy 0.7656"
template <>
struct fmt::formatter<reel::optim::Score> : fmt::formatter<fmt::string_view> {
  fmt::format_context::iterator format(const reel::optim::Score& score, fmt::format_context& context) const;
};
