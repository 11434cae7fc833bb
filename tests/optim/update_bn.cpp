#include <catch2/catch.hpp>

#include "../nn/error_text.hpp"
#include "problem.hpp"

using namespace reel;

namespace {

struct Problem {
  data::Dataset set{random::normal({24, 3}, {.mean = 4, .std = 3, .dtype = float64}), zeros({24, 1}, {.dtype = float64})};
  nn::Linear first{3, 5, {.dtype = float64}};
  nn::Sequential model{first, nn::BatchNorm1d(5, {.momentum = 0.25, .dtype = float64}), relu, nn::Linear(5, 1, {.dtype = float64})};
  nn::BatchNorm1d& norm = dynamic_cast<nn::BatchNorm1d&>(model[1]);
};

}  // namespace

TEST_CASE("update_bn takes the even mean of the batches' statistics for the present weights") {
  manual_seed(3);
  Problem p;
  p.model.eval();
  p.norm.running_mean = full({5}, 100, {.dtype = float64});
  p.norm.num_batches_tracked = full({}, 7, {.dtype = int64});
  const State before = p.model.state();
  optim::update_bn(p.model, data::Batches(p.set, {.batch_size = 8}));

  // Three batches of one size: the mean of their means is that of all rows, and their unbiased variances are averaged.
  const Tensor y = p.first(p.set.features);
  CHECK(allclose(p.norm.running_mean, mean(y, 0), 1e-12));
  Tensor variance = zeros({5}, {.dtype = float64});
  for (int i = 0; i < 3; ++i) variance = variance + var(y[{{8 * i, 8 * i + 8}}], 0, {.correction = 1}) / 3;
  CHECK(allclose(p.norm.running_var, variance, 1e-12));
  CHECK(p.norm.num_batches_tracked.item<std::int64_t>() == 3);
  CHECK(p.norm.momentum() == 0.25);
  CHECK_FALSE(p.model.is_training());
  for (const char* const name : {"0.weight", "1.weight", "3.bias"})
    CHECK(identical(before.at(name).value(), p.model.state().at(name).value()));
}

TEST_CASE("update_bn belongs to averaged weights, and goes with them") {
  manual_seed(4);
  Problem p;
  optim::SWA swa(p.model);
  p.model(p.set.features);
  swa.update();
  const State own = p.model.state();
  {
    const optim::AveragedScope averaged(swa);
    optim::update_bn(p.model, data::Batches(p.set, {.batch_size = 24}));
    p.model.eval();
    const Tensor in_evaluation = p.model(p.set.features);
    p.model.train();
    // With the statistics of the one batch that holds all rows, but for the variance's correction, evaluation is training.
    p.norm.running_var = p.norm.running_var * (23.0 / 24);
    p.model.eval();
    const Tensor corrected = p.model(p.set.features);
    p.model.train();
    CHECK(allclose(corrected, p.model(p.set.features), 1e-12));
    CHECK_FALSE(allclose(in_evaluation, corrected, 1e-12));
  }
  CHECK(identical(p.norm.running_mean.value(), own.at("1.running_mean").value()));
}

TEST_CASE("update_bn leaves the statistics alone where it cannot have new ones") {
  manual_seed(5);
  Problem p;
  p.model(p.set.features);
  const State before = p.model.state();
  const data::Dataset wrong{zeros({4, 2}, {.dtype = float64}), zeros({4, 1}, {.dtype = float64})};
  CHECK_THROWS_AS(optim::update_bn(p.model, data::Batches(wrong)), ShapeError);
  CHECK(error_text([&] {
          optim::update_bn(p.model, data::Batches(wrong, {.batch_size = 5, .drop_last = true}));
        }).starts_with("update_bn: there are no batches ("));
  CHECK(identical(p.norm.running_mean.value(), before.at("1.running_mean").value()));
  CHECK(p.norm.num_batches_tracked.item<std::int64_t>() == 1);
  CHECK(p.norm.momentum() == 0.25);

  nn::Sequential plain{nn::Linear(2, 1, {.dtype = float64})};
  optim::update_bn(plain, data::Batches(wrong));  // nothing to do
  CHECK(error_text([&] { p.norm.set_momentum(2); }).starts_with("BatchNorm1d: momentum is 2; it has to be from 0 to 1"));
}
