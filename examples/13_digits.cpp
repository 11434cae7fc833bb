// Handwritten digits in fifty lines: 1,797 pictures of 8 x 8 pixels, a small convolution, and the accuracy on a quarter not seen before.
#include <reel/reel.hpp>

using namespace reel;

int main(int argc, char** argv) try {
  const std::string folder = argc > 1 ? argv[1] : "examples/data/digits";
  data::Dataset all = data::read_idx(folder + "/digits-images-idx3-ubyte.gz", folder + "/digits-labels-idx1-ubyte.gz");
  all.features = all.features * (255.0 / 16);  // the files' pixels go from 0 to 16, not to 255

  manual_seed(0);
  const auto [train, test] = data::split(all, {.test_fraction = 0.25});
  nn::Sequential model{nn::Conv2d(1, 32, 3), relu, nn::MaxPool2d(2), nn::Flatten(), nn::Dropout(0.2), nn::Linear(288, 10)};

  optim::Adam adam(model.parameters(), {.lr = 5e-3});
  data::Batches batches(train, {.batch_size = 32, .shuffle = true});
  for (int epoch = 1; epoch <= 20; ++epoch) {
    double sum = 0;
    for (const data::Batch& batch : batches) {
      adam.zero_grad();
      const Tensor loss = nn::cross_entropy(model(batch.features), batch.targets);
      loss.backward();
      adam.step();
      sum += loss.item<double>();
    }
    if (epoch % 5 == 0) fmt::print("epoch {:>2}  loss {:.4f}\n", epoch, sum / static_cast<double>(batches.size()));
  }

  model.eval();  // no dropout from here on
  const NoGrad no_tape;
  const Tensor scores = model(test.features);
  const double accuracy = metrics::accuracy.compute(scores, test.targets);
  fmt::print("\nof {} digits that were not trained on, {:.1f} % are read right\n\n", test.size(), 100 * accuracy);

  // The least certain answer: the one whose largest probability is smallest.
  const Tensor certainty = max(softmax(scores, 1), 1);
  const auto i = argmin(certainty).item<std::int64_t>();
  for (std::int64_t row = 0; row < 8; ++row) {
    for (std::int64_t column = 0; column < 8; ++column)
      fmt::print("{}", " .:-=+*#@"[static_cast<int>(8 * test.features[{i, 0, row, column}].item<float>())]);
    fmt::print("\n");
  }
  fmt::print("is {}, read as {} with probability {:.2f}\n", test.targets[{i}], argmax(scores[{i}]), certainty[{i}].item<float>());
  return accuracy >= 0.97 ? 0 : 1;
} catch (const std::exception& error) {
  fmt::print(stderr, "13_digits: {}\n", error.what());
  return 1;
}
