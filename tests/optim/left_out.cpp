// Means over batches of a loss that leaves samples out, or weighs them: as over all of them at once.
#include <cmath>

#include <catch2/catch.hpp>

#include "../nn/error_text.hpp"
#include "problem.hpp"

using namespace reel;
using Catch::Contains;

namespace {

/// x + bias: the loss of each row is known.
struct Shift : nn::Module {
  Parameter bias{zeros({2})};
  REEL_MEMBERS(bias)
  Tensor forward(const Tensor& x) override { return x + bias; }
};

Tensor entropy(const Tensor& p, const Tensor& t) { return nn::cross_entropy(p, t); }

/// The bias after training, and the history.
std::pair<Tensor, optim::History> trained(const data::Dataset& set, optim::Loss loss, const optim::FitOptions& options,
                                          optim::TrainerOptions of_trainer = {}, double lr = 0) {
  Shift model;
  optim::Trainer trainer(model, std::move(loss), optim::SGD(model.parameters(), {.lr = lr}), std::move(of_trainer));
  optim::History history = trainer.fit(set, options);
  return {model.bias.tensor().detach(), std::move(history)};
}

const data::Dataset four{tensor({{2.0, 1.0}, {0.5, 1.5}, {1.0, 1.0}, {3.0, -1.0}}), tensor({1, 1, -100, 0})};
// Losses of the rows: log(1 + e), log(1 + 1/e), left out, log(1 + exp(-4)).
const double first = std::log1p(std::exp(1.0)), second = std::log1p(std::exp(-1.0)), last = std::log1p(std::exp(-4.0));

}  // namespace

TEST_CASE("class weights with ignored targets divide by the samples that count") {
  const auto loss_with = [](double w) { return trained(four, entropy, {.class_weight = {{1, w}}}).second.loss[0]; };
  CHECK(loss_with(1) == Approx((first + second + last) / 3));
  CHECK(loss_with(1.000001) == Approx(loss_with(1)).epsilon(1e-5));
  CHECK(loss_with(5) == Approx((5 * (first + second) + last) / 3));
  const data::Dataset alone{tensor({{2.0, 1.0}, {0.5, 1.5}, {1.0, 1.0}}), tensor({1, 1, -100})};
  CHECK(trained(alone, entropy, {.class_weight = {{1, 5}}}).second.loss[0] == Approx(5 * 0.8132616));
  const auto other_index = [](const Tensor& p, const Tensor& t) { return nn::cross_entropy(p, t, {.ignore_index = 0}); };
  CHECK(trained({four.features, tensor({1, 1, 0, 0})}, other_index, {.class_weight = {{1, 2}}}).second.loss[0] == Approx(first + second));
}

TEST_CASE("class weights take targets of 0 and 1 in any dtype") {
  const Tensor x = tensor({{0.5}, {-1.0}, {2.0}});
  struct Identity : nn::Module {
    Parameter shift{zeros({1})};
    REEL_MEMBERS(shift)
    Tensor forward(const Tensor& v) override { return v + shift; }
  };
  const auto loss_of = [&](const Tensor& targets, const Tensor& features) {
    Identity model;
    optim::Trainer trainer(model, nn::binary_cross_entropy_with_logits, optim::SGD(model.parameters(), {.lr = 0}));
    return trainer.fit({features, targets}, {.class_weight = {{1, 3.0}}}).loss[0];
  };
  const double expected = (3 * std::log1p(std::exp(-0.5)) + std::log1p(std::exp(-1.0)) + 3 * std::log1p(std::exp(-2.0))) / 3;
  CHECK(loss_of(tensor({{1.0}, {0.0}, {1.0}}), x) == Approx(expected));
  CHECK(loss_of(tensor({1.0, 0.0, 1.0}), reshape(x, {3})) == Approx(expected));
  CHECK_THAT(error_text([&] { loss_of(tensor({{1.0}, {0.5}, {1.0}}), x); }), Contains("class_weight needs int64 classes"));
}

TEST_CASE("validation and evaluation do not depend on the batches when the loss leaves samples out") {
  Shift model;
  optim::Trainer trainer(model, entropy, optim::SGD(model.parameters(), {.lr = 0}), {.metrics = {metrics::accuracy}});
  for (const std::size_t batch : {1u, 2u, 3u, 4u}) {
    const optim::Score score = trainer.evaluate(four, batch);
    CHECK(score.loss == Approx((first + second + last) / 3));
    CHECK(score.metric("accuracy") == Approx(2.0 / 3));  // of the rows that count
    const optim::History history = trainer.fit(four, {.batch_size = batch, .shuffle = false});
    CHECK(history.loss[0] == Approx((first + second + last) / 3));
    CHECK(history.metrics.at("accuracy")[0] == Approx(2.0 / 3));
  }
  // Class weights of the loss itself are what its mean divides by.
  const Tensor weight = tensor({1.0, 3.0});
  const auto weighted = [&](const Tensor& p, const Tensor& t) { return nn::cross_entropy(p, t, {.weight = weight}); };
  optim::Trainer other(model, weighted, optim::SGD(model.parameters(), {.lr = 0}));
  for (const std::size_t batch : {1u, 2u, 3u, 4u}) CHECK(other.evaluate(four, batch).loss == Approx((3 * first + 3 * second + last) / 7));
}

TEST_CASE("a batch of which nothing counts makes no step, and no NaN") {
  const data::Dataset set{four.features, tensor({-100, -100, 1, 0})};
  const auto [shift, history] = trained(set, entropy, {.batch_size = 2, .shuffle = false}, {}, 0.5);
  CHECK(std::isfinite(history.loss[0]));
  const auto [whole, once] = trained(set, entropy, {.batch_size = 4, .shuffle = false}, {}, 0.5);
  CHECK(allclose(shift, whole, 1e-6));
  CHECK(history.loss[0] == Approx(once.loss[0]));
}

TEST_CASE("accumulated gradients are those of one large batch, whatever the parts count for") {
  const data::Dataset six{tensor({{2.0, 1.0}, {0.5, 1.5}, {1.0, 1.0}, {3.0, -1.0}, {0.0, 1.0}, {-1.0, 2.0}}),
                          tensor({1, 1, -100, 0, -100, 0})};
  const auto [large, of_large] = trained(six, entropy, {.batch_size = 6, .shuffle = false}, {}, 0.5);
  for (const std::size_t part : {1u, 2u, 3u, 4u, 5u}) {
    const std::size_t parts = (6 + part - 1) / part;
    const auto [small, of_small] = trained(six, entropy, {.batch_size = part, .shuffle = false}, {.accumulate = parts}, 0.5);
    CHECK(allclose(small, large, 1e-5, 1e-6));
    CHECK(of_small.loss[0] == Approx(of_large.loss[0]));
  }
}
