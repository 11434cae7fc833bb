#include <catch2/catch.hpp>
#include <reel/reel.hpp>

using namespace reel;

TEST_CASE("the trainer's metrics are those of all samples, whatever the batches") {
  manual_seed(3);
  nn::Sequential model{nn::Linear(2, 1), sigmoid};
  const Tensor x = random::normal({23, 2}),
               t = Tensor(astype(x.column(0) + 0.5 * random::normal({23}) > 0.0, float32).value().reshape({23, 1}));
  const data::Dataset set{x, t};
  const std::vector<metrics::Metric> all{
      metrics::precision(),         metrics::recall(),       metrics::f1(), metrics::auc, metrics::root_mean_squared_error, metrics::r2,
      metrics::mean_absolute_error, metrics::binary_accuracy};
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.05}), {.metrics = all});
  trainer.fit(set, {.epochs = 5, .batch_size = 10});  // batches of 10, 10 and 3
  const Tensor prediction = trainer.predict(x);
  const optim::Score whole = trainer.evaluate(set, 23), parts = trainer.evaluate(set, 7);
  for (const metrics::Metric& metric : all) {
    INFO(metric.name);
    CHECK(whole.metric(metric.name) == Approx(metric.compute(prediction, t)));
    CHECK(parts.metric(metric.name) == Approx(metric.compute(prediction, t)).epsilon(1e-5));
  }
  CHECK(whole.metric("auc") > 0.5);
}
