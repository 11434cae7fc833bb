// How long training takes: the main job's network on its data, and a long chain of scalar ops, where the engine is all there is.
#include <reel/reel.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

using namespace reel;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// 100 epochs over all 768 records in batches of 10: 7,700 steps of batching, forward, backward and Adam. Returns seconds.
double train(const data::Dataset& records, double& last_loss) {
  manual_seed(0);
  nn::Sequential model{nn::Linear(8, 10), relu, nn::Linear(10, 8), relu, nn::Linear(8, 1), sigmoid};
  optim::Adam adam(model.parameters(), {.lr = 1e-3});
  data::Batches batches(records, {.batch_size = 10, .shuffle = true});
  const auto start = Clock::now();
  for (int epoch = 0; epoch < 100; ++epoch)
    for (const data::Batch& batch : batches) {
      const Tensor loss = nn::mse_loss(model(batch.features), batch.targets);
      adam.zero_grad();
      loss.backward();
      adam.step();
      last_loss = loss.item<double>();
    }
  return seconds_since(start);
}

struct Chain {
  double forward, backward;
};

/// 500 times y = tanh(y) + x: 1,000 ops on scalars. In milliseconds.
Chain run_chain() {
  const Tensor x = variable(0.5);
  Tensor y = x;
  const auto start = Clock::now();
  for (int i = 0; i < 500; ++i) y = tanh(y) + x;
  const double forward = seconds_since(start);
  const auto middle = Clock::now();
  const Tensor dx = gradients(y, {x})[0];
  return {1e3 * forward, 1e3 * seconds_since(middle)};
}

/// The most memory that this process has had, in MB, as Linux counts it.
double peak_memory() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word)
    if (double kilobytes = 0; word == "VmHWM:" && status >> kilobytes) return kilobytes / 1024;
  return 0;
}

void run(const std::string& csv, int repetitions) {
  set_num_threads(1);
  data::Dataset records = data::read_csv(csv, {.target = "outcome"});
  records.features = data::Standardizer(records.features)(records.features);

  std::vector<double> seconds, forward, backward;
  double last_loss = 0;
  for (int i = 0; i < repetitions; ++i) seconds.push_back(train(records, last_loss));
  fmt::print("training, 7,700 steps   {:8.3f} s    {:6.2f} µs a step   (last loss {:.4f})\n", median(seconds), median(seconds) / 7700 * 1e6,
             last_loss);
  fmt::print("peak memory             {:8.1f} MB\n", peak_memory());

  for (int i = 0; i < 20 * repetitions; ++i) {
    const Chain chain = run_chain();
    forward.push_back(chain.forward);
    backward.push_back(chain.backward);
  }
  fmt::print("1,000 scalar ops        {:8.3f} ms forward, {:.3f} ms backward\n", median(forward), median(backward));
  fmt::print("medians of {} and {} runs, one thread\n", repetitions, 20 * repetitions);
}

}  // namespace

int main(int argc, char** argv) {
  const int repetitions = argc > 2 ? std::atoi(argv[2]) : 7;
  if (argc < 2 || argc > 3 || repetitions < 1) {
    fmt::print(stderr, "usage: bench_training CSV [REPETITIONS]   (examples/data/pima.csv, 7)\n");
    return 1;
  }
  try {
    run(argv[1], repetitions);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_training: {}\n", error.what());
    return 1;
  }
}
