#include <reel/nn/layers/dropout.hpp>

#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/random.hpp>
#include <reel/nn/layers/checks.hpp>

namespace reel::nn {

namespace {

double checked_p(std::string_view layer, double p, SourceLocation at) {
  detail::require(layer, p >= 0 && p < 1, fmt::format("p is {}; it has to be at least 0 and below 1", p), at);
  return p;
}

}  // namespace

Dropout::Dropout(double p, SourceLocation at) : p_(checked_p("Dropout", p, at)) {}

Tensor Dropout::forward(const Tensor& x) {
  const CallSite site(called_at());
  return is_training() && p_ > 0 ? dropout(x, p_) : x;
}

std::string Dropout::description() const { return fmt::format("Dropout({})", p_); }

detail::ChannelDropout::ChannelDropout(std::size_t spatial, double p, SourceLocation at)
    : spatial_(spatial), p_(checked_p(fmt::format("Dropout{}d", spatial), p, at)) {}

Tensor detail::ChannelDropout::forward(const Tensor& x) {
  const CallSite site(called_at());
  located("dropout", x, [&] {
    if (x.rank() != spatial_ + 2)
      throw ShapeError(
          fmt::format("dropout: x is {}; Dropout{}d needs {} axes, (N, channels, spatial...)", x.shape(), spatial_, spatial_ + 2));
  });
  if (!is_training() || p_ == 0) return x;
  Shape channels = x.shape();
  for (std::size_t a = 2; a < channels.rank(); ++a) channels[a] = 1;
  return x * dropout(ones(channels, {.dtype = x.dtype()}), p_);
}

std::string detail::ChannelDropout::description() const { return fmt::format("Dropout{}d({})", spatial_, p_); }

AlphaDropout::AlphaDropout(double p, SourceLocation at) : p_(checked_p("AlphaDropout", p, at)) {}

Tensor AlphaDropout::forward(const Tensor& x) {
  const CallSite site(called_at());
  if (!is_training() || p_ == 0) return x;
  const double limit = -1.7580993408473766;  // selu(-∞), which is -scale · alpha
  const double scale = 1 / std::sqrt((1 - p_) * (1 + p_ * limit * limit)), shift = -scale * p_ * limit;
  const Tensor kept = random::bernoulli(x.shape(), {.p = 1 - p_, .dtype = x.dtype()});
  return x * (kept * scale) + ((1 - kept) * (scale * limit) + shift);
}

std::string AlphaDropout::description() const { return fmt::format("AlphaDropout({})", p_); }

}  // namespace reel::nn
