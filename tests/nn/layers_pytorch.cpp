#include <catch2/catch.hpp>
#include <reel/testing/catch.hpp>

#include "layers_table.hpp"
#include "models.hpp"

using namespace reel;

// The files were written by PyTorch, see tests/data/torch/make_layers.py.
namespace {

const std::string folder = REEL_TEST_DATA "/torch/";

const State& reference() {
  static const State state = load_safetensors(folder + "layers.safetensors");
  return state;
}

/// What the file holds below a name, e.g. "conv1d/state/".
State part(const std::string& prefix) {
  State result;
  for (auto at = reference().lower_bound(prefix); at != reference().end() && at->first.starts_with(prefix); ++at)
    result[at->first.substr(prefix.size())] = at->second;
  return result;
}

Tensor call(nn::Module& layer, const Tensor& x) {
  if (auto* bilinear = dynamic_cast<nn::Bilinear*>(&layer)) return (*bilinear)(x[{ellipsis, {0, 3}}], x[{ellipsis, {3, std::nullopt}}]);
  return layer(x);
}

bool is_close(const Tensor& a, const Tensor& b) { return allclose(a, b, 1e-6, 1e-6); }

/// The output, the input's gradient of half the sum of its squares, and the statistics after the call, all to 1e-6.
void compare(const std::string& name, nn::Module& layer) {
  INFO(name);
  const Tensor x = variable(reference().at(name + "/input"));
  const Tensor y = call(layer, x), expected = reference().at(name + "/output");
  REQUIRE(y.shape() == expected.shape());
  CHECK(is_close(y, expected));
  const Tensor gradient = gradients(sum(square(y)) / 2, {x})[0];
  CHECK(allclose(gradient, reference().at(name + "/gradient"), 1e-5, 5e-6));
  for (const auto& [key, value] : part(name + "/after/")) {
    INFO(key);
    CHECK((value.dtype() == int64 ? identical(layer.state().at(key).value(), value.value()) : is_close(layer.state().at(key), value)));
  }
}

struct Case {
  std::string name;
  Maker make;
};

void compare_all(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    INFO(one.name);
    const auto layer = one.make();
    layer->load_state(part(one.name + "/state/"));
    if (one.name.ends_with("_eval")) layer->eval();
    compare(one.name, *layer);
  }
}

}  // namespace

TEST_CASE("PyTorch's LeNet loads by name, with the same outputs") {
  nn::Sequential lenet{nn::Conv2d(1, 6, 5, {.padding = 2}),
                       nn::Tanh(),
                       nn::AvgPool2d(2),
                       nn::Conv2d(6, 16, 5),
                       nn::Tanh(),
                       nn::AvgPool2d(2),
                       nn::Flatten(),
                       nn::Linear(400, 120),
                       nn::Tanh(),
                       nn::Linear(120, 84),
                       nn::Tanh(),
                       nn::Linear(84, 10)};
  lenet.load_state(load_safetensors(folder + "lenet.safetensors"));
  compare("lenet", lenet);
}

TEST_CASE("PyTorch's convolutions") {
  compare_all({
      {"conv1d", [] { return nn::Conv1d(2, 4, 3, {.stride = 2, .padding = 2, .dilation = 2, .groups = 2}); }},
      {"conv1d_same", [] { return nn::Conv1d(2, 3, 4, {.same = true, .padding_mode = PadMode::edge}); }},
      {"conv2d",
       [] {
         return nn::Conv2d(4, 6, {3, 2}, {.stride = {1, 2}, .padding = {2, 1}, .dilation = {2, 1}, .groups = 2});
       }},
      {"conv2d_reflect",
       [] {
         return nn::Conv2d(2, 3, 3, {.padding = {1, 2}, .padding_mode = PadMode::reflect, .bias = false});
       }},
      {"conv2d_circular", [] { return nn::Conv2d(2, 3, 3, {.padding = 1, .padding_mode = PadMode::wrap}); }},
      {"conv3d",
       [] {
         return nn::Conv3d(2, 3, {1, 2, 3}, {.stride = {1, 2, 1}, .padding = 1});
       }},
      {"conv_transpose1d", [] { return nn::ConvTranspose1d(4, 6, 3, {.stride = 2, .dilation = 2, .groups = 2}); }},
      {"conv_transpose2d", [] { return nn::ConvTranspose2d(3, 4, 3, {.stride = 2, .padding = 1, .output_padding = 1}); }},
      {"conv_transpose3d",
       [] {
         return nn::ConvTranspose3d(2, 2, 2, {.stride = {2, 1, 2}, .padding = {0, 1, 0}, .output_padding = {1, 0, 0}});
       }},
  });
}

