// Losses, layers and similarities where numbers are extreme: differences of large parts, squares that overflow, NaN.
#include <cmath>
#include <functional>

#include "layers_table.hpp"
#include "losses_check.hpp"

using namespace reel;

namespace {

constexpr nn::Reduction apart = nn::Reduction::none;

double at(const Tensor& t, std::size_t i) { return t.value().as_double(i); }
double error(double a, double b) { return a == b ? 0 : std::abs(a - b) / std::abs(b); }
Tensor of(const std::vector<double>& values, Dtype dtype) { return Tensor(Array::of<double>({values.size()}, values).astype(dtype)); }

/// The gradient of Σ f(x), by the fused rule and by ops.
template <class F>
std::vector<Tensor> gradients_of(const F& f, const Tensor& at_x) {
  const Tensor x = variable(at_x), y = sum(f(x));
  return {gradients(y, {x})[0], gradients(y, {x}, {.differentiable = true})[0]};
}

/// Σ gradient²'s gradient.
template <class F>
Tensor second_of(const F& f, const Tensor& at_x) {
  const Tensor x = variable(at_x);
  const Tensor g = gradients(sum(f(x)), {x}, {.differentiable = true})[0];
  return gradients(sum(g), {x})[0];
}

}  // namespace

TEST_CASE("binary cross-entropy of logits keeps its digits at confident answers, with and without pos_weight") {
  for (const Dtype dtype : {float32, float64})
    for (const bool weighted : {false, true})
      for (const double label : {0.0, 1.0}) {
        std::vector<double> logits;
        for (const double size : {0.0, 0.5, 3.0, 12.0, 15.0, 17.0, 30.0, 60.0}) logits.insert(logits.end(), {size, -size});
        const Tensor x = of(logits, dtype), t = full(x.shape(), label, {.dtype = dtype});
        const nn::BinaryCrossEntropyWithLogitsOptions options{.reduction = apart, .pos_weight = weighted ? of({3.0}, dtype) : Tensor()};
        const auto loss = [&](const Tensor& v) { return nn::binary_cross_entropy_with_logits(v, t, options); };
        const Tensor y = loss(x), second = second_of(loss, x);
        const auto slopes = gradients_of(loss, x);
        const double tolerance = dtype == float32 ? 2e-6 : 1e-14, weight = weighted && label == 1 ? 3 : 1;
        for (std::size_t i = 0; i < x.size(); ++i) {
          CAPTURE(dtype, weighted, label, at(x, i));
          const double away = label == 1 ? -at(x, i) : at(x, i);  // from the label
          CHECK(error(at(y, i), weight * (std::max(away, 0.0) + std::log1p(std::exp(-std::abs(away))))) < tolerance);
          const double share = away > 0 ? 1 / (1 + std::exp(-away)) : std::exp(away) / (1 + std::exp(away));
          const double slope = weight * (label == 1 ? -share : share);
          CHECK(error(at(slopes[0], i), slope) < tolerance);
          CHECK(error(at(slopes[1], i), slope) < tolerance);
          CHECK(error(at(second, i), weight / (2 + 2 * std::cosh(at(x, i)))) < tolerance);
        }
      }
}

TEST_CASE("binary cross-entropy of logits at one's target, by numbers") {
  const auto loss = [](const Tensor& x) { return nn::binary_cross_entropy_with_logits(x, ones_like(x), {.reduction = apart}); };
  const Tensor y = loss(tensor({12.0, 15.0, 17.0}));
  CHECK(at(y, 0) == Approx(6.14419e-06).epsilon(1e-5));
  CHECK(at(y, 1) == Approx(3.05902e-07).epsilon(1e-5));
  CHECK(at(y, 2) == Approx(4.13994e-08).epsilon(1e-5));
  CHECK(at(loss(doubles({30})), 0) == Approx(9.357623e-14).epsilon(1e-6));
  CHECK(at(gradients_of(loss, tensor({17.0}))[0], 0) == Approx(-4.13994e-08).epsilon(1e-5));
}

