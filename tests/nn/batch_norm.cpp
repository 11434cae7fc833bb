#include <catch2/catch.hpp>
#include <reel/testing/catch.hpp>

#include "error_text.hpp"
#include "models.hpp"

using namespace reel;

namespace {

Tensor batch(std::uint64_t seed) {
  const SeedScope fixed(seed);
  return random::normal({6, 3, 2, 2}, {.mean = 2, .std = 3, .dtype = float64});
}

/// The mean and the unbiased variance of each channel.
std::pair<Tensor, Tensor> moments(const Tensor& x) {
  const double n = static_cast<double>(x.size()) / static_cast<double>(x.shape()[1]);
  const Tensor m = mean(x, {0, 2, 3}, {.keepdims = true});
  return {reshape(m, {3}), sum(square(x - m), {0, 2, 3}) / (n - 1)};
}

}  // namespace

TEST_CASE("BatchNorm2d: a running average moves by the momentum, and evaluation uses it") {
  nn::BatchNorm2d norm(3, {.momentum = 0.3, .dtype = float64});
  const auto [mean1, var1] = moments(batch(1));
  const auto [mean2, var2] = moments(batch(2));
  norm(batch(1));
  norm(batch(2));
  CHECK(allclose(norm.running_mean, (mean1 * 0.3) * 0.7 + mean2 * 0.3, 1e-12));
  CHECK(allclose(norm.running_var, (ones({3}, {.dtype = float64}) * 0.7 + var1 * 0.3) * 0.7 + var2 * 0.3, 1e-12));
  CHECK(norm.num_batches_tracked.item<std::int64_t>() == 2);
  CHECK(norm.num_batches_tracked.dtype() == int64);
  CHECK_FALSE(norm.running_mean.has_history());

  norm.eval();
  const Tensor x = batch(3), m = reshape(norm.running_mean, {3, 1, 1}), v = reshape(norm.running_var, {3, 1, 1});
  CHECK(allclose(norm(x), (x - m) / sqrt(v + 1e-5), 1e-12));
  CHECK(norm.num_batches_tracked.item<std::int64_t>() == 2);
}

TEST_CASE("BatchNorm2d without momentum keeps the plain averages of all batches") {
  nn::BatchNorm2d norm(3, {.momentum = std::nullopt, .dtype = float64});
  for (const std::uint64_t seed : {1u, 2u, 3u}) norm(batch(seed));
  const Tensor expected = (moments(batch(1)).first + moments(batch(2)).first + moments(batch(3)).first) / 3;
  CHECK(allclose(norm.running_mean, expected, 1e-12));
}

TEST_CASE("BatchNorm2d: a call that a checkpoint repeats counts once, and gives the same gradients") {
  nn::Sequential plain{nn::Conv2d(3, 3, 1, {.dtype = float64}), nn::BatchNorm2d(3, {.dtype = float64}), relu}, repeated = plain;
  const Tensor x = variable(batch(4));
  const Tensor expected = gradients(sum(square(plain(x))), {x})[0];
  const Tensor loss = sum(square(checkpoint(repeated, x)));
  CHECK(same_bits(repeated.state(), plain.state()));
  CHECK(identical(gradients(loss, {x})[0].value(), expected.value()));
  CHECK(same_bits(repeated.state(), plain.state()));
  CHECK(repeated.state().at("1.num_batches_tracked").item<std::int64_t>() == 1);
}

TEST_CASE("BatchNorm2d: re-running the tape and differentiating leave the averages alone") {
  nn::Sequential model{nn::BatchNorm2d(3, {.dtype = float64}), tanh};
  const Tensor loss = sum(square(model(variable(batch(5)))));
  const State before = model.state();
  const Tape tape(loss);
  const std::vector<Array> again = tape.rerun();
  for (std::size_t i = 0; i < tape.size(); ++i) CHECK(identical(again[i], tape[i].value()));
  loss.backward();
  CHECK(same_bits(model.state(), before));
}

TEST_CASE("BatchNorm2d: a gradient check leaves the averages alone") {
  nn::Sequential model{nn::BatchNorm2d(3, {.dtype = float64})};
  const State before = model.state();
  CHECK_THAT(model, HasRightGradient({batch(6)}));
  CHECK(same_bits(model.state(), before));
  CHECK_FALSE(is_running_again());
  model(batch(6));
  CHECK_FALSE(same_bits(model.state(), before));
}

TEST_CASE("BatchNorm2d counts calls under NoGrad too, as training mode is what decides") {
  nn::BatchNorm2d norm(3, {.dtype = float64});
  const NoGrad pause;
  norm(batch(1));
  CHECK(norm.num_batches_tracked.item<std::int64_t>() == 1);
}

TEST_CASE("BatchNorm1d after a failed call has the averages that it had") {
  nn::BatchNorm1d norm(2);
  const State before = norm.state();
  CHECK_THROWS_AS(norm(ones({1, 2})), ShapeError);  // one value a channel
  CHECK_THROWS_AS(norm(ones({4, 3})), ShapeError);
  CHECK(same_bits(norm.state(), before));
}

TEST_CASE("BatchNorm2d converts with its model, the count stays int64") {
  nn::BatchNorm2d norm(3);
  norm.to(float64);
  CHECK(norm(batch(1)).dtype() == float64);
  CHECK(norm.running_var.dtype() == float64);
  CHECK(norm.num_batches_tracked.dtype() == int64);
}

TEST_CASE("BatchNorm refuses a batch of one row or none in training, and its running statistics stay") {
  for (const Dtype dtype : {float32, float64}) {
    nn::BatchNorm1d norm(3, {.dtype = dtype});
    norm(Tensor(random::normal({4, 3}, {.dtype = dtype})));
    const State before = norm.state();
    for (const std::size_t rows : {0u, 1u}) {
      const Tensor x = zeros({rows, 3}, {.dtype = dtype});
      CHECK(placed_text<ShapeError>([&] { norm(x); }) ==
            fmt::format("batch_norm: x is ({}, 3); the statistics of a batch need more than one value a channel (axis 1)", rows));
      CHECK(same_bits(norm.state(), before));
    }
    norm.eval();
    CHECK(norm(zeros({0, 3}, {.dtype = dtype})).shape() == Shape{0, 3});
    CHECK(same_bits(norm.state(), before));
  }
}
