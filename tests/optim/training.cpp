#include <cmath>
#include <limits>

#include <catch2/catch.hpp>
#include <reel/core/io/file.hpp>

#include "../core/temporary_folder.hpp"
#include "../nn/error_text.hpp"
#include "problem.hpp"

using namespace reel;
using Catch::Contains;

namespace {

const double nan_value = std::numeric_limits<double>::quiet_NaN();

void check_identical(const State& a, const State& b) {
  REQUIRE(a.size() == b.size());
  for (const auto& [name, value] : a) {
    INFO(name);
    CHECK(identical(value.value(), b.at(name).value()));
  }
}

/// The weights after a training of the line, from the same start each time.
State weights_after(const optim::FitOptions& fit, const optim::TrainerOptions& options = {}) {
  manual_seed(4);
  const data::Dataset set = line_problem(20);
  nn::Sequential model = line_model();
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.1}), options);
  trainer.fit(set, fit);
  return model.state();
}

struct Counter : optim::Callback {
  std::size_t batches = 0, steps = 0;
  void on_batch_end(optim::Trainer& trainer, std::size_t, double) override {
    ++batches;
    steps = trainer.steps();
  }
};

/// Two classes of points, three times as many of the first.
data::Dataset classes() {
  const SeedScope scope(3);
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < 24; ++i) labels.push_back(i % 4 == 0 ? 1 : 0);
  const Tensor targets(Array::of<std::int64_t>({24}, std::span<const std::int64_t>(labels)));
  return {random::normal({24, 2}) + reshape(Tensor(targets.value().astype(float32)), {-1, 1}), targets};
}

}  // namespace

TEST_CASE("batches that are put together ahead change no bit") {
  const State plain = weights_after({.epochs = 3, .batch_size = 3});
  for (const std::size_t depth : {1u, 2u, 50u}) check_identical(plain, weights_after({.epochs = 3, .batch_size = 3, .prefetch = depth}));
  check_identical(plain, weights_after({.epochs = 3, .batch_size = 3}));
}

TEST_CASE("Prefetch hands out a pass's batches, and the errors of their making") {
  const data::Dataset set = line_problem(7);
  const data::Batches batches(set, {.batch_size = 3});
  data::Prefetch ahead(batches, 1);
  CHECK(identical(ahead.next().features.value(), batches[1].features.value()));
  CHECK(ahead.next().size() == 1);
  CHECK(placed_text<ShapeError>([&] { ahead.next(); }) == "Prefetch: batch 3 of 3 batches");
  CHECK(placed_text([&] { data::Prefetch(batches, 0, 0); }) == "Prefetch: a depth of 0; it has to be at least 1");
  const data::Prefetch unused(batches);  // ends without being asked
}

TEST_CASE("gradients of several batches make the step of one large batch") {
  const State large = weights_after({.epochs = 2, .batch_size = 10, .shuffle = false});
  const State small = weights_after({.epochs = 2, .batch_size = 5, .shuffle = false}, {.accumulate = 2});
  for (const auto& [name, value] : large) CHECK(allclose(value, small.at(name), 1e-5));
  Counter counter;
  weights_after({.epochs = 1, .batch_size = 3, .callbacks = {&counter}}, {.accumulate = 3});
  CHECK(counter.batches == 7);
  CHECK(counter.steps == 3);  // the last one of a single batch
  CHECK_THAT(error_text([&] { weights_after({}, {.accumulate = 0}); }), Contains("accumulate has to be at least 1"));
}

TEST_CASE("a trainer clips, and averages weights") {
  const State before = line_model().state(), after = weights_after({.batch_size = 20, .shuffle = false}, {.clip_norm = 0.25});
  double square = 0;
  for (const auto& [name, value] : after) square += sum(reel::square(value - before.at(name))).item<double>();
  CHECK(std::sqrt(square) == Approx(0.1 * 0.25).epsilon(1e-3));
  for (const auto& [name, value] : weights_after({.batch_size = 20}, {.clip_value = 0.01}))
    CHECK(max(abs(value - before.at(name))).item<double>() <= 0.1 * 0.01 * 1.001);
  nn::Sequential model = line_model();
  const data::Dataset set = line_problem(20);
  optim::SWA swa(model);
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.1}), {.average = &swa});
  trainer.fit(set, {.epochs = 3, .batch_size = 5});
  CHECK(swa.updates() == 12);
}

