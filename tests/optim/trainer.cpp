#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "../nn/error_text.hpp"
#include "problem.hpp"

using namespace reel;
using Catch::Contains;
using Catch::EndsWith;

namespace {

optim::SGD sgd(nn::Module& model, double lr) { return optim::SGD(model.parameters(), {.lr = lr}); }

bool same_state(const nn::Module& a, const nn::Module& b) {
  const State left = a.state(), right = b.state();
  for (const auto& [name, tensor] : left)
    if (!identical(tensor.value(), right.at(name).value())) return false;
  return left.size() == right.size();
}

/// How the text of an error at a line of this file ends.
std::string at(int line) { return " (trainer.cpp:" + std::to_string(line) + ")"; }

/// Counts what it sees.
struct Counter : optim::Callback {
  std::size_t batches = 0;
  void on_batch_end(optim::Trainer&, std::size_t, double) override { ++batches; }
};

}  // namespace

TEST_CASE("fit learns, and its history has a number an epoch") {
  manual_seed(1);
  const data::Dataset train = line_problem(60), validation = line_problem(20, 7);
  nn::Sequential model = line_model();
  optim::Trainer trainer(model, nn::mse_loss, sgd(model, 0.1), {.metrics = {metrics::mean_absolute_error, bias}});
  const optim::History history = trainer.fit(train, {.epochs = 20, .batch_size = 8, .validation = &validation});
  CHECK(history.epochs() == 20);
  CHECK(history.loss.size() == 20);
  CHECK(history.val_loss.size() == 20);
  CHECK(history.metrics.size() == 4);
  for (const char* const name : {"mean_absolute_error", "bias", "val_mean_absolute_error", "val_bias"})
    CHECK(history.metrics.at(name).size() == 20);
  CHECK_FALSE(history.stopped_early);
  CHECK(history.loss.back() < 1e-3 * history.loss.front());
  CHECK(history.val_loss.back() < 1e-3 * history.val_loss.front());
  CHECK(model.state().at("0.weight").at<double>({0, 0}) == Approx(2).epsilon(0.02));
  CHECK(model.state().at("0.bias").at<double>({0}) == Approx(0.5).epsilon(0.02));

  const optim::Score score = trainer.evaluate(validation);
  CHECK(score.loss == history.val_loss.back());
  CHECK(score.metric("bias") == history.metrics.at("val_bias").back());
}

TEST_CASE("a history without validation and metrics has losses only") {
  const data::Dataset train = line_problem(10);
  nn::Sequential model = line_model();
  optim::Trainer trainer(model, nn::mse_loss, sgd(model, 0.1));
  const optim::History history = trainer.fit(train, {.epochs = 3});
  CHECK(history.loss.size() == 3);
  CHECK(history.val_loss.empty());
  CHECK(history.metrics.empty());
  CHECK(trainer.fit(train, {.epochs = 0}).epochs() == 0);
}

TEST_CASE("losses and metrics of batches are weighted by their sizes") {
  const data::Dataset set = line_problem(7);
  nn::Sequential model = line_model();
  optim::Trainer trainer(model, nn::mse_loss, sgd(model, 0), {.metrics = {bias, metrics::mean_absolute_error}});
  const Tensor p = model(set.features);
  const double loss = nn::mse_loss(p, set.targets).item<double>();
  const optim::History history = trainer.fit(set, {.batch_size = 3, .shuffle = false});  // batches of 3, 3 and 1
  CHECK(history.loss[0] == Approx(loss));
  CHECK(history.metrics.at("bias")[0] == Approx(bias.compute(p, set.targets)));
  for (const std::size_t size : {1u, 3u, 7u, 100u}) {
    const optim::Score score = trainer.evaluate(set, size);
    CHECK(score.loss == Approx(loss));
    CHECK(score.metric("bias") == Approx(bias.compute(p, set.targets)));
    CHECK(score.metric("mean_absolute_error") == Approx(metrics::mean_absolute_error.compute(p, set.targets)));
  }
}

