#include <functional>

#include <catch2/catch.hpp>

#include "error_text.hpp"
#include "models.hpp"

using namespace reel;

namespace {

struct Refusal {
  std::function<void()> make;
  std::string text;
};

template <class Expected>
void check(const std::vector<Refusal>& refusals, int first_line) {
  for (const Refusal& refusal : refusals) {
    const std::string place = " (layers_refused.cpp:" + std::to_string(first_line++) + ")";
    CHECK(error_text<Expected>(refusal.make) == refusal.text + place);
  }
}

}  // namespace

// One line each: the place is checked as well.
// clang-format off
TEST_CASE("layers of nonsense sizes are errors where they are made") {
  const int first = __LINE__ + 2;
  check<ShapeError>({
      {[] { nn::Linear(0, 2); }, "Linear: in is 0; it has to be 1 or more"},
      {[] { nn::Linear(2, -1); }, "Linear: out is -1; it has to be 1 or more"},
      {[] { nn::Conv1d(0, 1, 3); }, "Conv1d: in is 0; it has to be 1 or more"},
      {[] { nn::Conv2d(1, 0, 3); }, "Conv2d: out is 0; it has to be 1 or more"},
      {[] { nn::Conv2d(1, 1, {3, 0}); }, "Conv2d: kernel is (3, 0); it has to be 1 or more"},
      {[] { nn::Conv2d(1, 1, {1, 2, 3}); }, "Conv2d: kernel is (1, 2, 3); it needs one number, or one for each of the 2 spatial axes"},
      {[] { nn::Conv3d(1, 1, 1, {.stride = 0}); }, "Conv3d: stride is 0; it has to be 1 or more"},
      {[] { nn::Conv2d(1, 1, 1, {.padding = -1}); }, "Conv2d: padding is -1; it has to be 0 or more"},
      {[] { nn::Conv2d(4, 6, 1, {.groups = 4}); }, "Conv2d: in is 4, out is 6 and groups is 4; groups has to divide both"},
      {[] { nn::Conv2d(4, 4, 1, {.groups = 0}); }, "Conv2d: groups is 0; it has to be 1 or more"},
      {[] { nn::ConvTranspose2d(1, 1, 2, {.dilation = 0}); }, "ConvTranspose2d: dilation is 0; it has to be 1 or more"},
      {[] { nn::MaxPool2d(0); }, "MaxPool2d: kernel is 0; it has to be 1 or more"},
      {[] { nn::AvgPool1d({2, 2}); }, "AvgPool1d: kernel is (2, 2); it needs one number"},
      {[] { nn::AdaptiveAvgPool2d(0); }, "AdaptiveAvgPool2d: output is 0; it has to be 1 or more"},
      {[] { nn::AdaptiveMaxPool3d({1, 1}); }, "AdaptiveMaxPool3d: output is (1, 1); it needs one number, or one for each of the 3 spatial axes"},
      {[] { nn::BatchNorm2d(0); }, "BatchNorm2d: channels is 0; it has to be 1 or more"},
      {[] { nn::LayerNorm({3, 0}); }, "LayerNorm: the normalized shape is (3, 0); it has to be 1 or more"},
      {[] { nn::GroupNorm(3, 4); }, "GroupNorm: groups is 3 and channels is 4; groups has to divide channels"},
      {[] { nn::InstanceNorm1d(0); }, "InstanceNorm1d: channels is 0; it has to be 1 or more"},
      {[] { nn::LocalResponseNorm(0); }, "LocalResponseNorm: size is 0; it has to be 1 or more"},
      {[] { nn::PReLU(0); }, "PReLU: channels is 0; it has to be 1 or more"},
      {[] { nn::Upsample({.size = 0}); }, "Upsample: size is 0; it has to be 1 or more"},
  }, first);
}

TEST_CASE("layers with options out of range are errors where they are made") {
  const int first = __LINE__ + 2;
  check<Error>({
      {[] { nn::Conv2d(1, 1, 3, {.stride = 2, .same = true}); }, "Conv2d: same padding with stride (2, 2) and padding (0, 0); it needs stride 1 and no other padding"},
      {[] { nn::ConvTranspose1d(1, 1, 3, {.output_padding = 1}); }, "ConvTranspose1d: output_padding is (1,) with stride (1,) and dilation (1,); it needs to be less than one of them"},
      {[] { nn::MaxPool2d(2, {.padding = 2}); }, "MaxPool2d: padding is (2, 2) and the kernel is (2, 2); padding is half of the kernel at most"},
      {[] { nn::BatchNorm1d(2, {.momentum = 1.5}); }, "BatchNorm1d: momentum is 1.5; it has to be from 0 to 1"},
      {[] { nn::BatchNorm1d(2, {.eps = -1}); }, "BatchNorm1d: eps is -1; it has to be 0 or more"},
      {[] { nn::LayerNorm(Ints{}); }, "LayerNorm: the normalized shape has no axes; it needs one or more"},
      {[] { nn::GELU({.approximate = "erf"}); }, "GELU: approximate is 'erf'; it has to be none or tanh"},
      {[] { nn::Hardtanh({.min = 1, .max = 0}); }, "Hardtanh: min is 1 and max is 0; min has to be at most max"},
      {[] { nn::CELU({.alpha = 0}); }, "CELU: alpha is 0; it has to be positive"},
      {[] { nn::Softplus({.beta = 0}); }, "Softplus: beta is 0; it has to be positive"},
      {[] { nn::Softshrink({.lambda = -1}); }, "Hardshrink, Softshrink: lambda is -1; it has to be 0 or more"},
      {[] { nn::Upsample({}); }, "Upsample: it needs either a size or a scale_factor"},
      {[] { nn::Upsample({.scale_factor = 2, .align_corners = true}); }, "Upsample: nearest has no align_corners"},
      {[] { nn::LocalResponseNorm(2, {.k = -1}); }, "LocalResponseNorm: k is -1 and alpha is 0.0001; both have to be 0 or more"},
  }, first);
}
// clang-format on

TEST_CASE("an initializer that there is not is an error where the layer is made") {
  const int line = __LINE__ + 1;
  const std::string text = error_text([] { nn::Conv2d(1, 1, 3, {.init = "he"}); });
  CHECK_THAT(text,
             Catch::StartsWith("there is no initializer 'he'") && Catch::EndsWith("(layers_refused.cpp:" + std::to_string(line) + ")"));
  CHECK_THAT(error_text([] { nn::Linear(1, 1, {.init = "he"}); }), Catch::Contains("layers_refused.cpp"));
}
