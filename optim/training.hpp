#pragma once
// Internal; not installed. What a Trainer works with while it goes over data.
#include <vector>

#include <reel/autograd/context.hpp>
#include <reel/optim/trainer.hpp>

namespace reel::optim {

/// Loss and metrics of the batches so far.
struct Trainer::Sums {
  const std::vector<metrics::Metric>& metrics;
  double loss = 0, samples = 0;
  std::vector<Owned<metrics::Meter>> meters = {};

  explicit Sums(const std::vector<metrics::Metric>& of) : metrics(of) {
    for (const metrics::Metric& metric : metrics) meters.push_back(metric.start());
  }
  void add(double batch_loss, const Tensor& prediction, const data::Batch& batch) {
    const NoGrad pause;  // metrics are not differentiated
    const double n = static_cast<double>(batch.size());
    samples += n;
    loss += n * batch_loss;
    for (const Owned<metrics::Meter>& meter : meters) meter->add(prediction, batch.targets);
  }
  Score score() const {
    Score result{loss / samples, {}};
    for (std::size_t i = 0; i < metrics.size(); ++i) result.metrics.emplace_back(metrics[i].name, meters[i]->result());
    return result;
  }
};

/// One call of fit().
struct Trainer::Training {
  const FitOptions& options;
  data::Batches batches;
  std::vector<Callback*> callbacks;
  SourceLocation at;
  History history = {};
  std::size_t micro_batches = 0;  // whose gradients wait for a step

  /// Lets the trainer know its training while this lives.
  class Scope {
   public:
    Scope(Training*& place, Training* training) : place_(place), before_(std::exchange(place, training)) {}
    ~Scope() { place_ = before_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Training*& place_;
    Training* before_;
  };
};

}  // namespace reel::optim
