#include <reel/optim/trainer.hpp>

#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/context.hpp>
#include <reel/autograd/ops/join.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/optim/progress.hpp>
#include <reel/optim/training.hpp>

namespace reel::optim {

namespace {

data::Batches batches_of(const char* caller, const data::Dataset& dataset, const data::BatchOptions& options, SourceLocation at) {
  return reel::detail::placed(at, [&] {
    require_count(caller, "the batch size", options.batch_size);
    data::Batches batches(dataset, options, at);
    if (batches.size() == 0) throw Error(fmt::format("{}: {} samples make no batch of {}", caller, dataset.size(), options.batch_size));
    return batches;
  });
}

}  // namespace

Trainer::Trainer(nn::Module& model, Loss loss, Owned<Optimizer> optimizer, TrainerOptions options)
    : model_(&model), loss_(std::move(loss)), optimizer_(std::move(optimizer)), options_(std::move(options)) {}

std::pair<Tensor, Tensor> Trainer::apply(const data::Batch& batch, SourceLocation at) {
  Tensor prediction = (*model_)(batch.features, at);
  const bool has_weights = training_ && !training_->options.class_weight.empty() && model_->is_training();
  Tensor loss = has_weights ? weighted_loss(prediction, batch, at) : loss_(prediction, batch.targets, at);
  if (loss.size() != 1)
    throw ShapeError(fmt::format("the loss has shape {}; it has to be one number, such as a mean ({})", loss.shape(), to_string(at)));
  return {std::move(prediction), std::move(loss)};
}

History Trainer::fit(const data::Dataset& dataset, const FitOptions& options, SourceLocation at) {
  check(options, at);
  data::Split parts;
  const bool is_split = options.validation_split > 0;
  if (is_split) parts = data::split(dataset, {.test_fraction = options.validation_split, .shuffle = false}, at);
  const data::Dataset& train = is_split ? parts.train : dataset;
  Training training{options, batches_of("fit", train, {options.batch_size, options.shuffle, options.drop_last}, at), {}, at};
  detail::Progress progress(options.epochs, training.batches.size());
  if (options.progress) training.callbacks.push_back(&progress);
  training.callbacks.insert(training.callbacks.end(), options.callbacks.begin(), options.callbacks.end());

  const nn::ModeScope mode(*model_, true);
  const Training::Scope scope(training_, &training);
  stop_ = false;
  steps_ = 0;
  reel::detail::placed(at, [&] {
    for (Callback* const callback : training.callbacks) callback->on_train_begin(*this);
    if (!options.resume.empty()) resume(options.resume);
  });
  run_epochs(is_split ? &parts.test : options.validation);
  training.history.stopped_early = training.history.epochs() < options.epochs;
  for (Callback* const callback : training.callbacks) callback->on_train_end(*this, training.history);
  return training.history;
}

Score Trainer::evaluate(const data::Dataset& dataset, std::size_t batch_size, SourceLocation at) {
  const NoGrad pause;
  const nn::ModeScope mode(*model_, false);
  Sums sums(options_.metrics);
  const data::Batches batches = batches_of("evaluate", dataset, {.batch_size = batch_size}, at);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const data::Batch batch = batches[i];
    const auto [prediction, loss] = apply(batch, at);
    reel::detail::placed(at, [&, &predicted = prediction, &value = loss] { sums.add(value.item<double>(), predicted, batch); });
  }
  return sums.score();
}

Tensor Trainer::predict(const Tensor& features, std::size_t batch_size, SourceLocation at) {
  const NoGrad pause;
  const nn::ModeScope mode(*model_, false);
  reel::detail::placed(at, [&] { require_count("predict", "the batch size", batch_size); });
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
