#include <reel/optim/training/trainer.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/context.hpp>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/index.hpp>
#include <reel/autograd/ops/join.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/nn/data/prefetch.hpp>
#include <reel/nn/losses/mean_report.hpp>
#include <reel/optim/clip.hpp>
#include <reel/optim/state_visitors.hpp>
#include <reel/optim/training/progress.hpp>
#include <reel/optim/training/trainer_parts.hpp>

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

Trainer::Trainer(nn::Module& model, Loss loss, UniquePtr<Optimizer> optimizer, TrainerOptions options)
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

/// The batch without the rows of the class that the loss ignores, for metrics; the batch itself where there are none.
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
  for (const UniquePtr<metrics::Meter>& meter : meters) call_user("a metric", {}, [&, &p = prediction, &t = targets] { meter->add(p, t); });
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

namespace {

void add_to(History& history, const Score& score, const char* prefix) {
  for (const auto& [name, value] : score.metrics) history.metrics[prefix + name].push_back(value);
}

Tensor tensor_of(const std::vector<double>& numbers) { return Tensor(Array::of<double>({numbers.size()}, std::span(numbers))); }

std::vector<double> numbers_of(const std::string& name, const Tensor& t) {
  if (t.rank() != 1 || t.value().dtype() != float64) throw Error(name + " has to be a list of float64");
  return {t.value().data<double>(), t.value().data<double>() + t.size()};
}

State state_of(const History& history) {
  State state{{"loss", tensor_of(history.loss)}, {"val_loss", tensor_of(history.val_loss)}};
  for (const auto& [name, values] : history.metrics) state["metrics." + name] = tensor_of(values);
  return state;
}

History history_of(const State& state) {
  History history;
  for (const auto& [name, value] : state) {
    const std::vector<double> numbers = numbers_of("history." + name, value);
    if (name == "loss") {
      history.loss = numbers;
    } else if (name == "val_loss") {
      history.val_loss = numbers;
    } else if (name.starts_with("metrics.")) {
      history.metrics[name.substr(8)] = numbers;
    }
  }
  return history;
}

/// A callback has a state of its own again. One that fails even there keeps what it has: what made the loading fail is thrown.
void put_back(Callback& callback, const State& state) noexcept {
  try {
    callback.load_state(state);
  } catch (...) {  // NOLINT(bugprone-empty-catch)
  }
}

/// The entries whose names begin with the prefix, by their names without it.
State below(const State& state, const std::string& prefix) {
  State result;
  for (const auto& [name, value] : state)
    if (name.starts_with(prefix)) result[name.substr(prefix.size())] = value;
  return result;
}

}  // namespace

void Trainer::check(const FitOptions& options, SourceLocation at) const {
  const auto fail = [&](const char* text) { throw Error(fmt::format("fit: {} ({})", text, to_string(at))); };
  reel::detail::placed(at, [&] {
    require_count("fit", "accumulate", options_.accumulate);
    require_count("fit", "epochs", options.epochs);
    require_count("fit", "batch_size", options.batch_size);
    require_count("fit", "prefetch", options.prefetch);
  });
  if (options_.accumulate == 0) fail("gradients of 0 batches make no step; accumulate has to be at least 1");
  if (options_.accumulate > 1 && optimizer_->needs_closure())
    fail("an optimizer that evaluates the loss itself cannot accumulate gradients");
  if (options.validation && options.validation_split > 0) fail("validation and validation_split exclude each other");
  if (!(options.validation_split >= 0 && options.validation_split < 1)) fail("validation_split has to be at least 0 and below 1");
  for (const Callback* const callback : options.callbacks)
    if (!callback) fail("one of the callbacks is null");
  const auto of_model = model_->parameters(), of_optimizer = optimizer_->parameters(at);
  const bool trains_model = std::any_of(of_optimizer.begin(), of_optimizer.end(), [&](const ParameterRef& p) {
    return std::any_of(of_model.begin(), of_model.end(), [&](const ParameterRef& q) { return p.is_same(q); });
  });
  if (!trains_model && !of_model.empty()) fail("the optimizer has none of the model's parameters; make it of model.parameters()");
}

namespace {

/// The class of each sample. Throws Error for targets that are not classes.
std::vector<std::int64_t> classes_of(const Array& targets, SourceLocation at) {
  const bool is_list = targets.rank() == 1 || (targets.rank() == 2 && targets.shape()[1] == 1);
  std::vector<std::int64_t> classes;
  for (std::size_t i = 0; is_list && i < targets.size(); ++i) {
    const double value = targets.as_double(i);
    if (targets.dtype() != int64 && value != 0 && value != 1) break;
    classes.push_back(static_cast<std::int64_t>(value));
  }
  if (!is_list || classes.size() != targets.size())
    throw Error(
        fmt::format("fit: class_weight needs int64 classes of shape (samples,) as targets, and they are {} {}; 0 and 1 in any dtype, as "
                    "(samples,) or (samples, 1), do as well ({})",
                    targets.shape(), name_of(targets.dtype()), to_string(at)));
  return classes;
}

}  // namespace

