// What gradient checks do not see: values at ties, at the ends and of nothing, and ops without a gradient.
#include <cmath>
#include <limits>

#include <catch2/catch.hpp>
#include <reel/reel.hpp>
#include <reel/testing/catch.hpp>

using namespace reel;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const double not_a_number = std::nan("");

Tensor doubles(const Values& values) { return variable(tensor(values, {.dtype = float64})); }
Array as_doubles(const Values& values) { return tensor(values, {.dtype = float64}).value(); }
/// Rounded towards 0.
Tensor whole(const Tensor& x) { return astype(astype(x, int64), x.dtype()); }
/// d(sum y)/dx
Array slope(const Tensor& y, const Tensor& x) { return gradients(sum(y), {x})[0].value(); }
/// The same by ops.
Array slope_by_ops(const Tensor& y, const Tensor& x) { return gradients(sum(y), {x}, {.differentiable = true})[0].value(); }

}  // namespace

TEST_CASE("max and min share the gradient among all that are chosen, NaN included") {
  const Tensor x = doubles({{1.0, 3.0, 3.0}, {2.0, not_a_number, 2.0}});
  CHECK(identical(slope(max(x, 1), x), as_doubles({{0.0, 0.5, 0.5}, {0.0, 1.0, 0.0}})));
  CHECK(identical(slope_by_ops(max(x, 1), x), as_doubles({{0.0, 0.5, 0.5}, {0.0, 1.0, 0.0}})));
  CHECK(identical(slope(min(x, 0), x), as_doubles({{1.0, 0.0, 0.0}, {0.0, 1.0, 1.0}})));
  CHECK(identical(slope_by_ops(min(x, 0), x), as_doubles({{1.0, 0.0, 0.0}, {0.0, 1.0, 1.0}})));
  const Tensor cube = doubles({{{1.0, 5.0}, {5.0, 0.0}}, {{5.0, 2.0}, {1.0, 2.0}}});
  const Array shared = as_doubles({{{0.0, 0.5}, {0.5, 0.0}}, {{1.0, 0.0}, {0.0, 0.0}}});
  CHECK(identical(slope(max(cube, {1, 2}), cube), shared));
  CHECK(identical(slope(max(cube, {0, 2}), cube), as_doubles({{{0.0, 0.5}, {1.0, 0.0}}, {{0.5, 0.0}, {0.0, 0.0}}})));
  CHECK(identical(slope_by_ops(max(cube, {0, 2}), cube), as_doubles({{{0.0, 0.5}, {1.0, 0.0}}, {{0.5, 0.0}, {0.0, 0.0}}})));
}

TEST_CASE("argmax and argmin take the first of several, and NaN before all numbers") {
  const Tensor x = doubles({{1.0, 3.0, 3.0}, {2.0, not_a_number, not_a_number}, {1.0, 3.0, 5.0}});
  CHECK(identical(argmax(x, 1).value(), tensor({1, 1, 2}).value()));
  CHECK(identical(argmin(x, 1).value(), tensor({0, 1, 0}).value()));
  CHECK(identical(argmax(x, 0).value(), tensor({1, 1, 1}).value()));
  CHECK(identical(argmin(x, 0).value(), tensor({0, 1, 1}).value()));
  CHECK(argmax(x).item<std::int64_t>() == 4);
  CHECK(argmin(tensor({{2, 0}, {0, 3}})).item<std::int64_t>() == 1);
  CHECK(argmax(tensor({false, true, true})).item<std::int64_t>() == 1);
  CHECK(argmax(x, 0, {.keepdims = true}).shape() == Shape{1, 3});
  CHECK(argmax(tensor({-inf, -inf}), 0).item<std::int64_t>() == 0);
  CHECK(argmax(zeros({0, 3}), 1).shape() == Shape{0});
  CHECK_FALSE(argmax(x, 0).has_history());
}

