#include <reel/autograd/random.hpp>

#include <fmt/format.h>
#include <reel/core/kernels/elementwise.hpp>

namespace reel {

namespace random {

Tensor uniform(const Shape& shape, UniformOptions o, SourceLocation at) {
  return Tensor(detail::placed(at, [&] { return kernels::uniform(shape, o.dtype, o.low, o.high, kernels::reserve(shape.elements())); }));
}

Tensor normal(const Shape& shape, NormalOptions o, SourceLocation at) {
  return Tensor(detail::placed(at, [&] { return kernels::normal(shape, o.dtype, o.mean, o.std, kernels::reserve(shape.elements())); }));
}

Tensor bernoulli(const Shape& shape, BernoulliOptions o, SourceLocation at) {
  return Tensor(detail::placed(at, [&] { return kernels::bernoulli(shape, o.p, o.dtype, kernels::reserve(shape.elements())); }));
}

Tensor permutation(Integer n, SourceLocation at) {
  return Tensor(detail::placed(at, [&] { return kernels::permutation(n, kernels::reserve(require_count("permutation", "n", n))); }));
}

}  // namespace random

namespace {

/// dropout() with a fixed draw, so that its rule and a re-run drop the same elements. Linear, and therefore its own rule.
Tensor dropout_with(Operand x, double p, kernels::Draw draw) {
  return record(
      "dropout", "dx = dy where x was kept, / (1 - p)", {x},
      [p, draw](const Inputs& in) {
        kernels::require_floating("dropout", in[0]);
        const Array kept = kernels::bernoulli(in[0].shape(), 1 - p, in[0].dtype(), draw);
        return kernels::mul(in[0], kernels::mul(kept, Array::scalar(1 / (1 - p), kept.dtype())));
      },
      [p, draw](const Pullback& pullback) { return Gradients{dropout_with(pullback.dy(), p, draw)}; },
      [p] { return fmt::format("p={}", p); });
}

}  // namespace

Tensor dropout(Operand x, double p) {
  const kernels::Draw draw = located("dropout", x, [&] {
    if (!(p >= 0 && p < 1)) throw Error(fmt::format("dropout: p is {}; it has to be at least 0 and below 1", p));
    return kernels::reserve(x.as_tensor().size());
  });
  return dropout_with(x, p, draw);
}

}  // namespace reel