TEST_CASE("predict in batches gives what one call gives, without history") {
  nn::Sequential model{nn::Linear(2, 5), tanh, nn::Linear(5, 3)};
  const Tensor x = line_problem(11).features;
  optim::Trainer trainer(model, nn::mse_loss, sgd(model, 0.1));
  const Tensor whole = trainer.predict(x);
  CHECK(whole.shape() == Shape{11, 3});
  CHECK_FALSE(whole.has_history());
  CHECK(allclose(whole, model(x)));
  for (const std::size_t size : {1u, 2u, 10u, 11u}) CHECK(allclose(trainer.predict(x, size), whole, 1e-6));
  const int line = __LINE__ + 1;
  const std::string text = error_text<ShapeError>([&] { trainer.predict(zeros({0, 2})); });
  CHECK(text ==
        "predict: features are (0, 2) and the batch size is 256; it needs at least one row, and batches of at least one" + at(line));
  CHECK_THROWS_AS(trainer.predict(x, 0), ShapeError);
  CHECK_THROWS_AS(trainer.predict(zeros({})), ShapeError);
}

TEST_CASE("manual_seed repeats a training, to the bit") {
  const data::Dataset train = line_problem(30);
  const auto run = [&](std::uint64_t seed, nn::Sequential& model) {
    manual_seed(seed);
    optim::Trainer trainer(model, nn::mse_loss, optim::Adam(model.parameters(), {.lr = 0.01}));
    return trainer.fit(train, {.epochs = 3, .batch_size = 7}).loss;
  };
  nn::Sequential first = line_model(), second = line_model(), third = line_model();
  CHECK(run(5, first) == run(5, second));
  CHECK(same_state(first, second));
  run(6, third);
  CHECK_FALSE(same_state(first, third));
}

TEST_CASE("drop_last leaves the partial batch out") {
  const data::Dataset train = line_problem(10);
  nn::Sequential model = line_model();
  optim::Trainer trainer(model, nn::mse_loss, sgd(model, 0.1));
  Counter all, whole;
  trainer.fit(train, {.epochs = 2, .batch_size = 4, .callbacks = {&all}});
  trainer.fit(train, {.epochs = 2, .batch_size = 4, .drop_last = true, .callbacks = {&whole}});
  CHECK(all.batches == 6);
  CHECK(whole.batches == 4);
  const int line = __LINE__ + 1;
  const std::string text = error_text([&] { trainer.fit(train, {.batch_size = 11, .drop_last = true}); });
  CHECK(text == "fit: 10 samples make no batch of 11" + at(line));
  CHECK_THROWS_AS(trainer.fit(train, {.batch_size = 0}), Error);
}

TEST_CASE("fit, evaluate and predict leave every module in its mode") {
  manual_seed(2);
  const data::Dataset set = line_problem(20);
  nn::Sequential model{nn::Linear(2, 8), nn::Dropout(0.5), nn::Sequential{nn::Dropout(0.5), nn::Linear(8, 1)}};
  optim::Trainer trainer(model, nn::mse_loss, sgd(model, 0.01));
  model[2].eval();
  const Tensor once = trainer.predict(set.features);
  CHECK(identical(once.value(), trainer.predict(set.features).value()));  // no dropout
  CHECK(trainer.evaluate(set).loss == trainer.evaluate(set).loss);
  trainer.fit(set);
  CHECK(model.is_training());
  CHECK(model[1].is_training());
  CHECK_FALSE(model[2].is_training());
  model.eval();
  trainer.fit(set, {.validation = &set});
  CHECK_FALSE(model.is_training());
  CHECK_FALSE(model[1].is_training());
  CHECK_THROWS_AS(trainer.predict(zeros({1, 3})), ShapeError);
  CHECK_FALSE(model.is_training());
}

TEST_CASE("fit trains with dropout on, also after it has evaluated") {
  struct Watch : nn::Module {
    std::vector<bool> modes;
    Tensor forward(const Tensor& x) override {
      modes.push_back(is_training());
      return x;
    }
  };
  const data::Dataset set = line_problem(4);
  nn::Sequential model{nn::Linear(2, 1), Watch()};
  model.eval();
  optim::Trainer trainer(model, nn::mse_loss, sgd(model, 0.01));
  trainer.fit(set, {.epochs = 2, .validation = &set});
  CHECK(dynamic_cast<Watch&>(model[1]).modes == std::vector<bool>{true, false, true, false});
}

