#include <limits>

#include "losses_check.hpp"

using namespace reel;
using Catch::Contains;
using nn::Reduction;

namespace {

const Tensor logits = doubles({{1.0, 2.0, 3.0}, {-1.0, 0.0, 5.0}, {0.0, 1.0, -1.0}});
const Tensor classes = tensor({2, 0, 1});
const Tensor weight = doubles({0.5, 1.0, 2.0});
constexpr double infinity = std::numeric_limits<double>::infinity();

/// The entries that a result's ops made, in order.
std::vector<std::string> ops_of(const Tensor& y) {
  std::vector<std::string> names;
  for (const Entry& entry : Tape(y))
    if (!entry.is_leaf()) names.push_back(entry.op());
  return names;
}

}  // namespace

// Values here and below: PyTorch 1.13.
TEST_CASE("binary cross entropies take weights of elements, and of positive answers") {
  const Tensor p = doubles({{0.9, 0.2}, {0.5, 0.6}}), x = doubles({{1.0, -2.0}, {0.5, 4.0}}), t = doubles({{0.0, 1.0}, {0.5, 1.0}});
  const Tensor w = doubles({1.0, 2.0}), pos_weight = doubles({3.0, 0.5});
  check_reductions(
      [&](Reduction r) {
        return nn::binary_cross_entropy(p, t, {r, w});
      },
      {{2.302585092994046, 3.2188758248682006}, {0.6931471805599453, 1.0216512475319814}});
  check_reductions(
      [&](Reduction r) {
        return nn::binary_cross_entropy_with_logits(x, t, {r, w, pos_weight});
      },
      {{1.3132616875182228, 2.1269280110429727}, {1.1981539683602134, 0.01814992791780978}});
}

TEST_CASE("cross_entropy weighs, ignores and smooths, and its mean divides by the weights that count") {
  const auto with = [](Reduction r) { return nn::cross_entropy(logits, classes, {r, weight, 1, 0.2}); };
  CHECK(allclose(with(Reduction::none), doubles({0.8806109348146975, 2.939143840241432, 0.0}), 1e-13, 0));
  CHECK(with(Reduction::sum).item<double>() == Approx(3.819754775056129).epsilon(1e-13));
  CHECK(with(Reduction::mean).item<double>() == Approx(1.5279019100224518).epsilon(1e-13));
  const Tensor shares = softmax(doubles({{3.0, 2.0, 1.0}, {5.0, 0.0, -1.0}, {-1.0, 1.0, 0.0}}));
  check_reductions(
      [&](Reduction r) { return nn::cross_entropy(logits, shares, {.reduction = r, .weight = weight, .label_smoothing = 0.2}); },
      {1.2033968310615641, 2.9439829658556604, 1.6054595947037587});
  const Tensor even = ones({3}, {.dtype = float64});
  CHECK(nn::cross_entropy(logits, classes, {.weight = even}).item<double>() == Approx(nn::cross_entropy(logits, classes).item<double>()));
}

TEST_CASE("nll_loss is cross_entropy of log_softmax") {
  const auto with = [](Reduction r) { return nn::nll_loss(logits, classes, {r, weight, 1}); };
  CHECK(allclose(with(Reduction::none), doubles({-6, 0.5, 0})));
  CHECK(with(Reduction::sum).item<double>() == -5.5);
  CHECK(with(Reduction::mean).item<double>() == Approx(-2.2));
  CHECK(nn::nll_loss(log_softmax(logits), classes).item<double>() ==
        Approx(nn::cross_entropy(logits, classes).item<double>()).epsilon(1e-14));
}

TEST_CASE("classes may have further axes, or none at all") {
  const Tensor x = doubles({{{1, 2}, {3, -1}, {0, 0.5}}}), t = tensor({{1, 2}});
  const Tensor flat = doubles({{1, 3, 0}, {2, -1, 0.5}}), each = nn::cross_entropy(flat, tensor({1, 2}), {Reduction::none});
  CHECK(allclose(nn::cross_entropy(x, t, {Reduction::none}), reshape(each, {1, 2}), 1e-15, 0));
  CHECK(allclose(nn::nll_loss(x, t, {Reduction::none}), doubles({{-3, -0.5}})));
  const Tensor single = doubles({1, 3, 0});
  CHECK(nn::cross_entropy(single, 1).item<double>() == each.at<double>({0}));
  CHECK(nn::cross_entropy(single, tensor(1), {Reduction::none}).shape() == Shape{});
  CHECK(nn::nll_loss(single, 1).item<double>() == -3);
}

TEST_CASE("where every sample is ignored, the sum is 0, the mean NaN, and the gradient 0") {
  const Tensor x = variable(logits), t = tensor({-100, -100, -100});
  CHECK(allclose(nn::cross_entropy(x, t, {Reduction::none}), doubles({0, 0, 0})));
  CHECK(nn::cross_entropy(x, t, {Reduction::sum}).item<double>() == 0);
  const Tensor mean = nn::cross_entropy(x, t);
  CHECK(std::isnan(mean.item<double>()));
  CHECK(allclose(gradients(mean, {x})[0], zeros_like(x)));
  CHECK(allclose(gradients(mean, {x}, {.differentiable = true})[0], zeros_like(x)));
  CHECK(allclose(gradients(nn::nll_loss(x, t), {x})[0], zeros_like(x)));
}

