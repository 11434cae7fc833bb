#include <reel/autograd/ops/conv.hpp>

#include <fmt/format.h>
#include <reel/autograd/ops/reduce.hpp>

namespace reel {

namespace {

using kernels::Conv;

std::string text_of(const Conv& c) {
  const auto list = [&](const std::size_t(&values)[3]) {
    Ints last;
    for (std::size_t a = 3 - c.spatial; a < 3; ++a) last.push_back(static_cast<std::ptrdiff_t>(values[a]));
    return to_string(last);
  };
  return fmt::format("stride={}, padding={}, dilation={}, groups={}", list(c.stride), list(c.padding), list(c.dilation), c.groups);
}

Gradients conv_rule(const Conv& c, const Pullback& p);
Gradients conv_transpose_rule(const Conv& c, const Pullback& p);

// A convolution is linear in x and in the weight, and so are its two gradients: three maps, each of which has the other two in its rule.

Tensor conv(Literal op, const Conv& c, std::initializer_list<OperandRef> inputs) {
  return record(
      op, "dx = conv_transpose(dy, w)   dw = Σ dy·x, tap by tap   db = Σ dy", inputs,
      [c](const Inputs& in) { return kernels::conv(c, in[0], in[1], in.size() == 3 ? &in[2] : nullptr); },
      [c](const Pullback& p) { return conv_rule(c, p); }, [c] { return text_of(c); });
}

Tensor conv_transpose(Literal op, const Conv& c, std::initializer_list<OperandRef> inputs) {
  return record(
      op, "dx = conv(dy, w)   dw = Σ x·dy, tap by tap   db = Σ dy", inputs,
      [c](const Inputs& in) { return kernels::conv_transpose(c, in[0], in[1], in.size() == 3 ? &in[2] : nullptr); },
      [c](const Pullback& p) { return conv_transpose_rule(c, p); }, [c] { return text_of(c); });
}

/// Σ_n,o y[n, f, o]·x[n, c, stride·o + dilation·k - padding]
Tensor conv_weight_backward(const Conv& c, const Tensor& x, const Tensor& y) {
  return record(
      "conv_weight_backward", "dx = conv_transpose(y, dw)   dy = conv(x, dw)", {x, y},
      [c](const Inputs& in) { return kernels::conv_weight_backward(c, in[0], in[1]); },
      [c](const Pullback& p) {
        return Gradients{p.needs(0) ? conv_transpose("conv_transpose", c, {p.input(1), p.dy()}) : none,
                         p.needs(1) ? conv("conv", c, {p.input(0), p.dy()}) : none};
      },
      [c] { return text_of(c); });
}

/// Sums over images and positions.
Tensor bias_gradient(const Conv& c, const Tensor& dy) {
  Ints axes;
  for (std::size_t i = 0; i < dy.rank(); ++i)
    if (i != dy.rank() - c.spatial - 1) axes.push_back(static_cast<std::ptrdiff_t>(i));
  return sum(dy, axes);
}

Gradients conv_rule(const Conv& c, const Pullback& p) {
  Gradients result;
  result.push_back(p.needs(0) ? conv_transpose("conv_transpose", c, {p.dy(), p.input(1)}) : none);
  result.push_back(p.needs(1) ? conv_weight_backward(c, p.input(0), p.dy()) : none);
  if (p.size() == 3) result.push_back(p.needs(2) ? bias_gradient(c, p.dy()) : none);
  return result;
}

Gradients conv_transpose_rule(const Conv& c, const Pullback& p) {
  Gradients result;
  result.push_back(p.needs(0) ? conv("conv", c, {p.dy(), p.input(1)}) : none);
  result.push_back(p.needs(1) ? conv_weight_backward(c, p.dy(), p.input(0)) : none);
  if (p.size() == 3) result.push_back(p.needs(2) ? bias_gradient(c, p.dy()) : none);
  return result;
}

Conv check(Literal op, std::size_t spatial, const Operand& x, const Operand& weight, const Operand* bias, const ConvOptions& options) {
  return located(op, x, [&] {
    const Tensor b = bias ? bias->as_tensor() : none;
    return kernels::conv_of(op.text, spatial, x.as_tensor().value(), weight.as_tensor().value(), bias ? &b.value() : nullptr, options);
  });
}

Conv check(Literal op, std::size_t spatial, const Operand& x, const Operand& weight, const Operand* bias,
           const ConvTransposeOptions& options) {
  return located(op, x, [&] {
    const Tensor b = bias ? bias->as_tensor() : none;
    return kernels::conv_transpose_of(op.text, spatial, x.as_tensor().value(), weight.as_tensor().value(), bias ? &b.value() : nullptr,
                                      options);
  });
}

}  // namespace

Tensor conv1d(Operand x, Operand weight, Operand bias, ConvOptions options) {
  return conv("conv1d", check("conv1d", 1, x, weight, &bias, options), {x, weight, bias});
}
Tensor conv1d(Operand x, Operand weight, ConvOptions options) {
  return conv("conv1d", check("conv1d", 1, x, weight, nullptr, options), {x, weight});
}
Tensor conv2d(Operand x, Operand weight, Operand bias, ConvOptions options) {
  return conv("conv2d", check("conv2d", 2, x, weight, &bias, options), {x, weight, bias});
}
Tensor conv2d(Operand x, Operand weight, ConvOptions options) {
  return conv("conv2d", check("conv2d", 2, x, weight, nullptr, options), {x, weight});
}
Tensor conv3d(Operand x, Operand weight, Operand bias, ConvOptions options) {
  return conv("conv3d", check("conv3d", 3, x, weight, &bias, options), {x, weight, bias});
}
Tensor conv3d(Operand x, Operand weight, ConvOptions options) {
  return conv("conv3d", check("conv3d", 3, x, weight, nullptr, options), {x, weight});
}

Tensor conv_transpose1d(Operand x, Operand weight, Operand bias, ConvTransposeOptions options) {
  return conv_transpose("conv_transpose1d", check("conv_transpose1d", 1, x, weight, &bias, options), {x, weight, bias});
}
Tensor conv_transpose1d(Operand x, Operand weight, ConvTransposeOptions options) {
  return conv_transpose("conv_transpose1d", check("conv_transpose1d", 1, x, weight, nullptr, options), {x, weight});
}
Tensor conv_transpose2d(Operand x, Operand weight, Operand bias, ConvTransposeOptions options) {
  return conv_transpose("conv_transpose2d", check("conv_transpose2d", 2, x, weight, &bias, options), {x, weight, bias});
}
Tensor conv_transpose2d(Operand x, Operand weight, ConvTransposeOptions options) {
  return conv_transpose("conv_transpose2d", check("conv_transpose2d", 2, x, weight, nullptr, options), {x, weight});
}
Tensor conv_transpose3d(Operand x, Operand weight, Operand bias, ConvTransposeOptions options) {
  return conv_transpose("conv_transpose3d", check("conv_transpose3d", 3, x, weight, &bias, options), {x, weight, bias});
}
Tensor conv_transpose3d(Operand x, Operand weight, ConvTransposeOptions options) {
  return conv_transpose("conv_transpose3d", check("conv_transpose3d", 3, x, weight, nullptr, options), {x, weight});
}

}  // namespace reel
