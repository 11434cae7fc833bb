// The main job: from a CSV file of 768 medical records to a trained network, its accuracy on patients it has not seen, two
// pictures, and the tape of one batch. Eight measurements go in, the probability of diabetes comes out.
#include <reel/reel.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace reel;

constexpr const char* usage =
    "usage: 02_tutorial CSV [--seed N] [--seeds N] [--out FOLDER]\n"
    "  CSV           the records, with a header and a column named outcome (examples/data/pima.csv)\n"
    "  --seed N      the seed of the split, the first weights and the order of the batches (0)\n"
    "  --seeds N     instead of the whole tour, the median accuracy of N runs, from that seed on\n"
    "  --out FOLDER  an existing folder for prediction.svg and history.svg (here)\n";

struct Options {
  std::string csv;
  std::uint64_t seed = 0;
  std::size_t seeds = 0;
  std::string out = ".";
};

// The data, ready for the network.
struct Records {
  data::Dataset train, test;
  Tensor first_column;  // of the test part, before it is scaled: what the plot shows
};

Records read_records(const std::string& csv) {
  const data::Dataset all = data::read_csv(csv, {.target = "outcome"});
  auto [train, test] = data::split(all, {.test_fraction = 0.25, .shuffle = true});
  const Tensor first_column = test.features.column(0);

  // Each column gets mean 0 and deviation 1. Both come from the training part: the test part has to stay unseen.
  const data::Standardizer scale(train.features);
  train.features = scale(train.features);
  test.features = scale(test.features);
  return {train, test, first_column};
}

nn::Sequential make_network() { return {nn::Linear(8, 10), relu, nn::Linear(10, 8), relu, nn::Linear(8, 1), sigmoid}; }

optim::Trainer make_trainer(nn::Module& network) {
  return {network, nn::mse_loss, optim::Adam(network.parameters(), {.lr = 1e-3}), {.metrics = {metrics::binary_accuracy}}};
}

struct Accuracies {
  double always_no, untrained, trained;
};

Accuracies train(optim::Trainer& trainer, const Records& records, bool progress, optim::History& history) {
  Accuracies accuracy{};
  accuracy.always_no = 1 - mean(records.test.targets).item<double>();
  accuracy.untrained = trainer.evaluate(records.test).metric("binary_accuracy");
  history = trainer.fit(records.train, {.epochs = 100, .batch_size = 10, .validation = &records.test, .progress = progress});
  accuracy.trained = trainer.evaluate(records.test).metric("binary_accuracy");
  return accuracy;
}

// The true outcomes and the predicted probabilities, against the first column as the tutorial plots them.
void plot_predictions(const Records& records, const Tensor& predicted, const std::string& path) {
  plot::Figure figure({.title = "Held-out patients", .x_label = "pregnancies", .y_label = "diabetes: truth and probability"});
  figure.scatter(records.first_column, records.test.targets, {.label = "true", .color = "red", .alpha = 0.6, .size = 9});
  figure.scatter(records.first_column, predicted, {.label = "predicted", .color = "blue", .alpha = 0.6, .size = 5});
  figure.y_limits(-0.06, 1.3).legend(plot::LegendPosition::top_right).save(path);  // room for the legend above the points
}

// Prints the tape of one small batch: the recorded ops, and the rules of the backward pass.
void print_tape(nn::Module& network, const data::Dataset& test) {
  const data::Batch batch = data::Batches(test, {.batch_size = 4})[0];
  const Tensor prediction = network(batch.features.named("features")).named("prediction");
  const Tensor loss = nn::mse_loss(prediction, batch.targets.named("targets")).named("loss");
  const Tape tape(loss);
  fmt::print("\nThe tape of a batch of four, oldest entry first:\n{}", tape);
  fmt::print("\nThe same backwards, as backward() goes: dy is the gradient of an entry's result.\n");
  for (std::size_t i = tape.size(); i-- > 0;)
    if (!tape[i].is_leaf()) fmt::print("  #{:<2} {:<8} {}\n", i, tape[i].op(), tape[i].rule());
}

void tour(const Options& options) {
  manual_seed(options.seed);
  const Records records = read_records(options.csv);
  fmt::print("{} records to learn from, {} held out\n\n", records.train.size(), records.test.size());

  nn::Sequential network = make_network();
  fmt::print("{}\n\n", network.summary({10, 8}));

  optim::Trainer trainer = make_trainer(network);
  optim::History history;
  const Accuracies accuracy = train(trainer, records, true, history);
  fmt::print("Accuracy on the held-out records\n");
  fmt::print("  always answering no    {:.1f} %\n", 100 * accuracy.always_no);
  fmt::print("  the untrained network  {:.1f} %\n", 100 * accuracy.untrained);
  fmt::print("  the trained network    {:.1f} %\n", 100 * accuracy.trained);

  const std::string prediction_svg = options.out + "/prediction.svg", history_svg = options.out + "/history.svg";
  plot_predictions(records, trainer.predict(records.test.features), prediction_svg);
  plot::history(history).save(history_svg);
  fmt::print("\nPictures: {} and {}\n", prediction_svg, history_svg);

  print_tape(network, records.test);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

void many_seeds(const Options& options) {
  std::vector<double> always_no, untrained, trained;
  fmt::print("seed  always no  untrained  trained\n");
  for (std::size_t i = 0; i < options.seeds; ++i) {
    manual_seed(options.seed + i);
    const Records records = read_records(options.csv);
    nn::Sequential network = make_network();
    optim::Trainer trainer = make_trainer(network);
    optim::History history;
    const Accuracies accuracy = train(trainer, records, false, history);
    fmt::print("{:>4}  {:>7.1f} %  {:>7.1f} %  {:>5.1f} %\n", options.seed + i, 100 * accuracy.always_no, 100 * accuracy.untrained,
               100 * accuracy.trained);
    always_no.push_back(accuracy.always_no);
    untrained.push_back(accuracy.untrained);
    trained.push_back(accuracy.trained);
  }
  fmt::print("median{:>6.1f} %  {:>7.1f} %  {:>5.1f} %\n", 100 * median(always_no), 100 * median(untrained), 100 * median(trained));
}

std::uint64_t whole_number(const std::string& option, const std::string& text) {
  if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos)
    throw Error(fmt::format("{} needs a whole number, not \"{}\"\n\n{}", option, text, usage));
  return std::stoull(text);
}

Options parse(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const auto value = [&] {
      if (i + 1 == arguments.size()) throw Error(fmt::format("{} needs a value\n\n{}", argument, usage));
      return arguments[++i];
    };
    if (argument == "--seed") {
      options.seed = whole_number(argument, value());
    } else if (argument == "--seeds") {
      options.seeds = whole_number(argument, value());
      if (options.seeds == 0) throw Error(fmt::format("--seeds needs 1 or more\n\n{}", usage));
    } else if (argument == "--out") {
      options.out = value();
    } else if (argument.starts_with("--") || !options.csv.empty()) {
      throw Error(fmt::format("what is \"{}\"?\n\n{}", argument, usage));
    } else {
      options.csv = argument;
    }
  }
  if (options.csv.empty()) throw Error(fmt::format("there is no CSV file to read\n\n{}", usage));
  return options;
}

int main(int argc, char** argv) {
  try {
    const Options options = parse({argv + 1, argv + argc});
    options.seeds > 0 ? many_seeds(options) : tour(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "02_tutorial: {}\n", error.what());
    return 1;
  }
}
