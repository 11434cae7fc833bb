#include <limits>

#include <catch2/catch.hpp>

#include "../nn/error_text.hpp"
#include "problem.hpp"

using namespace reel;
using Log = std::vector<std::string>;

namespace {

struct Recorder : optim::Callback {
  Log* log;
  std::string name;
  Recorder(Log& l, std::string n) : log(&l), name(std::move(n)) {}

  void add(const std::string& what) { log->push_back(name + " " + what); }
  void on_train_begin(optim::Trainer&) override { add("begins"); }
  void on_epoch_begin(optim::Trainer&, std::size_t epoch) override { add("begins epoch " + std::to_string(epoch)); }
  void on_batch_end(optim::Trainer&, std::size_t batch, double loss) override {
    add("ends batch " + std::to_string(batch) + (loss > 0 ? "" : "?"));
  }
  void on_epoch_end(optim::Trainer&, const optim::EpochReport& report) override {
    add("ends epoch " + std::to_string(report.epoch) + " of " + std::to_string(report.epochs));
  }
  void on_train_end(optim::Trainer&, const optim::History& history) override { add("ends after " + std::to_string(history.epochs())); }
};

/// A metric that says what it is told, one number an epoch (a metric is a plain function).
std::vector<double> script;
std::size_t next_line = 0;
const metrics::Metric scripted{"scripted", [](const Tensor&, const Tensor&) { return script.at(next_line++); }};

/// After how many epochs of these numbers EarlyStopping ends a training; its best epoch.
std::pair<std::size_t, std::size_t> stops_after(const std::vector<double>& numbers, optim::EarlyStoppingOptions options) {
  script = numbers;
  next_line = 0;
  options.monitor = "scripted";
  nn::Sequential model = line_model();
  const data::Dataset set = line_problem(4);
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.01}), {.metrics = {scripted}});
  optim::EarlyStopping stopping(options);
  const optim::History history = trainer.fit(set, {.epochs = numbers.size(), .callbacks = {&stopping}});
  CHECK(history.stopped_early == (history.epochs() < numbers.size()));
  return {history.epochs(), stopping.best_epoch()};
}

using Pair = std::pair<std::size_t, std::size_t>;

}  // namespace

TEST_CASE("callbacks are called in their order") {
  Log log;
  Recorder a(log, "a"), b(log, "b");
  nn::Sequential model = line_model();
  const data::Dataset set = line_problem(3);
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters()));
  trainer.fit(set, {.epochs = 2, .batch_size = 2, .callbacks = {&a, &b}});
  Log expected{"a begins", "b begins"};
  for (const std::string epoch : {"1", "2"}) {
    for (const char* const what : {"begins epoch ", "ends batch 1", "ends batch 2", "ends epoch "}) {
      for (const char* const who : {"a ", "b "}) {
        const std::string text = std::string(who) + what;
        expected.push_back(text.back() != ' ' ? text : text + epoch + (text.find("ends") == 2 ? " of 2" : ""));
      }
    }
  }
  expected.insert(expected.end(), {"a ends after 2", "b ends after 2"});
  CHECK(log == expected);
}

TEST_CASE("stop() ends the training after the present epoch") {
  struct Stopper : optim::Callback {
    void on_batch_end(optim::Trainer& trainer, std::size_t batch, double) override {
      if (++calls == 4 && batch == 1) trainer.stop();
    }
    int calls = 0;
  } stopper;
  Log log;
  Recorder recorder(log, "r");
  nn::Sequential model = line_model();
  const data::Dataset set = line_problem(6);
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters()));
  const optim::History history = trainer.fit(set, {.epochs = 9, .batch_size = 2, .callbacks = {&stopper, &recorder}});
  CHECK(stopper.calls == 6);
  CHECK(history.epochs() == 2);
  CHECK(history.stopped_early);
  CHECK(log.back() == "r ends after 2");
  CHECK(trainer.fit(set, {.epochs = 3}).epochs() == 3);  // the next training is not stopped
}

TEST_CASE("EarlyStopping waits as Keras's does") {
  const std::vector<double> numbers{3, 2, 2.5, 2.4, 2.3, 1, 0.5};
  CHECK(stops_after(numbers, {.patience = 0}) == Pair{3, 2});
  CHECK(stops_after(numbers, {.patience = 1}) == Pair{3, 2});
  CHECK(stops_after(numbers, {.patience = 2}) == Pair{4, 2});
  CHECK(stops_after(numbers, {.patience = 3}) == Pair{5, 2});
  CHECK(stops_after(numbers, {.patience = 4}) == Pair{7, 7});
  CHECK(stops_after({3, 3, 3}, {.patience = 1}) == Pair{2, 1});  // as good is not better
}

