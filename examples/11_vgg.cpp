// A small VGG (Simonyan and Zisserman 2015, "Very deep convolutional networks") with batch normalisation and dropout, on Fashion-MNIST:
// nothing but 3 x 3 convolutions, and each time the picture halves, the channels double.
#include <optional>

#include "fashion.hpp"

using namespace reel;

// Mirrors a random half of the pictures at each call: a shoe that points to the right is a shoe, too. In evaluation returns x unchanged.
struct RandomFlip : nn::Module {
  REEL_MEMBERS()
  Tensor forward(const Tensor& x) override {
    if (!is_training()) return x;
    return where(random::bernoulli({x.shape()[0], 1, 1, 1}, {.dtype = boolean}), flip(x, -1), x);
  }
};

// A convolution needs no bias in front of a normalisation, which takes the mean away.
nn::Sequential make_block(std::int64_t in, std::int64_t out) {
  return {nn::Conv2d(in, out, 3, {.padding = 1, .bias = false}),
          nn::BatchNorm2d(out),
          relu,
          nn::Conv2d(out, out, 3, {.padding = 1, .bias = false}),
          nn::BatchNorm2d(out),
          relu,
          nn::MaxPool2d(2),
          nn::Dropout2d(0.05)};
}

nn::Sequential make_vgg() {
  const auto standardize = [](const Tensor& x) { return (x - 0.286) / 0.353; };
  return {RandomFlip(),
          standardize,
          make_block(1, 16),
          make_block(16, 32),
          make_block(32, 64),
          nn::Flatten(),
          nn::Linear(64 * 3 * 3, 128, {.bias = false}),
          nn::BatchNorm1d(128),
          relu,
          nn::Dropout(0.3),
          nn::Linear(128, 10)};
}

void run(const fashion::Options& options) {
  manual_seed(options.seed);
  const auto [train, test] = fashion::read(options);
  nn::Sequential vgg = make_vgg();
  fmt::print("{}\n\n", vgg.summary({options.batch_size, 1, 28, 28}));

  optim::Trainer trainer(vgg, nn::cross_entropy,
                         optim::SGD(vgg.parameters(), {.lr = 0.1, .momentum = 0.9, .weight_decay = 5e-4, .nesterov = true}),
                         {.metrics = {metrics::accuracy}});
  const std::size_t steps = options.epochs * data::Batches(train, {.batch_size = options.batch_size}).size();
  optim::OneCycleLR one_cycle(trainer.optimizer(), {.max_lr = {0.1}, .total_steps = static_cast<std::int64_t>(steps)});
  optim::LearningRateScheduler follow(one_cycle, {.every_batch = true});
  fashion::Speed speed(train.size());
  std::vector<optim::Callback*> callbacks{&follow, &speed};
  std::optional<optim::ModelCheckpoint> save;  // after the schedule in the list, since its file holds the schedule's state
  if (!options.save.empty()) callbacks.push_back(&save.emplace(optim::ModelCheckpointOptions{.path = options.save}));

  const optim::History history = trainer.fit(train, {.epochs = options.epochs,
                                                     .batch_size = options.batch_size,
                                                     .validation = &test,
                                                     .resume = options.resume,
                                                     .progress = true,
                                                     .callbacks = callbacks});
  if (!options.out.empty()) plot::training(history).save(options.out + "/vgg_history.svg");
  fashion::report(options, trainer.evaluate(test).metric("accuracy"), speed);
}

int main(int argc, char** argv) {
  try {
    run(fashion::parse(argc, argv, 8));
  } catch (const std::exception& error) {
    fmt::print(stderr, "11_vgg: {}\n", error.what());
    return 1;
  }
}
