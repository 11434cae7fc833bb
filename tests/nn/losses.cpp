#include <cmath>
#include <functional>
#include <limits>

#include "losses_check.hpp"

using namespace reel;
using Catch::Contains;
using nn::Reduction;

namespace {

/// Central differences against gradients(), element by element.
void check_gradient(const std::function<Tensor(const Tensor&)>& loss, const Tensor& at) {
  const Tensor x = variable(at);
  const Tensor gradient = gradients(loss(x), {x})[0];
  constexpr double h = 1e-6;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const auto shifted = [&](double by) {
      Array value = at.value();
      value.mutable_data<double>()[i] += by;
      return loss(Tensor(std::move(value))).item<double>();
    };
    CHECK(gradient.value().as_double(i) == Approx((shifted(h) - shifted(-h)) / (2 * h)).epsilon(1e-6).margin(1e-8));
  }
}

const Tensor prediction = doubles({{1.0, -2.0}, {0.5, 4.0}});
const Tensor target = doubles({{0.0, 1.0}, {0.5, 1.0}});
const Tensor probability = doubles({{0.9, 0.2}, {0.5, 0.6}});
const Tensor logits = doubles({{1.0, 2.0, 3.0}, {-1.0, 0.0, 5.0}});
const Tensor classes = tensor({2, 0});
const Tensor shares = doubles({{0.2, 0.3, 0.5}, {1.0, 0.0, 0.0}});

}  // namespace

TEST_CASE("losses have the values worked out by hand, in every reduction") {
  check_reductions([](Reduction r) { return nn::mse_loss(prediction, target, {r}); }, {{1.0, 9.0}, {0.0, 9.0}});
  check_reductions([](Reduction r) { return nn::l1_loss(prediction, target, {r}); }, {{1.0, 3.0}, {0.0, 3.0}});
  check_reductions([](Reduction r) { return nn::binary_cross_entropy(probability, target, {r}); },
                   {{-std::log(0.1), -std::log(0.2)}, {-std::log(0.5), -std::log(0.6)}});
  check_reductions(
      [](Reduction r) { return nn::binary_cross_entropy_with_logits(prediction, target, {r}); },
      {{std::log1p(std::exp(1.0)), std::log1p(std::exp(2.0))}, {std::log1p(std::exp(0.5)) - 0.25, std::log1p(std::exp(4.0)) - 4.0}});
  const double first = std::log(std::exp(1.0) + std::exp(2.0) + std::exp(3.0)), second = std::log(std::exp(-1.0) + 1 + std::exp(5.0));
  check_reductions([](Reduction r) { return nn::cross_entropy(logits, classes, {r}); }, {first - 3, second + 1});
  check_reductions([](Reduction r) { return nn::cross_entropy(logits, shares, {r}); }, {first - (0.2 + 0.6 + 1.5), second + 1});
}

TEST_CASE("the short forms of losses are means") {
  CHECK(nn::mse_loss(prediction, target).item<double>() == 19.0 / 4);
  CHECK(nn::l1_loss(prediction, target).item<double>() == 7.0 / 4);
  CHECK(nn::binary_cross_entropy(probability, target).item<double>() == nn::binary_cross_entropy(probability, target, {}).item<double>());
  CHECK(nn::binary_cross_entropy_with_logits(prediction, target).item<double>() ==
        nn::binary_cross_entropy_with_logits(prediction, target, {}).item<double>());
  CHECK(nn::cross_entropy(logits, classes).item<double>() == nn::cross_entropy(logits, classes, {}).item<double>());
}

TEST_CASE("a classes target and the rows of its one_hot give the same loss") {
  CHECK(nn::cross_entropy(logits, classes).item<double>() ==
        Approx(nn::cross_entropy(logits, data::one_hot(classes, 3, float64)).item<double>()).epsilon(1e-14));
}

