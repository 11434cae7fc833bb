#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <reel/autograd/context.hpp>
#include <reel/nn/layers/normalization.hpp>
#include <reel/optim/training/averaging.hpp>

namespace reel::optim {

namespace {

/// While alive, a BatchNorm layer takes plain averages; afterwards it has its old statistics again unless the new ones are kept.
class PlainAverages {
 public:
  explicit PlainAverages(nn::detail::BatchNorm& layer)
      : layer_(&layer), before_(layer.prepare_load(layer.state())), momentum_(layer.momentum()) {
    try {
      layer.reset_running_stats();
    } catch (...) {
      before_.commit();
      throw;
    }
    layer.set_momentum({});
  }
  PlainAverages(PlainAverages&& other) noexcept
      : layer_(std::exchange(other.layer_, nullptr)), before_(std::move(other.before_)), momentum_(other.momentum_) {}
  PlainAverages& operator=(PlainAverages&&) = delete;
  ~PlainAverages() {
    if (!layer_) return;
    layer_->set_momentum(momentum_);
    if (!is_kept_) before_.commit();
  }
  void keep() { is_kept_ = true; }

 private:
  nn::detail::BatchNorm* layer_;
  Change before_;
  std::optional<double> momentum_;
  bool is_kept_ = false;
};

}  // namespace

void update_bn(nn::Module& model, const data::Batches& batches, SourceLocation at) {
  if (batches.size() == 0) throw Error(fmt::format("update_bn: there are no batches ({})", to_string(at)));
  const NoGrad pause;
  const nn::ModeScope mode(model, true);
  std::vector<PlainAverages> layers;
  for (const auto& [name, module] : model.named_modules())
    if (auto* const layer = dynamic_cast<nn::detail::BatchNorm*>(module); layer && layer->running_mean.defined())
      layers.emplace_back(*layer);
  if (layers.empty()) return;
  for (std::size_t i = 0; i < batches.size(); ++i) model(batches[i].features, at);
  for (PlainAverages& layer : layers) layer.keep();
}

}  // namespace reel::optim
