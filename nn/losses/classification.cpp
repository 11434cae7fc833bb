#include <reel/nn/losses/classification.hpp>

#include <cmath>
#include <limits>
#include <string_view>

#include <fmt/format.h>
#include <reel/autograd/detail/warning.hpp>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/detail/reduction.hpp>
#include <reel/autograd/ops/reduce.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/core/format.hpp>
#include <reel/core/kernels/network/cross_entropy.hpp>
#include <reel/nn/losses/checks.hpp>
#include <reel/nn/losses/mean_report.hpp>
#include <reel/nn/losses/pointwise.hpp>

namespace reel::nn {

using namespace detail;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

/// max(log p, -100). In ops, the inner `where` keeps 0·(1/0) out of the gradient, and NaN stays NaN.
template <class T>
kernels::Vec<T> cut_log(kernels::Vec<T> p) {
  return max(log(p), -100);
}
Tensor cut_log(const Tensor& p) {
  const Tensor too_small = p <= std::exp(-100.0);
  return where(too_small, -100.0, log(where(too_small, 1.0, p)));
}

/// Whether predictions are all 0 or 1 and targets are not: most often the two arguments are exchanged. Stops at the first other number.
bool look_exchanged(const Array& prediction, const Array& target) {
  const auto is_label = [](double v) { return v == 0 || v == 1; };
  for (std::size_t i = 0; i < prediction.size(); ++i)
    if (!is_label(prediction.as_double(i))) return false;
  for (std::size_t i = 0; i < target.size(); ++i)
    if (!is_label(target.as_double(i))) return true;
  return false;
}

/// Whether logits (n, classes) look like probabilities, so that softmax would be taken twice: rows of numbers from 0 to 1 that add up to 1.
/// Stops at the first other row.
bool look_like_probabilities(const Array& x) {
  if (x.rank() != 2 || x.shape()[0] == 0 || x.shape()[1] < 2) return false;
  const std::size_t columns = x.shape()[1];
  bool all_labels = true;
  for (std::size_t row = 0; row < x.shape()[0]; ++row) {
    double sum = 0;
    for (std::size_t c = 0; c < columns; ++c) {
      const double v = x.as_double(row * columns + c);
      if (!(v >= 0 && v <= 1)) return false;
      all_labels = all_labels && (v == 0 || v == 1);
      sum += v;
    }
    if (!(std::abs(sum - 1) <= 1e-6)) return false;
  }
  return !all_labels;
}

reel::detail::WarnOnce exchanged, softmax_twice;

Tensor weighted(const Tensor& losses, const Tensor& weight) { return weight.defined() ? losses * weight : losses; }

/// w·t·log(1 + exp(-x)) + (1 - t)·log(1 + exp(x)), with log(1 + exp(-|x|)) in both: no term is subtracted from another.
const auto logit_loss = [](auto x, auto t, auto w) {
  return where(x < 0, -(w * t), 1 - t) * x + ((1 - t) + w * t) * log_of_one_plus(exp(-abs(x)));
};
/// (1 - t)·σ(x) - w·t·σ(-x), whose digits σ(x) - t would lose where σ(x) is near 1.
template <class T, class W>
kernels::Vec<T> logit_slope(kernels::Vec<T> x, kernels::Vec<T> t, const W& w) {
  const auto e = exp(-abs(x)), of_one = w * t, of_zero = 1 - t;
  return where(x < 0, of_zero * e - of_one, of_zero - of_one * e) / (1 + e);
}
template <class W>
Tensor logit_slope(const Tensor& x, const Tensor& t, const W& w) {
  return (1.0 - t) * sigmoid(x) - w * t * sigmoid(-x);
}

Tensor weighted_logits(const Operand& prediction, const Operand& target, const Tensor& pos_weight) {
  return pointwise(
      "binary_cross_entropy_with_logits", "dx = dy·((1 - t)·σ(x) - w·t·σ(-x))   dt = dy·((w - 1)·log(1 + exp(-x)) - x)",
      {prediction, target, pos_weight}, no_attributes, logit_loss, [](auto x, auto t, auto w) { return logit_slope(x, t, w); },
      [](auto x, auto, auto w) { return (w - 1) * log_of_one_plus_exp(-x) - x; },
      [](auto x, auto t, auto) { return t * log_of_one_plus_exp(-x); });
}

/// (p - t)/max(p·(1 - p), least). In ops (1 - t)/(1 - p) - t/p, whose own derivative does not cancel.
template <class T>
kernels::Vec<T> probability_slope(kernels::Vec<T> p, kernels::Vec<T> t) {
  return (p - t) / max(p * (1 - p), least_denominator);
}
Tensor probability_slope(const Tensor& p, const Tensor& t) {
  const Tensor at_end = p * (1.0 - p) < least_denominator;
  const Tensor inside = (1.0 - t) / where(at_end, 1.0, 1.0 - p) - t / where(at_end, 1.0, p);
  return where(at_end, (p - t) / least_denominator, inside);
}

/// The kernels' view of a rule's inputs: scores, classes and, where there are any, weights.
kernels::ClassTarget target_of(const Pullback& p, std::int64_t ignored, double smoothing) {
  return {p.input(1).value(), p.size() > 2 ? &p.input(2).value() : nullptr, ignored, smoothing};
}
kernels::ClassTarget target_of(const Inputs& in, std::int64_t ignored, double smoothing) {
  return {in[1], in.size() > 2 ? &in[2] : nullptr, ignored, smoothing};
}

/// Gradients for the scores alone, the first input.
Gradients of_first(Tensor dx, std::size_t inputs) {
  Gradients result;
  result.push_back(std::move(dx));
  while (result.size() < inputs) result.push_back(none);
  return result;
}

/// dy per sample, 0 where the sample is ignored, reshaped to broadcast against scores of `shape`.
Tensor counted(const Pullback& p, std::int64_t ignored, const Shape& shape) {
  const Tensor dy = where(p.input(1) != ignored, p.dy(), 0.0);
  Ints kept(shape);
  kept[kernels::class_axis(shape)] = 1;
  return reshape(dy, kept);
}

/// dy·(softmax x · Σ q - q) in ops, for target probabilities q. Computed from the sums over the other classes, since the difference cancels
/// where softmax x is near 1.
Tensor cross_entropy_backward(const Tensor& x, const Tensor& q, const Tensor& dy) {
  const std::size_t axis = kernels::class_axis(x.shape());
  const Tensor p = softmax(x, static_cast<std::ptrdiff_t>(axis));
  return dy * (p * reel::detail::sum_of_others(q, axis) - q * reel::detail::sum_of_others(p, axis));
}

/// The options that differ from their defaults, as text.
std::string attributes(std::int64_t ignored, double smoothing) {
  std::string first = ignored != CrossEntropyOptions{}.ignore_index ? fmt::format("ignore_index={}", ignored) : "";
  if (smoothing == 0) return first;
  return (first.empty() ? "" : first + ", ") + fmt::format("label_smoothing={}", smoothing);
}

/// The losses against classes, one per sample.
Tensor of_classes(std::span<const OperandRef> inputs, std::int64_t ignored, double smoothing) {
  return record(
      "cross_entropy", "dx = dy·(softmax x · Σ q - q), q the target's share of each class", inputs,
      [ignored, smoothing](const Inputs& in) { return kernels::cross_entropy(in[0], target_of(in, ignored, smoothing)); },
      [ignored, smoothing](const Pullback& p) {
        const Tensor& x = p.input(0);
        const kernels::ClassTarget target = target_of(p, ignored, smoothing);
        if (!p.differentiable()) return of_first(Tensor(kernels::cross_entropy_backward(x.value(), target, p.dy().value())), p.size());
        const Tensor q(kernels::class_shares(x.shape(), x.dtype(), target));
        return of_first(cross_entropy_backward(x, q, counted(p, ignored, x.shape())), p.size());
      },
      [ignored, smoothing] { return attributes(ignored, smoothing); });
}

Tensor of_shares(const Tensor& prediction, const Tensor& target) {
  return record(
      "cross_entropy", "dx = dy·(softmax x · Σ q - q)   dq = -dy·log_softmax x", {prediction, target},
      [](const Inputs& in) { return kernels::soft_cross_entropy(in[0], in[1]); },
      [](const Pullback& p) {
        const Tensor &x = p.input(0), &q = p.input(1);
        Ints kept(x.shape());
        const std::size_t axis = kernels::class_axis(x.shape());
        kept[axis] = 1;
        const Tensor dy = reshape(p.dy(), kept);
        Tensor dx, dq;
        if (p.needs(0))
          dx = p.differentiable() ? cross_entropy_backward(x, q, dy)
                                  : Tensor(kernels::soft_cross_entropy_backward(x.value(), q.value(), p.dy().value()));
        if (p.needs(1)) dq = -(dy * log_softmax(x, static_cast<std::ptrdiff_t>(axis)));
        return Gradients{std::move(dx), std::move(dq)};
      });
}

Tensor nll_of_classes(std::span<const OperandRef> inputs, std::int64_t ignored) {
  return record(
      "nll_loss", "dx = -dy·weight at the target, else 0", inputs,
      [ignored](const Inputs& in) { return kernels::nll(in[0], target_of(in, ignored, 0)); },
      [ignored](const Pullback& p) {
        const Shape& shape = p.input(0).shape();
        const kernels::ClassTarget target = target_of(p, ignored, 0);
        const Tensor dy = -p.dy();
        if (!p.differentiable()) return of_first(Tensor(kernels::class_shares(shape, dy.dtype(), target, &dy.value())), p.size());
        return of_first(-counted(p, ignored, shape) * Tensor(kernels::class_shares(shape, dy.dtype(), target)), p.size());
      },
      [ignored] { return attributes(ignored, 0); });
}

/// Throws ShapeError or DtypeError unless scores and classes fit; the text says which shapes would.
void check_class_shapes(Literal loss, const Operand& prediction, const Tensor& target) {
  const Array x = prediction.as_tensor().value();
  Shape answers;
  for (std::size_t i = 0; i < x.rank(); ++i)
    if (i != kernels::class_axis(x.shape())) answers.push_back(x.shape()[i]);
  if (x.rank() == 0 || target.shape() != answers)
    throw ShapeError(
        fmt::format("{}: prediction is {} and target is {}; classes need shape (n,) beside logits of (n, classes), (n, d, ...) "
                    "beside (n, classes, d, ...), or () beside (classes,)",
                    loss.text, x.shape(), target.shape()));
  if (!is_floating(x.dtype()))
    throw DtypeError(fmt::format("{}: prediction is {}; it needs float32 or float64 (astype converts)", loss.text, name_of(x.dtype())));
}

void check_class_weight(Literal loss, const Array& x, const Tensor& weight) {
  if (!weight.defined()) return;
  const std::size_t classes = x.shape()[kernels::class_axis(x.shape())];
  if (weight.shape() != Shape{classes})
    throw ShapeError(fmt::format("{}: weight is {}; it needs one number for each class, ({},)", loss.text, weight.shape(), classes));
  if (weight.dtype() != x.dtype())
    throw DtypeError(fmt::format("{}: weight is {} and prediction is {}; both need one dtype (astype converts)", loss.text,
                                 name_of(weight.dtype()), name_of(x.dtype())));
}

/// The losses, reduced; the mean divides by the sum of the weights of the samples that are not ignored.
Tensor reduced_by_weight(const Tensor& losses, const kernels::ClassTarget& target, Reduction reduction) {
  if (reduction != Reduction::mean) return reduced(losses, reduction);
  const double total = kernels::total_weight(target);
  MeanReport::tell(total, target.ignored);
  if (!target.weight && total == static_cast<double>(losses.size())) return reduced(losses, reduction);
  return sum(losses) / total;
}

/// Checks everything, then returns `losses(inputs)`, reduced.
template <class F>
Tensor class_loss(Literal loss, const Operand& prediction, const Tensor& target, const CrossEntropyOptions& o, const F& losses) {
  return located(loss, prediction, [&] {
    check_class_shapes(loss, prediction, target);
    const Array x = prediction.as_tensor().value();
    check_class_weight(loss, x, o.weight);
    if (std::string_view(loss.text) == "cross_entropy" && look_like_probabilities(x)) [[unlikely]]
      softmax_twice(
          "cross_entropy: each row of the prediction adds up to 1, as softmax's result does, and cross_entropy takes the logits "
          "in front of it: of probabilities use nll_loss(log(p), target) (" +
          to_string(reel::detail::called_from(prediction.location())) + ")");
    if (o.weight.defined() && o.weight.has_history())
      throw GradientError(
          fmt::format("{}: weight has a history, and class weights get no gradient; detach() makes them a constant", loss.text));
    const kernels::ClassTarget classes{target.value(), o.weight.defined() ? &o.weight.value() : nullptr, o.ignore_index};
    kernels::check_classes(loss.text, classes, x.shape()[kernels::class_axis(x.shape())]);
    std::vector<OperandRef> inputs{prediction, target};
    if (o.weight.defined()) inputs.emplace_back(o.weight);
    return reduced_by_weight(losses(std::span<const OperandRef>(inputs)), classes, o.reduction);
  });
}

/// Cross-entropy against probabilities of the prediction's shape.
Tensor share_loss(const Operand& prediction, const Tensor& target, const CrossEntropyOptions& o) {
  const Tensor x = prediction.as_tensor();
  if (x.shape() != target.shape())
    throw ShapeError(
        fmt::format("cross_entropy: prediction is {} and target is {}; probabilities need the prediction's shape, classes are int64",
                    x.shape(), target.shape()));
  if (x.dtype() != target.dtype() || !is_floating(x.dtype()))
    throw DtypeError(fmt::format("cross_entropy: prediction is {} and target is {}; both need float32, or both float64 (astype converts)",
                                 name_of(x.dtype()), name_of(target.dtype())));
  if (x.rank() == 0) throw ShapeError("cross_entropy: prediction is (); it needs an axis of classes");
  if (o.ignore_index >= 0)
    throw Error(
        fmt::format("cross_entropy: ignore_index is {} and target holds probabilities; only classes can be ignored", o.ignore_index));
  check_class_weight("cross_entropy", x.value(), o.weight);
  const std::size_t axis = kernels::class_axis(x.shape());
  Tensor shares = target;
  if (o.label_smoothing > 0) shares = shares * (1 - o.label_smoothing) + o.label_smoothing / static_cast<double>(x.shape()[axis]);
  if (o.weight.defined()) {
    Ints beside;
    for (std::size_t i = 0; i < x.rank(); ++i) beside.push_back(i == axis ? -1 : 1);
    shares = shares * (x.rank() > 1 ? reshape(o.weight, beside) : o.weight);
  }
  return reduced(of_shares(x, shares), o.reduction);
}

/// The target as a tensor; a whole number beside logits (classes,) is a class.
Tensor target_tensor(Literal loss, const Operand& prediction, const Operand& target) {
  if (!target.is_number()) return target.tensor();
  if (!target.number().is_whole() || prediction.as_tensor().rank() != 1)
    throw ShapeError(fmt::format("{}: target is the number {}; it needs classes (n,) in int64, or probabilities (n, classes)", loss.text,
                                 to_string(target.number())));
  return target.as_tensor(int64);
}

}  // namespace