TEST_CASE("gradients of losses agree with central differences") {
  for (const Reduction reduction : {Reduction::mean, Reduction::sum}) {
    const nn::LossOptions o{.reduction = reduction};
    const nn::BinaryCrossEntropyOptions binary{.reduction = reduction};
    const nn::BinaryCrossEntropyWithLogitsOptions with_logits{.reduction = reduction};
    const nn::CrossEntropyOptions by_class{.reduction = reduction};
    const Tensor t = doubles({{0.3, 0.7}, {0.0, 1.0}});  // away from l1's kink
    check_gradient([&](const Tensor& x) { return nn::mse_loss(x, t, o); }, prediction);
    check_gradient([&](const Tensor& x) { return nn::l1_loss(x, t, o); }, prediction);
    check_gradient([&](const Tensor& x) { return nn::binary_cross_entropy(x, t, binary); }, probability);
    check_gradient([&](const Tensor& x) { return nn::binary_cross_entropy_with_logits(x, t, with_logits); }, prediction);
    check_gradient([&](const Tensor& x) { return nn::cross_entropy(x, classes, by_class); }, logits);
    check_gradient([&](const Tensor& x) { return nn::cross_entropy(x, shares, by_class); }, logits);
    check_gradient([&](const Tensor& x) { return nn::mse_loss(prediction, x, o); }, t);
    check_gradient([&](const Tensor& x) { return nn::binary_cross_entropy(probability, x, binary); }, t);
    check_gradient([&](const Tensor& x) { return nn::cross_entropy(logits, x, by_class); }, shares);
  }
}

TEST_CASE("logits of ±1000 give finite losses and gradients") {
  for (const Dtype dtype : {float32, float64}) {
    const Tensor x = variable(tensor({{1000.0, -1000.0, 0.0}, {-1000.0, 1000.0, 1000.0}}, {.dtype = dtype}));
    const Tensor right = nn::cross_entropy(x, tensor({0, 1})), wrong = nn::cross_entropy(x, tensor({1, 0}));
    CHECK(right.item<double>() == Approx(std::log(2.0) / 2));
    CHECK(wrong.item<double>() == Approx(2000 + std::log(2.0) / 2));
    CHECK(all_finite(gradients(right, {x})[0]));
    CHECK(gradients(wrong, {x})[0].at<double>({0, 1}) == Approx(-0.5));
    const Tensor one = ones({2, 3}, {.dtype = dtype});
    const Tensor each = nn::binary_cross_entropy_with_logits(x, one, {.reduction = Reduction::none});
    CHECK(allclose(each, tensor({{0.0, 1000.0, std::log(2.0)}, {1000.0, 0.0, 0.0}}, {.dtype = dtype})));
    const Tensor gradient = gradients(sum(each), {x})[0];
    CHECK(allclose(gradient, tensor({{0.0, -1.0, -0.5}, {-1.0, 0.0, 0.0}}, {.dtype = dtype})));
  }
}

TEST_CASE("probabilities of exactly 0 and 1 give finite losses and gradients") {
  for (const Dtype dtype : {float32, float64}) {
    const Tensor p = variable(tensor({0.0, 1.0, 0.0, 1.0}, {.dtype = dtype})), t = tensor({0.0, 1.0, 1.0, 0.0}, {.dtype = dtype});
    const Tensor each = nn::binary_cross_entropy(p, t, {.reduction = Reduction::none});
    CHECK(allclose(each, tensor({0.0, 0.0, 100.0, 100.0}, {.dtype = dtype})));
    CHECK(all_finite(gradients(sum(each), {p})[0]));
  }
}

TEST_CASE("NaN in a prediction stays visible in every loss") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor p = doubles({{nan, 0.5}}), t = doubles({{1.0, 0.0}});
  CHECK(std::isnan(nn::mse_loss(p, t).item<double>()));
  CHECK(std::isnan(nn::l1_loss(p, t).item<double>()));
  CHECK(std::isnan(nn::binary_cross_entropy(p, t).item<double>()));
  CHECK(std::isnan(nn::binary_cross_entropy_with_logits(p, t).item<double>()));
  CHECK(std::isnan(nn::cross_entropy(p, tensor({1})).item<double>()));
}