TEST_CASE("cross-entropy keeps its digits at confident answers, of classes and of shares") {
  for (const Dtype dtype : {float32, float64})
    for (const std::size_t classes : {2u, 7u, 16u, 33u})
      for (const bool shares : {false, true}) {
        const std::size_t right = classes / 2;
        const double gap = dtype == float32 ? 17 : 38;
        std::vector<double> scores(classes), share(classes);
        double others = 0;
        for (std::size_t c = 0; c < classes; ++c) {
          scores[c] = c == right ? 1.5 : 1.5 - gap - 0.25 * static_cast<double>(c % 4);
          if (c != right) others += std::exp(scores[c] - 1.5);
        }
        share[right] = 1;
        const Tensor x = of(scores, dtype);
        const auto loss = [&](const Tensor& v) {
          return shares ? nn::cross_entropy(v, of(share, dtype)) : nn::cross_entropy(v, static_cast<std::int64_t>(right));
        };
        CAPTURE(dtype, classes, shares);
        const double tolerance = dtype == float32 ? 4e-6 : 1e-13;
        CHECK(error(at(loss(x), 0), others) < tolerance);
        for (const Tensor& g : gradients_of(loss, x)) {
          CHECK(error(at(g, right), -others) < tolerance);
          CHECK(error(at(g, 0), std::exp(scores[0] - 1.5)) < tolerance);
        }
        const Tensor h = hessian(loss, x);
        CHECK(error(at(h, right * classes + right), others) < tolerance);
        CHECK(error(at(h, right), -std::exp(scores[0] - 1.5)) < tolerance);
        const auto chain = [&](const Tensor& v) {
          return nn::nll_loss(reshape(log_softmax(v, 0), {1, -1}), tensor({static_cast<std::int64_t>(right)}));
        };
        CHECK(error(at(chain(x), 0), others) < tolerance);
        for (const Tensor& g : gradients_of(chain, x)) CHECK(error(at(g, right), -others) < tolerance);
      }
}

TEST_CASE("label smoothing and class weights leave cross-entropy's gradient as it is in float64") {
  const SeedScope seed(3);
  const Tensor scores = random::normal({6, 5}, {.dtype = float64}) * 9.0, target = tensor({0, 4, 2, 1, 3, -100});
  const Tensor weight = doubles({1, 0.5, 2, 0.25, 3});
  const auto loss = [&](const Tensor& x) {
    return nn::cross_entropy(x, target, {.reduction = nn::Reduction::sum, .weight = astype(weight, x.dtype()), .label_smoothing = 0.1});
  };
  const auto exact = gradients_of(loss, scores), low = gradients_of(loss, astype(scores, float32));
  CHECK(allclose(exact[0], exact[1], 1e-12, 1e-14));
  CHECK(allclose(astype(low[0], float64), exact[0], 1e-5, 1e-6));
}

TEST_CASE("the second derivative of binary cross-entropy keeps its digits near the ends") {
  for (const Dtype dtype : {float32, float64}) {
    const Tensor p = of({0.999, 0.001}, dtype), t = of({1, 0}, dtype);
    const Tensor h = second_of([&](const Tensor& x) { return nn::binary_cross_entropy(x, t, {.reduction = apart}); }, p);
    CAPTURE(dtype);
    CHECK(error(at(h, 0), 1 / (at(p, 0) * at(p, 0))) < (dtype == float32 ? 1e-5 : 1e-12));
    CHECK(error(at(h, 1), 1 / ((1 - at(p, 1)) * (1 - at(p, 1)))) < (dtype == float32 ? 1e-5 : 1e-12));
  }
}

