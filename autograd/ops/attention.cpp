#include <reel/autograd/ops/attention.hpp>

#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/detail/warning.hpp>
#include <reel/autograd/gradients.hpp>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/detail/attention_weights.hpp>
#include <reel/autograd/ops/matmul.hpp>
#include <reel/autograd/ops/reduce.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/autograd/random.hpp>
#include <reel/core/kernels/network/self_attention.hpp>
#include <reel/core/kernels/softmax.hpp>

namespace reel {

namespace {

constexpr const char* name = "scaled_dot_product_attention";

Shape batch_of(const Shape& shape) { return Shape(std::span(shape.begin(), shape.rank() - 2)); }

void check_dtypes(const Array& q, const Array& k, const Array& v) {
  if (!is_floating(q.dtype()) || k.dtype() != q.dtype() || v.dtype() != q.dtype())
    throw DtypeError(fmt::format("{}: q is {}, k is {} and v is {}; all need float32, or all float64 (astype converts)", name,
                                 name_of(q.dtype()), name_of(k.dtype()), name_of(v.dtype())));
}

void check_shapes(const Shape& q, const Shape& k, const Shape& v) {
  const auto refuse = [&](const char* rule) { throw ShapeError(fmt::format("{}: q is {}, k is {} and v is {}; {}", name, q, k, v, rule)); };
  if (q.rank() < 2 || k.rank() < 2 || v.rank() < 2) refuse("each needs at least two axes");
  if (q.back() != k.back()) refuse("q and k need the same last axis");
  if (k[k.rank() - 2] != v[v.rank() - 2]) refuse("k and v need the same number of keys (last axis but one)");
  broadcast(name, broadcast(name, batch_of(q), batch_of(k)), batch_of(v));
}

void check_mask(const Array& mask, const Shape& q, const Shape& k, Dtype dtype) {
  if (mask.dtype() != boolean && mask.dtype() != dtype)
    throw DtypeError(
        fmt::format("{}: q is {} and mask is {}; a mask needs q's dtype, or bool", name, name_of(dtype), name_of(mask.dtype())));
  Shape scores = broadcast(name, batch_of(q), batch_of(k));
  scores.push_back(q[q.rank() - 2]);
  scores.push_back(k[k.rank() - 2]);
  if (!broadcasts_to(mask.shape(), scores))
    throw ShapeError(fmt::format("{}: the scores are {} and mask is {}; the mask has to broadcast to them", name, scores, mask.shape()));
}

/// Whether a floating mask, which is added to the scores, looks like a mask of which keys are visible: zeros and ones, and both of them.
/// Reads up to the first other number.
bool looks_like_switches(const Array& mask) {
  if (!is_floating(mask.dtype())) return false;
  bool any_zero = false, any_one = false;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const double v = mask.as_double(i);
    if (v != 0 && v != 1) return false;
    (v == 0 ? any_zero : any_one) = true;
  }
  return any_zero && any_one;
}

detail::WarnOnce switches;

const Tensor absent;

}  // namespace

Tensor detail::attention_weights(const Tensor& scores, const Tensor& mask, kernels::AttentionScale options) {
  const auto forward = [options](const Inputs& in) { return kernels::attention_weights(in[0], in.size() > 1 ? &in[1] : nullptr, options); };
  const auto rule = [scale = options.scale](const Pullback& p) {
    const Tensor y = p.output();
    const bool added = p.size() > 1 && p.needs(1);
    Tensor g;  // the gradient of the softmax's argument
    if (p.differentiable()) {
      g = y * (p.dy() - sum(p.dy() * y, -1, {.keepdims = true}));
    } else {
      g = Tensor(kernels::softmax_backward(y.value(), p.dy().value(), y.rank() - 1, added ? 1 : scale));
      if (!added) return p.size() > 1 ? Gradients{g, none} : Gradients{g};
    }
    Gradients result{p.needs(0) ? g * scale : none};
    if (p.size() > 1) result.push_back(added ? g : none);
    return result;
  };
  const auto describe = [options] { return fmt::format("scale={}{}", options.scale, options.causal ? ", causal" : ""); };
  constexpr Literal op = "attention_weights", text = "dscores = scale·y·(dy - Σ dy·y)   dmask = y·(dy - Σ dy·y)";
  return mask.defined() ? record_broadcasting(op, text, {scores, mask}, forward, rule, describe)
                        : record_broadcasting(op, text, {scores}, forward, rule, describe);
}

