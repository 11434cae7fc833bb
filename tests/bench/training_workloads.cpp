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

struct Convolution : nn::Module {
  Parameter weight;
  std::optional<Parameter> bias;
  ConvOptions options;
  REEL_MEMBERS(weight, bias)

  Convolution(std::size_t in, std::size_t out, std::size_t kernel, std::ptrdiff_t padding, bool with_bias = true)
      : weight(nn::init::weight_by_name("pytorch", {out, in, kernel, kernel}, float32)), options{.padding = padding} {
    if (with_bias) bias.emplace(zeros({out}));
  }
  Tensor forward(const Tensor& x) override { return bias ? conv2d(x, weight, *bias, options) : conv2d(x, weight, options); }
};

struct BatchNorm : nn::Module {
  Parameter weight, bias;
  Tensor running_mean, running_var;
  REEL_MEMBERS(weight, bias, running_mean, running_var)

  explicit BatchNorm(std::size_t channels)
      : weight(ones({channels})), bias(zeros({channels})), running_mean(zeros({channels})), running_var(ones({channels})) {}
  Tensor forward(const Tensor& x) override {
    const BatchNormResult result = batch_norm(x, weight, bias);
    const NoGrad no_grad;
    running_mean = 0.9 * running_mean + 0.1 * result.mean;
    running_var = 0.9 * running_var + 0.1 * result.variance;
    return result.output;
  }
};

std::function<void()> lenet() {
  const auto pool = [](const Tensor& x) { return avg_pool2d(x, 2); };
  return training<nn::Sequential, optim::SGD>(
      {Convolution(1, 6, 5, 2), tanh, pool, Convolution(6, 16, 5, 0), tanh, pool, [](const Tensor& x) { return flatten(x, 1); },
       nn::Linear(400, 120), tanh, nn::Linear(120, 84), tanh, nn::Linear(84, 10)},
      random::normal({64, 1, 28, 28}), random_labels({64}, 10), nn::cross_entropy, optim::SGDOptions{.lr = 1e-2, .momentum = 0.9});
}

std::function<void()> vgg() {
  const auto pool = [](const Tensor& x) { return max_pool2d(x, 2); };
  return training<nn::Sequential, optim::SGD>(
      {Convolution(3, 32, 3, 1, false), BatchNorm(32), relu, Convolution(32, 32, 3, 1, false), BatchNorm(32), relu, pool,
       Convolution(32, 64, 3, 1, false), BatchNorm(64), relu, Convolution(64, 64, 3, 1, false), BatchNorm(64), relu, pool,
       [](const Tensor& x) { return flatten(x, 1); }, nn::Linear(64 * 64, 128), relu, nn::Linear(128, 10)},
      random::normal({32, 3, 32, 32}), random_labels({32}, 10), nn::cross_entropy, optim::SGDOptions{.lr = 1e-2, .momentum = 0.9});
}

struct CharLstm : nn::Module {
  Parameter embedding_weight, w_ih, w_hh, b_ih, b_hh;
  nn::Linear projection;
  REEL_MEMBERS(embedding_weight, w_ih, w_hh, b_ih, b_hh, projection)

  CharLstm(std::size_t symbols, std::size_t h)
      : embedding_weight(random::normal({symbols, h})),
        w_ih(nn::init::weight_by_name("pytorch", {4 * h, h}, float32)),
        w_hh(nn::init::weight_by_name("pytorch", {4 * h, h}, float32)),
        b_ih(zeros({4 * h})),
        b_hh(zeros({4 * h})),
        projection(h, symbols) {}
  Tensor forward(const Tensor& x) override {
    const Tensor output = lstm(embedding(x, embedding_weight), {}, {{w_ih, w_hh, b_ih, b_hh}}).output;
    return reshape(projection(output), {-1, static_cast<std::ptrdiff_t>(projection.weight.shape()[0])});
  }
};

std::function<void()> char_lstm() {
  return training<CharLstm, optim::Adam>(CharLstm(65, 128), random_labels({64, 32}, 65), reshape(random_labels({64, 32}, 65), {-1}),
                                         nn::cross_entropy, optim::AdamOptions{.lr = 1e-3});
}

struct Block : nn::Module {
  nn::Linear qkv, proj, fc1, fc2;
  Parameter norm1_weight, norm1_bias, norm2_weight, norm2_bias;
  REEL_MEMBERS(qkv, proj, fc1, fc2, norm1_weight, norm1_bias, norm2_weight, norm2_bias)

  std::size_t heads;
  Block(std::size_t width, std::size_t number_of_heads)
      : qkv(width, 3 * width),
        proj(width, width),
        fc1(width, 4 * width),
        fc2(4 * width, width),
        norm1_weight(ones({width})),
        norm1_bias(zeros({width})),
        norm2_weight(ones({width})),
        norm2_bias(zeros({width})),
        heads(number_of_heads) {}

  Tensor forward(const Tensor& x) override {
    const Tensor z = x + proj(self_attention(qkv(layer_norm(x, norm1_weight, norm1_bias)), {.heads = heads, .causal = true}));
    return z + fc2(gelu(fc1(layer_norm(z, norm2_weight, norm2_bias))));
  }
};

struct CharGpt : nn::Module {
  Parameter embedding_weight;
  Block block1, block2;
  nn::Linear projection;
  REEL_MEMBERS(embedding_weight, block1, block2, projection)

  CharGpt(std::size_t symbols, std::size_t width)
      : embedding_weight(random::normal({symbols, width})), block1(width, 4), block2(width, 4), projection(width, symbols) {}
  Tensor forward(const Tensor& x) override {
    const Tensor y = projection(block2(block1(embedding(x, embedding_weight))));
    return reshape(y, {-1, static_cast<std::ptrdiff_t>(projection.weight.shape()[0])});
  }
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
