// A layer of one's own, and an op with a rule of its own: all that each costs. Then both are trained, saved and loaded.
#include <reel/reel.hpp>

#include <filesystem>

using namespace reel;

// swish(x) = x σ(x). The forward function works on arrays; the rule is written in the ops that users call, so that it can be
// differentiated again. Neither captures anything.
Tensor swish(Operand x) {
  return record(
      "swish", "dx = dy·(σ + y·(1 - σ)), σ = sigmoid(x)", {x},
      [](const Inputs& in) { return kernels::mul(in[0], kernels::sigmoid(in[0])); },
      [](const Pullback& p) {
        const Tensor s = sigmoid(p.input(0));
        return Gradients{p.dy() * (s + p.output() * (1 - s))};
      });
}

// A highway layer (Srivastava et al. 2015): a gate chooses, element by element, between a transformed and the plain input. Members, one
// line that names them, and forward(): parameters, saving, the summary and the paths on the tape follow from these.
struct Highway : nn::Module {
  nn::Linear transform, gate;
  Parameter scale;

  explicit Highway(std::size_t width) : transform(width, width), gate(width, width), scale(ones({width})) {}
  REEL_MEMBERS(transform, gate, scale)

  Tensor forward(const Tensor& x) override {
    const Tensor g = sigmoid(gate(x));
    return g * swish(transform(x)) * scale + (1 - g) * x;
  }
};

nn::Sequential make_network() { return {nn::Linear(2, 16), Highway(16), Highway(16), nn::Linear(16, 1)}; }

void require(bool ok, const char* what) {
  if (!ok) throw Error(std::string("this does not hold: ") + what);
}

// The rule against numeric derivatives, and its own derivative likewise.
void check_rule() {
  const Tensor x = variable(random::normal({20}, {.dtype = float64}));
  const GradcheckReport report = gradcheck([](const auto& in) { return swish(in[0]); }, {x}, {.order = 2});
  fmt::print("{}\n\n", report.message());
  if (!report.ok()) throw Error("swish has a wrong rule");
}

void run() {
  manual_seed(7);
  check_rule();

  // To learn: the product of two numbers, which no layer of the network computes.
  const Tensor x = random::uniform({256, 2}, {.low = -1, .high = 1});
  const Tensor y = reshape(x.column(0) * x.column(1), {256, 1});
  nn::Sequential network = make_network();
  fmt::print("{}\n\n", network.summary({256, 2}));

  optim::Adam adam(network.parameters(), {.lr = 1e-2});
  float first = 0, last = 0;
  for (int step = 0; step <= 200; ++step) {
    const Tensor loss = nn::mse_loss(network(x), y);
    adam.zero_grad();
    loss.backward();
    adam.step();
    (step == 0 ? first : last) = loss.item<float>();
    if (step % 50 == 0) fmt::print("step {:>3}  loss {:.5f}\n", step, loss.item<float>());
  }
  require(last < 0.1F * first, "the loss falls to less than a tenth");

  const char* const file = "highway.safetensors";
  save_safetensors(file, network.state());
  nn::Sequential again = make_network();
  again.load_state(load_safetensors(file));
  require(allclose(network(x), again(x), 0, 0), "the loaded network gives the same answers");
  fmt::print("\nsaved to {} ({} bytes), loaded, and the answers are the same\n", file, std::filesystem::file_size(file));
}

int main() {
  try {
    run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "04_custom_layer: {}\n", error.what());
    return 1;
  }
}
