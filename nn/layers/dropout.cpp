#include <reel/nn/layers/dropout.hpp>

#include <fmt/format.h>
#include <reel/autograd/random.hpp>

namespace reel::nn {

Dropout::Dropout(double p) : p_(p) {
  if (!(p >= 0 && p < 1)) throw Error(fmt::format("Dropout: p is {}; it has to be at least 0 and below 1", p));
}

Tensor Dropout::forward(const Tensor& x) {
  const CallSite site(called_at());
  return is_training() && p_ > 0 ? dropout(x, p_) : x;
}

std::string Dropout::description() const { return fmt::format("Dropout({})", p_); }

}  // namespace reel::nn