/// Σ w · n_w · (the loss of the samples whose class has the weight w) / Σ n_w, where n_w is the divisor of that loss.
Trainer::Outcome Trainer::weighted_loss(const Tensor& prediction, const data::Batch& batch, SourceLocation at) {
  const std::vector<std::int64_t> classes = classes_of(batch.targets.value(), at);
  const auto& weights = training_->options.class_weight;
  std::map<double, std::vector<std::int64_t>> samples;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto found = weights.find(classes[i]);
    samples[found == weights.end() ? 1 : found->second].push_back(static_cast<std::int64_t>(i));
  }
  Outcome result{prediction, Tensor()};
  for (const auto& [weight, rows] : samples) {
    const Tensor indices(Array::of<std::int64_t>({rows.size()}, std::span<const std::int64_t>(rows)));
    const Outcome part = loss_of(take(prediction, indices), take(batch.targets, indices), at);
    result.ignored = part.ignored;
    if (part.weight == 0) continue;
    const Tensor sum = (weight * part.weight) * part.loss;
    result.loss = result.loss.defined() ? result.loss + sum : sum;
    result.weight += part.weight;
  }
  if (result.weight == 0) return loss_of(prediction, batch.targets, at);
  result.loss = result.loss / result.weight;
  return result;
}

void Trainer::clip() {
  const SourceLocation at = training_->at;
  if (options_.clip_norm) clip_grad_norm(optimizer_->parameters(at), *options_.clip_norm, {}, at);
  if (options_.clip_value) clip_grad_value(optimizer_->parameters(at), *options_.clip_value, at);
}

void Trainer::count_step() {
  ++steps_;
  if (options_.average) options_.average->update(training_->at);
}

void Trainer::step() {
  const double sum = std::exchange(training_->sum_of_weights, 0);
  if (sum != 1) scale_grad(optimizer_->parameters(training_->at), 1 / sum, training_->at);
  training_->micro_batches = 0;
  clip();
  optimizer_->step(training_->at);
  count_step();
}

Trainer::Outcome Trainer::step_by_closure(const data::Batch& batch) {
  Outcome result;
  const Tensor loss = optimizer_->step(
      [&] {
        Outcome now = apply(batch, training_->at);
        if (!result.loss.defined()) result = now;
        optimizer_->zero_grad(training_->at);
        now.loss.backward(training_->at);
        clip();
        return now.loss;
      },
      training_->at);
  count_step();
  result.loss = loss;
  return result;
}

Trainer::Outcome Trainer::train_batch(const data::Batch& batch, bool is_last) {
  if (optimizer_->needs_closure()) return step_by_closure(batch);
  Training& training = *training_;
  Outcome result = apply(batch, training.at);
  const bool counts = result.weight > 0;
  if (counts && !std::isfinite(result.loss.item<double>())) return result;
  if (counts) {
    if (training.micro_batches++ == 0) {
      optimizer_->zero_grad(training.at);
      training.first_weight = result.weight;
    }
    const double share = result.weight / training.first_weight;
    training.sum_of_weights += share;
    const Tensor seed = share == 1 ? Tensor() : full(result.loss.shape(), share, {.dtype = result.loss.dtype()});
    result.loss.backward({.seed = seed}, training.at);
  }
  if (training.micro_batches == options_.accumulate || (is_last && training.micro_batches > 0)) step();
  return result;
}

/// train_batch(). What a last batch that is smaller than the others does not fit is no mistake of the model's alone.
Trainer::Outcome Trainer::train_one(const data::Batch& batch, std::size_t i) {
  const data::Batches& batches = training_->batches;
  try {
    return train_batch(batch, i + 1 == batches.size());
  } catch (const ShapeError& error) {
    if (i == 0 || batch.size() == batches.batch_size()) throw;
    throw ShapeError(fmt::format("{}; the last batch has {} of {} samples a batch: .drop_last = true leaves it out", error.what(),
                                 batch.size(), batches.batch_size()));
  }
}

