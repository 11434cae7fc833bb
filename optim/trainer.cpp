#include <reel/optim/trainer.hpp>

#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/context.hpp>
#include <reel/autograd/ops/join.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/optim/progress.hpp>

namespace reel::optim {

namespace {

void add_to(History& history, const Score& score, const char* prefix) {
  for (const auto& [name, value] : score.metrics) history.metrics[prefix + name].push_back(value);
}

data::Batches batches_of(const char* caller, const data::Dataset& dataset, const data::BatchOptions& options, SourceLocation at) {
  return reel::detail::placed(at, [&] {
    data::Batches batches(dataset, options);
    if (batches.size() == 0) throw Error(fmt::format("{}: {} samples make no batch of {}", caller, dataset.size(), options.batch_size));
    return batches;
  });
}

}  // namespace

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

Trainer::Trainer(nn::Module& model, Loss loss, Owned<Optimizer> optimizer, TrainerOptions options)
    : model_(&model), loss_(std::move(loss)), optimizer_(std::move(optimizer)), options_(std::move(options)) {}

std::pair<Tensor, Tensor> Trainer::apply(const data::Batch& batch, SourceLocation at) {
  Tensor prediction = (*model_)(batch.features, at);
  Tensor loss = loss_(prediction, batch.targets, at);
  if (loss.size() != 1)
    throw ShapeError(fmt::format("the loss has shape {}; it has to be one number, such as a mean ({})", loss.shape(), to_string(at)));
  return {std::move(prediction), std::move(loss)};
}

Score Trainer::train_epoch(data::Batches& batches, std::size_t epoch, std::span<Callback* const> callbacks, SourceLocation at) {
  Sums sums(options_.metrics);
  batches.shuffle();
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const data::Batch batch = batches[i];
    const auto [prediction, loss] = apply(batch, at);
    const double value = loss.item<double>();
    if (!std::isfinite(value))
      throw GradientError(fmt::format("fit: the loss is {} in epoch {}, batch {}; a smaller learning rate or scaled features may help ({})",
                                      std::isnan(value) ? "NaN" : "infinite", epoch, i + 1, to_string(at)));
    optimizer_->zero_grad();
    loss.backward(at);
    optimizer_->step();
    sums.add(value, prediction, batch);
    for (Callback* const callback : callbacks) callback->on_batch_end(*this, i + 1, value);
  }
  return sums.score();
}

History Trainer::fit(const data::Dataset& dataset, const FitOptions& options, SourceLocation at) {
  data::Batches batches = batches_of("fit", dataset, {options.batch_size, options.shuffle, options.drop_last}, at);
  std::vector<Callback*> callbacks;
  detail::Progress progress(options.epochs, batches.size());
  if (options.progress) callbacks.push_back(&progress);
  callbacks.insert(callbacks.end(), options.callbacks.begin(), options.callbacks.end());
  const nn::ModeScope mode(*model_, true);
  History history;
  stop_ = false;
  for (Callback* const callback : callbacks) callback->on_train_begin(*this);
  for (std::size_t epoch = 1; epoch <= options.epochs && !stop_; ++epoch) {
    for (Callback* const callback : callbacks) callback->on_epoch_begin(*this, epoch);
    const Score training = train_epoch(batches, epoch, callbacks, at);
    Score validation;
    if (options.validation) validation = evaluate(*options.validation, 256, at);
    history.loss.push_back(training.loss);
    add_to(history, training, "");
    if (options.validation) {
      history.val_loss.push_back(validation.loss);
      add_to(history, validation, "val_");
    }
    const EpochReport report{epoch, options.epochs, training, options.validation ? &validation : nullptr};
    for (Callback* const callback : callbacks) callback->on_epoch_end(*this, report);
  }
  history.stopped_early = history.epochs() < options.epochs;
  for (Callback* const callback : callbacks) callback->on_train_end(*this, history);
  return history;
}

Score Trainer::evaluate(const data::Dataset& dataset, std::size_t batch_size, SourceLocation at) {
  const NoGrad pause;
  const nn::ModeScope mode(*model_, false);
  Sums sums(options_.metrics);
  const data::Batches batches = batches_of("evaluate", dataset, {.batch_size = batch_size}, at);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const data::Batch batch = batches[i];
    const auto [prediction, loss] = apply(batch, at);
    sums.add(loss.item<double>(), prediction, batch);
  }
  return sums.score();
}

Tensor Trainer::predict(const Tensor& features, std::size_t batch_size, SourceLocation at) {
  const NoGrad pause;
  const nn::ModeScope mode(*model_, false);
  if (features.rank() == 0 || features.shape()[0] == 0 || batch_size == 0)
    throw ShapeError(
        fmt::format("predict: features are {} and the batch size is {}; it needs at least one row, and batches of at least one ({})",
                    features.shape(), batch_size, to_string(at)));
  std::vector<Tensor> parts;
  const std::size_t n = features.shape()[0];
  for (std::size_t first = 0; first < n; first += batch_size) {
    const auto start = static_cast<std::ptrdiff_t>(first), stop = static_cast<std::ptrdiff_t>(std::min(n, first + batch_size));
    parts.push_back((*model_)(n <= batch_size ? features : slice(features, {Slice(start, stop)}), at));
  }
  return parts.size() == 1 ? parts[0] : concatenate(parts, 0);
}

}  // namespace reel::optim
