#include <reel/optim/training/plots.hpp>

namespace reel::plot {

namespace {

Figure panel(const std::string& name, const std::vector<double>& training, const std::vector<double>& validation) {
  Figure figure({.title = name, .x_label = "epoch", .width = 480, .height = 300});
  figure.line(training, {.label = "training"});
  if (!validation.empty()) figure.line(validation, {.label = "validation"});
  return figure;
}

}  // namespace

Picture training(const optim::History& history, SourceLocation where) {
  if (history.epochs() == 0) reel::detail::placed(where, [] { throw Error("training: the history has no epochs"); });
  std::vector<Figure> panels{panel("loss", history.loss, history.val_loss)};
  for (const auto& [name, values] : history.metrics) {
    constexpr const char* prefix = "val_";
    if (name.starts_with(prefix) && history.metrics.contains(name.substr(4))) continue;
    const auto validation = history.metrics.find(prefix + name);
    panels.push_back(panel(name, values, validation == history.metrics.end() ? std::vector<double>{} : validation->second));
  }
  return arrange(panels, panels.size() == 1 ? 1 : 2, where);
}

}  // namespace reel::plot
