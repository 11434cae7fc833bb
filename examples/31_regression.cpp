// Regression that says how sure it is. From ten measurements of 442 diabetes patients networks predict how far the disease has gone a year
// later, each time with an interval that should hold nine patients in ten. Whether it does is counted, on patients that the networks have
// not seen.
#include <reel/reel.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace reel;

// A network with two answers: the mean of what may come, and its variance (Nix and Weigend, Estimating the mean and variance of the target
// probability distribution, 1994). Softplus keeps the variance positive.
struct MeanVariance : nn::Module {
  nn::Sequential body;
  nn::Linear mean, raw_variance;
  REEL_MEMBERS(body, mean, raw_variance)

  explicit MeanVariance(std::size_t columns) : body{nn::Linear(columns, 16), tanh, nn::Dropout(0.1)}, mean(16, 1), raw_variance(16, 1) {}
  Tensor forward(const Tensor& x) override {
    const Tensor h = body(x);
    return concatenate({mean(h), softplus(raw_variance(h)) + 1e-3}, -1);
  }
};

Tensor mean_of(const Tensor& prediction) { return prediction[{{}, {0, 1}}]; }
Tensor variance_of(const Tensor& prediction) { return prediction[{{}, {1, 2}}]; }

// The negative log likelihood. No label says how uncertain a patient is; but where a network can't be right, it loses least by a large
// variance.
Tensor surprise(const Tensor& prediction, const Tensor& target) {
  return nn::gaussian_nll_loss(mean_of(prediction), target, variance_of(prediction), {.full = true});
}

struct Forecast {
  Tensor mean, std;  // (patients, 1), in the target's own unit
};

// Five networks with other first weights and batches (Lakshminarayanan, Pritzel and Blundell, Simple and scalable predictive uncertainty
// estimation using deep ensembles, 2017). The variance of one network is the noise in the data; where the five disagree, they do not know.
// Their mixture has both: E[v] + E[m²] - E[m]².
Forecast train_and_forecast(const data::Dataset& train, const Tensor& features) {
  // Scales come from the training part alone, for the targets as for the features.
  const data::Standardizer scale(train.features), target_scale(train.targets);
  const data::Dataset scaled{scale(train.features), target_scale(train.targets)};
  std::vector<Tensor> means, squares;
  for (int i = 0; i < 5; ++i) {
    MeanVariance network(features.shape()[1]);
    optim::Trainer trainer(network, surprise, optim::AdamW(network.parameters(), {.lr = 3e-3}));
    trainer.fit(scaled, {.epochs = 60, .batch_size = 32});
    const Tensor p = trainer.predict(scale(features));
    means.push_back(mean_of(p));
    squares.push_back(variance_of(p) + square(mean_of(p)));
  }
  const Tensor m = mean(stack(means), {0});
  return {target_scale.inverse(m), target_scale.std * sqrt(mean(stack(squares), {0}) - square(m))};
}

// Predicts every patient by networks that were trained on the other four fifths.
struct Held {
  Forecast networks, always_the_mean;
  Tensor truth;
};

Held cross_validate(const data::Dataset& all, std::size_t folds) {
  const Tensor order = random::permutation(all.size());
  std::vector<Tensor> truth, mean, std, plain_mean, plain_std;
  for (std::size_t fold = 0; fold < folds; ++fold) {
    std::vector<std::int64_t> in, out;
    for (std::size_t i = 0; i < all.size(); ++i)
      (i % folds == fold ? out : in).push_back(order.at<std::int64_t>({static_cast<Integer>(i)}));
    const data::Dataset train = all.take(in), test = all.take(out);
    const Forecast f = train_and_forecast(train, test.features);
    truth.push_back(test.targets), mean.push_back(f.mean), std.push_back(f.std);
    const data::Standardizer plain(train.targets);
    plain_mean.push_back(plain.mean + zeros_like(test.targets)), plain_std.push_back(plain.std + zeros_like(test.targets));
  }
  return {{concatenate(mean), concatenate(std)}, {concatenate(plain_mean), concatenate(plain_std)}, concatenate(truth)};
}

