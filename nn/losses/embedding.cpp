#include <reel/nn/losses/embedding.hpp>

#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/detail/reduction.hpp>
#include <reel/autograd/ops/detail/units.hpp>
#include <reel/autograd/ops/reduce.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/reduce.hpp>
#include <reel/core/kernels/statistics.hpp>
#include <reel/nn/losses/checks.hpp>
#include <reel/nn/losses/pointwise.hpp>

namespace reel::nn {

using namespace detail;

namespace {

/// Two inputs of one shape and floating dtype.
struct Vectors {
  Tensor a, b;
};

/// Repeated to the shape that both broadcast to.
Vectors broadcast_vectors(Literal op, const Operand& a, const Operand& b) {
  const Shape shape = located(op, a, [&] {
    const Array x = a.as_tensor().value(), y = b.as_tensor(x.dtype()).value();
    const Shape common = broadcast(op.text, x.shape(), y.shape());
    if (common.rank() == 0) throw ShapeError(fmt::format("{}: a and b are single numbers; vectors have at least one axis", op.text));
    if (x.dtype() != y.dtype() || !is_floating(x.dtype()))
      throw DtypeError(fmt::format("{}: a is {} and b is {}; both need float32, or both float64 (astype converts)", op.text,
                                   name_of(x.dtype()), name_of(y.dtype())));
    return common;
  });
  const auto repeated = [&](const Tensor& x) { return x.shape() == shape ? x : broadcast_to(x, shape); };
  const Tensor x = a.as_tensor();
  return {repeated(x), repeated(b.as_tensor(x.dtype()))};
}

/// A vector's length with a lower bound: max(√(Σ a² + added), least).
struct Length {
  std::size_t axis;
  double added, least;