TEST_CASE("class weights are factors of the samples' losses") {
  const data::Dataset set = classes();
  const auto train = [&](optim::Loss loss, const std::map<std::int64_t, double>& weights) {
    const SeedScope scope(6);
    nn::Sequential model{nn::Linear(2, 2)};
    optim::Trainer trainer(model, std::move(loss), optim::SGD(model.parameters(), {.lr = 0.1}));
    trainer.fit(set, {.epochs = 3, .batch_size = 8, .shuffle = false, .class_weight = weights});
    return model.state();
  };
  const Tensor weight = tensor({1.0, 3.0});
  const auto by_loss = [&](const Tensor& p, const Tensor& t) {
    return nn::cross_entropy(p, t, {.reduction = nn::Reduction::sum, .weight = weight}) / static_cast<double>(t.size());
  };
  const State expected = train(by_loss, {}),
              weighted = train([](const Tensor&p, const Tensor&t) { return nn::cross_entropy(p, t); }, {{1, 3.0}});
  for (const auto& [name, value] : expected) CHECK(allclose(value, weighted.at(name), 1e-5, 1e-6));
  nn::Sequential model = line_model();
  const data::Dataset line = line_problem(5);
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters()));
  CHECK_THAT(error_text([&] {
               trainer.fit(line, {.class_weight = {{1, 2.0}}});
             }),
             Contains("class_weight needs int64 classes of shape (samples,) as targets, and they are (5, 1) float32"));
}

TEST_CASE("a validation split is the data's end, which is not trained on") {
  const data::Dataset set = line_problem(20);
  nn::Sequential model = line_model();
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0}));
  Counter counter;
  const optim::History history = trainer.fit(set, {.batch_size = 5, .validation_split = 0.25, .callbacks = {&counter}});
  CHECK(counter.batches == 3);
  const std::vector<std::int64_t> last{15, 16, 17, 18, 19};
  CHECK(history.val_loss.at(0) == trainer.evaluate(set.take(last)).loss);
  CHECK_THAT(error_text([&] { trainer.fit(set, {.validation = &set, .validation_split = 0.5}); }), Contains("exclude each other"));
  CHECK_THAT(error_text([&] { trainer.fit(set, {.validation_split = 1}); }), Contains("below 1"));
}

TEST_CASE("TerminateOnNaN ends the training, with the best weights if they are kept") {
  const data::Dataset set = line_problem(6);
  nn::Sequential model = line_model();
  int calls = 0;
  const auto broken = [&calls](const Tensor& p, const Tensor&) { return mean(p) * (++calls == 5 ? nan_value : 1.0); };
  optim::Trainer trainer(model, broken, optim::SGD(model.parameters(), {.lr = 0}));
  optim::TerminateOnNaN end;
  const optim::History history = trainer.fit(set, {.epochs = 3, .batch_size = 2, .callbacks = {&end}});
  CHECK(history.epochs() == 1);
  CHECK(history.stopped_early);
  CHECK(calls == 5);
  for (const auto& [name, value] : model.state()) CHECK(all(isfinite(value)).item<bool>());
}

TEST_CASE("the learning rate follows a function, or a scheduler") {
  const data::Dataset set = line_problem(6);
  nn::Sequential model = line_model();
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 1e-3}));
  optim::LearningRateScheduler function([](std::size_t epoch, double lr) { return epoch < 3 ? lr : lr / 2; });
  trainer.fit(set, {.epochs = 4, .callbacks = {&function}});
  CHECK(trainer.optimizer().lr() == Approx(1e-3 / 4));
  trainer.optimizer().set_lr(1e-3);
  optim::ExponentialLR exponential(trainer.optimizer(), {.gamma = 0.5});
  optim::LearningRateScheduler batches(exponential, {.every_batch = true}), epochs(exponential);
  trainer.fit(set, {.epochs = 2, .batch_size = 2, .callbacks = {&batches}});
  CHECK(exponential.last_epoch() == 6);
  trainer.fit(set, {.epochs = 2, .batch_size = 2, .callbacks = {&epochs}});
  CHECK(trainer.optimizer().lr() == Approx(1e-3 / 256));
  optim::ReduceLROnPlateau plateau(trainer.optimizer(), {.factor = 0.5, .patience = 0});
  trainer.optimizer().set_lr(1);
  optim::LearningRateScheduler watch(plateau, {.monitor = "val_loss"});
  CHECK_THAT(error_text([&] { trainer.fit(set, {.callbacks = {&watch}}); }), Contains("needs validation data"));
}

