#include <reel/nn/layers/linear.hpp>

#include <fmt/format.h>
#include <reel/autograd/ops/matmul.hpp>
#include <reel/nn/init.hpp>

namespace reel::nn {

Linear::Linear(std::size_t in, std::size_t out, LinearOptions options)
    : weight(init::weight_by_name(options.init, {out, in}, options.dtype)) {
  if (options.bias) bias.emplace(init::bias_by_name(options.init, {out, in}, options.dtype));
}

Tensor Linear::forward(const Tensor& x) {
  const CallSite site(called_at());
  return bias ? linear(x, weight, *bias) : linear(x, weight);
}

std::string Linear::description() const {
  return fmt::format("Linear({}, {}{})", weight.shape()[1], weight.shape()[0], bias ? "" : ", no bias");
}

}  // namespace reel::nn
