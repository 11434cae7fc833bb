#include <reel/nn/layers/bilinear.hpp>

#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/einsum.hpp>
#include <reel/nn/init.hpp>
#include <reel/nn/layers/checks.hpp>

namespace reel::nn {

namespace {

Shape leading(const Tensor& x) { return Shape(std::span(x.shape().begin(), x.rank() - 1)); }

void check(const Tensor& x1, const Tensor& x2, const Shape& weight) {
  located("bilinear", x1, [&] {
    if (x1.rank() == 0 || x2.rank() == 0 || x1.shape().back() != weight[1] || x2.shape().back() != weight[2])
      throw ShapeError(fmt::format("bilinear: x1 is {}, x2 is {} and weight is {}; their last axes need {} and {} features", x1.shape(),
                                   x2.shape(), weight, weight[1], weight[2]));
    if (leading(x1) != leading(x2))
      throw ShapeError(fmt::format("bilinear: x1 is {} and x2 is {}; they need the same axes before the last", x1.shape(), x2.shape()));
  });
}

}  // namespace

Bilinear::Bilinear(Integer in1, Integer in2, Integer out, LinearOptions options, SourceLocation at)
    : weight(reel::detail::placed(at, [&] {
        const std::size_t features1 = detail::size_of("Bilinear", "in1", in1, at), features2 = detail::size_of("Bilinear", "in2", in2, at);
        const Shape shape{detail::size_of("Bilinear", "out", out, at), features1, features2};
        const double limit = 1 / std::sqrt(static_cast<double>(features1));
        return options.init == "pytorch" ? init::uniform(shape, -limit, limit, options.dtype, at)
                                         : init::weight_by_name(options.init, shape, options.dtype, at);
      })) {
  if (options.bias) bias.emplace(init::bias_by_name(options.init, {weight.shape()[0], weight.shape()[1]}, options.dtype, at));
}

Tensor Bilinear::operator()(const Tensor& x1, const Tensor& x2, SourceLocation at) {
  const auto product = [this](const Tensor& a, const Tensor& b) {
    const CallSite site(called_at());
    check(a, b, weight.shape());
    const Tensor y = einsum("...i,oij,...j->...o", {a, weight, b});
    return bias ? y + *bias : y;
  };
  return call(at, product, x1, x2);
}

std::string Bilinear::description() const {
  return fmt::format("Bilinear({}, {}, {}{})", weight.shape()[1], weight.shape()[2], weight.shape()[0], bias ? "" : ", no bias");
}

}  // namespace reel::nn