TEST_CASE("CSVLogger writes a line an epoch") {
  const TemporaryFolder folder;
  const data::Dataset set = line_problem(6);
  nn::Sequential model = line_model();
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.5}), {.metrics = {bias}});
  folder.file("log.csv", "old\n");
  optim::CSVLogger logger(folder.path("log.csv")), more(folder.path("log.csv"), true), nowhere(folder.path("no/log.csv"));
  trainer.fit(set, {.epochs = 2, .validation = &set, .callbacks = {&logger}});
  trainer.fit(set, {.epochs = 1, .validation = &set, .callbacks = {&more}});
  const io::Table table = io::read_csv(folder.path("log.csv"));
  CHECK(table.columns() == std::vector<std::string>{"epoch", "lr", "loss", "bias", "val_loss", "val_bias"});
  CHECK(table.rows() == 3);
  CHECK(placed_text<IoError>([&] { trainer.fit(set, {.callbacks = {&nowhere}}); }) == folder.path("no/log.csv") + ": cannot be written");
}

namespace {

/// A training with all that has a state.
struct Whole {
  data::Dataset set = line_problem(22), validation = line_problem(9, 8);
  nn::Sequential model{nn::Linear(2, 5), tanh, nn::Dropout(0.2), nn::Linear(5, 1)};
  optim::EMA ema{model, 0.9};
  optim::Trainer trainer{model,
                         nn::mse_loss,
                         optim::Adam(model.parameters(), {.lr = 0.05}),
                         {.metrics = {bias}, .accumulate = 2, .clip_norm = 1, .average = &ema}};
  optim::StepLR steps{trainer.optimizer(), {.step_size = 3, .gamma = 0.7}};
  optim::LearningRateScheduler schedule{steps, {.every_batch = true}};
  optim::EarlyStopping stop{{.patience = 3, .restore_best = true}};
  optim::CSVLogger logger;
  optim::ModelCheckpoint checkpoint;

  explicit Whole(const std::string& folder)
      : logger(folder + "log.csv"), checkpoint({.path = folder + "{epoch}.safetensors", .every = 2}) {}
  optim::History fit(std::size_t epochs, const std::string& resume = {}) {
    return trainer.fit(set, {.epochs = epochs,
                             .batch_size = 4,
                             .validation = &validation,
                             .resume = resume,
                             .callbacks = {&schedule, &stop, &logger, &checkpoint}});
  }
};

}  // namespace

TEST_CASE("fit goes on from a checkpoint, bit for bit, with its history and callbacks") {
  const TemporaryFolder folder;
  manual_seed(1);
  Whole whole(folder.path());
  const optim::History expected = whole.fit(8);
  const std::string log = io::read_file(folder.path("log.csv"));
  REQUIRE(expected.epochs() >= 5);

  manual_seed(2);
  Whole first(folder.path());
  manual_seed(1);
  Whole again(folder.path());
  again.fit(4);
  const optim::History history = first.fit(8, folder.path("4.safetensors"));
  CHECK(history.loss == expected.loss);
  CHECK(history.val_loss == expected.val_loss);
  CHECK(history.metrics == expected.metrics);
  CHECK(history.stopped_early == expected.stopped_early);
  CHECK(first.stop.best_epoch() == whole.stop.best_epoch());
  CHECK(io::read_file(folder.path("log.csv")) == log);
  check_identical(first.model.state(), whole.model.state());
  check_identical(first.trainer.optimizer().state(), whole.trainer.optimizer().state());
  check_identical(first.ema.state(), whole.ema.state());
}

