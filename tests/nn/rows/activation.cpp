#include "../layers_table.hpp"

using namespace reel;

void append_activation(std::vector<LayerRow>& rows) {
  const auto row = [&](Maker make, std::string description, double spread = 2, std::vector<Refused> refuses = {}) {
    rows.push_back({.make = std::move(make),
                    .description = std::move(description),
                    .input = {2, 3},
                    .output = {2, 3},
                    .refuses = std::move(refuses),
                    .spread = spread});
  };
  row([] { return nn::Identity(); }, "Identity");
  row([] { return nn::ReLU(); }, "ReLU");
  row([] { return nn::ReLU6(); }, "ReLU6", 9);
  row([] { return nn::LeakyReLU({.negative_slope = 0.2}); }, "LeakyReLU(0.2)");
  row([] { return nn::ELU(); }, "ELU(1)");
  row([] { return nn::CELU({.alpha = 0.5}); }, "CELU(0.5)");
  row([] { return nn::SELU(); }, "SELU");
  row([] { return nn::GELU(); }, "GELU");
  row([] { return nn::GELU({.approximate = "tanh"}); }, "GELU(tanh)");
  row([] { return nn::SiLU(); }, "SiLU");
  row([] { return nn::Mish(); }, "Mish");
  row([] { return nn::Softplus(); }, "Softplus");
  row([] { return nn::Softplus({.beta = 3}); }, "Softplus(beta=3)");
  row([] { return nn::Softsign(); }, "Softsign");
  row([] { return nn::Sigmoid(); }, "Sigmoid");
  row([] { return nn::LogSigmoid(); }, "LogSigmoid");
  row([] { return nn::Tanh(); }, "Tanh");
  row([] { return nn::Tanhshrink(); }, "Tanhshrink");
  row([] { return nn::Hardtanh(); }, "Hardtanh(-1, 1)");
  row([] { return nn::Hardsigmoid(); }, "Hardsigmoid", 5);
  row([] { return nn::Hardswish(); }, "Hardswish", 5);
  row([] { return nn::Hardshrink(); }, "Hardshrink(0.5)");
  row([] { return nn::Softshrink({.lambda = 0.7}); }, "Softshrink(0.7)");
  row([] { return nn::Threshold({.threshold = 0.5, .value = -1}); }, "Threshold(0.5, -1)");
  row([] { return nn::Softmax(); }, "Softmax(axis=-1)");
  row([] { return nn::Softmax(0); }, "Softmax(axis=0)", 2, {{reel::Shape{}, "softmax"}});
  row([] { return nn::LogSoftmax(1); }, "LogSoftmax(axis=1)", 2, {{{2}, "log_softmax"}});
  row([] { return nn::Softmin(); }, "Softmin(axis=-1)");
  row([] { return nn::PReLU(); }, "PReLU(1)");
  rows.back().state = {"weight"};
  row([] { return nn::PReLU(3); }, "PReLU(3)", 2,
      {{{2, 2}, "prelu: x is (2, 2) and weight is (3,); x needs 3 channels (axis 1)"}, {{3}, "prelu: x is (3,)"}});
  rows.back().state = {"weight"};
  rows.push_back({.make = [] { return nn::PReLU(2, {.init = 0.1}); },
                  .description = "PReLU(2)",
                  .input = {1, 2, 2, 2},
                  .output = {1, 2, 2, 2},
                  .state = {"weight"}});
  rows.push_back({.make = [] { return nn::GLU(1); },
                  .description = "GLU(axis=1)",
                  .input = {2, 4},
                  .output = {2, 2},
                  .refuses = {{{2, 3}, "glu: x is (2, 3); its axis 1 has to be of even length"}, {{2}, "glu"}}});
}