Tensor scaled_dot_product_attention(Operand q, Operand k, Operand v, Operand mask, AttentionOptions o) {
  const bool masked = mask.is_number() || mask.tensor().defined();
  const double scale = located("scaled_dot_product_attention", q, [&] {
    const Array x = q.as_tensor().value(), y = k.as_tensor().value();
    check_dtypes(x, y, v.as_tensor().value());
    check_shapes(x.shape(), y.shape(), v.as_tensor().shape());
    if (masked) check_mask(mask.as_tensor(x.dtype()).value(), x.shape(), y.shape(), x.dtype());
    if (masked && looks_like_switches(mask.as_tensor(x.dtype()).value())) [[unlikely]]
      switches(fmt::format(
          "{}: the mask holds the numbers 0 and 1, and numbers are added to the scores; to let through where it is 1, take the bool "
          "mask != 0 (for MultiheadAttention, which hides where a bool mask is true, mask == 0) ({})",
          name, to_string(detail::called_from(q.location()))));
    const std::size_t features = x.shape().back();
    return o.scale.value_or(features == 0 ? 1 : 1 / std::sqrt(static_cast<double>(features)));
  });
  const CallSite site(q.location());
  const Tensor scores = matmul(q, k, {.b = true});
  Tensor weights = detail::attention_weights(scores, masked ? mask.as_tensor(scores.dtype()) : absent, {scale, o.causal});
  if (o.dropout_p != 0) weights = dropout(weights, o.dropout_p);
  return matmul(weights, v);
}

Tensor scaled_dot_product_attention(Operand q, Operand k, Operand v, AttentionOptions options) {
  return scaled_dot_product_attention(q, k, v, absent, options);
}

namespace {

/// The same made of ops that can be differentiated any number of times.
Tensor self_attention_by_ops(const Tensor& qkv, std::size_t heads, kernels::AttentionScale options) {
  const Shape& shape = qkv.shape();
  const auto steps = static_cast<std::ptrdiff_t>(shape[shape.rank() - 2]), d = static_cast<std::ptrdiff_t>(shape.back() / 3);
  const auto h = static_cast<std::ptrdiff_t>(heads), sequences = static_cast<std::ptrdiff_t>(batch_of(shape).elements());
  const Tensor parts = permute(reshape(qkv, {sequences, steps, 3, h, d / h}), {2, 0, 3, 1, 4});
  const Tensor y =
      scaled_dot_product_attention(parts.row(0), parts.row(1), parts.row(2), {.causal = options.causal, .scale = options.scale});
  Shape result = shape;
  result[shape.rank() - 1] /= 3;
  return reshape(transpose(y, 1, 2), result);
}

}  // namespace

Tensor self_attention(Operand qkv, SelfAttentionOptions o) {
  const kernels::AttentionScale scale = located("self_attention", qkv, [&] {
    const Array x = qkv.as_tensor().value();
    if (!is_floating(x.dtype()))
      throw DtypeError(fmt::format("self_attention: qkv is {}; it needs float32 or float64 (astype converts)", name_of(x.dtype())));
    if (x.rank() < 2 || o.heads == 0 || x.shape().back() % (3 * o.heads) != 0)
      throw ShapeError(
          fmt::format("self_attention: qkv is {} and there are {} heads; it needs axes (..., T, 3·D), D being a multiple of the heads",
                      x.shape(), o.heads));
    const std::size_t width = x.shape().back() / (3 * o.heads);
    return kernels::AttentionScale{o.scale.value_or(width == 0 ? 1 : 1 / std::sqrt(static_cast<double>(width))), o.causal};
  });
  return record(
      "self_attention", "dqkv = that of softmax(scale·q kᵀ) v for each head", {qkv},
      [heads = o.heads, scale](const Inputs& in) { return kernels::self_attention(in[0], heads, scale); },
      [heads = o.heads, scale](const Pullback& p) {
        if (!p.differentiable())
          return Gradients{Tensor(kernels::self_attention_backward(p.input(0).value(), p.dy().value(), heads, scale))};
        const Tensor again = self_attention_by_ops(p.input(0), heads, scale);
        return Gradients{gradients(again, {p.input(0)}, {.differentiable = true, .seed = p.dy()})[0]};
      },
      [heads = o.heads, scale] { return fmt::format("heads={}, scale={}{}", heads, scale.scale, scale.causal ? ", causal" : ""); });
}

}  // namespace reel
