#include <limits>

#include "losses_check.hpp"

using namespace reel;
using Catch::Contains;
using nn::Reduction;

namespace {

const Tensor a = doubles({{1, 2, 3}, {-1, 0, 0.5}}), b = doubles({{0.5, 2, -1}, {-2, 1, 1}}), c = doubles({{1, 1, 1}, {-0.5, 0, 0.5}});
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

// Values here and below: PyTorch 1.13.
TEST_CASE("cosine_similarity of rows, of columns, and broadcast") {
  CHECK(allclose(nn::cosine_similarity(a, b), doubles({0.17496355305594136, 0.9128709291752769}), 1e-14, 0));
  CHECK(
      allclose(nn::cosine_similarity(a, b, {.axis = 0}), doubles({0.8574929257125441, 0.8944271909999159, -0.5812381937190964}), 1e-14, 0));
  CHECK(allclose(nn::cosine_similarity(a, b.row(0)), nn::cosine_similarity(a, doubles({{0.5, 2, -1}, {0.5, 2, -1}})), 1e-15, 0));
}

TEST_CASE("vectors of zeros have similarity 0 and finite derivatives") {
  for (const Dtype dtype : {float32, float64}) {
    const Tensor zero = zeros({2, 3}, {.dtype = dtype}), one = ones({2, 3}, {.dtype = dtype}),
                 label = tensor({1.0, -1.0}, {.dtype = dtype});
    CHECK(allclose(nn::cosine_similarity(zero, one), zeros({2}, {.dtype = dtype})));
    check_finite([&](const Tensor& x) { return nn::cosine_similarity(x, one); }, zero);
    check_finite([&](const Tensor& x) { return nn::cosine_similarity(x, x); }, zero);
    check_finite([&](const Tensor& x) { return nn::cosine_embedding_loss(x, one, label, {Reduction::none, -0.5}); }, zero);
  }
  const Tensor x = variable(zeros({3}, {.dtype = float64}));
  CHECK(allclose(gradients(nn::cosine_similarity(x, doubles({3, 0, 4})), {x})[0], doubles({6e7, 0, 8e7})));
}

TEST_CASE("pairwise_distance in several norms") {
  CHECK(allclose(nn::pairwise_distance(a, b, {.p = 1}), doubles({4.500003, 2.499999}), 1e-14, 0));
  CHECK(allclose(nn::pairwise_distance(a, b), doubles({4.031129990462103, 1.4999996666676296}), 1e-14, 0));
  CHECK(allclose(nn::pairwise_distance(a, b, {.p = 3}), doubles({4.0026034873876615, 1.285640644078754}), 1e-14, 0));
  CHECK(allclose(nn::pairwise_distance(a, b, {.p = infinity}), doubles({4.000001, 1.000001}), 1e-14, 0));
  CHECK(nn::pairwise_distance(a, b, {.keepdims = true}).shape() == Shape{2, 1});
  CHECK(allclose(nn::pairwise_distance(a * 1e100, b * 1e100, {.p = 50, .eps = 0}), doubles({4e100, 1e100}), 0.02, 0));
}

TEST_CASE("where a distance is 0 its derivative is 0, and ties of the largest difference share") {
  for (const double p : {0.5, 1.0, 1.5, 2.0, 3.0, infinity}) {
    check_finite([&](const Tensor& x) { return nn::pairwise_distance(x, a, {.p = p}); }, a);
    check_finite([&](const Tensor& x) { return nn::pairwise_distance(x, a, {.p = p, .eps = 0}); }, a);
  }
  const Tensor x = variable(doubles({2, -2, 1}));
  CHECK(allclose(gradients(nn::pairwise_distance(x, zeros_like(x), {.p = infinity, .eps = 0}), {x})[0], doubles({0.5, -0.5, 0})));
}

TEST_CASE("losses of similarity and distance") {
  const Tensor label = doubles({1, -1});
  check_reductions([&](Reduction r) { return nn::cosine_embedding_loss(a, b, label, {r, 0.2}); }, {0.8250364469440816, 0.7128709291748356});
  check_reductions([&](Reduction r) { return nn::triplet_margin_loss(a, b, c, {r, 2}); }, {3.795060671321259, 3.0000006666656294});
  check_reductions([&](Reduction r) { return nn::triplet_margin_loss(a, b, c, {.reduction = r, .margin = 2, .p = 1, .swap = true}); },
                   {3.5, 3.999998});
  const Tensor x = doubles({{1.0, -2.0}, {0.5, 4.0}}), y = doubles({{0.0, 1.0}, {0.5, 3.0}}), t = doubles({{1, -1}, {1, 1}});
  check_reductions([&](Reduction r) { return nn::margin_ranking_loss(x, y, t, {r, 0.25}); }, {{0.0, 0.0}, {0.25, 0.0}});
  check_reductions([&](Reduction r) { return nn::hinge_embedding_loss(x, t, {r, 1.5}); }, {{1.0, 3.5}, {0.5, 4.0}});
  CHECK(nn::hinge_embedding_loss(x, t).item<double>() == 8.5 / 4);
  CHECK(nn::cosine_embedding_loss(a.row(0), b.row(0), 1).item<double>() == Approx(0.8250364469440816).epsilon(1e-13));
}

TEST_CASE("the tape of a triplet_margin_loss shows its distances") {
  const Tensor anchor = variable(a);
  std::string ops;
  for (const Entry& entry : Tape(nn::triplet_margin_loss(anchor, b, c)))
    if (!entry.is_leaf()) ops += std::string(entry.op()) + " ";
  CHECK(ops == "pairwise_distance pairwise_distance triplet_margin_loss mean ");
}

TEST_CASE("losses of vectors say what is wrong") {
  const Tensor row = doubles({1, -1});
  CHECK_THAT(error_text<ShapeError>([&] {
               nn::cosine_similarity(a, doubles({1, 2}));
             }),
             Contains("cosine_similarity: shapes (2, 3) and (2,) do not broadcast") && Contains("losses_embedding.cpp:"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::cosine_similarity(a, b, {.axis = 2}); }),
             Contains("cosine_similarity") && Contains("losses_embedding.cpp:"));
  CHECK_THAT(error_text<DtypeError>([&] {
               nn::cosine_similarity(a, ones({2, 3}));
             }),
             Contains("cosine_similarity: a is float64 and b is float32; both need float32, or both float64 (astype converts)"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::pairwise_distance(doubles(1), doubles(2)); }),
             Contains("pairwise_distance: a and b are single numbers; vectors have at least one axis"));
  CHECK_THAT(error_text([&] { nn::pairwise_distance(a, b, {.p = 0}); }), Contains("pairwise_distance: p is 0; it needs to be above 0"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::triplet_margin_loss(a, b, row); }),
             Contains("triplet_margin_loss: anchor is (2, 3) and negative is (2,); both need one shape"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::triplet_margin_loss(a, row, b); }), Contains("anchor is (2, 3) and positive is (2,)"));
  CHECK_THAT(error_text([&] { nn::triplet_margin_loss(a, b, c, {.p = -1}); }),
             Contains("triplet_margin_loss: p is -1; it needs to be above 0"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::cosine_embedding_loss(a, row, row); }),
             Contains("cosine_embedding_loss: a is (2, 3) and b is (2,); both need one shape"));
  CHECK_THAT(error_text<ShapeError>([&] {
               nn::cosine_embedding_loss(a, b, doubles({1, 1, 1}));
             }),
             Contains("cosine_embedding_loss: target is (3,); it needs one label for each vector, (2,)"));
  CHECK_THAT(error_text<DtypeError>([&] {
               nn::cosine_embedding_loss(a, b, tensor({1, -1}));
             }),
             Contains("cosine_embedding_loss: target is int64; it needs the vectors' dtype, float64 (astype converts)"));
  CHECK_THAT(error_text([&] {
               nn::cosine_embedding_loss(a, b, doubles({1, 0.5}));
             }),
             Contains("cosine_embedding_loss: target has 0.5 at position 1; labels are 1 and -1 (losses_embedding.cpp:"));
  CHECK_THAT(error_text([&] {
               nn::hinge_embedding_loss(row, doubles({1, 2}));
             }),
             Contains("hinge_embedding_loss: target has 2 at position 1"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::hinge_embedding_loss(row, a); }),
             Contains("hinge_embedding_loss: prediction is (2,) and target is (2, 3); both need one shape"));
  CHECK_THAT(error_text([&] {
               nn::margin_ranking_loss(row, row, doubles({1, 0}));
             }),
             Contains("margin_ranking_loss: target has 0 at position 1"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::margin_ranking_loss(row, row, a); }),
             Contains("margin_ranking_loss: a is (2,) and target is (2, 3); both need one shape"));
}