TEST_CASE("losses refuse shapes that would broadcast") {
  const Tensor column = zeros({3, 1}), row = zeros({3});
  const std::string rule = ": prediction is (3, 1) and target is (3,); both need one shape (losses.cpp:";
  CHECK_THAT(error_text<ShapeError>([&] { nn::mse_loss(column, row); }), Contains("mse_loss" + rule + std::to_string(__LINE__) + ")"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::l1_loss(column, row); }), Contains("l1_loss" + rule + std::to_string(__LINE__) + ")"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::binary_cross_entropy(column, row); }), Contains("binary_cross_entropy" + rule));
  CHECK_THAT(error_text<ShapeError>([&] { nn::binary_cross_entropy_with_logits(column, row); }),
             Contains("binary_cross_entropy_with_logits" + rule));
  CHECK_THAT(error_text<ShapeError>([&] { nn::mse_loss(column, 1.0); }), Contains("prediction is (3, 1) and target is ()"));
}

TEST_CASE("losses refuse dtypes that differ or are whole numbers") {
  CHECK_THAT(error_text<DtypeError>([&] {
               nn::mse_loss(zeros({2}), doubles({0, 0}));
             }),
             Contains("mse_loss: prediction is float32 and target is float64; both need float32, or both float64 (astype converts)"));
  CHECK_THAT(error_text<DtypeError>([&] { nn::mse_loss(tensor({1}), tensor({1})); }), Contains("prediction is int64 and target is int64"));
  CHECK_THROWS_AS(nn::cross_entropy(tensor({{1, 2}}), tensor({1})), DtypeError);
}

TEST_CASE("cross_entropy says which target it takes") {
  CHECK_THAT(error_text<ShapeError>([&] {
               nn::cross_entropy(zeros({2, 3}), tensor({0, 3}));
             }),
             Contains("class 3 at position 1 is out of range for 3 classes") && Contains("losses.cpp:"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::cross_entropy(zeros({2, 3}), tensor({-1, 0})); }), Contains("class -1 at position 0"));
  CHECK_THAT(error_text<ShapeError>([&] {
               nn::cross_entropy(zeros({2, 3}), tensor({{0}, {1}}));
             }),
             Contains("cross_entropy: prediction is (2, 3) and target is (2, 1); classes need shape (n,) beside logits of (n, classes)"));
  CHECK_THAT(error_text<ShapeError>([&] { nn::cross_entropy(zeros({2, 3}), tensor({0, 1, 2})); }), Contains("target is (3,)"));
  CHECK_THAT(
      error_text<ShapeError>([&] {
        nn::cross_entropy(zeros({2, 3}), zeros({2}));
      }),
      Contains("cross_entropy: prediction is (2, 3) and target is (2,); probabilities need the prediction's shape, classes are int64"));
  CHECK_THAT(error_text<ShapeError>([&] {
               nn::cross_entropy(zeros({2, 3}), 1);
             }),
             Contains("cross_entropy: target is the number 1; it needs classes"));
}

TEST_CASE("binary_cross_entropy refuses what is no probability") {
  CHECK_THAT(error_text([&] {
               nn::binary_cross_entropy(doubles({0.5, 1.5}), doubles({0, 1}));
             }),
             Contains("binary_cross_entropy: prediction has 1.5 at position 1; probabilities lie from 0 to 1 "
                      "(binary_cross_entropy_with_logits takes any number) (losses.cpp:"));
  CHECK_THROWS_AS(nn::binary_cross_entropy(doubles({-0.001}), doubles({0})), Error);
}

TEST_CASE("the op that a loss records stands at the user's line") {
  const Tensor x = variable(prediction);
  const int line = __LINE__ + 1;
  const Tensor loss = nn::binary_cross_entropy_with_logits(x, target);
  for (const Entry& entry : Tape(loss)) {
    if (entry.is_leaf()) continue;
    CHECK(entry.location().file_name() == "losses.cpp");
    CHECK(entry.location().line == line);
  }
}