TEST_CASE("extreme logits give finite losses and derivatives of first and second order") {
  for (const Dtype dtype : {float32, float64}) {
    const Tensor x = tensor({{700.0, -700.0, 0.0}, {-700.0, 700.0, 700.0}}, {.dtype = dtype}), t = tensor({1, 0});
    const Tensor half = full({2, 3}, 0.5, {.dtype = dtype}), w = tensor({0.5, 1.0, 2.0}, {.dtype = dtype});
    check_finite([&](const Tensor& y) { return nn::cross_entropy(y, t, {Reduction::none, w, -1, 0.1}); }, x);
    check_finite([&](const Tensor& y) { return nn::cross_entropy(y, half, {Reduction::none, w}); }, x);
    check_finite([&](const Tensor& y) { return nn::binary_cross_entropy_with_logits(y, half, {Reduction::none}); }, x);
    check_finite([&](const Tensor& y) { return nn::binary_cross_entropy_with_logits(y, half, {Reduction::none, half, w}); }, x);
    check_finite([&](const Tensor& y) { return nn::hinge_loss(y, ones({2, 3}, {.dtype = dtype}), {Reduction::none}); }, x);
  }
}

TEST_CASE("a probability of exactly 0 or 1 has PyTorch's gradient") {
  const Tensor p = variable(doubles({0, 1, 0, 1})), t = doubles({0, 1, 1, 0});
  const Tensor gradient = gradients(nn::binary_cross_entropy(p, t, {Reduction::sum}), {p})[0];
  CHECK(allclose(gradient, doubles({0, 0, -1e12, 1e12}), 1e-8, 0));
  check_finite([&](const Tensor& y) { return nn::binary_cross_entropy(y, t, {Reduction::none}); }, p);
}

TEST_CASE("kl_div of probabilities that are 0, and of their logarithms, is finite") {
  const Tensor x = doubles({std::log(0.25), std::log(0.5), -700, -infinity}), t = doubles({0.5, 0.5, 0, 0});
  const Tensor each = doubles({0.5 * std::log(2.0), 0, 0, 0}), logs = doubles({std::log(0.5), std::log(0.5), -infinity, -infinity});
  CHECK(allclose(nn::kl_div(x, t, {Reduction::none}), each, 1e-14, 1e-15));
  CHECK(allclose(nn::kl_div(x, logs, {Reduction::none, true}), each, 1e-14, 1e-15));
  CHECK(nn::kl_div(x, t).item<double>() == Approx(0.125 * std::log(2.0)));
  check_finite([&](const Tensor& y) { return nn::kl_div(y, t, {Reduction::none}); }, x);
  check_finite([&](const Tensor& y) { return nn::kl_div(x, y, {Reduction::none}); }, t);
  check_finite([&](const Tensor& y) { return nn::kl_div(y, logs, {Reduction::none, true}); }, x);
  check_finite([&](const Tensor& y) { return nn::kl_div(x, y, {Reduction::none, true}); }, logs);
}

TEST_CASE("hinge_loss grows where a prediction is on the wrong side of its margin") {
  const Tensor x = doubles({0.5, 2.0, -3.0, -0.25}), t = doubles({1, 1, 1, -1});
  check_reductions([&](Reduction r) { return nn::hinge_loss(x, t, {r}); }, {0.5, 0.0, 4.0, 0.75});
  const Tensor at = variable(doubles({1.0, 0.0}));
  CHECK(allclose(gradients(sum(nn::hinge_loss(at, doubles({1, -1}), {Reduction::none})), {at})[0], doubles({0, 1})));
}

TEST_CASE("a loss is few entries on the tape") {
  const Tensor x = variable(logits), p = variable(softmax(logits)), t = softmax(logits);
  using Names = std::vector<std::string>;
  CHECK(ops_of(nn::cross_entropy(x, classes)) == Names{"cross_entropy", "mean"});
  CHECK(ops_of(nn::cross_entropy(x, t)) == Names{"cross_entropy", "mean"});
  CHECK(ops_of(nn::cross_entropy(x, classes, {.weight = weight})) == Names{"cross_entropy", "sum", "div"});
  CHECK(ops_of(nn::binary_cross_entropy(p, t)) == Names{"binary_cross_entropy", "mean"});
  CHECK(ops_of(nn::binary_cross_entropy_with_logits(x, t)) == Names{"binary_cross_entropy_with_logits", "mean"});
  CHECK(ops_of(nn::huber_loss(x, t)) == Names{"huber_loss", "mean"});
  CHECK(ops_of(nn::mse_loss(x, t)) == Names{"sub", "square", "mean"});
}

