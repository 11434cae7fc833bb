#include <reel/nn/layers/pooling.hpp>

#include <fmt/format.h>
#include <reel/nn/layers/checks.hpp>

namespace reel::nn::detail {

namespace {

/// Checks the options of both kinds of pooling.
template <class Options>
void check(const std::string& layer, std::size_t spatial, const Ints& kernel, const Options& options, SourceLocation at) {
  const Shape lengths = per_axis(layer, "kernel", kernel, spatial, 1, at);
  if (!options.stride.empty()) per_axis(layer, "stride", options.stride, spatial, 1, at);
  const Shape padding = per_axis(layer, "padding", options.padding, spatial, 0, at);
  for (std::size_t a = 0; a < spatial; ++a)
    require(layer, 2 * padding[a] <= lengths[a],
            fmt::format("padding is {} and the kernel is {}; padding is half of the kernel at most", padding, lengths), at);
}

template <class Options>
std::string shared_text(const Ints& kernel, const Options& options) {
  return fmt::format("{}{}{}{}", short_text(kernel), options.stride.empty() ? "" : ", stride=" + short_text(options.stride),
                     option_text("padding", options.padding, 0), options.ceil_mode ? ", ceil_mode" : "");
}

}  // namespace

template <std::size_t Spatial>
MaxPool<Spatial>::MaxPool(Ints kernel, MaxPoolOptions options, SourceLocation at) : kernel_(kernel), options_(options) {
  const std::string layer = fmt::format("MaxPool{}d", Spatial);
  check(layer, Spatial, kernel, options, at);
  per_axis(layer, "dilation", options.dilation, Spatial, 1, at);
}

template <std::size_t Spatial>
Tensor MaxPool<Spatial>::forward(const Tensor& x) {
  const CallSite site(called_at());
  if constexpr (Spatial == 1) return max_pool1d(x, kernel_, options_);
  if constexpr (Spatial == 2) return max_pool2d(x, kernel_, options_);
  if constexpr (Spatial == 3) return max_pool3d(x, kernel_, options_);
}

template <std::size_t Spatial>
std::string MaxPool<Spatial>::description() const {
  return fmt::format("MaxPool{}d({}{})", Spatial, shared_text(kernel_, options_), option_text("dilation", options_.dilation, 1));
}

template <std::size_t Spatial>
AvgPool<Spatial>::AvgPool(Ints kernel, AvgPoolOptions options, SourceLocation at) : kernel_(kernel), options_(options) {
  check(fmt::format("AvgPool{}d", Spatial), Spatial, kernel, options, at);
}

template <std::size_t Spatial>
Tensor AvgPool<Spatial>::forward(const Tensor& x) {
  const CallSite site(called_at());
  if constexpr (Spatial == 1) return avg_pool1d(x, kernel_, options_);
  if constexpr (Spatial == 2) return avg_pool2d(x, kernel_, options_);
  if constexpr (Spatial == 3) return avg_pool3d(x, kernel_, options_);
}

template <std::size_t Spatial>
std::string AvgPool<Spatial>::description() const {
  return fmt::format("AvgPool{}d({}{})", Spatial, shared_text(kernel_, options_),
                     options_.count_include_pad ? "" : ", padding not counted");
}

template <std::size_t Spatial>
AdaptivePool<Spatial>::AdaptivePool(const char* kind, Ints output, SourceLocation at) : output_(output) {
  per_axis(fmt::format("Adaptive{}Pool{}d", kind, Spatial), "output", output, Spatial, 1, at);
}

template <std::size_t Spatial>
std::string AdaptivePool<Spatial>::description() const {
  return fmt::format("{}({})", this->type_name(), short_text(output_));
}

template <std::size_t Spatial>
Tensor AdaptiveAvgPool<Spatial>::forward(const Tensor& x) {
  const CallSite site(this->called_at());
  if constexpr (Spatial == 1) return adaptive_avg_pool1d(x, this->output_);
  if constexpr (Spatial == 2) return adaptive_avg_pool2d(x, this->output_);
  if constexpr (Spatial == 3) return adaptive_avg_pool3d(x, this->output_);
}

template <std::size_t Spatial>
Tensor AdaptiveMaxPool<Spatial>::forward(const Tensor& x) {
  const CallSite site(this->called_at());
  if constexpr (Spatial == 1) return adaptive_max_pool1d(x, this->output_);
  if constexpr (Spatial == 2) return adaptive_max_pool2d(x, this->output_);
  if constexpr (Spatial == 3) return adaptive_max_pool3d(x, this->output_);
}

template class MaxPool<1>;
template class MaxPool<2>;
template class MaxPool<3>;
template class AvgPool<1>;
template class AvgPool<2>;
template class AvgPool<3>;
template class AdaptivePool<1>;
template class AdaptivePool<2>;
template class AdaptivePool<3>;
template class AdaptiveAvgPool<1>;
template class AdaptiveAvgPool<2>;
template class AdaptiveAvgPool<3>;
template class AdaptiveMaxPool<1>;
template class AdaptiveMaxPool<2>;
template class AdaptiveMaxPool<3>;

}  // namespace reel::nn::detail