TEST_CASE("argmax agrees with a search, along every axis and however long it is") {
  const Tensor x = whole(random::uniform({7, 40, 600}, {.low = 0, .high = 50}));
  for (int axis = 0; axis < 3; ++axis) {
    const Tensor best = argmax(x, axis, {.keepdims = true});
    CHECK(identical(gather(x, best, axis).value(), max(x, axis, {.keepdims = true}).value()));
    const Tensor place =
        x * 0 + reshape(arange(0, static_cast<std::int64_t>(x.shape()[static_cast<std::size_t>(axis)])), axis == 0   ? Ints{-1, 1, 1}
                                                                                                         : axis == 1 ? Ints{-1, 1}
                                                                                                                     : Ints{-1});
    const Tensor first = min(where(equal(x, max(x, axis, {.keepdims = true})), place, 1e9), axis, {.keepdims = true});
    CHECK(identical(astype(first, int64).value(), best.value()));
  }
}

TEST_CASE("all, any and count_nonzero") {
  const Tensor x = tensor({{1.0, 0.0, not_a_number}, {2.0, 3.0, 4.0}});
  CHECK(identical(all(x, 1).value(), tensor({false, true}).value()));
  CHECK(identical(any(x, 0).value(), tensor({true, true, true}).value()));
  CHECK(identical(count_nonzero(x, 1).value(), tensor({2, 3}).value()));
  CHECK(count_nonzero(x).item<std::int64_t>() == 5);
  CHECK(all(zeros({0}, {.dtype = boolean})).item<bool>());
  CHECK_FALSE(any(zeros({0})).item<bool>());
  CHECK(all(zeros({2, 0}), 1).shape() == Shape{2});
  CHECK(all(x, {0, 1}, {.keepdims = true}).shape() == Shape{1, 1});
  Array many = Array::full({3, 5000}, 1, boolean);
  many.mutable_data<bool>()[7000] = false;
  CHECK(identical(all(Tensor(many), 1).value(), tensor({true, false, true}).value()));
  CHECK(any(equal(Tensor(many), false)).item<bool>());
}

TEST_CASE("reductions of nothing") {
  CHECK(prod(zeros({0})).item<float>() == 1);
  CHECK(std::isnan(var(zeros({0})).item<float>()));
  CHECK(std::isnan(reel::std(zeros({3, 0}), 1).at<float>({0})));
  CHECK(logsumexp(zeros({0})).item<float>() == -inf);
  CHECK(norm(zeros({0})).item<float>() == 0);
  CHECK(norm(zeros({0, 3}), {0}, {.p = inf}).shape() == Shape{3});
  CHECK(cumsum(zeros({0, 3}), 0).shape() == Shape{0, 3});
  CHECK(sort(zeros({3, 0})).shape() == Shape{3, 0});
  CHECK(prod(zeros({3, 0}), 0).shape() == Shape{0});
}

TEST_CASE("the variance of numbers that are far from 0 keeps its digits") {
  const Tensor small = random::normal({1000}, {.dtype = float64});
  CHECK(var(small + 1e8).item<double>() == Approx(var(small).item<double>()).epsilon(1e-7));
  const Tensor whole = tensor({4.0, 7.0, 13.0, 16.0});
  CHECK(var(whole + 1e6).item<float>() == 30);
  CHECK(var(transpose(broadcast_to(whole + 1e6, {3, 4})), 0).at<float>({1}) == 30);
  CHECK(std::isnan(var(tensor({2.0})).item<double>()));
  CHECK(var(tensor({2.0}), {}, {.correction = 0}).item<double>() == 0);
}

TEST_CASE("where the deviation is 0, its gradient is taken as 0") {
  const Tensor x = variable(full({1000}, 0.1, {.dtype = float64}));
  CHECK(reel::std(x).item<double>() == 0);
  CHECK(identical(slope(reel::std(x), x), zeros_like(x).value()));
  CHECK(identical(slope_by_ops(reel::std(x), x), zeros_like(x).value()));
}

TEST_CASE("logsumexp of infinities") {
  const Tensor x = doubles({{-inf, -inf}, {-inf, 1.0}, {inf, 1.0}, {1000.0, 1000.0}});
  const Tensor y = logsumexp(x, 1);
  CHECK(allclose(y.value(), as_doubles({-inf, 1.0, inf, 1000 + std::log(2.0)}), 1e-15));
  const Tensor some = slice(x, {{0, 2}});
  CHECK(identical(slice(Tensor(slope(logsumexp(some, 1), x)), {{0, 2}}).value(), as_doubles({{0.0, 0.0}, {0.0, 1.0}})));
  CHECK(std::isnan(logsumexp(doubles({1.0, not_a_number})).item<double>()));
}