TEST_CASE("losses that a Trainer takes are plain functions") {
  using Function = Tensor (*)(Operand, Operand);
  const Tensor x = doubles({0.25, 0.5}), t = doubles({1, 1});
  for (const Function loss :
       {Function(nn::mse_loss), Function(nn::l1_loss), Function(nn::huber_loss), Function(nn::smooth_l1_loss),
        Function(nn::poisson_nll_loss), Function(nn::binary_cross_entropy), Function(nn::binary_cross_entropy_with_logits),
        Function(nn::cross_entropy), Function(nn::kl_div), Function(nn::hinge_loss), Function(nn::hinge_embedding_loss)})
    CHECK(loss(x, t).shape() == Shape{});
  CHECK(Function(nn::nll_loss)(logits, classes).shape() == Shape{});
}

TEST_CASE("classification losses say what is wrong") {
  const Tensor x = zeros({2, 3}), t = tensor({0, 1});
  CHECK_THAT(error_text<ShapeError>([&] {
               nn::nll_loss(x, tensor({0, 3}));
             }),
             Contains("nll_loss: class 3 at position 1 is out of range for 3 classes (losses_classification.cpp:"));
  CHECK_THAT(error_text<ShapeError>([&] {
               nn::cross_entropy(zeros({2, 3, 2}), tensor({{0, 1}, {2, -5}}));
             }),
             Contains("cross_entropy: class -5 at position 3 is out of range for 3 classes"));
  CHECK_THAT(
      error_text<ShapeError>([&] {
        nn::cross_entropy(zeros({2, 3, 2}), t);
      }),
      Contains(
          "cross_entropy: prediction is (2, 3, 2) and target is (2,); classes need shape (n,) beside logits of (n, classes), (n, d, ...) "
          "beside (n, classes, d, ...), or () beside (classes,)"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::cross_entropy(x, t, {.weight = ones({2})}); }),
             Contains("cross_entropy: weight is (2,); it needs one number for each class, (3,)"));
  CHECK_THAT(error_text<DtypeError>([&] { nn::cross_entropy(x, t, {.weight = weight}); }),
             Contains("cross_entropy: weight is float64 and prediction is float32; both need one dtype"));
  CHECK_THAT(error_text<GradientError>([&] { nn::cross_entropy(x, t, {.weight = variable(ones({3}))}); }),
             Contains("cross_entropy: weight has a history, and class weights get no gradient; detach() makes them a constant"));
  CHECK_THAT(error_text([&] { nn::cross_entropy(x, t, {.label_smoothing = 1.5}); }),
             Contains("cross_entropy: label_smoothing is 1.5; it lies from 0 to 1"));
  CHECK_THAT(error_text([&] { nn::cross_entropy(x, x, {.ignore_index = 1}); }),
             Contains("cross_entropy: ignore_index is 1 and target holds probabilities; only classes can be ignored"));
  CHECK_THAT(error_text<DtypeError>([&] { nn::cross_entropy(x, astype(x, float64)); }),
             Contains("prediction is float32 and target is float64"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::cross_entropy(1.0, doubles(1)); }), Contains("cross_entropy: prediction is"));
  CHECK_THAT(error_text<DtypeError>([&] { nn::nll_loss(x, zeros({2})); }), Contains("nll_loss: target is float32; classes are int64"));
  CHECK_THAT(error_text<DtypeError>([&] {
               nn::nll_loss(tensor({{1, 2}}), tensor({0}));
             }),
             Contains("nll_loss: prediction is int64; it needs float32 or float64"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::nll_loss(x, 1); }), Contains("nll_loss: target is the number 1; it needs classes"));
  CHECK_THAT(error_text([&] {
               nn::kl_div(x, full({2, 3}, -0.5));
             }),
             Contains("kl_div: target has -0.5 at position 0; probabilities are 0 or more (log_target takes their logarithms)"));
  CHECK_THAT(error_text([&] { nn::hinge_loss(x, x); }), Contains("hinge_loss: target has 0 at position 0; labels are 1 and -1"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::binary_cross_entropy(x, x, {.weight = ones({2})}); }),
             Contains("binary_cross_entropy: weight is (2,) and target is (2, 3); weight has to broadcast to target"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::binary_cross_entropy_with_logits(x, x, {.pos_weight = ones({2})}); }),
             Contains("binary_cross_entropy_with_logits: pos_weight is (2,) and target is (2, 3); pos_weight has to broadcast to target"));
  CHECK_THAT(error_text<DtypeError>([&] { nn::binary_cross_entropy(x, x, {.weight = weight}); }),
             Contains("binary_cross_entropy: weight is float64 and prediction is float32; both need one dtype"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::hinge_loss(x, t); }),
             Contains("hinge_loss: prediction is (2, 3) and target is (2,); both need one shape"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::kl_div(x, t); }),
             Contains("kl_div: prediction is (2, 3) and target is (2,); both need one shape"));
}
