#include <limits>

#include "losses_check.hpp"

using namespace reel;
using Catch::Contains;
using nn::Reduction;

namespace {

const Tensor x = doubles({{1.0, -2.0}, {0.5, 4.0}});
const Tensor t = doubles({{0.0, 1.0}, {0.5, 3.0}});
const Tensor v = doubles({{0.5, 1.0}, {2.0, 0.25}});

}  // namespace

TEST_CASE("huber_loss and smooth_l1_loss are squares near 0 and lines beyond") {
  check_reductions([](Reduction r) { return nn::huber_loss(x, t, {r, 2}); }, {{0.5, 4.0}, {0.0, 0.5}});
  check_reductions([](Reduction r) { return nn::smooth_l1_loss(x, t, {r, 2}); }, {{0.25, 2.0}, {0.0, 0.25}});
  check_reductions([](Reduction r) { return nn::smooth_l1_loss(x, t, {r, 0}); }, {{1.0, 3.0}, {0.0, 1.0}});
  CHECK(nn::huber_loss(x, t).item<double>() == nn::huber_loss(x, t, {.delta = 1}).item<double>());
  CHECK(nn::smooth_l1_loss(x, t).item<double>() == nn::smooth_l1_loss(x, t, {.beta = 1}).item<double>());
}

TEST_CASE("at their bends, huber_loss and smooth_l1_loss have the slope of either side, and l1_loss has none at 0") {
  const Tensor at = variable(doubles({1.5, -1.5, 0.0})), zero = zeros_like(at);
  CHECK(allclose(gradients(nn::huber_loss(at, zero, {Reduction::sum, 1.5}), {at})[0], doubles({1.5, -1.5, 0})));
  CHECK(allclose(gradients(nn::smooth_l1_loss(at, zero, {Reduction::sum, 1.5}), {at})[0], doubles({1, -1, 0})));
  CHECK(allclose(gradients(nn::l1_loss(at, zero, {Reduction::sum}), {at})[0], doubles({1, -1, 0})));
  check_finite([&](const Tensor& y) { return nn::huber_loss(y, zero, {Reduction::none, 1.5}); }, at);
  check_finite([&](const Tensor& y) { return nn::l1_loss(y, zero, {Reduction::none}); }, at);
  check_finite([&](const Tensor& y) { return nn::huber_loss(y, zero, {Reduction::none, 1.5}); }, doubles({1e300, -1e300, 1e-300}));
}

// Values here and below: PyTorch 1.13.
TEST_CASE("poisson_nll_loss takes rates or their logarithms, and Stirling's term for counts above 1") {
  check_reductions([](Reduction r) { return nn::poisson_nll_loss(x, t, {r}); },
                   {{2.718281828459045, 2.135335283236613}, {1.3987212707001282, 42.598150033144236}});
  check_reductions(
      [](Reduction r) {
        return nn::poisson_nll_loss(x, t, {r, true, true});
      },
      {{2.718281828459045, 2.135335283236613}, {1.3987212707001282, 44.36223157668729}});
  check_reductions(
      [](Reduction r) {
        return nn::poisson_nll_loss(v, t, {r, false});
      },
      {{0.5, 0.9999999900000001}, {1.6534264072200273, 4.408882963359675}});
  CHECK(nn::poisson_nll_loss(v, t, {Reduction::none, false, true}).at<double>({1, 1}) == Approx(6.172964506902732).epsilon(1e-14));
  CHECK(nn::poisson_nll_loss(x, t).item<double>() == nn::poisson_nll_loss(x, t, {}).item<double>());
  check_finite([](const Tensor& y) { return nn::poisson_nll_loss(y, doubles({0, 3}), {Reduction::none}); }, doubles({-700, 700}));
  check_finite([](const Tensor& y) { return nn::poisson_nll_loss(y, doubles({0, 3}), {Reduction::none, false}); }, doubles({0, 0}));
}