TEST_CASE("fit refuses a checkpoint of another training, and changes nothing") {
  const TemporaryFolder folder;
  Whole whole(folder.path()), other(folder.path());
  whole.fit(2);
  const State model = other.model.state();
  const data::Dataset small = line_problem(3);
  const std::string path = folder.path("2.safetensors");
  CHECK_THAT(error_text<IoError>([&] { other.trainer.fit(small, {.resume = path}); }),
             Contains(path + ": batches: Batches: order is (22,)"));
  CHECK_THAT(placed_text<IoError>([&] { other.trainer.fit(other.set, {.batch_size = 4, .resume = path, .callbacks = {&other.stop}}); }),
             Contains(path + ": EarlyStopping: the state does not fit"));
  check_identical(model, other.model.state());
}

TEST_CASE("ModelCheckpoint keeps the best") {
  const TemporaryFolder folder;
  const data::Dataset set = line_problem(12);
  nn::Sequential model = line_model();
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.05}));
  optim::LearningRateScheduler away([](std::size_t epoch, double) { return epoch < 4 ? 0.05 : 5.0; });
  optim::ModelCheckpoint best({.path = folder.path("best-{epoch}"), .best_only = true, .monitor = "loss"});
  trainer.fit(set, {.epochs = 5, .callbacks = {&away, &best}});
  CHECK(best.last_path() == folder.path("best-4"));
  CHECK(folder.names().size() == 4);
  nn::Sequential loaded = line_model();
  optim::load_checkpoint(best.last_path(), {.model = &loaded, .random = false});
  CHECK(placed_text([&] { optim::ModelCheckpoint({.path = ""}); }) == "ModelCheckpoint: the path is empty");
  CHECK(placed_text([&] { optim::ModelCheckpoint({.path = "a", .every = 0}); }) ==
        "ModelCheckpoint: every 0 epochs; it has to be at least 1");
}

TEST_CASE("LBFGS fits by its closure") {
  const data::Dataset set = line_problem(30);
  nn::Sequential model = line_model();
  optim::Trainer trainer(model, nn::mse_loss, optim::LBFGS(model.parameters(), {.strong_wolfe = true}));
  const optim::History history = trainer.fit(set, {.epochs = 3, .batch_size = 30});
  CHECK(history.loss.back() < 1e-8);
  optim::LBFGS alone(model.parameters());
  CHECK_THAT(error_text([&] { alone.step(); }), Contains("LBFGS: step() needs a closure"));
  CHECK(placed_text([&] { alone.add_group(nn::Linear(1, 1).parameters(), {}); }) ==
        "LBFGS takes all parameters as one vector; it has one group");
  optim::Trainer accumulating(model, nn::mse_loss, optim::LBFGS(model.parameters()), {.accumulate = 2});
  CHECK_THAT(error_text([&] { accumulating.fit(set); }), Contains("cannot accumulate gradients"));
}

TEST_CASE("fit refuses a null callback, and an optimizer that would leave the model as it is") {
  const data::Dataset set = line_problem(20);
  nn::Sequential model = line_model(), other = line_model();
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.1}));
  CHECK(placed_text([&] { trainer.fit(set, {.callbacks = {nullptr}}); }) == "fit: one of the callbacks is null");
  CHECK(placed_text<ShapeError>([&] { trainer.fit({set.features, {}}); }) == "Dataset: it has no targets");
  optim::Trainer elsewhere(model, nn::mse_loss, optim::SGD(other.parameters(), {.lr = 0.1}));
  CHECK(placed_text([&] { elsewhere.fit(set); }) == "fit: the optimizer has none of the model's parameters; make it of model.parameters()");
}

TEST_CASE("weights alone are no checkpoint, and the error says what they are for") {
  const TemporaryFolder folder;
  nn::Sequential model = line_model();
  save_safetensors(folder.path("weights.safetensors"), model.state());
  CHECK_THAT(placed_text<IoError>([&] { optim::load_checkpoint(folder.path("weights.safetensors"), {.model = &model}); }),
             Contains("weights.safetensors: it is no checkpoint of save_checkpoint(), so it has no model") &&
                 Contains("load_state(load_safetensors(path))") && !Contains("without the place"));
}
