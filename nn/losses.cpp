#include <reel/nn/losses.hpp>

#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/ops/elementwise.hpp>
#include <reel/autograd/ops/reduce.hpp>
#include <reel/nn/data/one_hot.hpp>

namespace reel::nn {

namespace {

void check_alike(const char* loss, const Operand& prediction, const Operand& target) {
  located(prediction, [&] {
    const Array p = prediction.as_tensor().value(), t = target.as_tensor().value();
    if (p.shape() != t.shape())
      throw ShapeError(fmt::format("{}: prediction is {} and target is {}; both need one shape", loss, p.shape(), t.shape()));
    if (p.dtype() != t.dtype() || !is_floating(p.dtype()))
      throw DtypeError(fmt::format("{}: prediction is {} and target is {}; both need float32, or both float64 (astype converts)", loss,
                                   name_of(p.dtype()), name_of(t.dtype())));
  });
}

Tensor reduced(const Tensor& losses, Reduction reduction) {
  switch (reduction) {
    case Reduction::mean: return mean(losses);
    case Reduction::sum: return sum(losses);
    case Reduction::none: break;
  }
  return losses;
}

/// log p, cut off at -100 so that a probability of 0 costs much, not infinitely much. The inner `where` keeps 0·(1/0) out of the gradient,
/// and NaN stays NaN.
Tensor safe_log(const Tensor& p) {
  const Tensor too_small = p <= std::exp(-100.0);
  return where(too_small, -100.0, log(where(too_small, 1.0, p)));
}

/// Σ log p over the classes, at the target.
Tensor picked(const Tensor& log_probabilities, const Operand& target) {
  if (target.is_number())
    throw ShapeError(fmt::format("cross_entropy: target is the number {}; it needs classes (n,) in int64, or probabilities (n, classes)",
                                 target.number()));
  const Array& classes = target.value();
  const Shape& shape = log_probabilities.shape();
  if (classes.dtype() != int64) {
    if (classes.shape() != shape)
      throw ShapeError(
          fmt::format("cross_entropy: prediction is {} and target is {}; probabilities need the prediction's shape, classes are int64",
                      shape, classes.shape()));
    return sum(target * log_probabilities, -1);
  }
  if (classes.rank() != 1 || shape.rank() != 2 || classes.shape()[0] != shape[0])
    throw ShapeError(fmt::format("cross_entropy: prediction is {} and target is {}; classes need shape (n,) beside logits of (n, classes)",
                                 shape, classes.shape()));
  const Tensor mask = data::one_hot(target.tensor(), shape[1], boolean);
  return sum(where(mask, log_probabilities, 0.0), -1);
}

}  // namespace

Tensor mse_loss(Operand prediction, Operand target, LossOptions options) {
  check_alike("mse_loss", prediction, target);
  const CallSite site(prediction.location());
  return reduced(square(prediction - target), options.reduction);
}

Tensor l1_loss(Operand prediction, Operand target, LossOptions options) {
  check_alike("l1_loss", prediction, target);
  const CallSite site(prediction.location());
  return reduced(abs(prediction - target), options.reduction);
}

Tensor binary_cross_entropy(Operand prediction, Operand target, LossOptions options) {
  check_alike("binary_cross_entropy", prediction, target);
  located(prediction, [&] {
    const Array p = prediction.as_tensor().value();
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double v = p.as_double(i);
      if (v < 0 || v > 1)
        throw Error(
            fmt::format("binary_cross_entropy: prediction has {} at position {}; probabilities lie from 0 to 1 "
                        "(binary_cross_entropy_with_logits takes any number)",
                        v, i));
    }
  });
  const CallSite site(prediction.location());
  const Tensor p = prediction.as_tensor();
  return reduced(-(target * safe_log(p) + (1 - target) * safe_log(1 - p)), options.reduction);
}

Tensor binary_cross_entropy_with_logits(Operand prediction, Operand target, LossOptions options) {
  check_alike("binary_cross_entropy_with_logits", prediction, target);
  const CallSite site(prediction.location());
  return reduced(softplus(prediction) - prediction * target, options.reduction);
}

Tensor cross_entropy(Operand prediction, Operand target, LossOptions options) {
  const CallSite site(prediction.location());
  return located(prediction, [&] { return reduced(-picked(log_softmax(prediction), target), options.reduction); });
}

Tensor mse_loss(Operand prediction, Operand target) { return mse_loss(prediction, target, {}); }
Tensor l1_loss(Operand prediction, Operand target) { return l1_loss(prediction, target, {}); }
Tensor binary_cross_entropy(Operand prediction, Operand target) { return binary_cross_entropy(prediction, target, {}); }
Tensor binary_cross_entropy_with_logits(Operand prediction, Operand target) {
  return binary_cross_entropy_with_logits(prediction, target, {});
}
Tensor cross_entropy(Operand prediction, Operand target) { return cross_entropy(prediction, target, {}); }

}  // namespace reel::nn
