#include <reel/reel.hpp>

#include <memory>

#include "workloads.hpp"

using namespace reel;

namespace {

Tensor random_labels(const Shape& shape, std::size_t classes) {
  return astype(floor(random::uniform(shape, {.high = static_cast<double>(classes)})), int64);
}

/// A step of a model that maps x to a prediction.
template <class Model, class Optimizer, class Options>
std::function<void()> training(Model made, const Tensor& x, const Tensor& y, Tensor (*loss)(Operand, Operand), const Options& options) {
  const auto model = std::make_shared<Model>(std::move(made));
  const auto optimizer = std::make_shared<Optimizer>(model->parameters(), options);
  return [=] {
    optimizer->zero_grad();
    loss((*model)(x), y).backward();
    optimizer->step();
  };
}

std::function<void()> seed_mlp() {
  return training<nn::Sequential, optim::Adam>({nn::Linear(8, 10), relu, nn::Linear(10, 8), relu, nn::Linear(8, 1), sigmoid},
                                               random::normal({10, 8}), round(random::uniform({10, 1})), nn::mse_loss,
                                               optim::AdamOptions{.lr = 1e-3});
}

std::function<void()> mnist_mlp() {
  return training<nn::Sequential, optim::Adam>({nn::Linear(784, 256), relu, nn::Linear(256, 128), relu, nn::Linear(128, 10)},
                                               random::normal({64, 784}), random_labels({64}, 10), nn::cross_entropy,
                                               optim::AdamOptions{.lr = 1e-3});
}

std::function<void()> lenet() {
  return training<nn::Sequential, optim::SGD>(
      {nn::Conv2d(1, 6, 5, {.padding = 2}), nn::Tanh(), nn::AvgPool2d(2), nn::Conv2d(6, 16, 5), nn::Tanh(), nn::AvgPool2d(2), nn::Flatten(),
       nn::Linear(400, 120), nn::Tanh(), nn::Linear(120, 84), nn::Tanh(), nn::Linear(84, 10)},
      random::normal({64, 1, 28, 28}), random_labels({64}, 10), nn::cross_entropy, optim::SGDOptions{.lr = 1e-2, .momentum = 0.9});
}

std::function<void()> vgg() {
  const auto conv = [](std::size_t in, std::size_t out) { return nn::Conv2d(in, out, 3, {.padding = 1, .bias = false}); };
  return training<nn::Sequential, optim::SGD>(
      {conv(3, 32), nn::BatchNorm2d(32), nn::ReLU(), conv(32, 32), nn::BatchNorm2d(32), nn::ReLU(), nn::MaxPool2d(2), conv(32, 64),
       nn::BatchNorm2d(64), nn::ReLU(), conv(64, 64), nn::BatchNorm2d(64), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
       nn::Linear(64 * 64, 128), nn::ReLU(), nn::Linear(128, 10)},
      random::normal({32, 3, 32, 32}), random_labels({32}, 10), nn::cross_entropy, optim::SGDOptions{.lr = 1e-2, .momentum = 0.9});
}

/// Logits of the next symbol, one row a place.
Tensor rows_of(const Tensor& logits) { return flatten(logits, 0, 1); }

struct CharLstm : nn::Module {
  nn::Embedding embedding;
  nn::LSTM lstm;
  nn::Linear projection;
  REEL_MEMBERS(embedding, lstm, projection)

  CharLstm(std::size_t symbols, std::size_t width) : embedding(symbols, width), lstm(width, width), projection(width, symbols) {}
  Tensor forward(const Tensor& x) override { return rows_of(projection(lstm(embedding(x)).output)); }
};

std::function<void()> char_lstm() {
  return training<CharLstm, optim::Adam>(CharLstm(65, 128), random_labels({64, 32}, 65), reshape(random_labels({64, 32}, 65), {-1}),
                                         nn::cross_entropy, optim::AdamOptions{.lr = 1e-3});
}

struct Block : nn::Module {
  nn::Linear qkv, proj, fc1, fc2;
  nn::LayerNorm norm1, norm2;
  REEL_MEMBERS(qkv, proj, fc1, fc2, norm1, norm2)

  std::size_t heads;
  Block(std::size_t width, std::size_t number_of_heads)
      : qkv(width, 3 * width),
        proj(width, width),
        fc1(width, 4 * width),
        fc2(4 * width, width),
        norm1(width),
        norm2(width),
        heads(number_of_heads) {}

  Tensor forward(const Tensor& x) override {
    const Tensor y = x + proj(self_attention(qkv(norm1(x)), {.heads = heads, .causal = true}));
    return y + fc2(gelu(fc1(norm2(y))));
  }
};

struct CharGpt : nn::Module {
  nn::Embedding embedding;
  Block block1, block2;
  nn::Linear projection;
  REEL_MEMBERS(embedding, block1, block2, projection)

  CharGpt(std::size_t symbols, std::size_t width)
      : embedding(symbols, width), block1(width, 4), block2(width, 4), projection(width, symbols) {}
  Tensor forward(const Tensor& x) override { return rows_of(projection(block2(block1(embedding(x))))); }
};

std::function<void()> char_gpt() {
  return training<CharGpt, optim::AdamW>(CharGpt(65, 128), random_labels({16, 64}, 65), reshape(random_labels({16, 64}, 65), {-1}),
                                         nn::cross_entropy, optim::AdamWOptions{.lr = 1e-3});
}

/// Forward, and backward twice: multiply-adds as two operations each. The first layer's input needs no gradient.
double dense(double batch, double in, double out, bool first = false) { return (first ? 4 : 6) * batch * in * out; }

}  // namespace

std::vector<Workload> training_workloads() {
  const double lenet_flops =
      dense(64 * 784, 25, 6, true) + dense(64 * 100, 150, 16) + dense(64, 400, 120) + dense(64, 120, 84) + dense(64, 84, 10);
  const double vgg_flops = dense(32 * 1024, 27, 32, true) + dense(32 * 1024, 288, 32) + dense(32 * 256, 288, 64) +
                           dense(32 * 256, 576, 64) + dense(32, 4096, 128) + dense(32, 128, 10);
  const double tokens = 16 * 64, lstm_tokens = 32 * 64;
  const double block_flops = dense(tokens, 128, 12 * 128) + 2 * dense(16 * 4 * 64, 64, 32) / 2;  // half of the scores are masked
  return {
      {.name = "seed_mlp_b10", .prepare = seed_mlp, .flops = dense(10, 8, 10, true) + dense(10, 10, 8) + dense(10, 8, 1)},
      {.name = "mnist_mlp_b64", .prepare = mnist_mlp, .flops = dense(64, 784, 256, true) + dense(64, 256, 128) + dense(64, 128, 10)},
      {.name = "lenet5_b64", .prepare = lenet, .flops = lenet_flops},
      {.name = "vgg_small_b32", .prepare = vgg, .flops = vgg_flops},
      {.name = "char_lstm_t64_b32", .prepare = char_lstm, .flops = 2 * dense(lstm_tokens, 128, 512) + dense(lstm_tokens, 128, 65)},
      {.name = "char_gpt_2x128_t64_b16", .prepare = char_gpt, .flops = 2 * block_flops + dense(tokens, 128, 65)},
  };
}
