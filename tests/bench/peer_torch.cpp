// The peer's side of the training benchmark: libtorch's C++ frontend, eager mode.
// Prints one line per workload: "<name> <median microseconds per step>".
// usage: peer_torch [threads] [name-substring]
#include <torch/torch.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>
namespace F = torch::nn::functional;
static std::string only;
static void bench(const char* name, const std::function<void()>& step) {
  if (!only.empty() && !std::strstr(name, only.c_str())) return;
  using clock = std::chrono::steady_clock;
  auto us = [](auto d) { return std::chrono::duration<double, std::micro>(d).count(); };
  auto warm = clock::now();
  int n = 0;
  do {
    step();
    ++n;
  } while (us(clock::now() - warm) < 3e5 || n < 3);
  std::vector<double> t;
  auto begin = clock::now();
  int inner = std::max(1, int(n * 5e3 / 3e5));  // about 5 ms a sample
  do {
    auto a = clock::now();
    for (int i = 0; i < inner; ++i) step();
    t.push_back(us(clock::now() - a) / inner);
  } while ((us(clock::now() - begin) < 1.5e6 || t.size() < 7) && t.size() < 400);
  std::nth_element(t.begin(), t.begin() + t.size() / 2, t.end());
  std::printf("%s %.2f\n", name, t[t.size() / 2]);
  std::fflush(stdout);
}
struct Block : torch::nn::Module {
  int64_t d, h;
  torch::nn::Linear qkv{nullptr}, proj{nullptr}, fc1{nullptr}, fc2{nullptr};
  torch::nn::LayerNorm n1{nullptr}, n2{nullptr};
  Block(int64_t d_, int64_t h_) : d(d_), h(h_) {
    qkv = register_module("qkv", torch::nn::Linear(d, 3 * d));
    proj = register_module("proj", torch::nn::Linear(d, d));
    fc1 = register_module("fc1", torch::nn::Linear(d, 4 * d));
    fc2 = register_module("fc2", torch::nn::Linear(4 * d, d));
    n1 = register_module("n1", torch::nn::LayerNorm(torch::nn::LayerNormOptions({d})));
    n2 = register_module("n2", torch::nn::LayerNorm(torch::nn::LayerNormOptions({d})));
  }
  torch::Tensor forward(torch::Tensor x, torch::Tensor mask) {
    auto B = x.size(0), T = x.size(1);
    auto y = qkv(n1(x)).view({B, T, 3, h, d / h}).permute({2, 0, 3, 1, 4});
    auto q = y[0], k = y[1], v = y[2];
    auto a = torch::softmax(torch::matmul(q, k.transpose(-2, -1)) / std::sqrt(double(d / h)) + mask, -1);
    x = x + proj(torch::matmul(a, v).transpose(1, 2).reshape({B, T, d}));
    return x + fc2(torch::gelu(fc1(n2(x))));
  }
};
int main(int argc, char** argv) {
  int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  if (argc > 2) only = argv[2];
  torch::set_num_threads(threads);
  torch::manual_seed(0);
  using namespace torch::nn;
  {
    Sequential m(Linear(8, 10), ReLU(), Linear(10, 8), ReLU(), Linear(8, 1), Sigmoid());
    auto x = torch::randn({10, 8}), y = torch::rand({10, 1}).round();
    torch::optim::Adam o(m->parameters(), 1e-3);
    bench("seed_mlp_b10", [&] {
      o.zero_grad();
      F::mse_loss(m->forward(x), y).backward();
      o.step();
    });
  }
  {
    Sequential m(Linear(784, 256), ReLU(), Linear(256, 128), ReLU(), Linear(128, 10));
    auto x = torch::randn({64, 784});
    auto y = torch::randint(10, {64});
    torch::optim::Adam o(m->parameters(), 1e-3);
    bench("mnist_mlp_b64", [&] {
      o.zero_grad();
      F::cross_entropy(m->forward(x), y).backward();
      o.step();
    });
  }
  {
    Sequential m(Conv2d(Conv2dOptions(1, 6, 5).padding(2)), Tanh(), AvgPool2d(AvgPool2dOptions(2)), Conv2d(Conv2dOptions(6, 16, 5)), Tanh(),
                 AvgPool2d(AvgPool2dOptions(2)), Flatten(), Linear(400, 120), Tanh(), Linear(120, 84), Tanh(), Linear(84, 10));
    auto x = torch::randn({64, 1, 28, 28});
    auto y = torch::randint(10, {64});
    torch::optim::SGD o(m->parameters(), torch::optim::SGDOptions(1e-2).momentum(0.9));
    bench("lenet5_b64", [&] {
      o.zero_grad();
      F::cross_entropy(m->forward(x), y).backward();
      o.step();
    });
  }
  {
    auto conv = [](int i, int o) { return Conv2d(Conv2dOptions(i, o, 3).padding(1).bias(false)); };
    Sequential m(conv(3, 32), BatchNorm2d(32), ReLU(), conv(32, 32), BatchNorm2d(32), ReLU(), MaxPool2d(2), conv(32, 64), BatchNorm2d(64),
                 ReLU(), conv(64, 64), BatchNorm2d(64), ReLU(), MaxPool2d(2), Flatten(), Linear(64 * 64, 128), ReLU(), Linear(128, 10));
    auto x = torch::randn({32, 3, 32, 32});
    auto y = torch::randint(10, {32});
    torch::optim::SGD o(m->parameters(), torch::optim::SGDOptions(1e-2).momentum(0.9));
    bench("vgg_small_b32", [&] {
      o.zero_grad();
      F::cross_entropy(m->forward(x), y).backward();
      o.step();
    });
  }
  {
    int V = 65, H = 128, T = 64, B = 32;
    Embedding e(V, H);
    LSTM l(LSTMOptions(H, H));
    Linear p(H, V);
    auto x = torch::randint(V, {T, B}), y = torch::randint(V, {T, B});
    std::vector<torch::Tensor> ps;
    for (auto& q : e->parameters()) ps.push_back(q);
    for (auto& q : l->parameters()) ps.push_back(q);
    for (auto& q : p->parameters()) ps.push_back(q);
    torch::optim::Adam o(ps, 1e-3);
    bench("char_lstm_t64_b32", [&] {
      o.zero_grad();
      auto h = std::get<0>(l(e(x)));
      F::cross_entropy(p(h).view({-1, V}), y.view({-1})).backward();
      o.step();
    });
  }
  {
    int V = 65, D = 128, T = 64, B = 16;
    Embedding e(V, D);
    auto b1 = std::make_shared<Block>(D, 4), b2 = std::make_shared<Block>(D, 4);
    Linear p(D, V);
    auto mask = torch::full({T, T}, -1e9).triu(1);
    auto x = torch::randint(V, {B, T}), y = torch::randint(V, {B, T});
    std::vector<torch::Tensor> ps;
    for (auto& q : e->parameters()) ps.push_back(q);
    for (auto& q : b1->parameters()) ps.push_back(q);
    for (auto& q : b2->parameters()) ps.push_back(q);
    for (auto& q : p->parameters()) ps.push_back(q);
    torch::optim::AdamW o(ps, 1e-3);
    bench("char_gpt_2x128_t64_b16", [&] {
      o.zero_grad();
      auto h = b2->forward(b1->forward(e(x), mask), mask);
      F::cross_entropy(p(h).view({-1, V}), y.view({-1})).backward();
      o.step();
    });
  }
  {
    auto x = torch::randn({1000, 1000}).requires_grad_();
    bench("elementwise_1M_fwd_bwd", [&] {
      x.mutable_grad() = torch::Tensor();
      (torch::tanh(x) * x + torch::exp(-x)).sum().backward();
    });
  }
  {
    auto x = torch::randn({1024, 1024}).requires_grad_();
    auto g = torch::randn({1024, 1024});
    auto b = torch::randn({1024}).requires_grad_();
    bench("softmax_bias_1024_fwd_bwd", [&] {
      x.mutable_grad() = torch::Tensor();
      b.mutable_grad() = torch::Tensor();
      torch::softmax(x + b, 1).backward(g);
    });
    bench("layer_norm_1024_fwd_bwd", [&] {
      x.mutable_grad() = torch::Tensor();
      torch::layer_norm(x, {1024}).backward(g);
    });
    bench("sum_axis0_1024_fwd_bwd", [&] {
      x.mutable_grad() = torch::Tensor();
      x.square().sum(0).mean().backward();
    });
  }
  {
    auto a = torch::randn({1024, 1024}).requires_grad_(), b = torch::randn({1024, 1024}).requires_grad_();
    bench("matmul_1024_fwd_bwd", [&] {
      a.mutable_grad() = torch::Tensor();
      b.mutable_grad() = torch::Tensor();
      torch::matmul(a, b).sum().backward();
    });
    auto c = torch::randn({128, 128}).requires_grad_(), d = torch::randn({128, 128}).requires_grad_();
    bench("matmul_128_fwd_bwd", [&] {
      c.mutable_grad() = torch::Tensor();
      d.mutable_grad() = torch::Tensor();
      torch::matmul(c, d).sum().backward();
    });
  }
  {
    auto x = torch::full({1}, 0.5).requires_grad_();
    bench("scalar_chain_1000_ops", [&] {
      x.mutable_grad() = torch::Tensor();
      auto y = x;
      for (int i = 0; i < 500; ++i) y = torch::sin(y) + x;
      y.backward();
    });
  }
  {
    Sequential m(Linear(64, 64), Tanh(), Linear(64, 64), Tanh(), Linear(64, 1));
    auto x = torch::randn({32, 64}).requires_grad_();
    auto ps = m->parameters();
    bench("hvp_mlp_64", [&] {
      auto loss = m->forward(x).square().mean();
      auto g = torch::autograd::grad({loss}, ps, {}, true, true);
      torch::Tensor s = torch::zeros({});
      for (auto& q : g) s = s + q.square().sum();
      torch::autograd::grad({s}, ps);
    });
  }
}
