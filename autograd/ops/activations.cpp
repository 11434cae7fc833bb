#include <reel/autograd/ops/activations.hpp>

#include <numbers>

#include <fmt/format.h>
#include <reel/autograd/elementwise.hpp>
#include <reel/autograd/ops/detail/function.hpp>

namespace reel {

using detail::function;

Tensor sigmoid(Operand x) {
  return function(
      "sigmoid", "dx = dy·y(1 - y)", x, [](auto v) { return sigmoid(v); }, derivatives::of_sigmoid);
}

Tensor log_sigmoid(Operand x) {
  return function(
      "log_sigmoid", "dx = dy·sigmoid(-x)", x, [](auto v) { return -softplus(-v); },
      [](const auto& v, const auto&) { return sigmoid(-v); });
}

constexpr OpNotes logit_notes{.domain = "logit needs 0 < x < 1"};
Tensor logit(Operand x) {
  // Around 1/2 the quotient is near 1, where its logarithm would lose digits; 1 - 2v is exact there.
  const auto formula = [](auto v) { return where(v > 0.3 && v < 0.65, -log1p((1 - 2 * v) / v), log(v / (1 - v))); };
  return function("logit", {"dx = dy/(x(1 - x))", logit_notes}, x, formula, [](const auto& v, const auto&) {
    const auto inside = derivatives::defined_where(v >= 0 && v <= 1, v);
    return 1 / inside + 1 / (1 - inside);  // not one quotient, whose derivative is a difference that overflows near 0
  });
}

Tensor softplus(Operand x) {
  return function(
      "softplus", "dx = dy·sigmoid x", x, [](auto v) { return softplus(v); }, derivatives::of_softplus);
}

Tensor softsign(Operand x) {
  // The quotient's own derivative would be (1 - |y|)/(1 + |x|), which cancels where x is large.
  const auto slope = [](const auto& v, const auto&) {
    const auto inverse = 1 / (1 + abs(v));
    return inverse * inverse;
  };
  return function(
      "softsign", "dx = dy/(1 + |x|)²", x, [](auto v) { return v / (1 + abs(v)); }, slope);
}

constexpr OpNotes relu_notes{.kink = "relu bends at 0, where its slope is taken as 0",
                             .at_kink = [](std::span<const double> x) { return x[0] == 0; }};
Tensor relu(Operand x) {
  return function(
      "relu", {"dx = dy where x > 0, else 0", relu_notes}, x, [](auto v) { return where(v < 0, 0, v); },
      [](const auto&, const auto& y) { return where(y > 0, 1.0, 0.0); });  // y is in the cache, since the next op has read it
}

Tensor leaky_relu(Operand x) { return leaky_relu(x, {}); }
constexpr OpNotes leaky_relu_notes{.kink = "leaky_relu bends at 0, where its slope is taken as that of the negative side",
                                   .at_kink = [](std::span<const double> x) { return x[0] == 0; }};
Tensor leaky_relu(Operand x, LeakyReluOptions options) {
  return elementwise("leaky_relu", {"dx = dy where x > 0, else dy·negative_slope", leaky_relu_notes},
                     [slope = options.negative_slope](auto v) { return where(v > 0, v, slope * v); })(x);
}

constexpr OpNotes prelu_notes{.kink = "prelu bends at 0, where its slope is taken as that of the negative side",
                              .at_kink = [](std::span<const double> x) { return x[0] == 0; }};
Tensor prelu(Operand x, Operand weight) {
  return elementwise("prelu", {"dx = dy where x > 0, else dy·weight   dweight = 0 where x > 0, else dy·x", prelu_notes},
                     [](auto v, auto w) { return where(v > 0, v, w * v); })(x, weight);
}

Tensor elu(Operand x) { return elu(x, {}); }
Tensor elu(Operand x, EluOptions options) {
  return elementwise("elu", "dx = dy where x > 0, else dy·alpha·exp x",
                     [alpha = options.alpha](auto v) { return where(v > 0, v, alpha * expm1(v)); })(x);
}

Tensor selu(Operand x) {
  return elementwise("selu", "dx = dy·scale where x > 0, else dy·scale·alpha·exp x", [](auto v) {
    constexpr double scale = 1.0507009873554804934193349852946, alpha = 1.6732632423543772848170429916717;
    return where(v > 0, scale * v, scale * alpha * expm1(v));
  })(x);
}

Tensor gelu(Operand x) { return gelu(x, {}); }
Tensor gelu(Operand x, GeluOptions options) {
  if (options.approximate == "tanh") {
    // 0.5 (1 + tanh u) is sigmoid(2u), which keeps its digits where u is far below 0.
    return elementwise("gelu", "dx = dy·(s + 2x·s(1 - s)·√(2/π)(1 + 0.134145x²)), s = sigmoid(2√(2/π)(x + 0.044715x³))", [](auto v) {
      constexpr double factor = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
      const auto near = derivatives::bounded(v, 30);  // beyond it sigmoid is 0 or 1, and the cube of v may overflow
      return v * sigmoid(2 * factor * (near + 0.044715 * near * near * near));
    })(x);
  }
  located("gelu", x, [&] {
    if (options.approximate != "none")
      throw Error(fmt::format("gelu: approximate is '{}'; it has to be 'none' or 'tanh'", options.approximate));
  });
  return elementwise("gelu", "dx = dy·(Φ(x) + x·φ(x))", [](auto v) { return 0.5 * v * erfc(-v / std::numbers::sqrt2); })(x);
}

Tensor silu(Operand x) {
  return elementwise("silu", "dx = dy·(s + x·s(1 - s)), s = sigmoid x", [](auto v) { return v * sigmoid(v); })(x);
}

Tensor mish(Operand x) {
  return elementwise("mish", "dx = dy·(t + x·(1 - t²)·sigmoid x), t = tanh(softplus x)", [](auto v) { return v * tanh(softplus(v)); })(x);
}

Tensor hardtanh(Operand x) { return hardtanh(x, {}); }
Tensor hardtanh(Operand x, HardtanhOptions options) {
  located("hardtanh", x, [&] {
    if (!(options.min <= options.max))
      throw Error(fmt::format("hardtanh: min is {} and max is {}; min may not be above max", options.min, options.max));
  });
  return elementwise("hardtanh", "dx = dy where min < x < max, else 0",
                     [low = options.min, high = options.max](auto v) { return where(v <= low, low, where(v >= high, high, v)); })(x);
}

constexpr OpNotes hardsigmoid_notes{.kink = "hardsigmoid bends at -3 and 3, where its slope is taken as 0",
                                    .at_kink = [](std::span<const double> x) { return x[0] == -3 || x[0] == 3; }};
Tensor hardsigmoid(Operand x) {
  return elementwise("hardsigmoid", {"dx = dy/6 where -3 < x < 3, else 0", hardsigmoid_notes},
                     [](auto v) { return where(v <= -3, 0, where(v >= 3, 1, (v + 3) / 6)); })(x);
}

Tensor hardswish(Operand x) {
  return elementwise("hardswish", "dx = 0 where x < -3, dy·(2x + 3)/6 up to 3, dy beyond",
                     [](auto v) { return where(v < -3, 0, where(v <= 3, v * (v + 3) / 6, v)); })(x);
}

}  // namespace reel
