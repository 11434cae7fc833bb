// Which way is better, what can be watched, and how an early end goes on.
#include <catch2/catch.hpp>

#include "../core/temporary_folder.hpp"
#include "../nn/error_text.hpp"
#include "problem.hpp"

using namespace reel;
using Catch::Contains;

namespace {

std::vector<std::string> warnings;
std::vector<double> script;
std::size_t next_line = 0;

double spoken(const Tensor&, const Tensor&) { return script.at(next_line++); }

metrics::Metric metric(std::optional<bool> larger_is_better) { return {"scripted", spoken, {.larger_is_better = larger_is_better}}; }

/// fit() for as many epochs as the metric has numbers.
optim::History fit(const metrics::Metric& watched, const std::vector<double>& numbers, std::vector<optim::Callback*> callbacks,
                   std::size_t epochs = 0, const std::string& resume = {}) {
  script = numbers;
  next_line = 0;
  nn::Sequential model = line_model();
  const data::Dataset set = line_problem(4);
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.01}), {.metrics = {watched}});
  return trainer.fit(set, {.epochs = epochs ? epochs : numbers.size(), .resume = resume, .callbacks = std::move(callbacks)});
}

}  // namespace

TEST_CASE("EarlyStopping and ModelCheckpoint follow what the metric knows") {
  const TemporaryFolder folder;
  const std::vector<double> numbers{1, 2, 3, 2, 1, 1};
  for (const bool larger : {true, false}) {
    optim::EarlyStopping stopping({.monitor = "scripted", .patience = 2});
    optim::ModelCheckpoint best({.path = folder.path("{epoch}"), .best_only = true, .monitor = "scripted"});
    CHECK(fit(metric(larger), numbers, {&stopping, &best}).epochs() == (larger ? 5 : 3));
    CHECK(stopping.best_epoch() == (larger ? 3 : 1));
    CHECK(best.last_path() == folder.path(larger ? "3" : "1"));
  }
  optim::EarlyStopping other_way({.monitor = "scripted", .patience = 2, .maximize = false});  // what is said holds
  CHECK(fit(metric(true), numbers, {&other_way}).epochs() == 3);
}

TEST_CASE("built-in metrics know which way is better, also of validation data") {
  for (const metrics::Metric& m : std::vector<metrics::Metric>{metrics::accuracy, metrics::binary_accuracy, metrics::top_k_accuracy(2),
                                                               metrics::precision(), metrics::recall(), metrics::f1(), metrics::auc,
                                                               metrics::r2, metrics::binary_accuracy({.from_logits = true})})
    CHECK(m.larger_is_better == true);
  for (const metrics::Metric& m : {metrics::mean_absolute_error, metrics::mean_squared_error, metrics::root_mean_squared_error})
    CHECK(m.larger_is_better == false);
  const optim::Score score{1, {{"accuracy", 0.5}}};
  const std::vector<metrics::Metric> list{metrics::accuracy};
  const optim::EpochReport report{1, 1, score, &score, &list};
  CHECK(report.larger_is_better("accuracy") == true);
  CHECK(report.larger_is_better("val_accuracy") == true);
  CHECK(report.larger_is_better("loss") == false);
  CHECK(report.larger_is_better("val_loss") == false);
  CHECK_FALSE(report.larger_is_better("other").has_value());
}

TEST_CASE("a metric that does not know it is said once") {
  warnings.clear();
  set_warning_handler([](const std::string& text) { warnings.push_back(text); });
  optim::EarlyStopping stopping({.monitor = "scripted", .patience = 2});
  CHECK(fit(metric({}), {1, 2, 3, 2}, {&stopping}).epochs() == 3);
  set_warning_handler(nullptr);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0],
             Contains("EarlyStopping watches scripted, of which nobody said whether larger is better") && Contains(".maximize"));
}

TEST_CASE("ReduceLROnPlateau follows the metric that its callback watches") {
  const auto rate_after = [&](std::optional<bool> larger, std::optional<bool> said) {
    script = {1, 2, 3, 4};
    next_line = 0;
    nn::Sequential model = line_model();
    const data::Dataset set = line_problem(4);
    optim::SGD sgd(model.parameters(), {.lr = 1e-3});
    optim::Trainer trainer(model, nn::mse_loss, std::move(sgd), {.metrics = {metric(larger)}});
    optim::ReduceLROnPlateau plateau(trainer.optimizer(), {.maximize = said, .patience = 1});
    optim::LearningRateScheduler follow(plateau, {.monitor = "scripted"});
    trainer.fit(set, {.epochs = 4, .callbacks = {&follow}});
    return trainer.optimizer().lr();
  };
  CHECK(rate_after(true, {}) == 1e-3);
  CHECK(rate_after(false, {}) == Approx(1e-4));
  CHECK(rate_after(true, false) == Approx(1e-4));
}