TEST_CASE("gaussian_nll_loss takes a variance for each element, or one a row") {
  check_reductions([](Reduction r) { return nn::gaussian_nll_loss(x, t, v, {r}); },
                   {{0.6534264097200273, 4.5}, {0.34657359027997264, 1.3068528194400546}});
  check_reductions(
      [](Reduction r) {
        return nn::gaussian_nll_loss(x, t, v, {r, true});
      },
      {{1.5723649429247, 5.418938533204672}, {1.2655121234846454, 2.2257913526447273}});
  const Tensor each = nn::gaussian_nll_loss(x, t, doubles({{0.5, 0.5}, {2.0, 2.0}}), {Reduction::none});
  CHECK(identical(nn::gaussian_nll_loss(x, t, doubles({{0.5}, {2.0}}), {Reduction::none}).value(), each.value()));
  CHECK(identical(nn::gaussian_nll_loss(x, t, doubles({0.5, 2.0}), {Reduction::none}).value(), each.value()));
}

TEST_CASE("gaussian_nll_loss keeps variances up, and their gradient with them") {
  const Tensor variance = variable(doubles({{0.0, 1e-9}, {1e-6, 1e9}}));
  const Tensor loss = nn::gaussian_nll_loss(t, t, variance, {Reduction::sum});
  CHECK(allclose(gradients(loss, {variance})[0], doubles({{5e5, 5e5}, {5e5, 5e-10}}), 1e-12, 0));
  check_finite([](const Tensor& w) { return nn::gaussian_nll_loss(x, t, w, {Reduction::none}); }, variance);
}

TEST_CASE("regression losses say what is wrong with options and domains") {
  CHECK_THAT(error_text([] { nn::huber_loss(x, t, {.delta = 0}); }),
             Contains("huber_loss: delta is 0; it needs to be above 0 (losses_regression.cpp:"));
  CHECK_THAT(error_text([] { nn::smooth_l1_loss(x, t, {.beta = -1}); }), Contains("smooth_l1_loss: beta is -1; it needs to be 0 or more"));
  CHECK_THAT(error_text([] { nn::poisson_nll_loss(x, t, {.log_input = false}); }),
             Contains("poisson_nll_loss: prediction has -2 at position 1; a rate is 0 or more (log_input takes its logarithm) (losses_"));
  CHECK_THAT(error_text([] { nn::gaussian_nll_loss(x, t, x); }),
             Contains("gaussian_nll_loss: variance has -2 at position 1; it needs 0 or more (losses_regression.cpp:"));
  CHECK_THAT(error_text([] { nn::gaussian_nll_loss(x, t, v, {.eps = 0}); }),
             Contains("gaussian_nll_loss: eps is 0; it needs to be above 0"));
  CHECK_THAT(error_text<ShapeError>([] {
               nn::gaussian_nll_loss(x, t, doubles({1, 1, 1}));
             }),
             Contains("gaussian_nll_loss: prediction is (2, 2) and variance is (3,); variance needs shape (2, 2), (2, 1) or (2,)"));
  CHECK_THAT(error_text<DtypeError>([] {
               nn::gaussian_nll_loss(x, t, ones({2, 2}));
             }),
             Contains("gaussian_nll_loss: prediction is float64 and variance is float32; both need one dtype"));
}

TEST_CASE("regression losses refuse shapes that would broadcast") {
  const Tensor column = zeros({3, 1}), row = zeros({3});
  const std::string rule = ": prediction is (3, 1) and target is (3,); both need one shape (losses_regression.cpp:";
  CHECK_THAT(error_text<ShapeError>([&] { nn::huber_loss(column, row); }), Contains("huber_loss" + rule));
  CHECK_THAT(error_text<ShapeError>([&] { nn::smooth_l1_loss(column, row); }), Contains("smooth_l1_loss" + rule));
  CHECK_THAT(error_text<ShapeError>([&] { nn::poisson_nll_loss(column, row); }), Contains("poisson_nll_loss" + rule));
  CHECK_THAT(error_text<ShapeError>([&] { nn::gaussian_nll_loss(column, row, column); }), Contains("gaussian_nll_loss" + rule));
  CHECK_THAT(error_text<DtypeError>([&] {
               nn::huber_loss(column, doubles({{1}, {2}, {3}}));
             }),
             Contains("huber_loss: prediction is float32 and target is float64; both need float32, or both float64"));
  CHECK_THAT(error_text([&] { nn::huber_loss(Tensor(), row); }), Contains("huber_loss: an input is not defined"));
  CHECK_THAT(error_text([&] { nn::huber_loss(row, Tensor()); }), Contains("not defined") && Contains("losses_regression.cpp:"));
}
