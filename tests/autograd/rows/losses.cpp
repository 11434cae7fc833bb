#include <cmath>
#include <limits>

#include "../ops_table.hpp"

using namespace reel;

namespace {

using nn::Reduction;

const Cases vectors{{{1}}, {{4}}, {{0, 3}}, {{2, 3}}, {{2, 1, 2, 1, 3}}};
const Cases scores{{{3}}, {{0, 3}}, {{2, 1}}, {{3, 4}}, {{2, 3, 2}}, {{2, 3, 1, 0}}, {{2, 3, 1, 2, 1}}};

/// The same shape for each of `n` inputs.
Cases times(std::size_t n, const Cases& cases) {
  Cases result;
  for (const auto& shapes : cases) result.emplace_back(n, shapes[0]);
  return result;
}

/// 1, -1, -1, 1, -1, -1, ...
Tensor signs(const Shape& shape, Dtype dtype) {
  Array labels = Array::full(shape, -1, float64);
  for (std::size_t i = 0; i < labels.size(); i += 3) labels.mutable_data<double>()[i] = 1;
  return Tensor(labels.astype(dtype));
}
Tensor signs_like(const Tensor& x) { return signs(x.shape(), x.dtype()); }

Shape without_axis(const Shape& shape, std::size_t axis) { return reduced_shape(shape, axis, false); }

/// Classes for scores, all of them in turn.
Tensor classes_for(const Tensor& x) {
  const std::size_t axis = x.rank() == 1 ? 0 : 1;
  Array classes = Array::zeros(without_axis(x.shape(), axis), int64);
  for (std::size_t i = 0; i < classes.size(); ++i)
    classes.mutable_data<std::int64_t>()[i] = static_cast<std::int64_t>((i * 2 + 1) % x.shape()[axis]);
  return Tensor(classes);
}

/// 0.5, 1, 1.5, ... for the classes.
Tensor class_weights(const Tensor& x) {
  return astype(arange(1, static_cast<std::int64_t>(x.shape()[x.rank() == 1 ? 0 : 1]) + 1), x.dtype()) * 0.5;
}

/// Rows of one loss in each reduction: f(in, reduction).
class LossRows {
 public:
  explicit LossRows(std::vector<Row>& rows) : rows_(rows) {}

  template <class F>
  void operator()(const std::string& op, const std::string& variant, F f, const Cases& cases, const std::vector<Range>& ranges = anything) {
    const std::pair<Reduction, const char*> reductions[] = {{Reduction::mean, "mean"}, {Reduction::sum, "sum"}, {Reduction::none, "none"}};
    for (const auto& [reduction, name] : reductions)
      rows_.push_back(
          {op, variant.empty() ? name : variant + ", " + name, [f, r = reduction](const In& in) { return f(in, r); }, cases, ranges});
  }

