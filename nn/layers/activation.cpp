#include <reel/nn/layers/activation.hpp>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/detail/function.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/nn/layers/checks.hpp>

namespace reel::nn {

namespace detail {

using reel::detail::function;

Tensor relu6(Operand x) { return hardtanh(x, {.min = 0, .max = 6}); }
Tensor tanhshrink(Operand x) {
  const auto slope = [](const auto& v, const auto&) {
    const auto t = tanh(v);
    return t * t;  // 1 - 1/cosh² v would cancel where v is small
  };
  return function(
      "tanhshrink", "dx = dy·tanh² x", x, [](auto v) { return v - tanh(v); }, slope);
}

Tensor softplus_with(Operand x, SoftplusOptions o) { return o.beta == 1 ? softplus(x) : softplus(x * o.beta) / o.beta; }
Tensor softshrink(Operand x, ShrinkOptions o) { return x - hardtanh(x, {.min = -o.lambda, .max = o.lambda}); }
Tensor hardshrink(Operand x, ShrinkOptions o) { return where(abs(x) <= o.lambda, zeros_like(x.tensor()), x); }  // NaN stays
Tensor celu(Operand x, CeluOptions o) { return elu(x / o.alpha) * o.alpha; }

Tensor threshold(Operand x, ThresholdOptions o) {
  return where(x <= o.threshold, full(x.tensor().shape(), o.value, {.dtype = x.value().dtype()}), x);
}

Tensor softmin(Operand x, std::ptrdiff_t axis) { return softmax(-x, axis); }

Tensor glu(Operand x, std::ptrdiff_t axis) {
  const Shape& shape = x.tensor().shape();
  const std::size_t at = located("glu", x, [&] {
    const std::size_t a = normalize_axis("glu", axis, shape.rank());
    if (shape[a] % 2 != 0) throw ShapeError(fmt::format("glu: x is {}; its axis {} has to be of even length, to be halved", shape, a));
    return a;
  });
  const auto half = static_cast<std::ptrdiff_t>(shape[at] / 2);
  Slices first = Slices::whole(shape.rank()), second = first;
  first[at] = Slice(0, half);
  second[at] = Slice(half, 2 * half);
  return slice(x, first) * sigmoid(slice(x, second));
}

std::string text_of(const LeakyReluOptions& o) { return fmt::format("({})", o.negative_slope); }
std::string text_of(const EluOptions& o) { return fmt::format("({})", o.alpha); }
std::string text_of(const CeluOptions& o) { return fmt::format("({})", o.alpha); }
std::string text_of(const GeluOptions& o) { return o.approximate == "none" ? "" : fmt::format("({})", o.approximate); }
std::string text_of(const HardtanhOptions& o) { return fmt::format("({}, {})", o.min, o.max); }
std::string text_of(const SoftplusOptions& o) { return o.beta == 1 ? "" : fmt::format("(beta={})", o.beta); }
std::string text_of(const ShrinkOptions& o) { return fmt::format("({})", o.lambda); }
std::string text_of(const ThresholdOptions& o) { return fmt::format("({}, {})", o.threshold, o.value); }

/// Replaces the text by a literal: the user's text may not exist any more when the layer is called.
GeluOptions checked(const GeluOptions& o, SourceLocation at) {
  require("GELU", o.approximate == "none" || o.approximate == "tanh",
          fmt::format("approximate is '{}'; it has to be none or tanh", o.approximate), at);
  return {.approximate = o.approximate == "tanh" ? "tanh" : "none"};
}

HardtanhOptions checked(const HardtanhOptions& o, SourceLocation at) {
  require("Hardtanh", o.min <= o.max, fmt::format("min is {} and max is {}; min has to be at most max", o.min, o.max), at);
  return o;
}

SoftplusOptions checked(const SoftplusOptions& o, SourceLocation at) {
  require("Softplus", o.beta > 0, fmt::format("beta is {}; it has to be positive", o.beta), at);
  return o;
}

ShrinkOptions checked(const ShrinkOptions& o, SourceLocation at) {
  require("Hardshrink, Softshrink", o.lambda >= 0, fmt::format("lambda is {}; it has to be 0 or more", o.lambda), at);
  return o;
}

CeluOptions checked(const CeluOptions& o, SourceLocation at) {
  require("CELU", o.alpha > 0, fmt::format("alpha is {}; it has to be positive", o.alpha), at);
  return o;
}

}  // namespace detail

PReLU::PReLU(Integer channels, PReluLayerOptions options, SourceLocation at)
    : weight(full({detail::size_of("PReLU", "channels", channels, at)}, options.init, {.dtype = options.dtype})) {}

Tensor PReLU::forward(const Tensor& x) {
  const CallSite site(called_at());
  const std::size_t channels = weight.size();
  if (channels == 1) return prelu(x, weight);
  located("prelu", x, [&] {
    if (x.rank() < 2 || x.shape()[1] != channels)
      throw ShapeError(fmt::format("prelu: x is {} and weight is {}; x needs {} channels (axis 1)", x.shape(), weight.shape(), channels));
  });
  Shape shape{channels};
  for (std::size_t a = 2; a < x.rank(); ++a) shape.push_back(1);
  return prelu(x, x.rank() == 2 ? weight.tensor() : reshape(weight, shape));
}

std::string PReLU::description() const { return fmt::format("PReLU({})", weight.size()); }

}  // namespace reel::nn
