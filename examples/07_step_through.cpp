// One training step of the tutorial's network of 8-10-8-1 units, taken apart at a prompt: forward, back, and why.
#include <reel/reel.hpp>

#include <string>

using namespace reel;

constexpr const char* usage =
    "usage: 07_step_through CSV [SCRIPT] [--tape FILE]\n"
    "  CSV          the records (examples/data/pima.csv)\n"
    "  SCRIPT       commands to run instead of asking for them (examples/data/step_through.txt)\n"
    "  --tape FILE  save the tape instead, for: reel-step FILE\n";

int main(int count, char** arguments) {
  const std::string script = count > 2 ? arguments[2] : "";
  if (count < 2 || (script == "--tape" && count != 4)) {
    fmt::print("{}", usage);
    return 2;
  }
  try {
    manual_seed(0);
    // In double, so that the transcript's six digits are the same on every machine.
    data::Dataset records = data::read_csv(arguments[1], {.target = "outcome", .dtype = float64});
    records.features = data::Standardizer(records.features)(records.features);
    const data::Batch batch = data::Batches(records, {.batch_size = 4})[0];

    nn::Sequential network = {nn::Linear(8, 10), relu, nn::Linear(10, 8), relu, nn::Linear(8, 1), sigmoid};
    network.to(float64);
    optim::Adam adam(network.parameters(), {.lr = 1e-3});
    const Tensor prediction = network(batch.features.named("features")).named("prediction");
    const Tensor loss = nn::mse_loss(prediction, batch.targets.named("targets")).named("loss");

    if (script == "--tape") {
      debug::write_tape(loss, arguments[3]);
      return 0;
    }
    const int status = debug::repl(loss, {.script = script, .echo = !script.empty()});
    loss.backward();
    adam.step();
    fmt::print("after the step the loss is {:.4f}, and was {:.4f}\n", nn::mse_loss(network(batch.features), batch.targets).item<double>(),
               loss.item<double>());
    return status;
  } catch (const Error& e) {
    fmt::print("{}\n", e.what());
    return 1;
  }
}