TEST_CASE("a loss may be any callable") {
  const data::Dataset set = line_problem(30);
  nn::Sequential model = line_model();
  const double weight = 3;
  optim::Trainer trainer(
      model, [weight](const Tensor& p, const Tensor& t) { return weight * mean(abs(p - t)); }, sgd(model, 0.05));
  const optim::History history = trainer.fit(set, {.epochs = 10, .batch_size = 5});
  CHECK(history.loss.back() < 0.5 * history.loss.front());
  CHECK(trainer.evaluate(set).loss ==
        Approx(3 * metrics::mean_absolute_error.compute(trainer.predict(set.features), set.targets)).epsilon(1e-5));
}

TEST_CASE("fit stops at a loss that is no number, naming the place") {
  const data::Dataset set = line_problem(6);
  nn::Sequential model = line_model();
  int calls = 0;
  const auto broken = [&calls](const Tensor& p, const Tensor&) {
    return mean(p) * (++calls == 5 ? std::numeric_limits<double>::quiet_NaN() : 1.0);
  };
  optim::Trainer trainer(model, broken, sgd(model, 0));
  const int line = __LINE__ + 1;
  const std::string text = error_text<GradientError>([&] { trainer.fit(set, {.epochs = 3, .batch_size = 2}); });
  CHECK(text == "fit: the loss is NaN in epoch 2, batch 2; a smaller learning rate or scaled features may help" + at(line));
  CHECK(model.is_training());
  optim::Trainer exploding(model, nn::mse_loss, sgd(model, 1e30));
  CHECK_THAT(error_text<GradientError>([&] { exploding.fit(set, {.epochs = 9, .batch_size = 6}); }),
             Contains("the loss is infinite in epoch 2, batch 1"));
}

TEST_CASE("fit refuses a loss that is not one number") {
  const data::Dataset set = line_problem(6);
  nn::Sequential model = line_model();
  const auto squares = [](const Tensor& p, const Tensor& t) { return square(p - t); };
  optim::Trainer trainer(model, squares, sgd(model, 0.1));
  const int line = __LINE__ + 1;
  const std::string text = error_text<ShapeError>([&] { trainer.fit(set); });
  CHECK(text == "the loss has shape (6, 1); it has to be one number, such as a mean" + at(line));
}

TEST_CASE("errors within fit, evaluate and predict name the user's line") {
  const data::Dataset set = line_problem(6), flat{set.features, zeros({6})}, wide{zeros({6, 3}), set.targets};
  nn::Sequential model = line_model();
  optim::Trainer trainer(model, nn::mse_loss, sgd(model, 0.1));
  const int line = __LINE__ + 1;
  const std::string loss = error_text<ShapeError>([&] { trainer.fit(flat); });
  const std::string fit = error_text<ShapeError>([&] { trainer.fit(wide); });
  const std::string evaluate = error_text<ShapeError>([&] { trainer.evaluate(wide); });
  const std::string predict = error_text<ShapeError>([&] { trainer.predict(wide.features); });
  CHECK(loss == "mse_loss: prediction is (6, 1) and target is (6,); both need one shape" + at(line));
  CHECK_THAT(fit, EndsWith("(in 0, trainer.cpp:" + std::to_string(line + 1) + ")"));
  CHECK_THAT(evaluate, EndsWith("(in 0, trainer.cpp:" + std::to_string(line + 2) + ")"));
  CHECK_THAT(predict, EndsWith("(in 0, trainer.cpp:" + std::to_string(line + 3) + ")"));
}

TEST_CASE("errors within a loss of the user's own name its line") {
  const data::Dataset set = line_problem(6);
  nn::Sequential model = line_model();
  const int line = __LINE__ + 1;
  const auto wrong = [](const Tensor& p, const Tensor& t) { return mean(matmul(p, t)); };
  optim::Trainer trainer(model, wrong, sgd(model, 0.1));
  CHECK_THAT(error_text<ShapeError>([&] { trainer.fit(set); }), EndsWith(at(line)));
}