TEST_CASE("norms neither overflow nor lose digits") {
  CHECK(norm(tensor({3e200, 4e200}, {.dtype = float64})).item<double>() == Approx(5e200).epsilon(1e-15));
  CHECK(norm(tensor({3e-200, 4e-200}, {.dtype = float64})).item<double>() == Approx(5e-200).epsilon(1e-15));
  CHECK(norm(tensor({1e200, 1e200}, {.dtype = float64}), {}, {.p = 3}).item<double>() == Approx(1e200 * std::cbrt(2.0)).epsilon(1e-15));
  CHECK(norm(tensor({2.0, -2.0, 0.0}), {}, {.p = 0}).item<float>() == 2);
  CHECK(norm(tensor({2.0, -3.0}), {}, {.p = inf}).item<float>() == 3);
  CHECK(norm(tensor({2.0, -3.0}), {}, {.p = -inf}).item<float>() == 2);
  CHECK(norm(tensor({2.0, -inf})).item<float>() == inf);
}

TEST_CASE("norms share at ties and are flat at 0") {
  const Tensor x = doubles({1.0, -2.0, 2.0, 2.0});
  CHECK(allclose(slope(norm(x, {}, {.p = inf}), x), as_doubles({0.0, -1.0 / 3, 1.0 / 3, 1.0 / 3}), 1e-15));
  const Tensor zero = variable(zeros({3}, {.dtype = float64}));
  for (const double p : {0.0, 0.5, 1.0, 1.5, 2.0, 3.0, inf, -inf, -1.0}) {
    CAPTURE(p);
    CHECK(identical(slope(norm(zero, {}, {.p = p}), zero), zeros_like(zero).value()));
    const Tensor first = gradients(norm(zero, {}, {.p = p}), {zero}, {.differentiable = true})[0];
    if (first.has_history()) CHECK(identical(slope(first, zero), zeros_like(zero).value()));
  }
  const Tensor some = doubles({0.0, 3.0, -4.0});
  CHECK(allclose(slope(norm(some), some), as_doubles({0.0, 0.6, -0.8}), 1e-15));
}

TEST_CASE("running results keep their order from either end, and integers stay integers") {
  CHECK(identical(cumsum(tensor({{1, 2}, {3, 4}}), 0).value(), tensor({{1, 2}, {4, 6}}).value()));
  CHECK(identical(cumprod(tensor({{1, 2}, {3, 4}}), -1).value(), tensor({{1, 2}, {3, 12}}).value()));
  CHECK(identical(cumsum(tensor({true, true}), 0).value(), tensor({1, 2}).value()));
  CHECK(identical(kernels::cumsum(tensor({1, 2, 3}).value(), -1, true), tensor({6, 5, 3}).value()));
  CHECK(prod(tensor({true, true})).item<std::int64_t>() == 1);
  CHECK(cumsum(full({1 << 20}, 0.1), 0).at<float>({-1}) == Approx(0.1F * (1 << 20)).epsilon(1e-7));
}

TEST_CASE("sorting is stable, with NaN behind all numbers") {
  const Tensor x = tensor({2.0, not_a_number, -0.0, 0.0, inf, 2.0, -inf});
  CHECK(identical(argsort(x).value(), tensor({6, 2, 3, 0, 5, 4, 1}).value()));
  CHECK(identical(argsort(x, {.descending = true}).value(), tensor({1, 4, 0, 5, 2, 3, 6}).value()));
  CHECK(identical(sort(x).value(), tensor({-inf, -0.0, 0.0, 2.0, 2.0, inf, not_a_number}).value()));
  CHECK(identical(sort(tensor({3, -1, 2})).value(), tensor({-1, 2, 3}).value()));
  CHECK(identical(sort(tensor({true, false, true})).value(), tensor({false, true, true}).value()));
  CHECK_FALSE(argsort(variable(x)).has_history());
  const Tensor same = doubles({1.0, 1.0, 0.0});
  CHECK(identical(slope(sort(same) * tensor({1.0, 2.0, 3.0}, {.dtype = float64}), same), as_doubles({2.0, 3.0, 1.0})));
}