constexpr double deviations = 1.645;  // of a normal distribution hold 90 %

struct Quality {
  double rmse, nll, coverage, width;
};

Quality quality(const Forecast& f, const Tensor& truth) {
  return {std::sqrt(nn::mse_loss(f.mean, truth).item<double>()),
          nn::gaussian_nll_loss(f.mean, truth, square(f.std), {.full = true}).item<double>(),
          mean(astype(abs(truth - f.mean) <= deviations * f.std, float32)).item<double>(), 2 * deviations * mean(f.std).item<double>()};
}

void print(const char* name, const Quality& q) {
  fmt::print("{:<28} {:>5.1f} {:>7.3f} {:>9.1f} % {:>8.0f}\n", name, q.rmse, q.nll, 100 * q.coverage, q.width);
}

// The third of the patients with the smallest predicted deviations, and the third with the largest.
std::pair<Quality, Quality> outer_thirds(const Held& held) {
  const Tensor order = argsort(flatten(held.networks.std));
  const std::size_t third = order.size() / 3;
  const std::vector<Tensor> parts = split(order, {third, order.size() - 2 * third, third});
  const auto of = [&](const Tensor& rows) {
    return quality({take(held.networks.mean, rows), take(held.networks.std, rows)}, take(held.truth, rows));
  };
  return {of(parts.front()), of(parts.back())};
}

void plot_forecasts(const Held& held, const std::string& path) {
  const Tensor order = argsort(flatten(held.networks.mean)), m = take(held.networks.mean, order), s = take(held.networks.std, order);
  const Tensor patient = arange(0, static_cast<std::int64_t>(order.size()));
  plot::Figure figure(
      {.title = "Held-out patients, in the order of what was predicted", .x_label = "patient", .y_label = "progression of the disease"});
  figure.band(patient, m - deviations * s, m + deviations * s, {.label = "90 % interval"}).line(patient, m, {.label = "predicted"});
  figure.scatter(patient, take(held.truth, order), {.label = "true", .alpha = 0.7, .size = 4}).save(path);
}

void require(bool ok, const char* what) {
  if (!ok) throw Error(std::string("this does not hold: ") + what);
}

void run(const std::string& csv, std::uint64_t seed) {
  manual_seed(seed);
  const data::Dataset all = data::read_csv(csv, {.target = "target"});
  const Held held = cross_validate(all, 5);
  const Quality plain = quality(held.always_the_mean, held.truth), networks = quality(held.networks, held.truth);
  fmt::print("{} patients{:<16} {:>5} {:>7} {:>11} {:>8}\n", all.size(), "", "RMSE", "NLL", "in interval", "width");
  print("always the mean", plain);
  print("the same, one width for all", quality({held.networks.mean, full(held.truth.shape(), networks.rmse)}, held.truth));
  print("five networks", networks);
  const auto [surest, least_sure] = outer_thirds(held);
  print("  the surest third", surest);
  print("  the least sure third", least_sure);
  plot_forecasts(held, "regression.svg");
  fmt::print("\nPicture: regression.svg\n");

  require(networks.rmse < 58, "the RMSE is below 58, near that of a linear fit");
  require(surest.rmse + 5 < least_sure.rmse, "what the networks call sure is");
  require(networks.nll < plain.nll - 0.25, "the networks are less surprised than the mean is");
  require(networks.coverage > 0.86 && networks.coverage < 0.94, "the 90 % interval holds 86 to 94 % of the patients");
}

int main(int argc, char** argv) {
  try {
    if (argc < 2) throw Error("usage: 31_regression CSV [SEED]   (examples/data/diabetes.csv)");
    run(argv[1], argc > 2 ? std::stoull(argv[2]) : 0);
  } catch (const std::exception& error) {
    fmt::print(stderr, "31_regression: {}\n", error.what());
    return 1;
  }
}
