#include <catch2/catch.hpp>

#include "../nn/error_text.hpp"
#include "problem.hpp"

using namespace reel;

namespace {

/// A layer with one weight and a buffer.
struct Layer : nn::Module {
  Parameter weight{full({1}, 4, {.dtype = float64})};
  Tensor running = full({1}, 8, {.dtype = float64});
  REEL_MEMBERS(weight, running)
  Tensor forward(const Tensor& x) override { return x * weight; }
  void set(double value) { weight.set_value(full({1}, value, {.dtype = float64})); }
  double get() const { return weight.value().as_double(0); }
};

double mean_of(const optim::WeightAverage& average) { return average.values().at("weight").value().as_double(0); }

}  // namespace

TEST_CASE("EMA follows the weights slowly, SWA is their mean") {
  Layer layer;
  optim::EMA ema(layer, 0.75);
  optim::SWA swa(layer);
  CHECK(mean_of(ema) == 4);
  double expected = 0;
  for (const double value : {1.0, 2.0, 6.0}) {
    layer.set(value);
    ema.update();
    swa.update();
    expected = value == 1 ? 1 : 0.75 * expected + 0.25 * value;
  }
  CHECK(mean_of(ema) == Approx(expected));
  CHECK(mean_of(swa) == Approx(3));
  CHECK(swa.updates() == 3);
  CHECK(placed_text([&] { optim::EMA(layer, 1); }) == "EMA: decay is 1; it has to be at least 0 and below 1");
}

TEST_CASE("the mean is in the model for a while") {
  Layer layer;
  optim::SWA swa(layer);
  for (const double value : {1.0, 3.0}) {
    layer.set(value);
    swa.update();
  }
  {
    const optim::AveragedScope scope(swa);
    CHECK(layer.get() == 2);
  }
  CHECK(layer.get() == 3);
  CHECK(mean_of(swa) == 2);
}

TEST_CASE("buffers are averaged on request") {
  Layer layer;
  optim::SWA without(layer), with(layer, {.buffers = true});
  CHECK(without.values().size() == 1);
  without.update();
  with.update();
  layer.running = full({1}, 4, {.dtype = float64});
  with.update();
  CHECK(with.values().at("running").value().as_double(0) == 6);
}

TEST_CASE("an average's state goes over, or not at all") {
  Layer layer, other;
  optim::EMA a(layer, 0.5), b(other, 0.5);
  layer.set(10);
  a.update();
  b.load_state(a.state());
  CHECK(mean_of(b) == 10);
  CHECK(b.updates() == 1);
  State broken = a.state();
  broken["mean.weight"] = zeros({3});
  broken.erase("updates");
  CHECK(placed_text([&] { b.load_state(broken); }) ==
        "EMA: the state does not fit; missing: updates; different: mean.weight is (3,) float32 and parameter weight is (1,) float64");
  CHECK(mean_of(b) == 10);
}
