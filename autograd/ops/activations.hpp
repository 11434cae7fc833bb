#pragma once
#include <string_view>

#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

/// Activation functions, element by element. float32 and float64; int64 and bool throw DtypeError.
namespace reel {

/// 1 / (1 + exp(-x))
Tensor sigmoid(Operand x);
/// log(sigmoid(x)), without overflow.
Tensor log_sigmoid(Operand x);
/// log(x / (1 - x)), the inverse of sigmoid; infinite at 0 and 1, NaN outside.
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
/// x where it is positive, else negative_slope · x, also for the derivative at 0.
Tensor leaky_relu(Operand x);
Tensor leaky_relu(Operand x, LeakyReluOptions options);
REEL_NO_SUCH_OPTION(LeakyReluOptions, Tensor leaky_relu(Operand, ...));
/// leaky_relu whose slope is learned: x where it is positive, else weight · x. The weight broadcasts (for one a channel of an image, (C, 1,
/// 1)).
Tensor prelu(Operand x, Operand weight);

struct EluOptions {
  double alpha = 1;
};
/// x where it is positive, else alpha · (exp(x) - 1).
Tensor elu(Operand x);
Tensor elu(Operand x, EluOptions options);
REEL_NO_SUCH_OPTION(EluOptions, Tensor elu(Operand, ...));
/// elu with the two constants that keep mean 0 and variance 1 through layers (Klambauer et al., 2017).
Tensor selu(Operand x);

struct GeluOptions {
  /// "none": by the error function; "tanh": by 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))).
  std::string_view approximate = "none";
};
/// x · Φ(x), where Φ is the normal distribution function (Hendrycks and Gimpel, 2016).
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
/// 0 up to -3, 1 from 3 on, (x + 3) / 6 between; the derivative is 0 at both ends.
Tensor hardsigmoid(Operand x);
/// x · hardsigmoid(x); the derivative at -3 and 3 is that from between them.
Tensor hardswish(Operand x);

}  // namespace reel
