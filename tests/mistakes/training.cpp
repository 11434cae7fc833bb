// Mistakes with models, data and training.
#include <cmath>

#include "../core/temporary_folder.hpp"
#include "words.hpp"

using namespace reel;
using reel::test::refused;

namespace {

data::Dataset small_set(std::size_t rows = 4) { return {random::normal({rows, 2}), random::normal({rows, 1})}; }

}  // namespace

// Each mistake stands on one line, whose number has to be in the answer.
// clang-format off

TEST_CASE("layers and optimizers that cannot be made") {
  refused(__LINE__, [&] { nn::Linear(0, 2); }, {"Linear", "0"});
  refused(__LINE__, [&] { nn::Dropout(1.5); }, {"Dropout", "1.5"});
  refused(__LINE__, [&] { nn::MultiheadAttention(6, 4); }, {"MultiheadAttention", "6", "4"});
  refused(__LINE__, [&] { nn::Linear(2, 3, {.init = "xaver"}); }, {"xaver", "glorot_uniform"});
  nn::Linear layer(2, 1);
  refused(__LINE__, [&] { optim::SGD(layer.parameters(), {.lr = -1}); }, {"SGD", "-1"});
  refused(__LINE__, [&] { optim::Adam({}); }, {"no parameters"});
  refused(__LINE__, [&] { optim::SGD({layer.weight, layer.weight}, {.lr = 1}); }, {"weight", "twice"});
}

TEST_CASE("data that does not fit") {
  const data::Dataset uneven{zeros({3, 2}), zeros({4, 1})}, empty{zeros({0, 2}), zeros({0, 1})}, set = small_set();
  refused(__LINE__, [&] { data::Batches batches(uneven); }, {"3", "4"});
  refused(__LINE__, [&] { data::Batches batches(set, {.batch_size = 0}); }, {"batch", "0"});
  const data::Dataset one = small_set(1);
  refused(__LINE__, [&] { data::split(one); }, {"split", "1"});
  nn::Linear layer(2, 1);
  optim::Trainer trainer(layer, nn::mse_loss, optim::SGD(layer.parameters(), {.lr = 0.1}));
  refused(__LINE__, [&] { trainer.fit(empty); }, {"fit"});
  refused(__LINE__, [&] { trainer.fit({full({4, 2}, std::nan("")), zeros({4, 1})}); }, {"fit", "NaN", "epoch 1", "batch 1"});
}

TEST_CASE("batch norm of one sample") {
  nn::BatchNorm1d norm(3);
  refused(__LINE__, [&] { norm(zeros({1, 3})); }, {"batch_norm", "(1, 3)", "more than one value"});
}

TEST_CASE("a loop over epochs whose passes are left by break ends") {
  const data::Dataset set = small_set();
  data::Batches batches(set, {.batch_size = 1});
  int passes = 0;
  while (batches.epoch() < 3 && passes < 100)
    for (const data::Batch& batch : batches) {
      passes += batch.size() == 1 ? 1 : 0;
      break;
    }
  CHECK(passes == 3);
}

namespace {

/// The accuracy of a classifier that begins wrong and gets right, after a training that these callbacks watch.
double trained_accuracy(const std::vector<optim::Callback*>& callbacks) {
  nn::Linear model(1, 2, {.bias = false});
  model.weight.set_value(tensor({{-1.0}, {1.0}}));
  const data::Dataset set{tensor({{1.0}, {-1.0}}), tensor({0, 1})};
  optim::Trainer trainer(model, [](const Tensor& p, const Tensor& t) { return nn::cross_entropy(p, t); }, optim::SGD(model.parameters(), {.lr = 0.5}), {.metrics = {metrics::accuracy}});
  trainer.fit(set, {.epochs = 8, .callbacks = callbacks});
  return trainer.evaluate(set).metric("accuracy");
}

}  // namespace

TEST_CASE("EarlyStopping and ModelCheckpoint on an accuracy, without .maximize") {
  const TemporaryFolder folder;
  optim::EarlyStopping stopping({.monitor = "accuracy", .patience = 5, .restore_best = true});
  optim::ModelCheckpoint checkpoint({.path = folder.path("{epoch}"), .best_only = true, .monitor = "accuracy"});
  CHECK(trained_accuracy({&stopping, &checkpoint}) == 1);
  CHECK(stopping.best_epoch() > 2);
  CHECK(checkpoint.last_path() == folder.path(std::to_string(stopping.best_epoch())));
}

TEST_CASE("a metric is watched of which nobody said which way is better") {
  nn::Linear model(2, 1);
  const metrics::Metric size("size", [](const Tensor& p, const Tensor&) { return mean(p).item<double>(); });
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.1}), {.metrics = {size}});
  optim::EarlyStopping stopping({.monitor = "size", .patience = 2});
  const auto said = reel::test::warnings_of([&] { trainer.fit(small_set(), {.epochs = 2, .callbacks = {&stopping}}); });
  REQUIRE(said.size() == 1);
  CHECK_THAT(said[0], Catch::Contains("EarlyStopping watches size, of which nobody said whether larger is better") && Catch::Contains("say .maximize there"));
}

TEST_CASE("what is watched is misspelt, or needs validation data") {
  nn::Linear model(2, 1);
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.1}));
  const data::Dataset set = small_set();
  optim::EarlyStopping misspelt({.monitor = "val_los"}), without({.monitor = "val_loss"});
  refused(__LINE__, [&] { trainer.fit(set, {.validation = &set, .callbacks = {&misspelt}}); }, {"there is no 'val_los'", "loss, val_loss (metrics come with the trainer's .metrics)", "did you mean 'val_loss'?"});
  refused(__LINE__, [&] { trainer.fit(set, {.callbacks = {&without}}); }, {"'val_loss' needs validation data", "fit() .validation"});
}