TEST_CASE("the full Poisson loss does not lose its digits to terms that cancel") {
  // At x = log t, and at the rate t, the loss is log(2πt)/2.
  for (const double t : {3.0, 1e3, 1e6}) {
    CAPTURE(t);
    const double expected = 0.5 * std::log(2 * 3.14159265358979323846 * t);
    CHECK(error(at(nn::poisson_nll_loss(tensor({std::log(t)}), tensor({t}), {.full = true}), 0), expected) < 1e-5);
    CHECK(error(at(nn::poisson_nll_loss(tensor({t}), tensor({t}), {.log_input = false, .full = true}), 0), expected) < 1e-5);
  }
}

TEST_CASE("float32 vectors whose squares overflow or vanish have similarities, distances, deviations and norms") {
  CHECK(at(nn::cosine_similarity(tensor({1e20, 0.}), tensor({1., 1.}), {.axis = 0}), 0) == Approx(0.7071068));
  for (const Dtype dtype : {float32, float64})
    for (const double size : {1e20, 1e-30, dtype == float32 ? 1e30 : 1e200}) {
      CAPTURE(dtype, size);
      const double tolerance = dtype == float32 ? 3e-6 : 1e-13;
      const Tensor x = of({3 * size, 4 * size}, dtype), other = of({1, 1}, dtype);
      // A similarity does not depend on the length, whose slope goes with 1/length.
      const auto similar = [&](const Tensor& v) { return nn::cosine_similarity(v, other, {.axis = 0, .eps = 0}); };
      CHECK(error(at(similar(x), 0), 7 / (5 * std::sqrt(2.0))) < tolerance);
      for (const Tensor& g : gradients_of(similar, x)) {
        CHECK(error(at(g, 0), (1 - 21.0 / 25) / (5 * std::sqrt(2.0)) / size) < 10 * tolerance);
        CHECK(error(at(g, 1), (1 - 28.0 / 25) / (5 * std::sqrt(2.0)) / size) < 10 * tolerance);
      }
      const auto distance = [&](const Tensor& v) { return nn::pairwise_distance(v, zeros_like(v), {.eps = 0}); };
      CHECK(error(at(distance(x), 0), 5 * size) < tolerance);
      for (const Tensor& g : gradients_of(distance, x)) CHECK(error(at(g, 1), 0.8) < tolerance);
      CHECK(error(at(nn::pairwise_distance(x, zeros_like(x), {.p = 3, .eps = 0}), 0), std::cbrt(91.0) * size) < tolerance);

      const auto deviation = [&](const Tensor& v) { return reel::std(v); };
      CHECK(error(at(deviation(x), 0), size / std::sqrt(2.0)) < tolerance);
      for (const Tensor& g : gradients_of(deviation, x)) CHECK(error(at(g, 1), 1 / std::sqrt(2.0)) < tolerance);
    }
}

TEST_CASE("normalising layers are right where squares overflow or vanish") {
  CHECK(allclose(rms_norm(tensor({1e20, 1e20})), tensor({1., 1.})));
  const double eps = 0;
  const std::vector<std::pair<const char*, std::function<Tensor(const Tensor&)>>> norms{
      {"layer_norm", [=](const Tensor& x) { return layer_norm(x, {.eps = eps}); }},
      {"rms_norm", [=](const Tensor& x) { return rms_norm(x, {.eps = eps}); }},
      {"group_norm",
       [=](const Tensor& x) {
         return group_norm(reshape(x, {2, 4, 3}), 2, {.eps = eps});
       }},
      {"instance_norm",
       [=](const Tensor& x) {
         return instance_norm(reshape(x, {2, 2, 6}), {.eps = eps});
       }},
      {"batch_norm",
       [=](const Tensor& x) {
         return batch_norm(reshape(x, {4, 2, 3}), {.eps = eps}).output;
       }},
  };
  const SeedScope seed(4);
  const Tensor base = random::normal({2, 12}, {.dtype = float64}), weights = random::normal({24}, {.dtype = float64});
  for (const auto& [name, norm] : norms)
    for (const Dtype dtype : {float32, float64})
      for (const double size : {1.0, 1e20, 1e-30, dtype == float32 ? 1e36 : 1e200}) {
        CAPTURE(name, dtype, size);
        const auto loss = [&, &f = norm](const Tensor& x) { return sum(reshape(f(x), {24}) * astype(weights, x.dtype())); };
        const Tensor x = astype(base * size, dtype);
        const double tolerance = dtype == float32 ? 2e-5 : 1e-11;
        CHECK(allclose(astype(norm(x), float64), norm(base), tolerance, tolerance));
        const Tensor expected = gradients_of(loss, base)[0];
        for (const Tensor& g : gradients_of(loss, x)) CHECK(allclose(astype(g * size, float64), expected, tolerance, tolerance));
      }
}

