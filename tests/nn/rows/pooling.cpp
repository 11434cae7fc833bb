#include "../layers_table.hpp"

using namespace reel;

void append_pooling(std::vector<LayerRow>& rows) {
  const auto row = [&](Maker make, std::string description, Shape input, Shape output, std::vector<Refused> refuses = {}) {
    rows.push_back(
        {.make = std::move(make), .description = std::move(description), .input = input, .output = output, .refuses = std::move(refuses)});
  };
  row([] { return nn::MaxPool1d(2); }, "MaxPool1d(2)", {2, 2, 5}, {2, 2, 2}, {{{2, 2, 1}, "max_pool1d: x is (2, 2, 1)"}});
  row(
      [] {
        return nn::MaxPool2d({3, 2}, {.stride = 1, .padding = {1, 0}, .ceil_mode = true});
      },
      "MaxPool2d((3, 2), stride=1, padding=(1, 0), ceil_mode)", {2, 1, 4, 3}, {2, 1, 4, 2}, {{{4, 3}, "max_pool2d: x is (4, 3)"}});
  row(
      [] {
        return nn::MaxPool3d(2, {.dilation = {2, 1, 1}});
      },
      "MaxPool3d(2, dilation=(2, 1, 1))", {1, 4, 2, 3}, {1, 1, 1, 1}, {{{2, 2, 2}, "max_pool3d: x is (2, 2, 2)"}});
  row([] { return nn::AvgPool1d(3, {.stride = 2, .padding = 1, .count_include_pad = false}); },
      "AvgPool1d(3, stride=2, padding=1, padding not counted)", {1, 2, 5}, {1, 2, 3}, {{{5}, "avg_pool1d: x is (5,)"}});
  row([] { return nn::AvgPool2d(2); }, "AvgPool2d(2)", {1, 2, 4, 5}, {1, 2, 2, 2}, {{{1, 2, 1, 5}, "avg_pool2d: x is (1, 2, 1, 5)"}});
  row(
      [] {
        return nn::AvgPool3d({1, 2, 2});
      },
      "AvgPool3d((1, 2, 2))", {1, 1, 2, 2, 2}, {1, 1, 2, 1, 1}, {{{2, 2}, "avg_pool3d: x is (2, 2)"}});
  row([] { return nn::AdaptiveAvgPool1d(2); }, "AdaptiveAvgPool1d(2)", {1, 2, 5}, {1, 2, 2}, {{{5}, "adaptive_avg_pool1d: x is (5,)"}});
  row(
      [] {
        return nn::AdaptiveAvgPool2d({2, 1});
      },
      "AdaptiveAvgPool2d((2, 1))", {2, 1, 3, 4}, {2, 1, 2, 1}, {{{3, 4}, "adaptive_avg_pool2d: x is (3, 4)"}});
  row([] { return nn::AdaptiveAvgPool3d(1); }, "AdaptiveAvgPool3d(1)", {1, 1, 2, 3, 2}, {1, 1, 1, 1, 1},
      {{{3, 4}, "adaptive_avg_pool3d: x is (3, 4)"}});
  row([] { return nn::AdaptiveMaxPool1d(3); }, "AdaptiveMaxPool1d(3)", {1, 1, 4}, {1, 1, 3}, {{{5}, "adaptive_max_pool1d: x is (5,)"}});
  row([] { return nn::AdaptiveMaxPool2d(2); }, "AdaptiveMaxPool2d(2)", {1, 2, 3, 5}, {1, 2, 2, 2},
      {{{3, 4}, "adaptive_max_pool2d: x is (3, 4)"}});
  row(
      [] {
        return nn::AdaptiveMaxPool3d({1, 2, 1});
      },
      "AdaptiveMaxPool3d((1, 2, 1))", {1, 1, 2, 2, 2}, {1, 1, 1, 2, 1}, {{{3, 4}, "adaptive_max_pool3d: x is (3, 4)"}});
  row([] { return nn::GlobalAvgPool(); }, "GlobalAvgPool", {2, 3, 2, 4}, {2, 3, 1, 1}, {{{2, 3}, "global_avg_pool: x is (2, 3)"}});
  row([] { return nn::GlobalMaxPool(); }, "GlobalMaxPool", {2, 3, 5}, {2, 3, 1}, {{{2, 3}, "global_max_pool: x is (2, 3)"}});
}
