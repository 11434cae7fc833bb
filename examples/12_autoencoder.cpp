// A picture of 64 pixels has to pass through two numbers and come out again. The two numbers are then a map of the digits, drawn without
// any label having been seen. The best that a linear map can do with two numbers is the singular value decomposition's first two
// directions (principal components); the network has to do better.
#include <reel/reel.hpp>

using namespace reel;

struct Autoencoder : nn::Module {
  nn::Sequential encoder{nn::Flatten(), nn::Linear(64, 128), nn::SiLU(), nn::Linear(128, 64), nn::SiLU(), nn::Linear(64, 2)};
  nn::Sequential decoder{nn::Linear(2, 64),   nn::SiLU(),    nn::Linear(64, 128),   nn::SiLU(),
                         nn::Linear(128, 64), nn::Sigmoid(), nn::Reshape({1, 8, 8})};
  REEL_MEMBERS(encoder, decoder)
  Tensor forward(const Tensor& images) override { return decoder(encoder(images)); }
};

data::Dataset read_digits(const std::string& folder) {
  data::Dataset digits = data::read_idx(folder + "/digits-images-idx3-ubyte.gz", folder + "/digits-labels-idx1-ubyte.gz");
  digits.features = digits.features * (255.0 / 16);  // the files' pixels go from 0 to 16, not to 255
  return digits;
}

// The mean squared error of the test images from two principal components of the training images.
double linear_error(const Tensor& train, const Tensor& test) {
  const auto rows = [](const Tensor& images) { return reshape(images, {-1, 64}); };
  const Tensor center = mean(rows(train), 0);
  const Tensor directions = svd(rows(train) - center).vt[{{0, 2}}];  // (2, 64), orthonormal
  const Tensor codes = matmul(rows(test) - center, transpose(directions));
  return nn::mse_loss(center + matmul(codes, directions), rows(test)).item<double>();
}

// Draws the map of the test images, twelve of them above their reconstructions, and the decoder's pictures in between.
void draw(Autoencoder& model, const data::Dataset& test, const std::string& folder) {
  const NoGrad no_tape;
  const Tensor codes = model.encoder(test.features);
  plot::scatter_by_class(codes.value(), test.targets.value(), {},
                         {.title = "Digits on a map of two numbers", .x_label = "first", .y_label = "second", .height = 560})
      .save(folder + "/latent.svg");

  const Tensor some = test.features[{{0, 12}}];
  plot::image_grid(concatenate({some, model(some)}, 0).value(),
                   {.title = "Above: digits. Below: from two numbers", .columns = 12, .size = 48})
      .save(folder + "/reconstruction.svg");

  // A regular grid over the middle of the map, from the top left: the digits turn into each other.
  const Tensor center = mean(codes, 0), reach = 1.7 * sqrt(var(codes, 0));
  const Tensor place = astype(arange(0, 144), float32);
  const Tensor right = fmod(place, 12) / 5.5 - 1, up = 1 - floor(place / 12) / 5.5;
  const Tensor points = center + reach * stack({right, up}, 1);
  plot::image_grid(model.decoder(points).value(), {.title = "What the decoder draws at each place", .columns = 12, .size = 40})
      .save(folder + "/map.svg");
}

int main(int argc, char** argv) try {
  const std::string data = argc > 1 ? argv[1] : "examples/data/digits", out = argc > 2 ? argv[2] : ".";
  manual_seed(0);
  const auto [train, test] = data::split(read_digits(data), {.test_fraction = 0.25});
  const data::Dataset pairs{train.features, train.features}, test_pairs{test.features, test.features};  // the target is the input

  Autoencoder model;
  fmt::print("{}\n\n", model.summary({1, 1, 8, 8}));
  optim::Trainer trainer(model, nn::mse_loss, optim::Adam(model.parameters(), {.lr = 2e-3}));
  optim::CosineAnnealingLR cosine(trainer.optimizer(), {.T_max = 150});
  optim::LearningRateScheduler follow(cosine);
  trainer.fit(pairs, {.epochs = 150, .batch_size = 32, .validation = &test_pairs, .progress = true, .callbacks = {&follow}});

  const double error = trainer.evaluate(test_pairs).loss, linear = linear_error(train.features, test.features);
  fmt::print("mean squared error on {} new digits: {:.4f} from two numbers, {:.4f} from two principal components\n", test.size(), error,
             linear);
  model.eval();
  draw(model, test, out);
  fmt::print("pictures: latent.svg, reconstruction.svg and map.svg\n");
  return error < 0.8 * linear ? 0 : 1;
} catch (const std::exception& error) {
  fmt::print(stderr, "12_autoencoder: {}\n", error.what());
  return 1;
}