TEST_CASE("rows of very different sizes are normalised each by itself") {
  const Tensor x = tensor({{1e20, 2e20, -1e20}, {1., 2., -1.}, {1e-30, 2e-30, -1e-30}});
  const Tensor y = layer_norm(x, {.eps = 0.0}), expected = layer_norm(tensor({1., 2., -1.}), {.eps = 0.0});
  for (std::ptrdiff_t i = 0; i < 3; ++i) CHECK(allclose(y.row(i), expected, 1e-5));
  const Tensor v = variable(x);
  const Tensor g = gradients(sum(square(layer_norm(v, {.eps = 0.0})) * tensor({1., 2., 3.})), {v}, {.differentiable = true})[0];
  for (std::ptrdiff_t i = 1; i < 3; ++i) CHECK(allclose(g.row(i) * x.row(i), g.row(0) * x.row(0), 1e-4, 1e-4));
}

TEST_CASE("local response normalisation is right where squares overflow") {
  nn::LocalResponseNorm norm(2);
  const Tensor low = full({1, 3, 2}, 1e20), high = full({1, 3, 2}, 1e20, {.dtype = float64});
  CHECK(allclose(astype(norm(low), float64), norm(high), 1e-4, 0));
  CHECK(at(norm(low), 2) > 0);
}

TEST_CASE("clip_grad_norm is right where squares overflow in float32") {
  Parameter p("p", tensor({3e20, 4e20}));
  p.set_grad(tensor({3e20, 4e20}));
  CHECK(optim::clip_grad_norm({p}, 1.0) == Approx(5e20));
  CHECK(allclose(p.grad(), tensor({0.6, 0.8}), 1e-5));
}