TEST_CASE("a name that is not reported is refused before the first epoch, with what there is") {
  optim::EarlyStopping stopping({.monitor = "val_los"});
  CHECK(placed_text([&] { fit(metric(true), {1}, {&stopping}); }) ==
        "there is no 'val_los' among what the training reports: loss, scripted");
  optim::ModelCheckpoint best({.path = "never", .best_only = true, .monitor = "scriptd"});
  CHECK(placed_text([&] { fit(metric(true), {1}, {&best}); }) ==
        "there is no 'scriptd' among what the training reports: loss, scripted; did you mean 'scripted'?");
  CHECK(next_line == 0);
  nn::Sequential model = line_model();
  const data::Dataset set = line_problem(4);
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters()));
  CHECK(placed_text([&] { trainer.fit(set, {.validation = &set, .callbacks = {&stopping}}); }) ==
        "there is no 'val_los' among what the training reports: loss, val_loss (metrics come with the trainer's .metrics); did you mean "
        "'val_loss'?");
}

TEST_CASE("a training that ended early does not go on from its checkpoint") {
  const TemporaryFolder folder;
  const auto run = [&](const std::string& resume, bool checkpoint_first) {
    nn::Sequential model = line_model();
    const data::Dataset set = line_problem(20);
    optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.01}));
    optim::EarlyStopping stopping({.monitor = "loss", .patience = 3, .maximize = true});
    optim::ModelCheckpoint checkpoint({.path = folder.path("e{epoch}")});
    std::vector<optim::Callback*> callbacks{&stopping, &checkpoint};
    if (checkpoint_first) std::swap(callbacks[0], callbacks[1]);
    const optim::History history = trainer.fit(set, {.epochs = 10, .shuffle = false, .resume = resume, .callbacks = callbacks});
    CHECK(history.stopped_early);
    return history.epochs();
  };
  for (const bool checkpoint_first : {false, true}) {
    CHECK(run("", checkpoint_first) == 4);
    CHECK(run(folder.path("e3"), checkpoint_first) == 4);
    CHECK(run(folder.path("e4"), checkpoint_first) == 4);
    CHECK(run(folder.path("e4"), checkpoint_first) == 4);
  }
}

TEST_CASE("an end by stop() of any callback, or by TerminateOnNaN, stays an end") {
  const TemporaryFolder folder;
  struct Saver : optim::Callback {
    std::string path;
    void on_train_end(optim::Trainer& trainer, const optim::History&) override { trainer.save(path); }
  } saver;
  saver.path = folder.path("end");
  struct Stopper : optim::Callback {
    void on_batch_end(optim::Trainer& trainer, std::size_t, double) override { trainer.stop(); }
  } stopper;
  CHECK(fit(metric(true), {1, 1, 1}, {&stopper, &saver}).epochs() == 1);
  optim::EarlyStopping idle({.monitor = "loss", .patience = 9});
  optim::TerminateOnNaN terminate;
  const auto epochs_from_end = [&](std::vector<optim::Callback*> callbacks) {
    return fit(metric(true), {1, 1, 1}, std::move(callbacks), 3, folder.path("end")).epochs();
  };
  CHECK(epochs_from_end({}) == 1);

  nn::Sequential model = line_model();
  const data::Dataset set = line_problem(4);
  int calls = 0;
  const auto loss = [&calls](const Tensor& p, const Tensor& t) { return ++calls < 3 ? mean(square(p - t)) : mean(p) * INFINITY; };
  optim::Trainer trainer(model, loss, optim::SGD(model.parameters(), {.lr = 0.01}));
  CHECK(trainer.fit(set, {.epochs = 5, .callbacks = {&terminate, &saver}}).epochs() == 2);
  calls = 0;
  CHECK(trainer.fit(set, {.epochs = 5, .resume = folder.path("end")}).epochs() == 2);
  CHECK(calls == 0);
}

TEST_CASE("a training that reached its last epoch goes on when it is asked for more") {
  const TemporaryFolder folder;
  optim::ModelCheckpoint checkpoint({.path = folder.path("e{epoch}")});
  CHECK(fit(metric(true), {1, 1}, {&checkpoint}).epochs() == 2);
  CHECK(fit(metric(true), {1, 1}, {&checkpoint}, 4, folder.path("e2")).epochs() == 4);
}
