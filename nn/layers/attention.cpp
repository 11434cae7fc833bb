#include <reel/nn/layers/attention.hpp>

#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/attention.hpp>
#include <reel/autograd/ops/detail/attention_weights.hpp>
#include <reel/autograd/ops/index.hpp>
#include <reel/autograd/ops/matmul.hpp>
#include <reel/autograd/ops/reduce.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/autograd/random.hpp>
#include <reel/nn/init.hpp>
#include <reel/nn/layers/checks.hpp>

namespace reel::nn {

struct MultiheadAttention::Sizes {
  std::size_t batch, queries, keys;
};

MultiheadAttention::MultiheadAttention(Integer features, Integer heads, MultiheadAttentionOptions o, SourceLocation at)
    : out_proj(features, features, {.bias = o.bias, .dtype = o.dtype}, at),
      features_(detail::size_of("MultiheadAttention", "features", features, at)),
      heads_(detail::size_of("MultiheadAttention", "heads", heads, at)),
      dropout_(o.dropout),
      batch_first_(o.batch_first) {
  constexpr const char* name = "MultiheadAttention";
  detail::require(name, features_ % heads_ == 0, fmt::format("{} heads do not divide {} features", heads_, features_), at);
  detail::require(name, o.dropout >= 0 && o.dropout < 1, fmt::format("dropout is {}; it has to be at least 0 and below 1", o.dropout), at);
  const std::size_t kdim = detail::size_of(name, "kdim", o.kdim.value_or(features), at);
  const std::size_t vdim = detail::size_of(name, "vdim", o.vdim.value_or(features), at);
  const auto start = [&](std::size_t rows, std::size_t columns) { return init::glorot_uniform({rows, columns}, {.dtype = o.dtype}, {}); };
  if (kdim == features_ && vdim == features_) {
    in_proj_weight.emplace(start(3 * features_, features_));
  } else {
    q_proj_weight.emplace(start(features_, features_));
    k_proj_weight.emplace(start(features_, kdim));
    v_proj_weight.emplace(start(features_, vdim));
  }
  if (!o.bias) return;
  in_proj_bias.emplace(zeros({3 * features_}, {.dtype = o.dtype}));
  out_proj.bias->set_value(zeros({features_}, {.dtype = o.dtype}));
}

MultiheadAttention::Sizes MultiheadAttention::sizes_of(const Tensor& q, const Tensor& k, const Tensor& v) const {
  const auto refuse = [&](const std::string& rule) {
    throw ShapeError(fmt::format("MultiheadAttention: query is {}, key is {} and value is {}; {}", q.shape(), k.shape(), v.shape(), rule));
  };
  const char* const letters = batch_first_ ? "(N, length, features)" : "(length, N, features)";
  if (q.rank() != 3 || k.rank() != 3 || v.rank() != 3) refuse(fmt::format("each needs three axes {}", letters));
  const std::size_t kdim = k_proj_weight ? k_proj_weight->shape()[1] : features_,
                    vdim = v_proj_weight ? v_proj_weight->shape()[1] : features_;
  if (q.shape()[2] != features_ || k.shape()[2] != kdim || v.shape()[2] != vdim)
    refuse(fmt::format("they need {}, {} and {} features", features_, kdim, vdim));
  const std::size_t batch = batch_first_ ? 0 : 1, length = 1 - batch;
  if (q.shape()[batch] != k.shape()[batch] || q.shape()[batch] != v.shape()[batch]) refuse("they need the same batch N");
  if (k.shape()[length] != v.shape()[length]) refuse("key and value need the same length");
  return {q.shape()[batch], q.shape()[length], k.shape()[length]};
}

/// Projects x to queries (0), keys (1) or values (2).
Tensor MultiheadAttention::project(const Tensor& x, std::size_t part) const {
  const auto from = static_cast<std::ptrdiff_t>(part * features_), to = from + static_cast<std::ptrdiff_t>(features_);
  const std::optional<Parameter>* const own[] = {&q_proj_weight, &k_proj_weight, &v_proj_weight};
  const Tensor weight = in_proj_weight ? slice(*in_proj_weight, {{from, to}}) : (*own[part])->tensor();
  return in_proj_bias ? linear(x, weight, slice(*in_proj_bias, {{from, to}})) : linear(x, weight);
}

/// Splits the features into heads: (N, heads, length, features of a head).
Tensor MultiheadAttention::heads_of(const Tensor& x) const {
  const Tensor parts = reshape(x, {x.shape()[0], x.shape()[1], heads_, features_ / heads_});
  return batch_first_ ? permute(parts, {0, 2, 1, 3}) : permute(parts, {1, 2, 0, 3});
}

namespace {

void check_mask(const char* name, const Tensor& mask, std::initializer_list<Shape> allowed, Dtype dtype) {
  if (mask.dtype() != boolean && mask.dtype() != dtype)
    throw DtypeError(
        fmt::format("MultiheadAttention: {} is {}; it needs bool or {}, as the query", name, name_of(mask.dtype()), name_of(dtype)));
  std::string text;
  for (const Shape& shape : allowed) {
    if (mask.shape() == shape) return;
    text += (text.empty() ? "" : " or ") + to_string(shape);
  }
  throw ShapeError(fmt::format("MultiheadAttention: {} is {}; it needs {}", name, mask.shape(), text));
}

/// A bool mask, which hides where it is true, as a mask that is added to the scores.
Tensor added(const Tensor& mask, Dtype dtype) {
  if (mask.dtype() != boolean) return mask;
  return masked_fill(zeros(mask.shape(), {.dtype = dtype}), mask, -std::numeric_limits<double>::infinity());
}

}  // namespace

/// Both masks combined to the one that scaled_dot_product_attention() takes; undefined where there is none.
Tensor MultiheadAttention::hidden(const AttentionInput& in, const Sizes& s, Dtype dtype) const {
  Tensor padding, mask;
  if (in.key_padding_mask.defined()) {
    check_mask("key_padding_mask", in.key_padding_mask, {{s.batch, s.keys}}, dtype);
    padding = reshape(in.key_padding_mask, {s.batch, 1, 1, s.keys});
  }
  if (in.attn_mask.defined()) {
    check_mask("attn_mask", in.attn_mask, {{s.queries, s.keys}, {s.batch * heads_, s.queries, s.keys}}, dtype);
    mask = in.attn_mask.rank() == 2 ? in.attn_mask : reshape(in.attn_mask, {s.batch, heads_, s.queries, s.keys});
  }
  if (!padding.defined() && !mask.defined()) return {};
  if (!padding.defined() || !mask.defined()) {
    const Tensor& only = padding.defined() ? padding : mask;
    return only.dtype() == boolean ? !only : only;
  }
  if (padding.dtype() == boolean && mask.dtype() == boolean) return !(padding || mask);
  return added(padding, dtype) + added(mask, dtype);
}

/// Whether self_attention() can compute all of it: packed weights, one sequence, at most the causal mask, no dropout, no weights to return.
bool MultiheadAttention::is_fused(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionInput& in) const {
  const bool one = q.base() == k.base() && q.base() == v.base();
  const bool masked = in.key_padding_mask.defined() || in.attn_mask.defined();
  return one && in_proj_weight && !masked && !in.need_weights && !(is_training() && dropout_ > 0);
}

/// x (N, length, features): queries, keys and values by one product; the axis of features is not split into heads.
Tensor MultiheadAttention::attend_to_itself(const Tensor& x, bool causal) const {
  const Tensor qkv = in_proj_bias ? linear(x, *in_proj_weight, *in_proj_bias) : linear(x, *in_proj_weight);
  return self_attention(qkv, {.heads = heads_, .causal = causal});
}

AttentionResult MultiheadAttention::attend(const Tensor& query, const Tensor& key, const Tensor& value, const AttentionInput& in) {
  const CallSite site(called_at());
  const Sizes sizes = located(query, [&] { return sizes_of(query, key, value); });
  const Tensor mask = located(query, [&] { return hidden(in, sizes, query.dtype()); });
  if (is_fused(query, key, value, in)) {
    const Tensor y = attend_to_itself(batch_first_ ? query : transpose(query, 0, 1), in.causal);
    return {out_proj(batch_first_ ? y : transpose(y, 0, 1))};
  }
  const Tensor q = heads_of(project(query, 0)), k = heads_of(project(key, 1)), v = heads_of(project(value, 2));
  const double p = is_training() ? dropout_ : 0;
  Tensor y, weights;
  if (in.need_weights) {
    const double scale = 1 / std::sqrt(static_cast<double>(features_ / heads_));
    weights = reel::detail::attention_weights(matmul(q, k, {.b = true}), mask, {scale, in.causal});
    if (p > 0) weights = dropout(weights, p);
    y = matmul(weights, v);
    if (in.average_attn_weights) weights = mean(weights, 1);
  } else {
    y = scaled_dot_product_attention(q, k, v, mask, {.causal = in.causal, .dropout_p = p});
  }
  const Tensor joined = batch_first_ ? permute(y, {0, 2, 1, 3}) : permute(y, {2, 0, 1, 3});
  const Tensor flat = reshape(joined, {joined.shape()[0], joined.shape()[1], features_});
  return {out_proj(flat), weights};
}

AttentionResult MultiheadAttention::operator()(const Tensor& query, const Tensor& key, const Tensor& value, const AttentionInput& input,
                                               SourceLocation at) {
  return call(
      at, [&](const Tensor& q, const Tensor& k, const Tensor& v) { return attend(q, k, v, input); }, query, key, value);
}

AttentionResult MultiheadAttention::operator()(const Tensor& x, const AttentionInput& input, SourceLocation at) {
  return call(
      at, [&](const Tensor& sequences) { return attend(sequences, sequences, sequences, input); }, x);
}

Tensor MultiheadAttention::forward(const Tensor& x) { return attend(x, x, x, {}).output; }

std::string MultiheadAttention::description() const {
  std::string text = fmt::format("MultiheadAttention({}, {}", features_, heads_);
  if (!in_proj_bias) text += ", no bias";
  if (dropout_ != 0) text += fmt::format(", dropout={}", dropout_);
  if (!in_proj_weight) text += fmt::format(", kdim={}, vdim={}", k_proj_weight->shape()[1], v_proj_weight->shape()[1]);
  if (batch_first_) text += ", batch_first";
  return text + ")";
}

}  // namespace reel::nn
