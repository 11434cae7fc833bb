#include <reel/nn/layers/linear.hpp>

#include <fmt/format.h>
#include <reel/autograd/ops/matmul.hpp>
#include <reel/nn/init.hpp>
#include <reel/nn/layers/checks.hpp>

namespace reel::nn {

Linear::Linear(Integer in, Integer out, LinearOptions options, SourceLocation at)
    : weight(reel::detail::placed(at, [&] {
        const Shape shape{detail::size_of("Linear", "out", out, at), detail::size_of("Linear", "in", in, at)};
        return init::weight_by_name(options.init, shape, options.dtype, at);
      })) {
  if (options.bias) bias.emplace(init::bias_by_name(options.init, weight.shape(), options.dtype, at));
}

Tensor Linear::forward(const Tensor& x) {
  const CallSite site(called_at());
  return bias ? linear(x, weight, *bias) : linear(x, weight);
}

std::string Linear::description() const {
  return fmt::format("Linear({}, {}{})", weight.shape()[1], weight.shape()[0], bias ? "" : ", no bias");
}

}  // namespace reel::nn