TEST_CASE("long arrays, which are sorted by their keys' bytes, come out as short ones") {
  for (const Dtype dtype : {float32, float64, int64}) {
    const Tensor x = astype(random::normal({5, 3000}, {.dtype = float64}) * 1000, dtype);
    const Tensor order = argsort(x, {.axis = 1}), y = sort(x, {.axis = 1});
    CHECK(identical(gather(x, order, 1).value(), y.value()));
    CHECK(all(less_equal(slice(y, {{}, {0, 2999}}), slice(y, {{}, {1, 3000}}))).item<bool>());
    CHECK(identical(sort(astype(order, float64), {.axis = 1}).value(), broadcast_to(astype(arange(0, 3000), float64), {5, 3000}).value()));
    const Tensor down = argsort(whole(astype(x, float64) / 100), {.axis = 1, .descending = true});
    const Tensor steps = whole(gather(astype(x, float64), down, 1) / 100);
    const Tensor equal_ones = equal(slice(steps, {{}, {0, 2999}}), slice(steps, {{}, {1, 3000}}));
    CHECK(all(where(equal_ones, astype(less(slice(down, {{}, {0, 2999}}), slice(down, {{}, {1, 3000}})), float64), 1.0)).item<bool>());
  }
}

TEST_CASE("topk takes what sorting would put first") {
  const Tensor x = doubles({{3.0, 1.0, 3.0, not_a_number}, {0.0, 5.0, 4.0, 5.0}});
  const TopK best = topk(x, 3);
  CHECK(identical(best.values.value(), as_doubles({{not_a_number, 3.0, 3.0}, {5.0, 5.0, 4.0}})));
  CHECK(identical(best.indices.value(), tensor({{3, 0, 2}, {1, 3, 2}}).value()));
  CHECK(identical(topk(x, 1, {.axis = 0, .largest = false}).indices.value(), tensor({{1, 0, 0, 1}}).value()));
  CHECK(identical(slope(topk(x, 2).values, x), as_doubles({{1.0, 0.0, 0.0, 1.0}, {0.0, 1.0, 0.0, 1.0}})));
}

TEST_CASE("the product of three numbers has the second derivatives that it should have at zeros") {
  const Tensor x = doubles({0.0, 0.0, 3.0});
  const Tensor first = gradients(prod(x), {x}, {.differentiable = true})[0];
  CHECK(identical(first.value(), as_doubles({0.0, 0.0, 0.0})));
  CHECK(identical(slope(slice(first, {0}), x), as_doubles({0.0, 3.0, 0.0})));
}

TEST_CASE("reductions, scans and sorting give the same bits for any number of threads") {
  const std::size_t before = num_threads();
  const Tensor x = random::normal({300, 700});
  const auto results = [&](std::size_t threads) {
    set_num_threads(threads);
    std::vector<Array> list;
    for (const int axis : {0, 1}) {
      for (const Tensor& y : {sum(x, axis), prod(x, axis), max(x, axis), var(x, axis), logsumexp(x, axis), norm(x, {axis}), cumsum(x, axis),
                              cumprod(x, axis), sort(x, {.axis = axis}), argmax(x, axis), transpose(x), flip(x, axis), roll(x, 5, axis)})
        list.push_back(y.value());
      const Tensor places = astype(whole(abs(x) * 10), int64), rows = astype(arange(0, 900) * 0 + 5, int64);
      list.push_back(scatter_add(zeros({300, 700}), minimum(places, 299), x, axis).value());
      const Tensor v = variable(x);
      list.push_back(slope(take(v, rows, axis) * 1.1, v));
      list.push_back(slope(max(v, axis), v));
    }
    return list;
  };
  const std::vector<Array> one = results(1), three = results(3);
  set_num_threads(before);
  for (std::size_t i = 0; i < one.size(); ++i) {
    CAPTURE(i);
    CHECK(identical(one[i], three[i]));
  }
}