Tensor binary_cross_entropy(Operand prediction, Operand target, const BinaryCrossEntropyOptions& options) {
  check_alike("binary_cross_entropy", prediction, target);
  const Array p = prediction.as_tensor().value();
  check_range("binary_cross_entropy", prediction, "prediction", p, 0, 1,
              "probabilities lie from 0 to 1 (binary_cross_entropy_with_logits takes any number)");
  check_weight("binary_cross_entropy", prediction, "weight", options.weight, p.shape(), p.dtype());
  if (look_exchanged(p, target.as_tensor(p.dtype()).value())) [[unlikely]]
    exchanged("binary_cross_entropy: the predictions are all 0 or 1, and the targets are not; the prediction comes first (" +
              to_string(reel::detail::called_from(prediction.location())) + ")");
  const CallSite site(prediction.location());
  const Tensor losses = pointwise(
      "binary_cross_entropy", "dp = dy·(p - t)/max(p(1 - p), 1e-12)   dt = dy·(log(1 - p) - log p)", {prediction, target}, no_attributes,
      [](auto x, auto t) { return (t - 1) * max(log_of_one_plus(-x), -100) - t * cut_log(x); },
      [](auto x, auto t) { return probability_slope(x, t); }, [](auto x, auto) { return cut_log(1 - x) - cut_log(x); });
  return reduced(weighted(losses, options.weight), options.reduction);
}

