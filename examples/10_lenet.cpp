// LeNet-5 (LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition") on Fashion-MNIST: 60,000
// pictures of clothes to learn from, 10,000 to be tested on.
#include <optional>

#include "fashion.hpp"

using namespace reel;

// The paper's sizes: two convolutions with their pools, then 120, 84 and 10 units. Its tanh and means have become relu and maxima.
nn::Sequential make_lenet() {
  const auto standardize = [](const Tensor& x) { return (x - 0.286) / 0.353; };  // mean and deviation of all training pixels
  return {standardize,
          nn::Conv2d(1, 6, 5, {.padding = 2}),
          relu,
          nn::MaxPool2d(2),
          nn::Conv2d(6, 16, 5),
          relu,
          nn::MaxPool2d(2),
          nn::Flatten(),
          nn::Linear(16 * 5 * 5, 120),
          relu,
          nn::Linear(120, 84),
          relu,
          nn::Linear(84, 10)};
}

// Draws the history of the training, the confusion matrix, misclassified pictures, and the sizes of the gradients per layer.
void draw(optim::Trainer& trainer, const data::Dataset& test, const optim::History& history, const std::string& folder) {
  plot::training(history).save(folder + "/lenet_history.svg");

  const Tensor scores = trainer.predict(test.features);
  plot::confusion_matrix(metrics::confusion_matrix(scores, test.targets), {.names = test.class_names})
      .save(folder + "/lenet_confusion.svg");

  const Tensor classes = argmax(scores, 1);
  std::vector<std::int64_t> mistakes;
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < test.size() && mistakes.size() < 24; ++i) {
    const std::int64_t is = test.targets.value().data<std::int64_t>()[i], taken_for = classes.value().data<std::int64_t>()[i];
    if (is == taken_for) continue;
    mistakes.push_back(static_cast<std::int64_t>(i));
    labels.push_back(test.class_names[static_cast<std::size_t>(is)] + " as " + test.class_names[static_cast<std::size_t>(taken_for)]);
  }
  if (!mistakes.empty())
    plot::image_grid(test.take(mistakes).features.value(), {.title = "Mistakes", .labels = labels, .columns = 6})
        .save(folder + "/lenet_mistakes.svg");

  const data::Batch batch = data::Batches(test, {.batch_size = 64})[0];
  trainer.optimizer().zero_grad();
  nn::cross_entropy(trainer.model()(batch.features), batch.targets).backward();
  plot::gradient_flow(trainer.model()).save(folder + "/lenet_gradient_flow.svg");
}

void run(const fashion::Options& options) {
  manual_seed(options.seed);
  const auto [train, test] = fashion::read(options);
  nn::Sequential lenet = make_lenet();
  fmt::print("{}\n\n", lenet.summary({options.batch_size, 1, 28, 28}));

  // One rise and fall of the learning rate (Smith and Topin 2019): it makes five epochs enough.
  optim::Trainer trainer(lenet, nn::cross_entropy, optim::Adam(lenet.parameters()), {.metrics = {metrics::accuracy}});
  const std::size_t steps = options.epochs * data::Batches(train, {.batch_size = options.batch_size}).size();
  optim::OneCycleLR one_cycle(trainer.optimizer(), {.max_lr = {5e-3}, .total_steps = static_cast<std::int64_t>(steps)});
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
  if (!options.out.empty()) draw(trainer, test, history, options.out);
  fashion::report(options, trainer.evaluate(test).metric("accuracy"), speed);
}

int main(int argc, char** argv) {
  try {
    run(fashion::parse(argc, argv, 5));
  } catch (const std::exception& error) {
    fmt::print(stderr, "10_lenet: {}\n", error.what());
    return 1;
  }
}
