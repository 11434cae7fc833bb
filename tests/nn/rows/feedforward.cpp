#include "../layers_table.hpp"

using namespace reel;

namespace {

void append_channel_dropouts(std::vector<LayerRow>& rows) {
  const auto row = [&](Maker make, std::string description, Shape shape, std::vector<Refused> refuses = {}) {
    rows.push_back({.make = std::move(make),
                    .description = std::move(description),
                    .input = shape,
                    .output = shape,
                    .refuses = std::move(refuses),
                    .mode = Mode::random});
  };
  row([] { return nn::Dropout1d(0.5); }, "Dropout1d(0.5)", {2, 4, 2}, {{{4, 2}, "dropout: x is (4, 2); Dropout1d needs 3 axes"}});
  row([] { return nn::Dropout2d(0.25); }, "Dropout2d(0.25)", {4, 4, 1, 2}, {{{4, 2}, "Dropout2d needs 4 axes"}});
  row([] { return nn::Dropout3d(); }, "Dropout3d(0.5)", {2, 4, 1, 2, 1}, {{{4, 2}, "Dropout3d needs 5 axes"}});
  row([] { return nn::AlphaDropout(0.4); }, "AlphaDropout(0.4)", {4, 5});
}

void append_shapes(std::vector<LayerRow>& rows) {
  const auto row = [&](Maker make, std::string description, Shape input, Shape output, std::vector<Refused> refuses = {}) {
    rows.push_back(
        {.make = std::move(make), .description = std::move(description), .input = input, .output = output, .refuses = std::move(refuses)});
  };
  row([] { return nn::Flatten(); }, "Flatten", {2, 3, 1, 2}, {2, 6});
  row([] { return nn::Flatten(0, 1); }, "Flatten(0, 1)", {2, 3, 2}, {6, 2}, {{{2}, "flatten"}});
  row(
      [] {
        return nn::Unflatten(1, {2, -1});
      },
      "Unflatten(1, (2, -1))", {2, 6, 1}, {2, 2, 3, 1}, {{{2, 5}, "unflatten"}, {{2}, "unflatten"}});
  row(
      [] {
        return nn::Reshape({1, -1, 2});
      },
      "Reshape((1, -1, 2))", {2, 6}, {2, 1, 3, 2}, {{{2, 5}, "reshape"}, {reel::Shape{}, "reshape"}});
  row([] { return nn::Upsample({.scale_factor = 2}); }, "Upsample(scale_factor=2, nearest)", {1, 2, 2, 3}, {1, 2, 4, 6},
      {{{2, 3}, "interpolate: x is (2, 3)"}});
  row(
      [] {
        return nn::Upsample({.size = {5, 3}, .mode = Interpolation::bilinear, .align_corners = true});
      },
      "Upsample(size=(5, 3), bilinear, align_corners)", {1, 1, 2, 2}, {1, 1, 5, 3}, {{{1, 2, 3}, "interpolate: x is (1, 2, 3)"}});
  row([] { return nn::Upsample({.scale_factor = 1.5, .mode = Interpolation::linear}); }, "Upsample(scale_factor=1.5, linear)", {1, 1, 4},
      {1, 1, 6});
  row([] { return nn::Upsample({.size = 3, .mode = Interpolation::trilinear}); }, "Upsample(size=3, trilinear)", {1, 1, 2, 1, 2},
      {1, 1, 3, 3, 3});
}

}  // namespace

void append_feedforward(std::vector<LayerRow>& rows) {
  rows.push_back({.make = [] { return nn::Linear(3, 2); },
                  .description = "Linear(3, 2)",
                  .input = {4, 3},
                  .output = {4, 2},
                  .state = {"bias", "weight"},
                  .refuses = {{{4, 2}, "linear: x is (4, 2) and weight is (2, 3)"}}});
  rows.push_back({.make = [] { return nn::Linear(3, 1, {.bias = false}); },
                  .description = "Linear(3, 1, no bias)",
                  .input = {2, 2, 3},
                  .output = {2, 2, 1},
                  .state = {"weight"}});
  rows.push_back(
      {.make = [] { return nn::Dropout(0.4); }, .description = "Dropout(0.4)", .input = {4, 5}, .output = {4, 5}, .mode = Mode::random});
  const auto halves = [](nn::Module& layer, const Tensor& x) {  // x holds x1, of three features, and x2
    return dynamic_cast<nn::Bilinear&>(layer)(x[{ellipsis, {0, 3}}], x[{ellipsis, {3, std::nullopt}}]);
  };
  rows.push_back({.make = [] { return nn::Bilinear(3, 2, 4); },
                  .description = "Bilinear(3, 2, 4)",
                  .input = {2, 5},
                  .output = {2, 4},
                  .state = {"bias", "weight"},
                  .refuses = {{{2, 6}, "bilinear: x1 is (2, 3), x2 is (2, 3) and weight is (4, 3, 2)"}},
                  .call = halves});
  rows.push_back({.make = [] { return nn::Bilinear(3, 1, 2, {.bias = false}); },
                  .description = "Bilinear(3, 1, 2, no bias)",
                  .input = {2, 2, 4},
                  .output = {2, 2, 2},
                  .state = {"weight"},
                  .call = halves});
  append_channel_dropouts(rows);
  append_shapes(rows);
}