Tensor binary_cross_entropy_with_logits(Operand prediction, Operand target, const BinaryCrossEntropyWithLogitsOptions& options) {
  constexpr Literal loss = "binary_cross_entropy_with_logits";
  check_alike(loss, prediction, target);
  const Array x = prediction.as_tensor().value();
  check_weight(loss, prediction, "weight", options.weight, x.shape(), x.dtype());
  check_weight(loss, prediction, "pos_weight", options.pos_weight, x.shape(), x.dtype());
  const CallSite site(prediction.location());
  if (options.pos_weight.defined())
    return reduced(weighted(weighted_logits(prediction, target, options.pos_weight), options.weight), options.reduction);
  const Tensor losses = pointwise(
      loss, "dx = dy·(σ(x) - t)   dt = -dy·x", {prediction, target}, no_attributes, [](auto v, auto t) { return logit_loss(v, t, 1); },
      [](auto v, auto t) { return logit_slope(v, t, 1); }, [](auto v, auto) { return -v; });
  return reduced(weighted(losses, options.weight), options.reduction);
}

Tensor cross_entropy(Operand prediction, Operand target, const CrossEntropyOptions& options) {
  const CallSite site(prediction.location());
  return located("cross_entropy", prediction, [&] {
    const double smoothing = options.label_smoothing;
    if (!(smoothing >= 0 && smoothing <= 1))
      throw Error(fmt::format("cross_entropy: label_smoothing is {}; it lies from 0 to 1", smoothing));
    const Tensor t = target_tensor("cross_entropy", prediction, target);
    if (t.dtype() != int64) return share_loss(prediction, t, options);
    return class_loss("cross_entropy", prediction, t, options,
                      [&](auto inputs) { return of_classes(inputs, options.ignore_index, smoothing); });
  });
}