  Array of(const Array& a) const {
    Array size = kernels::norm(a, 2, axis, true);
    if (added > 0) {
      const auto longer = [root = std::sqrt(added)](auto v) { return hypot(v, decltype(v)(root)); };
      size = kernels::map_to(size.shape(), size.dtype(), longer, size);
    }
    return kernels::maximum(size, Array::scalar(least, a.dtype()));
  }
  /// Whether each vector is longer than `least`, so that its length depends on the vector.
  Tensor is_free(const Tensor& a) const { return Tensor(kernels::greater(of(a.value()), Array::scalar(least, a.dtype()))); }
  /// The same made of ops; the inner `where` keeps the root's derivative finite at 0.
  Tensor of(const Tensor& a) const {
    const Tensor free = is_free(a);
    const reel::detail::Units units(a.value(), axis, added);
    const Tensor size = sqrt(where(free, sum(square(units.scaled(a)), axis, {.keepdims = true}) + units.eps(), 1.0));
    return where(free, units.are_one() ? size : size / units.unit(), least);
  }
};

/// dy·(b/‖b‖ - y·a/‖a‖)/‖a‖; the second term is there only where ‖a‖ depends on a.
Tensor cosine_slope(const Tensor& a, const Tensor& b, const Tensor& y, const Tensor& dy, const Length& length) {
  const Tensor size = length.of(a);
  return dy * (b / length.of(b) - where(length.is_free(a), y, 0.0) * a / size) / size;
}

Tensor cosine(Literal op, const Tensor& a, const Tensor& b, Length length) {
  return record(
      op, "da = dy·(b/‖b‖ - y·a/‖a‖)/‖a‖   db likewise", {a, b},
      [length](const Inputs& in) {
        const Array a_unit = kernels::div(in[0], length.of(in[0])), b_unit = kernels::div(in[1], length.of(in[1]));
        return kernels::sum(kernels::mul(a_unit, b_unit), length.axis, false);
      },
      [length](const Pullback& p) {
        const Tensor &x = p.input(0), &z = p.input(1);
        const Shape kept = reduced_shape(x.shape(), length.axis, true);
        const Tensor y = reshape(p.output(), kept), dy = reshape(p.dy(), kept);
        return Gradients{p.needs(0) ? cosine_slope(x, z, y, dy, length) : none, p.needs(1) ? cosine_slope(z, x, y, dy, length) : none};
      },
      [length] { return fmt::format("axis={}", length.axis); });
}

void check_p(Literal op, const Operand& at, double p) { require(op, at, p > 0, fmt::format("p is {}; it needs to be above 0", p)); }

Tensor sign_of(const Tensor& x) { return astype(where(x > 0, 1.0, where(x < 0, -1.0, 0.0)), x.dtype()); }

/// The derivative of y = (Σ |d|^p)^(1/p) with respect to d.
Tensor norm_slope(const Tensor& d, const Tensor& y, double p) {
  if (p == 1) return sign_of(d);
  if (p == 2) return reel::detail::unit_vector(d, d.rank() - 1);
  const Tensor unit = where(y == 0.0, 1.0, y);
  if (std::isinf(p)) {
    const Tensor largest = astype(abs(d) == y, d.dtype());
    return sign_of(d) * largest / sum(largest, -1, {.keepdims = true});
  }
  const Tensor none_there = d == 0.0;  // |0|^(p-1) and its slope are infinite for a small p
  return sign_of(d) * where(none_there, 0.0, pow(where(none_there, 1.0, abs(d) / unit), p - 1));
}

/// max(0, x) of SIMD vectors.
template <class X>
X positive_part(X x) {
  return where(x < 0, 0, x);
}

void check_labels(Literal loss, const Operand& at, const Operand& target, const Shape& shape, Dtype dtype) {
  located(loss, at, [&] {
    const Array labels = target.as_tensor(dtype).value();
    if (labels.shape() != shape)
      throw ShapeError(fmt::format("{}: target is {}; it needs one label for each vector, {}", loss.text, labels.shape(), shape));
    if (labels.dtype() != dtype)
      throw DtypeError(fmt::format("{}: target is {}; it needs the vectors' dtype, {} (astype converts)", loss.text,
                                   name_of(labels.dtype()), name_of(dtype)));
  });
  check_signs(loss, at, target.as_tensor(dtype).value());
}

}  // namespace

Tensor cosine_similarity(Operand a, Operand b, CosineSimilarityOptions options) {
  const CallSite site(a.location());
  const auto [x, y] = broadcast_vectors("cosine_similarity", a, b);
  const std::size_t axis =
      located("cosine_similarity", a, [&, &v = x] { return normalize_axis("cosine_similarity", options.axis, v.rank()); });
  return cosine("cosine_similarity", x, y, {axis, 0, options.eps});
}

Tensor pairwise_distance(Operand a, Operand b, PairwiseDistanceOptions options) {
  check_p("pairwise_distance", a, options.p);
  const CallSite site(a.location());
  const auto [x, y] = broadcast_vectors("pairwise_distance", a, b);
  const Ints last = x.rank() - 1;
  return record(
      "pairwise_distance", "da = dy·sign(d)·(|d|/y)^(p-1), d = a - b + eps   db = -da", {x, y},
      [options, last](const Inputs& in) {
        const Array d = kernels::add(kernels::sub(in[0], in[1]), Array::scalar(options.eps, in[0].dtype()));
        const Array distance = kernels::norm(d, options.p, last, true);
        return options.keepdims ? distance : distance.with_shape(reduced_shape(d.shape(), last, false));
      },
      [options, last](const Pullback& p) {
        const Shape kept = reduced_shape(p.input(0).shape(), last, true);
        const Tensor d = p.input(0) - p.input(1) + options.eps;
        const Tensor da = reshape(p.dy(), kept) * norm_slope(d, reshape(p.output(), kept), options.p);
        return Gradients{da, p.needs(1) ? -da : none};
      },
      [options] { return fmt::format("p={}", options.p); });
}

Tensor cosine_embedding_loss(Operand a, Operand b, Operand target, CosineEmbeddingOptions options) {
  check_alike("cosine_embedding_loss", a, b, "a", "b");
  const CallSite site(a.location());
  const auto [x, y] = broadcast_vectors("cosine_embedding_loss", a, b);
  const std::size_t last = x.rank() - 1;
  check_labels("cosine_embedding_loss", a, target, reduced_shape(x.shape(), last, false), x.dtype());
  const double margin = options.margin;
  const Tensor losses = pointwise(
      "cosine_embedding_loss", "dx = -dy where t = 1; dy where t = -1 and x > margin, else 0",
      {cosine("cosine_similarity", x, y, {last, least_denominator, 0}), target}, [margin] { return fmt::format("margin={}", margin); },
      [margin](auto c, auto t) { return where(t > 0, 1 - c, positive_part(c - margin)); },
      [margin](auto c, auto t) { return where(t > 0, -1.0, where(c > margin, 1.0, 0.0)); }, NoSlope{});
  return reduced(losses, options.reduction);
}

Tensor hinge_embedding_loss(Operand prediction, Operand target, HingeEmbeddingOptions options) {
  check_alike("hinge_embedding_loss", prediction, target);
  check_signs("hinge_embedding_loss", prediction, target.as_tensor().value());
  const CallSite site(prediction.location());
  const double margin = options.margin;
  const Tensor losses = pointwise(
      "hinge_embedding_loss", "dx = dy where t = 1; -dy where t = -1 and x < margin, else 0", {prediction, target},
      [margin] { return fmt::format("margin={}", margin); },
      [margin](auto x, auto t) { return where(t > 0, x, positive_part(margin - x)); },
      [margin](auto x, auto t) { return where(t > 0, 1.0, where(x < margin, -1.0, 0.0)); }, NoSlope{});
  return reduced(losses, options.reduction);
}

Tensor triplet_margin_loss(Operand anchor, Operand positive, Operand negative, TripletMarginOptions options) {
  check_alike("triplet_margin_loss", anchor, positive, "anchor", "positive");
  check_alike("triplet_margin_loss", anchor, negative, "anchor", "negative");
  check_p("triplet_margin_loss", anchor, options.p);
  const CallSite site(anchor.location());
  const PairwiseDistanceOptions distance{.p = options.p, .eps = options.eps};
  const Tensor near = pairwise_distance(anchor, positive, distance);
  Tensor far = pairwise_distance(anchor, negative, distance);
  if (options.swap) far = minimum(far, pairwise_distance(positive, negative, distance));
  const double margin = options.margin;
  const Tensor losses = pointwise(
      "triplet_margin_loss", "dx = dy where margin + x - z > 0, else 0   dz = -dx", {near, far},
      [margin] { return fmt::format("margin={}", margin); }, [margin](auto x, auto z) { return positive_part(margin + x - z); },
      [margin](auto x, auto z) { return where(margin + x > z, 1.0, 0.0); },
      [margin](auto x, auto z) { return where(margin + x > z, -1.0, 0.0); });
  return reduced(losses, options.reduction);
}

Tensor margin_ranking_loss(Operand a, Operand b, Operand target, MarginRankingOptions options) {
  check_alike("margin_ranking_loss", a, b, "a", "b");
  check_alike("margin_ranking_loss", a, target, "a", "target");
  check_signs("margin_ranking_loss", a, target.as_tensor().value());
  const CallSite site(a.location());
  const double margin = options.margin;
  const Tensor losses = pointwise(
      "margin_ranking_loss", "da = -dy·t where t·(a - b) < margin, else 0   db = -da", {a, b, target},
      [margin] { return fmt::format("margin={}", margin); },
      [margin](auto x, auto y, auto t) { return positive_part(margin - t * (x - y)); },
      [margin](auto x, auto y, auto t) { return where(t * (x - y) < margin, -t, 0); },
      [margin](auto x, auto y, auto t) { return where(t * (x - y) < margin, t, 0); }, NoSlope{});
  return reduced(losses, options.reduction);
}

Tensor hinge_embedding_loss(Operand prediction, Operand target) { return hinge_embedding_loss(prediction, target, {}); }

}  // namespace reel::nn
