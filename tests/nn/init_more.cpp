#include <cmath>

#include <catch2/catch.hpp>
#include <reel/testing/catch.hpp>

#include "error_text.hpp"
#include "models.hpp"

using namespace reel;
using Catch::Contains;
namespace init = nn::init;

namespace {

double std_of(const Tensor& t) { return std::sqrt(mean(square(astype(t, float64))).item<double>()); }
double largest(const Tensor& t) { return max(abs(astype(t, float64))).item<double>(); }

const Shape wide{400, 200};  // fan_in 200, fan_out 400

}  // namespace

TEST_CASE("init: fan_out, the average, and the gains of activations") {
  manual_seed(1);
  CHECK(std_of(init::kaiming_normal(wide, {.gain = 1, .fan = init::Fan::out})) == Approx(std::sqrt(1.0 / 400)).epsilon(0.01));
  CHECK(largest(init::kaiming_uniform(wide, {.gain = 1, .fan = init::Fan::average})) == Approx(std::sqrt(3.0 / 300)).epsilon(0.01));
  CHECK(std_of(init::lecun_normal(wide)) == Approx(std::sqrt(1.0 / 200)).epsilon(0.01));
  CHECK(largest(init::lecun_uniform(wide)) == Approx(std::sqrt(3.0 / 200)).epsilon(0.01));
  CHECK(std_of(init::he_normal(wide)) == Approx(std::sqrt(2.0 / 200)).epsilon(0.01));
  CHECK(std_of(init::xavier_normal(wide, {.gain = init::gain("tanh")})) == Approx(5.0 / 3 * std::sqrt(2.0 / 600)).epsilon(0.01));
  CHECK(init::fan_in({4, 3, 2, 5}) == 30);
  CHECK(init::gain("leaky_relu", 0.2) == Approx(std::sqrt(2 / 1.04)));
  CHECK(init::gain("relu") == Approx(std::sqrt(2.0)));
  CHECK_THAT(error_text([] { init::gain("swish"); }), Contains("no gain for 'swish'") && Contains("leaky_relu"));
}

TEST_CASE("init: truncated normal") {
  manual_seed(2);
  const Tensor t = init::trunc_normal({100000}, 1, 2, -1, 5, float64);  // cut at one and two deviations
  CHECK(min(t).item<double>() >= -1);
  CHECK(max(t).item<double>() <= 5);
  // mean + std (φ(-1) - φ(2)) / (Φ(2) - Φ(-1))
  CHECK(mean(t).item<double>() == Approx(1 + 2 * (0.2419707245 - 0.0539909665) / (0.9772498681 - 0.1586552539)).epsilon(0.02));
  CHECK(identical(init::trunc_normal({2}, 3, 0, 0, 1).value(), Array::full({2}, 1, float32)));
  CHECK_THAT(error_text([] { init::trunc_normal({2}, 0, 1, 4, 5); }), Contains("lies inside"));
  for (const auto distribution : {init::Distribution::truncated_normal, init::Distribution::normal, init::Distribution::uniform})
    CHECK(std_of(init::variance_scaling(wide, {.scale = 2, .distribution = distribution})) == Approx(0.1).epsilon(0.01));
  CHECK(largest(init::variance_scaling(wide)) < 2.3 / std::sqrt(200.0));
}

TEST_CASE("init: orthogonal has orthonormal rows or columns") {
  manual_seed(3);
  for (const Dtype dtype : {float32, float64}) {
    const Tensor tall = init::orthogonal({6, 4}, {.dtype = dtype}), flat = init::orthogonal({3, 2, 4}, {.dtype = dtype, .gain = 2});
    CHECK(allclose(matmul(transpose(tall), tall), init::eye({4, 4}, dtype), 1e-5, 1e-6));
    const Tensor rows = reshape(flat, {3, 8});
    CHECK(allclose(matmul(rows, transpose(rows)), init::eye({3, 3}, dtype) * 4, 1e-5, 1e-6));
  }
  int positive = 0;  // no sign is preferred
  for (int i = 0; i < 200; ++i) positive += init::orthogonal({2, 2}).at<double>({0, 0}) > 0;
  CHECK(positive > 60);
  CHECK(positive < 140);
  CHECK_THROWS_AS(init::orthogonal({3}), ShapeError);
}