Tensor nll_loss(Operand prediction, Operand target, const NllOptions& options) {
  const CallSite site(prediction.location());
  return located("nll_loss", prediction, [&] {
    const Tensor t = target_tensor("nll_loss", prediction, target);
    if (t.dtype() != int64) throw DtypeError(fmt::format("nll_loss: target is {}; classes are int64", name_of(t.dtype())));
    return class_loss("nll_loss", prediction, t, {options.reduction, options.weight, options.ignore_index},
                      [&](auto inputs) { return nll_of_classes(inputs, options.ignore_index); });
  });
}

/// Logarithms of probabilities are cut off at -10000, where the probability is 0 in either dtype: -inf would make 0·inf.
Tensor kl_div(Operand prediction, Operand target, KlDivOptions options) {
  check_alike("kl_div", prediction, target);
  const CallSite site(prediction.location());
  if (options.log_target) {
    const auto cut = [](auto t) { return where(t < -1e4, -1e4, t); };
    const auto difference = [](auto p, auto t, auto x) { return where(p > 0, t - x, 0); };
    return reduced(pointwise(
                       "kl_div", "dx = -dy·exp(t)   dt = dy·exp(t)·(t - x + 1)", {prediction, target}, no_attributes,
                       [=](auto x, auto t) {
                         const auto p = exp(cut(t));
                         return p * where(x == x, difference(p, cut(t), x), x);
                       },
                       [](auto, auto t) { return -exp(t); },
                       [=](auto x, auto t) {
                         const auto p = exp(cut(t));
                         return p * (difference(p, cut(t), x) + 1);
                       }),
                   options.reduction);
  }
  check_range("kl_div", prediction, "target", target.as_tensor().value(), 0, infinite,
              "probabilities are 0 or more (log_target takes their logarithms)");
  const auto log_ratio = [](auto x, auto t) { return log(where(t > 0, t, 1)) - x; };
  return reduced(pointwise(
                     "kl_div", "dx = -dy·t   dt = dy·(log t - x + 1) where t > 0, else 0", {prediction, target}, no_attributes,
                     [=](auto x, auto t) { return t * where(t > 0 || !(x == x), log_ratio(x, t), t * 0); }, [](auto, auto t) { return -t; },
                     [=](auto x, auto t) { return where(t > 0, log_ratio(x, t) + 1, t * 0); }),
                 options.reduction);
}

