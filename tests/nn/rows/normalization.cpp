#include "../layers_table.hpp"

using namespace reel;

namespace {

const std::vector<std::string> weight_and_bias{"bias", "weight"};
const std::vector<std::string> with_statistics{"bias", "num_batches_tracked", "running_mean", "running_var", "weight"};

void append_batch_norms(std::vector<LayerRow>& rows) {
  rows.push_back({.make = [] { return nn::BatchNorm1d(3); },
                  .description = "BatchNorm1d(3)",
                  .input = {4, 3},
                  .output = {4, 3},
                  .state = with_statistics,
                  .refuses = {{{4, 2}, "batch_norm: x is (4, 2); BatchNorm1d needs 3 channels (axis 1)"},
                              {{3}, "batch_norm: x is (3,); BatchNorm1d needs 2 or 3 axes"},
                              {{1, 3}, "batch_norm: x is (1, 3)"}},
                  .mode = Mode::statistics});
  rows.push_back({.make = [] { return nn::BatchNorm1d(2, {.momentum = std::nullopt, .affine = false}); },
                  .description = "BatchNorm1d(2, momentum=none, not affine)",
                  .input = {2, 2, 3},
                  .output = {2, 2, 3},
                  .state = {"num_batches_tracked", "running_mean", "running_var"},
                  .mode = Mode::statistics});
  rows.push_back({.make = [] { return nn::BatchNorm2d(2, {.eps = 1e-3, .momentum = 0.3}); },
                  .description = "BatchNorm2d(2, eps=0.001, momentum=0.3)",
                  .input = {2, 2, 2, 3},
                  .output = {2, 2, 2, 3},
                  .state = with_statistics,
                  .refuses = {{{2, 2, 3}, "batch_norm: x is (2, 2, 3); BatchNorm2d needs 4 axes"}},
                  .mode = Mode::statistics});
  rows.push_back({.make = [] { return nn::BatchNorm2d(2, {.track_running_stats = false}); },
                  .description = "BatchNorm2d(2, no running stats)",
                  .input = {2, 2, 2, 1},
                  .output = {2, 2, 2, 1},
                  .state = weight_and_bias});
  rows.push_back({.make = [] { return nn::BatchNorm3d(2); },
                  .description = "BatchNorm3d(2)",
                  .input = {2, 2, 1, 2, 2},
                  .output = {2, 2, 1, 2, 2},
                  .state = with_statistics,
                  .refuses = {{{2, 2, 2, 2}, "BatchNorm3d needs 5 axes"}},
                  .mode = Mode::statistics});
}

void append_instance_norms(std::vector<LayerRow>& rows) {
  rows.push_back({.make = [] { return nn::InstanceNorm1d(2); },
                  .description = "InstanceNorm1d(2)",
                  .input = {2, 2, 4},
                  .output = {2, 2, 4},
                  .refuses = {{{2, 3, 4}, "instance_norm: x is (2, 3, 4); it needs 2 channels"},
                              {{2, 2}, "instance_norm: x is (2, 2); InstanceNorm1d needs 3 axes"}}});
  rows.push_back({.make = [] { return nn::InstanceNorm2d(2, {.eps = 0.1, .affine = true}); },
                  .description = "InstanceNorm2d(2, eps=0.1, affine)",
                  .input = {1, 2, 2, 3},
                  .output = {1, 2, 2, 3},
                  .state = weight_and_bias,
                  .refuses = {{{2, 2, 4}, "InstanceNorm2d needs 4 axes"}}});
  rows.push_back({.make = [] { return nn::InstanceNorm3d(1, {.affine = true}); },
                  .description = "InstanceNorm3d(1, affine)",
                  .input = {2, 1, 2, 1, 3},
                  .output = {2, 1, 2, 1, 3},
                  .state = weight_and_bias,
                  .refuses = {{{2, 2, 4}, "InstanceNorm3d needs 5 axes"}}});
}

}  // namespace

void append_normalization(std::vector<LayerRow>& rows) {
  append_batch_norms(rows);
  append_instance_norms(rows);
  rows.push_back({.make = [] { return nn::LayerNorm(4); },
                  .description = "LayerNorm(4)",
                  .input = {3, 4},
                  .output = {3, 4},
                  .state = weight_and_bias,
                  .refuses = {{{3, 3}, "layer_norm: x is (3, 3) and the normalized shape is (4,)"}}});
  rows.push_back({.make =
                      [] {
                        return nn::LayerNorm({2, 3}, {.eps = 0.5, .bias = false});
                      },
                  .description = "LayerNorm((2, 3), eps=0.5, no bias)",
                  .input = {2, 2, 3},
                  .output = {2, 2, 3},
                  .state = {"weight"}});
  rows.push_back({.make = [] { return nn::LayerNorm(3, {.affine = false}); },
                  .description = "LayerNorm(3, not affine)",
                  .input = {2, 3},
                  .output = {2, 3},
                  .refuses = {{{3, 2}, "layer_norm: x is (3, 2)"}}});
  rows.push_back({.make = [] { return nn::RMSNorm(3); },
                  .description = "RMSNorm(3)",
                  .input = {2, 3},
                  .output = {2, 3},
                  .state = {"weight"},
                  .refuses = {{{2, 2}, "rms_norm: x is (2, 2)"}}});
  rows.push_back({.make =
                      [] {
                        return nn::RMSNorm({2, 2}, {.eps = 0.01, .affine = false});
                      },
                  .description = "RMSNorm((2, 2), eps=0.01, not affine)",
                  .input = {3, 2, 2},
                  .output = {3, 2, 2}});
  rows.push_back({.make = [] { return nn::GroupNorm(2, 4); },
                  .description = "GroupNorm(2, 4)",
                  .input = {2, 4, 3},
                  .output = {2, 4, 3},
                  .state = weight_and_bias,
                  .refuses = {{{2, 2, 3}, "group_norm: x is (2, 2, 3); it needs 4 channels"}}});
  rows.push_back({.make = [] { return nn::GroupNorm(1, 2, {.eps = 1e-3, .affine = false}); },
                  .description = "GroupNorm(1, 2, eps=0.001, not affine)",
                  .input = {3, 2, 1, 2},
                  .output = {3, 2, 1, 2}});
  rows.push_back({.make = [] { return nn::LocalResponseNorm(3, {.alpha = 0.5, .beta = 0.6, .k = 2}); },
                  .description = "LocalResponseNorm(3, alpha=0.5, beta=0.6, k=2)",
                  .input = {2, 4, 2, 1},
                  .output = {2, 4, 2, 1},
                  .refuses = {{{2, 4}, "local_response_norm: x is (2, 4)"}}});
  rows.push_back({.make = [] { return nn::LocalResponseNorm(2); },
                  .description = "LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1)",
                  .input = {1, 3, 2},
                  .output = {1, 3, 2}});
}