TEST_CASE("gates of recurrent layers have their slopes where they are nearly open or closed") {
  // One step of one unit from h = 0, its gates' sums at `size` and -size: slopes by the inputs of the gates, in both orders of rules.
  for (const Dtype dtype : {float32, float64})
    for (const double sign : {1.0, -1.0}) {
      const double size = sign * (dtype == float32 ? 17 : 38), e = std::exp(-std::abs(size)), tolerance = dtype == float32 ? 4e-6 : 1e-13;
      const double tanh_slope = 4 * std::exp(-2 * std::abs(size)) / std::pow(1 + std::exp(-2 * std::abs(size)), 2),
                   slope = e / ((1 + e) * (1 + e));
      CAPTURE(dtype, size);
      const auto constant = [&](const Shape& shape, double v) { return full(shape, v, {.dtype = dtype}); };
      const auto weights = [&](std::size_t gates) {
        return RnnWeights{nn::init::eye({gates, gates}, dtype), constant({gates, 1}, 0), {}, {}};
      };
      const auto by_inputs = [&](std::size_t gates, const std::vector<double>& sums, const auto& f) {
        const Tensor x = variable(reshape(of(sums, dtype), {1, 1, gates}));
        const Tensor y = sum(f(x, weights(gates)));
        return std::vector<Tensor>{gradients(y, {x})[0], gradients(y, {x}, {.differentiable = true})[0]};
      };
      for (const Tensor& g : by_inputs(1, {size}, [](const Tensor&x, const RnnWeights&w) { return rnn_tanh(x, {}, {w}).output; }))
        CHECK(error(at(g, 0), tanh_slope) < tolerance);
      // lstm: c = σ(i)·tanh(g), h = σ(o)·tanh(c), from c = 0.
      const auto lstm_output = [](const Tensor& x, const RnnWeights& w) { return lstm(x, {}, {w}).output; };
      const double c = std::tanh(0.7) * (sign > 0 ? 1 / (1 + e) : e / (1 + e)), bend = 1 / std::pow(std::cosh(c), 2);
      for (const Tensor& g : by_inputs(4, {size, 0.1, 0.7, 0.0}, lstm_output))
        CHECK(error(at(g, 0), 0.5 * bend * slope * std::tanh(0.7)) < tolerance);
      const double half = std::tanh(0.5 * std::tanh(0.7));
      for (const Tensor& g : by_inputs(4, {0.0, 0.1, 0.7, size}, lstm_output)) CHECK(error(at(g, 3), slope * half) < tolerance);
      const double open = 0.5 * std::tanh(size), narrow = 1 / std::pow(std::cosh(open), 2);
      for (const Tensor& g : by_inputs(4, {0.0, 0.1, size, 0.0}, lstm_output))
        CHECK(error(at(g, 2), 0.5 * narrow * 0.5 * tanh_slope) < tolerance);
      // gru: h = (1 - σ(z))·tanh(n), from h = 0.
      const auto gru_output = [](const Tensor& x, const RnnWeights& w) { return gru(x, {}, {w}).output; };
      for (const Tensor& g : by_inputs(3, {0.1, size, 0.7}, gru_output)) {
        CHECK(error(at(g, 1), -slope * std::tanh(0.7)) < tolerance);
        CHECK(error(at(g, 2), (sign > 0 ? e / (1 + e) : 1 / (1 + e)) / std::pow(std::cosh(0.7), 2)) < tolerance);
      }
      for (const Tensor& g : by_inputs(3, {0.1, 0.0, size}, gru_output)) CHECK(error(at(g, 2), 0.5 * tanh_slope) < tolerance);
    }
}

TEST_CASE("NaN goes through every layer") {
  for (const LayerRow& row : layer_rows()) {
    if (row.integers > 0 || row.call) continue;
    CAPTURE(row.description);
    const auto layer = row.make();
    const Tensor y = (*layer)(full(row.input, std::nan("")));
    bool any = false;
    for (std::size_t i = 0; i < y.size(); ++i) any = any || std::isnan(at(y, i));
    if (y.size() > 0 && is_floating(y.dtype())) CHECK(any);
  }
  nn::Hardshrink hard;
  CHECK(std::isnan(at(hard(tensor({std::nan("")})), 0)));
}

