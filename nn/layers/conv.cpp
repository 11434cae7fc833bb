#include <reel/nn/layers/conv.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <reel/autograd/ops/conv.hpp>
#include <reel/nn/init.hpp>
#include <reel/nn/layers/checks.hpp>

namespace reel::nn::detail {

namespace {

/// A weight of checked sizes: (out, in / groups, kernel...), or (in, out / groups, kernel...) of a transposed convolution.
template <class Options>
Tensor first_weight(const std::string& layer, std::size_t spatial, Integer in, Integer out, const Ints& kernel, const Options& options,
                    bool transposed, SourceLocation at) {
  const std::size_t channels = size_of(layer, "in", in, at), filters = size_of(layer, "out", out, at);
  const std::size_t parts = size_of(layer, "groups", options.groups, at);
  if (channels % parts != 0 || filters % parts != 0)
    reel::detail::placed(at, [&] {
      throw ShapeError(fmt::format("{}: in is {}, out is {} and groups is {}; groups has to divide both", layer, channels, filters, parts));
    });
  Shape shape = transposed ? Shape{channels, filters / parts} : Shape{filters, channels / parts};
  for (const std::size_t length : per_axis(layer, "kernel", kernel, spatial, 1, at)) shape.push_back(length);
  return reel::detail::placed(at, [&] { return init::weight_by_name(options.init, shape, options.dtype, at); });
}

Ints kernel_of(const Parameter& weight) {
  Ints kernel;
  for (std::size_t a = 2; a < weight.shape().rank(); ++a) kernel.push_back(static_cast<std::ptrdiff_t>(weight.shape()[a]));
  return kernel;
}

const char* name_of_mode(PadMode mode) {
  switch (mode) {
    case PadMode::reflect: return "reflect";
    case PadMode::edge: return "edge";
    case PadMode::wrap: return "wrap";
    default: return "constant";
  }
}

template <std::size_t Spatial>
Tensor convolve(const Tensor& x, const Tensor& weight, const Tensor* bias, const ConvOptions& options) {
  if constexpr (Spatial == 1) return bias ? conv1d(x, weight, *bias, options) : conv1d(x, weight, options);
  if constexpr (Spatial == 2) return bias ? conv2d(x, weight, *bias, options) : conv2d(x, weight, options);
  if constexpr (Spatial == 3) return bias ? conv3d(x, weight, *bias, options) : conv3d(x, weight, options);
}

template <std::size_t Spatial>
Tensor convolve_transposed(const Tensor& x, const Tensor& weight, const Tensor* bias, const ConvTransposeOptions& options) {
  if constexpr (Spatial == 1) return bias ? conv_transpose1d(x, weight, *bias, options) : conv_transpose1d(x, weight, options);
  if constexpr (Spatial == 2) return bias ? conv_transpose2d(x, weight, *bias, options) : conv_transpose2d(x, weight, options);
  if constexpr (Spatial == 3) return bias ? conv_transpose3d(x, weight, *bias, options) : conv_transpose3d(x, weight, options);
}

}  // namespace

template <std::size_t Spatial>
Conv<Spatial>::Conv(Integer in, Integer out, Ints kernel, ConvLayerOptions options, SourceLocation at)
    : weight(first_weight(fmt::format("Conv{}d", Spatial), Spatial, in, out, kernel, options, false, at)),
      groups_(static_cast<std::size_t>(options.groups)),
      same_(options.same),
      mode_(options.padding_mode) {
  const std::string layer = fmt::format("Conv{}d", Spatial);
  stride_ = per_axis(layer, "stride", options.stride, Spatial, 1, at);
  padding_ = per_axis(layer, "padding", options.padding, Spatial, 0, at);
  dilation_ = per_axis(layer, "dilation", options.dilation, Spatial, 1, at);
  const auto all = [](const Shape& shape, std::size_t n) {
    return std::all_of(shape.begin(), shape.end(), [n](auto v) { return v == n; });
  };
  require(layer, !same_ || (all(stride_, 1) && all(padding_, 0)),
          fmt::format("same padding with stride {} and padding {}; it needs stride 1 and no other padding", stride_, padding_), at);
  if (options.bias) bias.emplace(init::bias_by_name(options.init, weight.shape(), options.dtype, at));
}

/// x with a padding that is not zeros.
template <std::size_t Spatial>
Tensor Conv<Spatial>::padded(const Tensor& x) const {
  Ints before, after;
  for (std::size_t a = 0; a < x.rank(); ++a) {
    const bool is_spatial = a + Spatial >= x.rank();
    const std::size_t i = is_spatial ? a + Spatial - x.rank() : 0;
    const std::size_t total = same_ ? dilation_[i] * (weight.shape()[2 + i] - 1) : 2 * padding_[i];
    before.push_back(is_spatial ? static_cast<std::ptrdiff_t>(total / 2) : 0);
    after.push_back(is_spatial ? static_cast<std::ptrdiff_t>(total - total / 2) : 0);
  }
  return pad(x, before, after, {.mode = mode_});
}

template <std::size_t Spatial>
Tensor Conv<Spatial>::forward(const Tensor& x) {
  const CallSite site(called_at());
  const bool pads_first = mode_ != PadMode::constant;
  ConvOptions options{.stride = stride_, .dilation = dilation_, .groups = static_cast<std::ptrdiff_t>(groups_)};
  if (!pads_first) options.padding = padding_;
  if (!pads_first) options.same = same_;
  const Tensor* const b = bias ? &bias->tensor() : nullptr;
  return convolve<Spatial>(pads_first && x.rank() > Spatial ? padded(x) : x, weight, b, options);
}

template <std::size_t Spatial>
std::string Conv<Spatial>::description() const {
  return fmt::format("Conv{}d({}, {}, kernel={}{}{}{}{}{}{}{})", Spatial, weight.shape()[1] * groups_, weight.shape()[0],
                     short_text(kernel_of(weight)), option_text("stride", stride_, 1), option_text("padding", padding_, 0),
                     same_ ? ", padding=same" : "", option_text("dilation", dilation_, 1),
                     option_text("groups", static_cast<std::ptrdiff_t>(groups_), 1),
                     mode_ == PadMode::constant ? "" : fmt::format(", padding_mode={}", name_of_mode(mode_)), bias ? "" : ", no bias");
}

template <std::size_t Spatial>
ConvTranspose<Spatial>::ConvTranspose(Integer in, Integer out, Ints kernel, ConvTransposeLayerOptions options, SourceLocation at)
    : weight(first_weight(fmt::format("ConvTranspose{}d", Spatial), Spatial, in, out, kernel, options, true, at)),
      groups_(static_cast<std::size_t>(options.groups)) {
  const std::string layer = fmt::format("ConvTranspose{}d", Spatial);
  stride_ = per_axis(layer, "stride", options.stride, Spatial, 1, at);
  padding_ = per_axis(layer, "padding", options.padding, Spatial, 0, at);
  output_padding_ = per_axis(layer, "output_padding", options.output_padding, Spatial, 0, at);
  dilation_ = per_axis(layer, "dilation", options.dilation, Spatial, 1, at);
  for (std::size_t a = 0; a < Spatial; ++a)
    require(layer, output_padding_[a] < std::max(stride_[a], dilation_[a]),
            fmt::format("output_padding is {} with stride {} and dilation {}; it needs to be less than one of them", output_padding_,
                        stride_, dilation_),
            at);
  const std::size_t filters = weight.shape()[1] * groups_;
  if (options.bias) bias.emplace(init::bias_by_name(options.init, weight.shape(), filters, options.dtype, at));
}

template <std::size_t Spatial>
Tensor ConvTranspose<Spatial>::forward(const Tensor& x) {
  const CallSite site(called_at());
  return convolve_transposed<Spatial>(x, weight, bias ? &bias->tensor() : nullptr,
                                      {.stride = stride_,
                                       .padding = padding_,
                                       .output_padding = output_padding_,
                                       .dilation = dilation_,
                                       .groups = static_cast<std::ptrdiff_t>(groups_)});
}

template <std::size_t Spatial>
std::string ConvTranspose<Spatial>::description() const {
  return fmt::format("ConvTranspose{}d({}, {}, kernel={}{}{}{}{}{}{})", Spatial, weight.shape()[0], weight.shape()[1] * groups_,
                     short_text(kernel_of(weight)), option_text("stride", stride_, 1), option_text("padding", padding_, 0),
                     option_text("output_padding", output_padding_, 0), option_text("dilation", dilation_, 1),
                     option_text("groups", static_cast<std::ptrdiff_t>(groups_), 1), bias ? "" : ", no bias");
}

template class Conv<1>;
template class Conv<2>;
template class Conv<3>;
template class ConvTranspose<1>;
template class ConvTranspose<2>;
template class ConvTranspose<3>;

}  // namespace reel::nn::detail
