#include <reel/optim/trainer.hpp>

#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/context.hpp>
#include <reel/autograd/ops/index.hpp>
#include <reel/autograd/ops/join.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/nn/losses/mean_report.hpp>
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

void Trainer::check_not_moved_from(SourceLocation at) const {
  if (!optimizer_) reel::detail::placed(at, [] { throw Error("Trainer: it was moved from and used afterwards, or has no optimizer"); });
}

Trainer::Outcome Trainer::loss_of(const Tensor& prediction, const Tensor& targets, SourceLocation at) {
  nn::detail::MeanReport report;
  Outcome result{prediction, call_user("the loss", at, [&] { return loss_(prediction, targets, at); })};
  if (result.loss.size() != 1)
    throw ShapeError(
        fmt::format("the loss has shape {}; it has to be one number, such as a mean ({})", result.loss.shape(), to_string(at)));
  result.weight = report.divisor().value_or(targets.rank() == 0 ? 1 : static_cast<double>(targets.shape()[0]));
  result.ignored = report.ignored();
  return result;
}

Trainer::Outcome Trainer::apply(const data::Batch& batch, SourceLocation at) {
  const Tensor prediction = call_user("the model", at, [&] { return (*model_)(batch.features, at); });
  const bool has_weights = training_ && !training_->options.class_weight.empty() && model_->is_training();
  return has_weights ? weighted_loss(prediction, batch, at) : loss_of(prediction, batch.targets, at);
}

namespace {

/// The batch without the rows of a class that the loss leaves out, for metrics; the batch itself where there are none.
std::pair<Tensor, Tensor> counted_rows(const Tensor& prediction, const Tensor& targets, std::optional<std::int64_t> ignored) {
  if (!ignored || targets.dtype() != int64 || targets.rank() != 1 || prediction.rank() == 0 || prediction.shape()[0] != targets.size())
    return {prediction, targets};
  std::vector<std::int64_t> rows;
  const auto classes = targets.value().span<std::int64_t>();
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (classes[i] != *ignored) rows.push_back(static_cast<std::int64_t>(i));
  if (rows.size() == classes.size()) return {prediction, targets};
  const Tensor indices(Array::of<std::int64_t>({rows.size()}, std::span<const std::int64_t>(rows)));
  return {take(prediction, indices), take(targets, indices)};
}

}  // namespace

void Trainer::Sums::add(const Outcome& outcome, const data::Batch& batch) {
  const NoGrad pause;  // metrics are not differentiated
  if (outcome.weight == 0) return;
  weights += outcome.weight;
  loss += outcome.weight * outcome.loss.item<double>();
  if (meters.empty()) return;
  const auto [prediction, targets] = counted_rows(outcome.prediction, batch.targets, outcome.ignored);
  for (const Owned<metrics::Meter>& meter : meters) call_user("a metric", {}, [&, &p = prediction, &t = targets] { meter->add(p, t); });
}

void Trainer::check_watched(const std::string& name) const {
  if (!training_) return;
  std::vector<std::string> names;
  for (const metrics::Metric& metric : options_.metrics) names.push_back(metric.name);
  optim::check_watched(name, names, training_->has_validation);
}

History Trainer::fit(const data::Dataset& dataset, const FitOptions& options, SourceLocation at) {
  check_not_moved_from(at);
  check(options, at);
  data::Split parts;
  const bool is_split = options.validation_split > 0;
  if (is_split) parts = data::split(dataset, {.test_fraction = options.validation_split, .shuffle = false}, at);
  const data::Dataset& train = is_split ? parts.train : dataset;
  Training training{options, batches_of("fit", train, {options.batch_size, options.shuffle, options.drop_last}, at), {}, at};
  detail::Progress progress(options.epochs, training.batches.size());
  training.has_validation = is_split || options.validation;
  if (options.progress) training.callbacks.push_back(&progress);
  training.callbacks.insert(training.callbacks.end(), options.callbacks.begin(), options.callbacks.end());

  const nn::ModeScope mode(*model_, true);
  const Training::Scope scope(training_, &training);
  stop_ = false;
  steps_ = 0;
  call_callbacks(training.callbacks, at, [&](Callback& callback) { callback.on_train_begin(*this); });
  reel::detail::placed(at, [&] {
    if (!options.resume.empty()) resume(options.resume);
  });
  run_epochs(is_split ? &parts.test : options.validation);
  training.history.stopped_early = training.history.epochs() < options.epochs;
  call_callbacks(training.callbacks, at, [&](Callback& callback) { callback.on_train_end(*this, training.history); });
  return training.history;
}

Score Trainer::evaluate(const data::Dataset& dataset, std::size_t batch_size, SourceLocation at) {
  check_not_moved_from(at);
  const NoGrad pause;
  const nn::ModeScope mode(*model_, false);
  Sums sums(options_.metrics);
  const data::Batches batches = batches_of("evaluate", dataset, {.batch_size = batch_size}, at);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const data::Batch batch = batches[i];
    const Outcome outcome = apply(batch, at);
    reel::detail::placed(at, [&] { sums.add(outcome, batch); });
  }
  return sums.score();
}

Tensor Trainer::predict(const Tensor& features, std::size_t batch_size, SourceLocation at) {
  check_not_moved_from(at);
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