Tensor hinge_loss(Operand prediction, Operand target, LossOptions options) {
  check_alike("hinge_loss", prediction, target);
  check_signs("hinge_loss", prediction, target.as_tensor().value());
  const CallSite site(prediction.location());
  return reduced(
      pointwise(
          "hinge_loss", "dx = -dy·t where t·x < 1, else 0", {prediction, target}, no_attributes,
          [](auto x, auto t) { return where(t * x > 1, 0, 1 - t * x); }, [](auto x, auto t) { return where(t * x < 1, -t, 0); }, NoSlope{}),
      options.reduction);
}

Tensor binary_cross_entropy(Operand prediction, Operand target) { return binary_cross_entropy(prediction, target, {}); }
Tensor binary_cross_entropy_with_logits(Operand prediction, Operand target) {
  return binary_cross_entropy_with_logits(prediction, target, {});
}
Tensor cross_entropy(Operand prediction, Operand target) { return cross_entropy(prediction, target, {}); }
Tensor nll_loss(Operand prediction, Operand target) { return nll_loss(prediction, target, {}); }
Tensor kl_div(Operand prediction, Operand target) { return kl_div(prediction, target, {}); }
Tensor hinge_loss(Operand prediction, Operand target) { return hinge_loss(prediction, target, {}); }

}  // namespace reel::nn