TEST_CASE("EarlyStopping takes min_delta, and larger as better") {
  CHECK(stops_after({3, 2.6, 2.4, 2.3, 2.2}, {.patience = 2, .min_delta = 0.5}) == Pair{5, 3});
  CHECK(stops_after({3, 2.6, 2.55}, {.patience = 2, .min_delta = 0.5}) == Pair{3, 1});
  CHECK(stops_after({1, 2, 1.5, 3}, {.patience = 1, .maximize = true}) == Pair{3, 2});
  CHECK(stops_after({1, 1.2, 1.4, 1.6}, {.patience = 2, .min_delta = 0.3, .maximize = true}) == Pair{4, 3});
  CHECK(stops_after({1, 1.4, 1.5, 1.6}, {.patience = 2, .min_delta = 0.3, .maximize = true}) == Pair{4, 2});
}

TEST_CASE("to EarlyStopping, NaN is never best") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(stops_after({nan, 2, 3, 4, 5}, {.patience = 2}) == Pair{4, 2});
  CHECK(stops_after({nan, nan, nan, nan}, {.patience = 2, .restore_best = true}) == Pair{2, 0});
  CHECK(stops_after({2, nan, 1, 3, 4}, {.patience = 2}) == Pair{5, 3});
}

TEST_CASE("EarlyStopping can bring the best values back") {
  struct States : optim::Callback {
    std::vector<State> states;
    void on_epoch_end(optim::Trainer& trainer, const optim::EpochReport&) override { states.push_back(trainer.model().state()); }
  };
  for (const bool restore : {true, false}) {
    script = {3, 1, 2, 2};
    next_line = 0;
    nn::Sequential model = line_model();
    const data::Dataset set = line_problem(4);
    optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.1}), {.metrics = {scripted}});
    States states;
    optim::EarlyStopping stopping({.monitor = "scripted", .patience = 2, .restore_best = restore});
    trainer.fit(set, {.epochs = 4, .callbacks = {&states, &stopping}});
    REQUIRE(states.states.size() == 4);
    const Array now = model.state().at("0.weight").value(), best = states.states[1].at("0.weight").value();
    CHECK(identical(now, best) == restore);
    CHECK(identical(now, states.states[3].at("0.weight").value()) != restore);
  }
}

TEST_CASE("EarlyStopping watches the validation loss by default, and can be used again") {
  nn::Sequential model = line_model();
  const data::Dataset set = line_problem(10);
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0}));
  optim::EarlyStopping stopping;
  for (int i = 0; i < 2; ++i) {
    CHECK(trainer.fit(set, {.epochs = 5, .validation = &set, .callbacks = {&stopping}}).epochs() == 2);
    CHECK(stopping.best_epoch() == 1);
  }
  CHECK(placed_text([&] { trainer.fit(set, {.callbacks = {&stopping}}); }) == "'val_loss' needs validation data; give fit() .validation");
  optim::EarlyStopping unknown({.monitor = "val_accuracy"});
  CHECK(placed_text([&] { trainer.fit(set, {.validation = &set, .callbacks = {&unknown}}); }) ==
        "there is no 'val_accuracy' among what the training reports: loss, val_loss (metrics come with the trainer's .metrics)");
}

TEST_CASE("an epoch's report gives numbers by name") {
  const optim::Score training{1, {{"bias", 2}}}, validation{3, {{"bias", 4}}};
  const optim::EpochReport report{1, 2, training, &validation};
  CHECK(report.value("loss") == 1);
  CHECK(report.value("bias") == 2);
  CHECK(report.value("val_loss") == 3);
  CHECK(report.value("val_bias") == 4);
  CHECK_THROWS_AS(report.value("val_"), Error);
}

TEST_CASE("a callback may set the learning rate") {
  struct Warmup : optim::Callback {
    void on_epoch_begin(optim::Trainer& trainer, std::size_t epoch) override {
      trainer.optimizer().set_lr(0.01 * static_cast<double>(epoch));
    }
  } warmup;
  nn::Sequential model = line_model();
  const data::Dataset set = line_problem(4);
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 1}));
  trainer.fit(set, {.epochs = 3, .callbacks = {&warmup}});
  CHECK(trainer.optimizer().lr() == Approx(0.03));
}