 private:
  std::vector<Row>& rows_;
};

void append_regression(LossRows& row) {
  const Cases two = times(2, unary), three = times(3, unary);
  row(
      "mse_loss", "", [](const In& in, Reduction r) { return nn::mse_loss(in[0], in[1], {r}); }, two);
  row("l1_loss", "", [](const In& in, Reduction r) { return nn::l1_loss(in[0], in[1], {r}); }, two, {{0.1, 1}, {-1, -0.1}});
  const auto huber = [](const In& in, Reduction r) { return nn::huber_loss(in[0], in[1], {r, 0.8}); };
  row("huber_loss", "near", huber, two, {{0, 0.7}});
  row("huber_loss", "far", huber, two, {{0.5, 1}, {-1, -0.5}});
  const auto smooth = [](const In& in, Reduction r) { return nn::smooth_l1_loss(in[0], in[1], {r, 0.6}); };
  row("smooth_l1_loss", "near", smooth, two, {{0, 0.5}});
  row("smooth_l1_loss", "far", smooth, two, {{-1, -0.5}, {0.5, 1}});
  row("smooth_l1_loss", "beta 0",
      [](const In& in, Reduction r) {
        return nn::smooth_l1_loss(in[0], in[1], {r, 0});
      },
      two, {{0.1, 1}, {-1, -0.1}});
  row(
      "poisson_nll_loss", "logarithms", [](const In& in, Reduction r) { return nn::poisson_nll_loss(in[0], in[1], {r}); }, two);
  row("poisson_nll_loss", "logarithms, full",
      [](const In& in, Reduction r) {
        return nn::poisson_nll_loss(in[0], in[1], {r, true, true});
      },
      two, {{-2, 2}, {1.5, 4}});
  row(
      "poisson_nll_loss", "rates",
      [](const In& in, Reduction r) {
        return nn::poisson_nll_loss(in[0], in[1], {r, false});
      },
      two, positive);
  row("gaussian_nll_loss", "", [](const In& in, Reduction r) { return nn::gaussian_nll_loss(in[0], in[1], in[2], {r}); }, three,
      {{-2, 2}, {-2, 2}, {0.5, 2}});
  row("gaussian_nll_loss", "full, one variance a row",
      [](const In& in, Reduction r) {
        return nn::gaussian_nll_loss(in[0], in[1], in[2], {r, true});
      },
      {{{2, 3}, {2, 3}, {2, 1}}, {{2, 3}, {2, 3}, {2}}, {{4}, {4}, Shape{}}, {{0, 3}, {0, 3}, {0}}}, {{-2, 2}, {-2, 2}, {0.5, 2}});
}

void append_binary(LossRows& row) {
  const Cases two = times(2, unary);
  const std::vector<Range> probabilities{{0.4, 0.6}};
  row(
      "binary_cross_entropy", "", [](const In& in, Reduction r) { return nn::binary_cross_entropy(in[0], in[1], {r}); }, two,
      probabilities);
  row(
      "binary_cross_entropy", "weight",
      [](const In& in, Reduction r) {
        return nn::binary_cross_entropy(in[0], in[1], {r, in[2]});
      },
      {{{2, 3}, {2, 3}, {3}}, {{2, 3}, {2, 3}, {2, 1}}, {{4}, {4}, Shape{}}}, probabilities);
  row(
      "binary_cross_entropy_with_logits", "",
      [](const In& in, Reduction r) { return nn::binary_cross_entropy_with_logits(in[0], in[1], {r}); }, two);
  row("binary_cross_entropy_with_logits", "weights",
      [](const In& in, Reduction r) {
        return nn::binary_cross_entropy_with_logits(in[0], in[1], {r, in[2], in[3]});
      },
      {{{2, 3}, {2, 3}, {2, 1}, {3}}, {{4}, {4}, Shape{}, {4}}}, {{-2, 2}, {0, 1}, {0.5, 2}});
  row("kl_div", "", [](const In& in, Reduction r) { return nn::kl_div(in[0], in[1], {r}); }, two, {{-2, -0.1}, {0.5, 1}});
  row("kl_div", "logarithms", [](const In& in, Reduction r) { return nn::kl_div(in[0], in[1], {r, true}); }, two, {{-2, -0.1}});
  row("hinge_loss", "below the margin", [](const In& in, Reduction r) { return nn::hinge_loss(in[0], signs_like(in[0]), {r}); }, unary,
      {{-0.9, 0.9}});
  row("hinge_loss", "beyond it", [](const In& in, Reduction r) { return nn::hinge_loss(in[0], ones_like(in[0]), {r}); }, unary, {{1.1, 2}});
}

void append_classes(LossRows& row) {
  row(
      "cross_entropy", "classes", [](const In& in, Reduction r) { return nn::cross_entropy(in[0], classes_for(in[0]), {r}); }, scores);
  row("cross_entropy", "weighted, smoothed, one class ignored",
      [](const In& in, Reduction r) {
        return nn::cross_entropy(in[0], classes_for(in[0]), {r, class_weights(in[0]), 0, 0.1});
      },
      {{{3}}, {{3, 4}}, {{2, 3, 2}}, {{2, 3, 1, 2, 1}}});
  row(
      "cross_entropy", "probabilities", [](const In& in, Reduction r) { return nn::cross_entropy(in[0], in[1], {r}); }, times(2, scores));
  row("cross_entropy", "probabilities, weighted and smoothed",
      [](const In& in, Reduction r) { return nn::cross_entropy(in[0], in[1], {.reduction = r, .weight = in[2], .label_smoothing = 0.1}); },
      {{{3}, {3}, {3}}, {{2, 4}, {2, 4}, {4}}, {{2, 3, 2}, {2, 3, 2}, {3}}});
  row(
      "nll_loss", "", [](const In& in, Reduction r) { return nn::nll_loss(in[0], classes_for(in[0]), {r}); }, scores);
  row("nll_loss", "weighted, one class ignored",
      [](const In& in, Reduction r) {
        return nn::nll_loss(in[0], classes_for(in[0]), {r, class_weights(in[0]), 0});
      },
      {{{3}}, {{3, 4}}, {{2, 3, 2}}, {{2, 3, 1, 2, 1}}});
}

void append_similarity(std::vector<Row>& rows) {
  const auto similarity = [&](const char* variant, std::ptrdiff_t axis, double eps, const Cases& cases) {
    rows.push_back({"cosine_similarity", variant,
                    [axis, eps](const In& in) {
                      return nn::cosine_similarity(in[0], in[1], {axis, eps});
                    },
                    cases, anything});
  };
  similarity("last axis", -1, 1e-8, times(2, vectors));
  similarity("first axis", 0, 1e-8, {{{3, 2}, {3, 2}}, {{2, 1, 2, 1, 3}, {2, 1, 2, 1, 3}}, {{3, 2}, {2}}});
  similarity("broadcast", -1, 1e-8, {{{2, 3}, {3}}, {{3}, {2, 3}}, {{2, 1, 3}, {1, 2, 3}}, {{2, 3}, {2, 1}}});
  similarity("vectors shorter than eps", -1, 10, {{{2, 3}, {2, 3}}});
  for (const double p : {1.0, 1.7, 2.0, 4.0, std::numeric_limits<double>::infinity()})
    rows.push_back({"pairwise_distance",
                    "p = " + std::to_string(p),
                    [p](const In& in) { return nn::pairwise_distance(in[0], in[1], {.p = p}); },
                    {{{1}, {1}}, {{2, 3}, {2, 3}}, {{2, 3}, {3}}, {{2, 1, 3}, {2, 3}}, {{2, 1, 2, 1, 3}, {2, 1, 2, 1, 3}}},
                    {{0.1, 2}, {-2, -0.1}}});
  rows.push_back({"pairwise_distance", "kept axis", [](const In& in) { return nn::pairwise_distance(in[0], in[1], {.keepdims = true}); },
                  times(2, vectors), anything});
}

void append_embedding(LossRows& row) {
  const Cases two = times(2, unary);
  row(
      "cosine_embedding_loss", "",
      [](const In& in, Reduction r) {
        const Tensor labels = signs(without_axis(in[0].shape(), in[0].rank() - 1), in[0].dtype());
        return nn::cosine_embedding_loss(in[0], in[1], labels, {r, -0.9});
      },
      times(2, {{{4}}, {{0, 3}}, {{3, 3}}, {{2, 1, 2, 1, 3}}}));
  const auto embedding = [](const In& in, Reduction r) { return nn::hinge_embedding_loss(in[0], signs_like(in[0]), {r, 1}); };
  row("hinge_embedding_loss", "below the margin", embedding, unary, {{-0.9, 0.9}});
  row("hinge_embedding_loss", "beyond it", embedding, unary, {{1.1, 2}});
  for (const double margin : {9.0, -9.0})
    row(
        "triplet_margin_loss", margin > 0 ? "above 0" : "at 0",
        [margin](const In& in, Reduction r) {
          return nn::triplet_margin_loss(in[0], in[1], in[2], {r, margin});
        },
        times(3, vectors));
  for (const double p : {1.0, 3.0})
    row("triplet_margin_loss", "swap, p = " + std::to_string(p),
        [p](const In& in, Reduction r) {
          return nn::triplet_margin_loss(in[0], in[1], in[2], {.reduction = r, .margin = 9, .p = p, .swap = true});
        },
        times(3, {{{4}}, {{2, 3}}}), {{-2, -1}, {0, 0.5}, {1, 2}});
  const auto ranking = [](const In& in, Reduction r) { return nn::margin_ranking_loss(in[0], in[1], signs_like(in[0]), {r, 0.5}); };
  row("margin_ranking_loss", "below the margin", ranking, two, {{0, 0.4}});
  row("margin_ranking_loss", "beyond it", ranking, two, {{1, 2}, {-1, 0}});
}

void append_sequence(LossRows& row) {
  row("ctc_loss", "two sequences, a repeated class, an empty target",
      [](const In& in, Reduction r) {
        const std::size_t n = in[0].shape()[1];
        const Tensor targets = n == 2 ? tensor({{1, 1}, {2, 0}}) : zeros({n, 0}, {.dtype = int64});
        const auto list = [n](Values two) { return n == 2 ? tensor(two) : zeros({n}, {.dtype = int64}); };
        return nn::ctc_loss(in[0], targets, list({4, 2}), list({2, 1}), {.reduction = r});
      },
      {{{4, 2, 3}}, {{5, 2, 3}}, {{3, 1, 2}}, {{2, 0, 2}}});
  row("ctc_loss", "one sequence, another blank",
      [](const In& in, Reduction r) {
        return nn::ctc_loss(in[0], tensor({0, 1}), in[0].shape()[0], 2, {.reduction = r, .blank = 2});
      },
      {{{2, 3}}, {{3, 3}}});
  row("ctc_loss", "too few frames",
      [](const In& in, Reduction r) {
        return nn::ctc_loss(in[0], tensor({1, 1, 2}), tensor({2, 3}), tensor({2, 1}), {.reduction = r, .zero_infinity = true});
      },
      {{{3, 2, 3}}});
}

}  // namespace

void append_losses(std::vector<Row>& rows) {
  LossRows row(rows);
  append_regression(row);
  append_binary(row);
  append_classes(row);
  append_similarity(rows);
  append_embedding(row);
  append_sequence(row);
}
