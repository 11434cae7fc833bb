#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include <catch2/catch.hpp>
#include <reel/core/io/file.hpp>
#include <reel/reel.hpp>

using namespace reel;
using Json = nlohmann::json;

namespace {

const std::string folder = std::string(REEL_TEST_DATA) + "/oracle/";

bool has_only(const Json& options, const std::set<std::string>& known) {
  for (const auto& [name, value] : options.items())
    if (!known.contains(name)) return false;
  return true;
}

template <class Options>
void read_common(const Json& json, Options& options) {
  options.lr = json.value("lr", options.lr);
  options.weight_decay = json.value("weight_decay", options.weight_decay);
}

template <class Options>
Options adam_options(const Json& json) {
  Options options;
  read_common(json, options);
  options.eps = json.value("eps", options.eps);
  options.betas = json.value("betas", options.betas);
  return options;
}

/// The case's optimizer, or null where Reel has none such, or not these options.
std::unique_ptr<optim::Optimizer> make_optimizer(const Json& run, const std::vector<ParameterRef>& parameters) {
  if (!run.at("scheduler").is_null() || !run.at("clip_grad_norm").is_null()) return nullptr;
  const std::string name = run.at("optimizer");
  const Json& json = run.at("options");
  if (name == "SGD" && has_only(json, {"lr", "momentum", "dampening", "weight_decay", "nesterov"})) {
    optim::SGDOptions options;
    read_common(json, options);
    options.momentum = json.value("momentum", 0.0);
    options.dampening = json.value("dampening", 0.0);
    options.nesterov = json.value("nesterov", false);
    return std::make_unique<optim::SGD>(parameters, options);
  }
  if (!has_only(json, {"lr", "betas", "eps", "weight_decay"})) return nullptr;
  if (name == "Adam") return std::make_unique<optim::Adam>(parameters, adam_options<optim::AdamOptions>(json));
  if (name == "AdamW") return std::make_unique<optim::AdamW>(parameters, adam_options<optim::AdamWOptions>(json));
  return nullptr;
}

State renamed(const State& state, const std::string& prefix) {
  return {{"0.weight", state.at(prefix + "fc1.weight")},
          {"0.bias", state.at(prefix + "fc1.bias")},
          {"2.weight", state.at(prefix + "fc2.weight")},
          {"2.bias", state.at(prefix + "fc2.bias")}};
}

bool close(const Tensor& ours, const Tensor& reference) { return allclose(ours, reference, 1e-9, 1e-12); }

/// The 100 steps of one case.
void check_run(const std::string& id, nn::Sequential& model, optim::Optimizer& optimizer, const State& reference) {
  for (std::size_t step = 1; step <= 100; ++step) {
    const Tensor loss = nn::cross_entropy(model(reference.at("x")), reference.at("y"));
    CHECK(loss.item<double>() == Approx(reference.at(id + ".losses").value().as_double(step - 1)).epsilon(1e-9));
    CHECK(optimizer.lr() == Approx(reference.at(id + ".lr").value().as_double(step - 1)).epsilon(1e-12));
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    if (step != 1 && step != 10 && step != 100) continue;
    const State ours = model.state();
    for (const auto& [name, weights] : renamed(reference, id + ".step" + std::to_string(step) + ".")) {
      INFO(id << ", " << name << " after " << step << " steps");
      CHECK(close(ours.at(name), weights));
    }
  }
}

}  // namespace

TEST_CASE("optimizers agree with the reference runs to 1e-9") {
  const State reference = load_safetensors(folder + "training.safetensors");
  const Json cases = Json::parse(io::read_file(folder + "training.json")).at("cases");
  std::vector<std::string> ran;
  std::string skipped;
  for (const Json& run : cases) {
    const std::string id = run.at("id");
    nn::Sequential model{nn::Linear(5, 7), tanh, nn::Linear(7, 3)};
    model.to(float64).load_state(renamed(reference, ""));
    const auto optimizer = make_optimizer(run, model.parameters());
    if (!optimizer) {
      skipped += ' ' + id;
      continue;
    }
    INFO(id);
    check_run(id, model, *optimizer, reference);
    ran.push_back(id);
  }
  WARN("ran " << ran.size() << " of " << cases.size() << " cases; skipped, for options or optimizers that are not there:" << skipped);
  CHECK(ran == std::vector<std::string>{"000.SGD", "001.SGD", "002.SGD", "003.Adam", "004.Adam", "006.AdamW"});
}
