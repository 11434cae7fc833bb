#pragma once
#include <string_view>

#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

/// Activation functions, elementwise, for float32 and float64. int64 and bool throw DtypeError.
namespace reel {

/// 1 / (1 + exp(-x))
Tensor sigmoid(Operand x);
/// log(sigmoid(x)), without overflow.
Tensor log_sigmoid(Operand x);
/// log(x / (1 - x)), the inverse of sigmoid; infinite at 0 and 1, NaN outside [0, 1].
Tensor logit(Operand x);
/// log(1 + exp(x)), without overflow.
Tensor softplus(Operand x);
/// x / (1 + |x|)
Tensor softsign(Operand x);

/// max(x, 0); the derivative at 0 is taken as 0.
Tensor relu(Operand x);

struct LeakyReluOptions {
  double negative_slope = 0.01;
};
/// x where x > 0, else negative_slope · x; the derivative at 0 is negative_slope.
Tensor leaky_relu(Operand x);
Tensor leaky_relu(Operand x, LeakyReluOptions options);
REEL_NO_SUCH_OPTION(LeakyReluOptions, Tensor leaky_relu(Operand, ...));
/// leaky_relu with a learned slope (He et al., 2015): x where x > 0, else weight · x. The weight broadcasts; for one weight per channel of
/// an image its shape is (C, 1, 1).
Tensor prelu(Operand x, Operand weight);

struct EluOptions {
  double alpha = 1;
};
/// x where x > 0, else alpha · (exp(x) - 1).
Tensor elu(Operand x);
Tensor elu(Operand x, EluOptions options);
REEL_NO_SUCH_OPTION(EluOptions, Tensor elu(Operand, ...));
/// elu with the two constants that keep mean 0 and variance 1 from layer to layer (Klambauer et al., 2017).
Tensor selu(Operand x);

struct GeluOptions {
  /// "none": exact, with the error function; "tanh": the approximation 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))).
  std::string_view approximate = "none";
};
/// x · Φ(x), where Φ is the cumulative distribution function of the standard normal distribution (Hendrycks and Gimpel, 2016).
Tensor gelu(Operand x);
Tensor gelu(Operand x, GeluOptions options);
REEL_NO_SUCH_OPTION(GeluOptions, Tensor gelu(Operand, ...));
/// x · sigmoid(x), also called swish.
Tensor silu(Operand x);
/// x · tanh(softplus(x))
Tensor mish(Operand x);

struct HardtanhOptions {
  double min = -1, max = 1;
};
/// min(max(x, min), max); the derivative is 0 at both ends. Throws Error when min > max.
Tensor hardtanh(Operand x);
Tensor hardtanh(Operand x, HardtanhOptions options);
REEL_NO_SUCH_OPTION(HardtanhOptions, Tensor hardtanh(Operand, ...));
/// 0 for x <= -3, 1 for x >= 3, (x + 3) / 6 in between; the derivative is 0 at both ends.
Tensor hardsigmoid(Operand x);
/// x · hardsigmoid(x); at -3 and 3 the derivative is that of the middle part.
Tensor hardswish(Operand x);

}  // namespace reel