TEST_CASE("NaN reaches every loss, from either input") {
  using Loss = std::function<Tensor(const Tensor&, const Tensor&)>;
  const nn::LossOptions each{apart};
  const std::vector<std::pair<const char*, Loss>> losses{
      {"mse", [=](const Tensor& x, const Tensor& t) { return nn::mse_loss(x, t, each); }},
      {"l1", [=](const Tensor& x, const Tensor& t) { return nn::l1_loss(x, t, each); }},
      {"huber", [=](const Tensor& x, const Tensor& t) { return nn::huber_loss(x, t, {.reduction = apart}); }},
      {"smooth_l1", [=](const Tensor& x, const Tensor& t) { return nn::smooth_l1_loss(x, t, {.reduction = apart}); }},
      {"bce", [=](const Tensor& x, const Tensor& t) { return nn::binary_cross_entropy(x, t, {.reduction = apart}); }},
      {"bce logits", [=](const Tensor& x, const Tensor& t) { return nn::binary_cross_entropy_with_logits(x, t, {.reduction = apart}); }},
      {"bce pos_weight",
       [=](const Tensor& x, const Tensor& t) {
         return nn::binary_cross_entropy_with_logits(x, t, {.reduction = apart, .pos_weight = astype(tensor({2.0}), x.dtype())});
       }},
      {"kl_div", [=](const Tensor& x, const Tensor& t) { return nn::kl_div(x, t, {.reduction = apart}); }},
      {"kl_div log", [=](const Tensor& x, const Tensor& t) { return nn::kl_div(x, t, {.reduction = apart, .log_target = true}); }},
      {"kl_div impossible",
       [=](const Tensor& x, const Tensor& t) { return nn::kl_div(x, t - INFINITY, {.reduction = apart, .log_target = true}); }},
      {"poisson", [=](const Tensor& x, const Tensor& t) { return nn::poisson_nll_loss(x, t, {.reduction = apart}); }},
      {"poisson full",
       [=](const Tensor& x, const Tensor& t) { return nn::poisson_nll_loss(x, t + 2.0, {.reduction = apart, .full = true}); }},
      {"poisson rates",
       [=](const Tensor& x, const Tensor& t) { return nn::poisson_nll_loss(x, t, {.reduction = apart, .log_input = false}); }},
      {"gaussian", [=](const Tensor& x, const Tensor& t) { return nn::gaussian_nll_loss(x, t, ones_like(x), {.reduction = apart}); }},
      {"gaussian variance", [=](const Tensor& x, const Tensor& v) { return nn::gaussian_nll_loss(x, x, v, {.reduction = apart}); }},
      {"cosine", [=](const Tensor& x, const Tensor& t) { return nn::cosine_similarity(x, t, {.axis = 0}); }},
      {"distance", [=](const Tensor& x, const Tensor& t) { return nn::pairwise_distance(x, t); }},
      {"distance 3", [=](const Tensor& x, const Tensor& t) { return nn::pairwise_distance(x, t, {.p = 3}); }},
      {"distance inf", [=](const Tensor& x, const Tensor& t) { return nn::pairwise_distance(x, t, {.p = INFINITY}); }},
      {"triplet",
       [=](const Tensor& x, const Tensor& t) {
         return nn::triplet_margin_loss(reshape(x, {1, 1}), reshape(t, {1, 1}), reshape(t, {1, 1}));
       }},
      {"ranking", [=](const Tensor& x, const Tensor& t) { return nn::margin_ranking_loss(x, t, ones_like(x), {.reduction = apart}); }},
      {"shares", [=](const Tensor& x, const Tensor& t) { return nn::cross_entropy(x, t); }},
  };
  for (const auto& [name, loss] : losses)
    for (const Dtype dtype : {float32, float64}) {
      CAPTURE(name, dtype);
      const Tensor nan = of({std::nan("")}, dtype);
      for (const double other : {0.0, 0.5, 1.0}) {
        CAPTURE(other);
        CHECK(std::isnan(at(loss(nan, of({other}, dtype)), 0)));
        CHECK(std::isnan(at(loss(of({other}, dtype), nan), 0)));
      }
    }
  for (const double label : {1.0, -1.0}) {
    const Tensor nan = tensor({std::nan("")}), t = tensor({label});
    CHECK(std::isnan(at(nn::hinge_loss(nan, t, each), 0)));
    CHECK(std::isnan(at(nn::hinge_embedding_loss(nan, t, {.reduction = apart}), 0)));
    CHECK(std::isnan(at(nn::cosine_embedding_loss(reshape(nan, {1, 1}), tensor({{1.0}}), t), 0)));
  }
  CHECK(std::isnan(at(nn::cross_entropy(tensor({{std::nan(""), 1.0}}), tensor({1})), 0)));
  CHECK(std::isnan(at(nn::nll_loss(tensor({{std::nan(""), 1.0}}), tensor({0})), 0)));
}
