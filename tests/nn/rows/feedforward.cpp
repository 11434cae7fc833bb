#include "../layers_table.hpp"

using namespace reel;

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
}