bool Trainer::ends_at(std::size_t epoch, std::size_t batch, double loss) {
  bool ends = false;
  call_callbacks(training_->callbacks, training_->at,
                 [&](Callback& callback) { ends = ends || callback.on_nonfinite_loss(*this, epoch, batch, loss); });
  if (ends) {
    stop();
    return true;
  }
  throw GradientError(fmt::format("fit: the loss is {} in epoch {}, batch {}; a smaller learning rate or scaled features may help ({})",
                                  std::isnan(loss) ? "NaN" : "infinite", epoch, batch, to_string(training_->at)));
}

std::optional<Score> Trainer::train_epoch(std::size_t epoch) {
  data::Batches& batches = training_->batches;
  Sums sums(options_.metrics);
  const std::size_t first = batches.start_pass(), n = batches.size();
  std::optional<data::Prefetch> ahead;
  if (training_->options.prefetch > 0) ahead.emplace(batches, first, training_->options.prefetch, training_->at);
  for (std::size_t i = first; i < n; ++i) {
    const data::Batch batch = ahead ? ahead->next(training_->at) : batches[i];
    batches.set_position(i + 1);
    const Outcome outcome = train_one(batch, i);
    const double loss = outcome.loss.item<double>();
    if (outcome.weight > 0 && !std::isfinite(loss) && ends_at(epoch, i + 1, loss)) return std::nullopt;
    reel::detail::placed(training_->at, [&] { sums.add(outcome, batch); });
    call_callbacks(training_->callbacks, training_->at, [&](Callback& callback) { callback.on_batch_end(*this, i + 1, loss); });
  }
  return sums.score();
}

void Trainer::run_epochs(const data::Dataset* validation) {
  const std::size_t epochs = training_->options.epochs;
  History& history = training_->history;
  for (std::size_t epoch = history.epochs() + 1; epoch <= epochs && !stop_; ++epoch) {
    call_callbacks(training_->callbacks, training_->at, [&](Callback& callback) { callback.on_epoch_begin(*this, epoch); });
    const std::optional<Score> score = train_epoch(epoch);
    if (!score) return;
    Score of_validation;
    if (validation) of_validation = evaluate(*validation, 256, training_->at);
    history.loss.push_back(score->loss);
    add_to(history, *score, "");
    if (validation) {
      history.val_loss.push_back(of_validation.loss);
      add_to(history, of_validation, "val_");
    }
    const EpochReport report{epoch, epochs, *score, validation ? &of_validation : nullptr, &options_.metrics};
    call_callbacks(training_->callbacks, training_->at, [&](Callback& callback) { callback.on_epoch_end(*this, report); });
    call_callbacks(training_->callbacks, training_->at, [&](Callback& callback) { callback.on_epoch_done(*this, report); });
  }
}

CheckpointParts Trainer::parts() const {
  return {
      .model = model_, .optimizer = optimizer_.get(), .batches = training_ ? &training_->batches : nullptr, .average = options_.average};
}

void Trainer::save(const std::string& path, SourceLocation at) {
  CheckpointParts all = parts();
  State extra;
  if (training_) {
    for (const auto& [name, value] : state_of(training_->history)) extra["history." + name] = value;
    extra["stopped"] = scalar_of(static_cast<std::int64_t>(stop_));
    const auto& callbacks = training_->options.callbacks;
    for (std::size_t i = 0; i < callbacks.size(); ++i)
      for (const auto& [name, value] : callbacks[i]->state()) extra[fmt::format("callbacks.{}.{}", i, name)] = value;
    all.extra = &extra;
  }
  save_checkpoint(path, all, {}, at);
}

void Trainer::resume(const std::string& path) {
  const auto& callbacks = training_->options.callbacks;
  State extra;
  load_checkpoint(path, {.random = false, .extra = &extra}, training_->at);
  try {
    History history = history_of(below(extra, "history."));
    Change load = prepare_checkpoint(path, parts(), nullptr, training_->at);
    std::vector<State> before, after;
    for (std::size_t i = 0; i < callbacks.size(); ++i) {
      before.push_back(callbacks[i]->state());
      after.push_back(below(extra, fmt::format("callbacks.{}.", i)));
    }
    for (std::size_t i = 0; i < callbacks.size(); ++i) {
      try {
        callbacks[i]->load_state(after[i]);
      } catch (...) {
        while (i-- > 0) put_back(*callbacks[i], before[i]);
        throw;
      }
    }
    load.commit();
    training_->history = std::move(history);
    const auto stopped = extra.find("stopped");
    if (stopped != extra.end() && stopped->second.size() == 1 && stopped->second.value().as_double(0) != 0) stop_ = true;
  } catch (const Error& error) {
    const std::string text = error.what();
    throw IoError(text.starts_with(path) ? text : path + ": " + text);
  }
}

}  // namespace reel::optim