TEST_CASE("PyTorch's pooling") {
  compare_all({
      {"max_pool1d", [] { return nn::MaxPool1d(3, {.stride = 2, .padding = 1}); }},
      {"max_pool2d",
       [] {
         return nn::MaxPool2d({3, 2}, {.stride = 2, .dilation = {1, 2}, .ceil_mode = true});
       }},
      {"max_pool3d", [] { return nn::MaxPool3d(2); }},
      {"avg_pool1d", [] { return nn::AvgPool1d(3, {.padding = 1}); }},
      {"avg_pool2d", [] { return nn::AvgPool2d(3, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false}); }},
      {"avg_pool3d",
       [] {
         return nn::AvgPool3d({1, 2, 2});
       }},
      {"adaptive_avg_pool1d", [] { return nn::AdaptiveAvgPool1d(3); }},
      {"adaptive_avg_pool2d",
       [] {
         return nn::AdaptiveAvgPool2d({2, 3});
       }},
      {"adaptive_avg_pool3d", [] { return nn::AdaptiveAvgPool3d(2); }},
      {"adaptive_max_pool1d", [] { return nn::AdaptiveMaxPool1d(3); }},
      {"adaptive_max_pool2d",
       [] {
         return nn::AdaptiveMaxPool2d({2, 3});
       }},
      {"adaptive_max_pool3d", [] { return nn::AdaptiveMaxPool3d(2); }},
  });
}

TEST_CASE("PyTorch's normalization, with the statistics after the step") {
  compare_all({
      {"batch_norm1d", [] { return nn::BatchNorm1d(3, {.momentum = std::nullopt}); }},
      {"batch_norm2d", [] { return nn::BatchNorm2d(3, {.eps = 1e-3, .momentum = 0.2}); }},
      {"batch_norm2d_eval", [] { return nn::BatchNorm2d(3); }},
      {"batch_norm3d", [] { return nn::BatchNorm3d(2, {.affine = false}); }},
      {"layer_norm",
       [] {
         return nn::LayerNorm({2, 5});
       }},
      {"group_norm", [] { return nn::GroupNorm(2, 6); }},
      {"instance_norm1d", [] { return nn::InstanceNorm1d(3); }},
      {"instance_norm2d", [] { return nn::InstanceNorm2d(3, {.affine = true}); }},
      {"local_response_norm", [] { return nn::LocalResponseNorm(3, {.alpha = 0.3, .beta = 0.6, .k = 2}); }},
      {"local_response_norm_even", [] { return nn::LocalResponseNorm(4); }},
  });
}

TEST_CASE("PyTorch's Bilinear, Upsample and Unflatten") {
  compare_all({
      {"bilinear", [] { return nn::Bilinear(3, 4, 2); }},
      {"bilinear_no_bias", [] { return nn::Bilinear(3, 4, 2, {.bias = false}); }},
      {"upsample_nearest", [] { return nn::Upsample({.scale_factor = 2}); }},
      {"upsample_linear", [] { return nn::Upsample({.size = 7, .mode = Interpolation::linear}); }},
      {"upsample_bilinear", [] { return nn::Upsample({.scale_factor = 2, .mode = Interpolation::bilinear}); }},
      {"upsample_bilinear_corners",
       [] {
         return nn::Upsample({.size = {5, 3}, .mode = Interpolation::bilinear, .align_corners = true});
       }},
      {"upsample_trilinear",
       [] {
         return nn::Upsample({.size = {2, 5, 3}, .mode = Interpolation::trilinear});
       }},
      {"unflatten",
       [] {
         return nn::Unflatten(1, {2, 3});
       }},
  });
}

TEST_CASE("PyTorch's activations") {
  compare_all({
      {"prelu", [] { return nn::PReLU(); }},
      {"prelu_channels", [] { return nn::PReLU(3); }},
      {"relu6", [] { return nn::ReLU6(); }},
      {"leaky_relu", [] { return nn::LeakyReLU({.negative_slope = 0.2}); }},
      {"elu", [] { return nn::ELU({.alpha = 0.7}); }},
      {"celu", [] { return nn::CELU({.alpha = 0.7}); }},
      {"selu", [] { return nn::SELU(); }},
      {"gelu", [] { return nn::GELU(); }},
      {"gelu_tanh", [] { return nn::GELU({.approximate = "tanh"}); }},
      {"silu", [] { return nn::SiLU(); }},
      {"mish", [] { return nn::Mish(); }},
      {"softplus", [] { return nn::Softplus({.beta = 2}); }},
      {"softsign", [] { return nn::Softsign(); }},
      {"log_sigmoid", [] { return nn::LogSigmoid(); }},
      {"tanhshrink", [] { return nn::Tanhshrink(); }},
      {"hardtanh", [] { return nn::Hardtanh({.min = -0.5, .max = 0.8}); }},
      {"hardsigmoid", [] { return nn::Hardsigmoid(); }},
      {"hardswish", [] { return nn::Hardswish(); }},
      {"hardshrink", [] { return nn::Hardshrink({.lambda = 0.4}); }},
      {"softshrink", [] { return nn::Softshrink({.lambda = 0.4}); }},
      {"threshold", [] { return nn::Threshold({.threshold = 0.1, .value = 20}); }},
      {"softmax", [] { return nn::Softmax(1); }},
      {"log_softmax", [] { return nn::LogSoftmax(); }},
      {"softmin", [] { return nn::Softmin(0); }},
      {"glu", [] { return nn::GLU(1); }},
  });
}