TEST_CASE("fit refuses data that does not fit together") {
  nn::Sequential model = line_model();
  optim::Trainer trainer(model, nn::mse_loss, sgd(model, 0.1));
  const data::Dataset uneven{zeros({3, 2}), zeros({4, 1})}, empty{zeros({0, 2}), zeros({0, 1})};
  const int line = __LINE__ + 1;
  const std::string fit_uneven = error_text<ShapeError>([&] { trainer.fit(uneven); });
  const std::string fit_empty = error_text([&] { trainer.fit(empty); });
  const std::string evaluate_empty = error_text([&] { trainer.evaluate(empty); });
  const std::string no_batch = error_text([&] { trainer.evaluate(empty, 0); });
  CHECK(fit_uneven == "Dataset: features are (3, 2) and targets are (4, 1); both need one length along the first axis" + at(line));
  CHECK(fit_empty == "fit: 0 samples make no batch of 32" + at(line + 1));
  CHECK(evaluate_empty == "evaluate: 0 samples make no batch of 256" + at(line + 2));
  CHECK(no_batch == "Batches: a batch size of 0; it has to be at least 1" + at(line + 3));
}

TEST_CASE("a score prints, and names its metrics when one is missing") {
  const optim::Score score{0.15678, {{"binary_accuracy", 0.765625}, {"bias", -1}}}, bare{1, {}};
  CHECK(fmt::format("{}", score) == "loss 0.1568, binary_accuracy 0.7656, bias -1.0000");
  CHECK(score.metric("bias") == -1);
  CHECK(placed_text([&] { score.metric("accuracy"); }) == "there is no metric accuracy; there are: binary_accuracy, bias");
  CHECK(placed_text([&] { bare.metric("accuracy"); }) == "there is no metric accuracy; there are: none (give the trainer .metrics)");
}

TEST_CASE("a plot of a history shows both losses") {
  optim::History history;
  history.loss = {3, 2, 1};
  CHECK_THAT(plot::history(history).svg(), Contains(">training<") && Contains(">epoch<") && !Contains(">validation<"));
  history.val_loss = {4, 3, 3.5};
  CHECK_THAT(plot::history(history).svg(), Contains(">training<") && Contains(">validation<"));
}

TEST_CASE("a last batch that the model refuses: the error names the cause and the cure") {
  const data::Dataset train = line_problem(9);
  nn::Sequential model{nn::Linear(2, 2), nn::BatchNorm1d(2), nn::Linear(2, 1)};
  optim::Trainer trainer(model, nn::mse_loss, sgd(model, 0.01));
  const std::string text = error_text<ShapeError>([&] { trainer.fit(train, {.batch_size = 4}); });
  CHECK_THAT(text, Catch::StartsWith("batch_norm: x is (1, 2); the statistics of a batch need more than one value a channel (axis 1)"));
  CHECK_THAT(text, EndsWith("; the last batch has 1 of 4 samples a batch: .drop_last = true leaves it out"));
  CHECK_NOTHROW(trainer.fit(train, {.batch_size = 4, .drop_last = true}));
  // Whole batches of one row are the user's choice, and a first batch has no others before it.
  CHECK_THAT(error_text<ShapeError>([&] { trainer.fit(train, {.batch_size = 1}); }), !Contains("drop_last"));
  CHECK_THAT(error_text<ShapeError>([&] { trainer.fit(line_problem(1), {.batch_size = 4}); }), !Contains("drop_last"));
}

TEST_CASE("numbers of epochs and batches that are negative are errors") {
  const data::Dataset train = line_problem(4);
  nn::Sequential model = line_model();
  optim::Trainer trainer(model, nn::mse_loss, sgd(model, 0.1));
  const auto minus = static_cast<std::size_t>(-1);
  CHECK(placed_text([&] { trainer.fit(train, {.epochs = minus}); }) == "fit: epochs is -1; it has to be 0 or more");
  CHECK(placed_text([&] { trainer.fit(train, {.batch_size = minus}); }) == "fit: batch_size is -1; it has to be 0 or more");
  CHECK(placed_text([&] { trainer.fit(train, {.prefetch = minus}); }) == "fit: prefetch is -1; it has to be 0 or more");
  CHECK(placed_text([&] { trainer.evaluate(train, minus); }) == "evaluate: the batch size is -1; it has to be 0 or more");
  CHECK(placed_text([&] { trainer.predict(train.features, minus); }) == "predict: the batch size is -1; it has to be 0 or more");
  CHECK_THAT(error_text([&] { optim::Trainer(model, nn::mse_loss, sgd(model, 0.1), {.accumulate = minus}).fit(train); }),
             Contains("fit: accumulate is -1"));
}