TEST_CASE("init: eye, dirac and sparse") {
  CHECK(identical(init::eye({2, 3}).value(), tensor({{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}}).value()));
  CHECK_THROWS_AS(init::eye({2}), ShapeError);

  const Tensor x = random::normal({1, 4, 5, 5});
  CHECK(allclose(conv2d(x, init::dirac({4, 4, 3, 3}), {.padding = 1}), x));
  CHECK(allclose(conv2d(x, init::dirac({4, 2, 3, 3}, 2), {.padding = 1, .groups = 2}), x));
  CHECK_THROWS_AS(init::dirac({4, 4}), ShapeError);
  CHECK_THROWS_AS(init::dirac({4, 2, 3}, 3), ShapeError);

  manual_seed(4);
  const Tensor s = init::sparse({10, 50}, 0.25, 2.0, float64);
  const Tensor counts = count_nonzero(s, {0});
  for (const std::int64_t n : counts.value().span<std::int64_t>()) CHECK(n == 7);  // ceil(2.5) of ten are 0
  CHECK(std_of(s) == Approx(2 * std::sqrt(0.7)).epsilon(0.1));
  CHECK_FALSE(identical(s.column(0).value(), s.column(1).value()));
}

TEST_CASE("init: every name gives a weight of the shape and dtype, PyTorch's and Keras's with their widths") {
  manual_seed(5);
  for (const char* name : {"pytorch",
                           "keras",
                           "glorot_uniform",
                           "glorot_normal",
                           "kaiming_uniform",
                           "kaiming_normal",
                           "zeros",
                           "ones",
                           "xavier_uniform",
                           "xavier_normal",
                           "he_uniform",
                           "he_normal",
                           "lecun_uniform",
                           "lecun_normal",
                           "variance_scaling",
                           "orthogonal",
                           "uniform",
                           "random_uniform",
                           "normal",
                           "random_normal",
                           "trunc_normal",
                           "truncated_normal",
                           "eye",
                           "identity",
                           "sparse"}) {
    CAPTURE(name);
    const Tensor t = init::weight_by_name(name, {6, 5}, float64);
    CHECK(t.shape() == Shape{6, 5});
    CHECK(t.dtype() == float64);
  }
  CHECK(init::weight_by_name("dirac", {4, 4, 3}).at<double>({2, 2, 1}) == 1);
  CHECK(largest(init::weight_by_name("random_uniform", wide)) == Approx(0.05).epsilon(0.01));
  CHECK(std_of(init::weight_by_name("random_normal", wide)) == Approx(0.05).epsilon(0.01));
  CHECK(largest(init::weight_by_name("truncated_normal", wide)) <= 0.1);
  CHECK(largest(init::weight_by_name("trunc_normal", wide)) <= 2);
  CHECK(min(init::weight_by_name("uniform", wide)).item<double>() >= 0);
}

TEST_CASE("layers begin with PyTorch's default widths") {
  manual_seed(6);
  const double conv_limit = 1 / std::sqrt(3.0 * 5 * 5), transposed_limit = 1 / std::sqrt(64.0 / 2 * 5 * 5);
  const nn::Conv2d conv(6, 64, 5, {.groups = 2});
  CHECK(largest(conv.weight) == Approx(conv_limit).epsilon(0.02));
  CHECK(largest(*conv.bias) == Approx(conv_limit).epsilon(0.1));
  const nn::ConvTranspose2d transposed(6, 64, 5, {.groups = 2});
  CHECK(largest(transposed.weight) == Approx(transposed_limit).epsilon(0.02));
  CHECK(transposed.bias->shape() == Shape{64});
  CHECK(largest(*transposed.bias) == Approx(transposed_limit).epsilon(0.1));
  CHECK(nn::PReLU(3).weight.tensor().at<double>({2}) == 0.25);
  CHECK(nn::Conv1d(2, 3, 3, {.init = "zeros", .dtype = float64}).weight.dtype() == float64);
}
