// Single ops under Google Benchmark, forward and with the gradient of their sum: bench_ops --benchmark_filter=conv
#include <benchmark/benchmark.h>
#include <reel/reel.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace reel;

namespace {

using Function = std::function<Tensor(const std::vector<Parameter>&)>;

void forward(benchmark::State& state, const std::vector<Parameter>& inputs, const Function& f) {
  const NoGrad pause;
  for (auto _ : state) benchmark::DoNotOptimize(f(inputs));
}

void forward_and_backward(benchmark::State& state, std::vector<Parameter> inputs, const Function& f) {
  for (auto _ : state) {
    for (Parameter& input : inputs) input.clear_grad();
    sum(f(inputs)).backward();
  }
}

void add(const std::string& name, const std::vector<Shape>& shapes, const Function& f) {
  std::vector<Parameter> inputs;
  for (const Shape& shape : shapes) inputs.emplace_back(random::uniform(shape, {.low = 0.1}));
  benchmark::RegisterBenchmark((name + "/forward").c_str(), forward, inputs, f);
  benchmark::RegisterBenchmark((name + "/both").c_str(), forward_and_backward, inputs, f);
}

void add_elementwise() {
  const std::pair<const char*, Tensor (*)(Operand)> functions[] = {
      {"neg", neg}, {"exp", exp}, {"log", log}, {"tanh", tanh}, {"sigmoid", sigmoid}, {"relu", relu}, {"gelu", gelu}, {"square", square}};
  for (const auto& [name, f] : functions)
    add(std::string(name) + " (256, 1024)", {{256, 1024}}, [f = f](const auto& in) { return f(in[0]); });
  add("add (256, 1024) + (256, 1024)", {{256, 1024}, {256, 1024}}, [](const auto& in) { return in[0] + in[1]; });
  add("add (256, 1024) + (1024,)", {{256, 1024}, {1024}}, [](const auto& in) { return in[0] + in[1]; });
  add("mul (256, 1024) * (256, 1)", {{256, 1024}, {256, 1}}, [](const auto& in) { return in[0] * in[1]; });
  add("add of scalars", {{}, {}}, [](const auto& in) { return in[0] + in[1]; });
}

void add_reductions() {
  add("sum (256, 1024), all", {{256, 1024}}, [](const auto& in) { return sum(in[0]); });
  add("sum (256, 1024), axis 0", {{256, 1024}}, [](const auto& in) { return sum(in[0], 0); });
  add("sum (256, 1024), axis 1", {{256, 1024}}, [](const auto& in) { return sum(in[0], 1); });
  add("max (256, 1024), axis 1", {{256, 1024}}, [](const auto& in) { return max(in[0], 1); });
  add("softmax (256, 1024)", {{256, 1024}}, [](const auto& in) { return softmax(in[0], 1); });
  add("logsumexp (256, 1024)", {{256, 1024}}, [](const auto& in) { return logsumexp(in[0], 1); });
  add("layer_norm (256, 1024)", {{256, 1024}}, [](const auto& in) { return layer_norm(in[0]); });
}

void add_products() {
  for (const std::size_t n : {8u, 32u, 128u, 512u})
    add(fmt::format("matmul ({0}, {0}) ({0}, {0})", n), {{n, n}, {n, n}}, [](const auto& in) { return matmul(in[0], in[1]); });
  add("matmul (32, 64, 64) (32, 64, 64)", {{32, 64, 64}, {32, 64, 64}}, [](const auto& in) { return matmul(in[0], in[1]); });
  add("linear (64, 784) to 256", {{64, 784}, {256, 784}, {256}}, [](const auto& in) { return linear(in[0], in[1], in[2]); });
}

void add_layers() {
  add("conv2d (32, 32, 32, 32), 3 x 3", {{32, 32, 32, 32}, {32, 32, 3, 3}},
      [](const auto& in) { return conv2d(in[0], in[1], {.padding = 1}); });
  add("conv2d (64, 1, 28, 28), 5 x 5", {{64, 1, 28, 28}, {6, 1, 5, 5}},
      [](const auto& in) { return conv2d(in[0], in[1], {.padding = 2}); });
  add("max_pool2d (32, 32, 32, 32), 2", {{32, 32, 32, 32}}, [](const auto& in) { return max_pool2d(in[0], 2); });
  add("avg_pool2d (32, 32, 32, 32), 3", {{32, 32, 32, 32}}, [](const auto& in) { return avg_pool2d(in[0], 3); });
  add("batch_norm (32, 32, 32, 32)", {{32, 32, 32, 32}, {32}, {32}}, [](const auto& in) { return batch_norm(in[0], in[1], in[2]).output; });
  add("lstm, 64 steps of (32, 128)", {{64, 32, 128}, {512, 128}, {512, 128}}, [](const auto& in) {
    return lstm(in[0], {}, {{in[1], in[2]}}).output;
  });
  add("self_attention (16, 64, 384), 4 heads", {{16, 64, 384}}, [](const auto& in) { return self_attention(in[0], {.heads = 4}); });
}

}  // namespace

int main(int argc, char** argv) {
  set_num_threads(1);
  add_elementwise();
  add_reductions();
  add_products();
  add_layers();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
