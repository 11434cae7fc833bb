#include <reel/optim/training.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/ops/elementwise.hpp>
#include <reel/autograd/ops/index.hpp>
#include <reel/nn/data/prefetch.hpp>
#include <reel/optim/clip.hpp>
#include <reel/optim/state_visitors.hpp>

namespace reel::optim {

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

/// The entries whose names begin so, without it.
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

/// A number for each sample that says its class. Throws Error for targets that are no classes.
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

/// Σ w · n_w · (the loss of the samples whose class has the weight w) / Σ n_w, where n_w is what that loss divided by.
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
