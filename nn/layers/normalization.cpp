#include <reel/nn/layers/normalization.hpp>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/arrange.hpp>
#include <reel/autograd/ops/detail/units.hpp>
#include <reel/autograd/ops/pool.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/nn/layers/checks.hpp>

namespace reel::nn {

namespace {

double checked_eps(std::string_view layer, double eps, SourceLocation at) {
  detail::require(layer, eps >= 0, fmt::format("eps is {}; it has to be 0 or more", eps), at);
  return eps;
}

Shape checked_shape(std::string_view layer, const Ints& lengths, SourceLocation at) {
  detail::require(layer, !lengths.empty(), "the normalized shape has no axes; it needs one or more", at);
  return detail::per_axis(layer, "the normalized shape", lengths, lengths.size(), 1, at);
}

std::string eps_text(double eps) { return eps == 1e-5 ? "" : fmt::format(", eps={}", eps); }

/// The optional parameter as a tensor that outlives the operand made of it.
Tensor tensor_of(const std::optional<Parameter>& parameter) { return parameter ? parameter->tensor() : Tensor(); }

void check_channels(const char* op, const Tensor& x, std::size_t channels) {
  located(Operand(x), [&] {
    if (x.rank() < 2 || x.shape()[1] != channels)
      throw ShapeError(fmt::format("{}: x is {}; it needs {} channels (axis 1)", op, x.shape(), channels));
  });
}

}  // namespace

LayerNorm::LayerNorm(Ints shape, LayerNormLayerOptions options, SourceLocation at)
    : shape_(checked_shape("LayerNorm", shape, at)), eps_(checked_eps("LayerNorm", options.eps, at)) {
  if (options.affine) weight.emplace(ones(shape_, {.dtype = options.dtype}));
  if (options.affine && options.bias) bias.emplace(zeros(shape_, {.dtype = options.dtype}));
}

Tensor LayerNorm::forward(const Tensor& x) {
  const CallSite site(called_at());
  const Tensor w = tensor_of(weight), b = tensor_of(bias);
  return layer_norm(x, w, b, {.shape = shape_, .eps = eps_});
}

std::string LayerNorm::description() const {
  return fmt::format("LayerNorm({}{}{})", shape_.rank() == 1 ? std::to_string(shape_[0]) : to_string(shape_), eps_text(eps_),
                     bias     ? ""
                     : weight ? ", no bias"
                              : ", not affine");
}

RMSNorm::RMSNorm(Ints shape, RmsNormLayerOptions options, SourceLocation at)
    : shape_(checked_shape("RMSNorm", shape, at)), eps_(options.eps) {
  checked_eps("RMSNorm", eps_.value_or(0), at);
  if (options.affine) weight.emplace(ones(shape_, {.dtype = options.dtype}));
}

Tensor RMSNorm::forward(const Tensor& x) {
  const CallSite site(called_at());
  const RmsNormOptions options{.shape = shape_, .eps = eps_};
  return weight ? rms_norm(x, *weight, options) : rms_norm(x, options);
}

std::string RMSNorm::description() const {
  return fmt::format("RMSNorm({}{}{})", shape_.rank() == 1 ? std::to_string(shape_[0]) : to_string(shape_),
                     eps_ ? fmt::format(", eps={}", *eps_) : "", weight ? "" : ", not affine");
}

GroupNorm::GroupNorm(Integer groups, Integer channels, GroupNormLayerOptions options, SourceLocation at)
    : groups_(detail::size_of("GroupNorm", "groups", groups, at)),
      channels_(detail::size_of("GroupNorm", "channels", channels, at)),
      eps_(checked_eps("GroupNorm", options.eps, at)) {
  if (channels_ % groups_ != 0)
    reel::detail::placed(at, [&] {
      throw ShapeError(fmt::format("GroupNorm: groups is {} and channels is {}; groups has to divide channels", groups_, channels_));
    });
  if (options.affine) weight.emplace(ones({channels_}, {.dtype = options.dtype}));
  if (options.affine) bias.emplace(zeros({channels_}, {.dtype = options.dtype}));
}

Tensor GroupNorm::forward(const Tensor& x) {
  const CallSite site(called_at());
  check_channels("group_norm", x, channels_);
  const Tensor w = tensor_of(weight), b = tensor_of(bias);
  return group_norm(x, groups_, w, b, {.eps = eps_});
}

std::string GroupNorm::description() const {
  return fmt::format("GroupNorm({}, {}{}{})", groups_, channels_, eps_text(eps_), weight ? "" : ", not affine");
}

detail::InstanceNorm::InstanceNorm(std::size_t spatial, Integer channels, const InstanceNormOptions& options, SourceLocation at)
    : spatial_(spatial) {
  const std::string layer = fmt::format("InstanceNorm{}d", spatial);
  channels_ = size_of(layer, "channels", channels, at);
  eps_ = checked_eps(layer, options.eps, at);
  if (options.affine) weight.emplace(ones({channels_}, {.dtype = options.dtype}));
  if (options.affine) bias.emplace(zeros({channels_}, {.dtype = options.dtype}));
}

Tensor detail::InstanceNorm::forward(const Tensor& x) {
  const CallSite site(called_at());
  located("instance_norm", x, [&] {
    if (x.rank() != spatial_ + 2)
      throw ShapeError(fmt::format("instance_norm: x is {}; InstanceNorm{}d needs {} axes", x.shape(), spatial_, spatial_ + 2));
  });
  check_channels("instance_norm", x, channels_);
  const Tensor w = tensor_of(weight), b = tensor_of(bias);
  return instance_norm(x, w, b, {.eps = eps_});
}

std::string detail::InstanceNorm::description() const {
  return fmt::format("InstanceNorm{}d({}{}{})", spatial_, channels_, eps_text(eps_), weight ? ", affine" : "");
}

LocalResponseNorm::LocalResponseNorm(Integer size, LocalResponseNormOptions options, SourceLocation at)
    : size_(detail::size_of("LocalResponseNorm", "size", size, at)), options_(options) {
  detail::require("LocalResponseNorm", options.k >= 0 && options.alpha >= 0,
                  fmt::format("k is {} and alpha is {}; both have to be 0 or more", options.k, options.alpha), at);
}

Tensor LocalResponseNorm::forward(const Tensor& x) {
  const CallSite site(called_at());
  const Shape& shape = x.shape();
  located("local_response_norm", x, [&] {
    if (shape.rank() < 3) throw ShapeError(fmt::format("local_response_norm: x is {}; it needs axes (N, channels, spatial...)", shape));
  });
  std::size_t rest = 1;
  for (std::size_t a = 2; a < shape.rank(); ++a) rest *= shape[a];
  const auto size = static_cast<std::ptrdiff_t>(size_);
  const Tensor channels = reshape(x, {shape[0], 1, shape[1], rest});  // a plane of channels by places
  const reel::detail::Units units(channels.value(), 2, options_.k);
  const Tensor squares = square(units.scaled(channels));
  const Tensor around = pad(squares, {0, 0, size / 2, 0}, {0, 0, (size - 1) / 2, 0});
  const Tensor means = avg_pool2d(around, {size, 1}, {.stride = 1}),
               y = units.scaled(channels) / pow(means * options_.alpha + units.eps(), options_.beta);
  return reshape(units.are_one() ? y : y * pow(units.unit(), 2 * options_.beta - 1), shape);
}

std::string LocalResponseNorm::description() const {
  return fmt::format("LocalResponseNorm({}, alpha={}, beta={}, k={})", size_, options_.alpha, options_.beta, options_.k);
}

}  // namespace reel::nn
