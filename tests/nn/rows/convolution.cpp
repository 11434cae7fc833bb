#include "../layers_table.hpp"

using namespace reel;

namespace {

const std::vector<std::string> weight_and_bias{"bias", "weight"};

}  // namespace

void append_convolution(std::vector<LayerRow>& rows) {
  rows.push_back({.make = [] { return nn::Conv1d(2, 3, 3); },
                  .description = "Conv1d(2, 3, kernel=3)",
                  .input = {2, 2, 5},
                  .output = {2, 3, 3},
                  .state = weight_and_bias,
                  .refuses = {{{2, 3, 5}, "x needs 2 channels"}, {{2, 2, 2}, "conv1d: x is (2, 2, 2)"}}});
  rows.push_back(
      {.make = [] { return nn::Conv1d(1, 2, 4, {.dilation = 2, .same = true, .padding_mode = PadMode::reflect, .bias = false}); },
       .description = "Conv1d(1, 2, kernel=4, padding=same, dilation=2, padding_mode=reflect, no bias)",
       .input = {1, 1, 7},
       .output = {1, 2, 7},
       .state = {"weight"}});
  rows.push_back({.make =
                      [] {
                        return nn::Conv2d(2, 4, {2, 3}, {.stride = {2, 1}, .padding = 1, .dilation = {1, 2}, .groups = 2});
                      },
                  .description = "Conv2d(2, 4, kernel=(2, 3), stride=(2, 1), padding=1, dilation=(1, 2), groups=2)",
                  .input = {2, 2, 4, 4},
                  .output = {2, 4, 3, 2},
                  .state = weight_and_bias,
                  .refuses = {{{2, 1, 4, 4}, "conv2d: x is (2, 1, 4, 4), weight is (4, 1, 2, 3) and groups is 2; x needs 2 channels"},
                              {{4, 4}, "conv2d: x is (4, 4)"}}});
  rows.push_back({.make =
                      [] {
                        return nn::Conv2d(1, 2, 3, {.padding = {2, 1}, .padding_mode = PadMode::wrap});
                      },
                  .description = "Conv2d(1, 2, kernel=3, padding=(2, 1), padding_mode=wrap)",
                  .input = {1, 3, 4},
                  .output = {2, 5, 4},
                  .state = weight_and_bias});
  rows.push_back({.make = [] { return nn::Conv2d(1, 1, 3, {.padding = 1, .padding_mode = PadMode::edge}); },
                  .description = "Conv2d(1, 1, kernel=3, padding=1, padding_mode=edge)",
                  .input = {2, 1, 3, 2},
                  .output = {2, 1, 3, 2},
                  .state = weight_and_bias});
  rows.push_back({.make =
                      [] {
                        return nn::Conv3d(2, 2, {1, 2, 2}, {.stride = 2, .same = false});
                      },
                  .description = "Conv3d(2, 2, kernel=(1, 2, 2), stride=2)",
                  .input = {1, 2, 3, 2, 4},
                  .output = {1, 2, 2, 1, 2},
                  .state = weight_and_bias,
                  .refuses = {{{1, 1, 3, 2, 4}, "x needs 2 channels"}}});
  rows.push_back({.make = [] { return nn::ConvTranspose1d(2, 4, 3, {.stride = 3, .padding = 1, .output_padding = 2, .groups = 2}); },
                  .description = "ConvTranspose1d(2, 4, kernel=3, stride=3, padding=1, output_padding=2, groups=2)",
                  .input = {2, 2, 3},
                  .output = {2, 4, 9},
                  .state = weight_and_bias,
                  .refuses = {{{2, 4, 3}, "conv_transpose1d: x is (2, 4, 3)"}}});
  rows.push_back({.make = [] { return nn::ConvTranspose2d(3, 2, 3, {.stride = 2, .padding = 1, .output_padding = 1}); },
                  .description = "ConvTranspose2d(3, 2, kernel=3, stride=2, padding=1, output_padding=1)",
                  .input = {1, 3, 2, 3},
                  .output = {1, 2, 4, 6},
                  .state = weight_and_bias,
                  .refuses = {{{1, 2, 2, 3}, "x needs 3 channels"}}});
  rows.push_back({.make =
                      [] {
                        return nn::ConvTranspose3d(1, 2, 2, {.dilation = {1, 1, 2}, .bias = false});
                      },
                  .description = "ConvTranspose3d(1, 2, kernel=2, dilation=(1, 1, 2), no bias)",
                  .input = {1, 2, 1, 2},
                  .output = {2, 3, 2, 4},
                  .state = {"weight"},
                  .refuses = {{{1, 2, 2, 1, 2}, "x needs 1 channels"}}});
}
