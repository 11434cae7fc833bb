#include <reel/optim/training/history.hpp>

#include <fmt/format.h>
#include <reel/core/error.hpp>

namespace reel::optim {

double Score::metric(const std::string& name, SourceLocation at) const {
  std::string names;
  for (const auto& [known, value] : metrics) {
    if (known == name) return value;
    names += (names.empty() ? "" : ", ") + known;
  }
  return reel::detail::placed(at, [&]() -> double {
    throw Error(fmt::format("there is no metric {}; there are: {}", name, names.empty() ? "none (give the trainer .metrics)" : names));
  });
}

}  // namespace reel::optim

namespace reel::plot {

Figure history(const optim::History& history) {
  Figure figure({.title = "Loss", .x_label = "epoch", .y_label = "loss"});
  figure.line(history.loss, {.label = "training"});
  if (!history.val_loss.empty()) figure.line(history.val_loss, {.label = "validation"});
  return figure;
}

}  // namespace reel::plot

std::ostream& reel::optim::operator<<(std::ostream& out, const Score& score) { return reel::detail::write(out, fmt::format("{}", score)); }

fmt::format_context::iterator fmt::formatter<reel::optim::Score>::format(const reel::optim::Score& score,
                                                                         fmt::format_context& context) const {
  std::string text = fmt::format("loss {:.4f}", score.loss);
  for (const auto& [name, value] : score.metrics) text += fmt::format(", {} {:.4f}", name, value);
  return fmt::formatter<fmt::string_view>::format(text, context);
}
