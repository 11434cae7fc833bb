// Many numbers added to one place in float32: scatters, and the gradients of look-ups, windows and resampling.
#include <cmath>

#include <catch2/catch.hpp>
#include <reel/core/parallel.hpp>
#include <reel/reel.hpp>
#include <reel/testing/catch.hpp>

using namespace reel;

namespace {

double at(const Tensor& t, std::size_t i) { return t.value().as_double(i); }
Tensor places(std::size_t n, std::int64_t of) { return full({n}, of, {.dtype = int64}); }

}  // namespace

TEST_CASE("a million terms at one place lose nothing") {
  constexpr std::size_t n = 1000000;
  const Tensor terms = full({n}, 0.1), index = places(n, 0);
  const double expected = static_cast<double>(0.1F) * n;
  CHECK(at(scatter_add(zeros({1}), index, terms, 0), 0) == Approx(expected).epsilon(1e-7));
  CHECK(at(scatter_add(full({3}, 5.0), index, terms, 0), 0) == Approx(expected + 5).epsilon(1e-7));

  const Tensor x = variable(tensor({1.0, 2.0}));
  CHECK(at(gradients(sum(take(x, index, 0) * 0.1), {x})[0], 0) == Approx(expected).epsilon(1e-7));
  CHECK(at(gradients(sum(take(x, index, 0) * 0.1), {x})[0], 1) == 0);
  CHECK(at(gradients(sum(gather(x, index, 0) * 0.1), {x})[0], 0) == Approx(expected).epsilon(1e-7));
  CHECK(at(gradients(sum(reel::index(x, {places(n, 1)}) * 0.1), {x})[0], 1) == Approx(expected).epsilon(1e-7));

  const Tensor weight = variable(ones({2, 3}));
  const Tensor g = gradients(sum(embedding(index, weight) * 0.1), {weight})[0];
  for (std::size_t k = 0; k < 3; ++k) CHECK(at(g, k) == Approx(expected).epsilon(1e-7));
  for (std::size_t k = 3; k < 6; ++k) CHECK(at(g, k) == 0);
}

TEST_CASE("more ones than float32 counts are all counted") {
  constexpr std::size_t n = (std::size_t{1} << 24) + 1000;
  const Tensor index = places(n, 0);
  CHECK(at(scatter_add(zeros({1}), index, ones({n}), 0), 0) == n);
  const Tensor weight = variable(ones({2, 1}));
  CHECK(at(gradients(sum(embedding(index, weight)), {weight})[0], 0) == n);
}

TEST_CASE("crowded and other places are told apart, on any axis and for any number of threads") {
  const SeedScope seed(7);
  constexpr std::size_t n = 5000, rows = 40, width = 3;
  Array index({n}, int64);
  for (std::size_t i = 0; i < n; ++i) index.mutable_data<std::int64_t>()[i] = i % 3 == 0 ? 7 : static_cast<std::int64_t>(i * i % rows);
  const Tensor indices(index), terms = random::uniform({n, width}, {.low = 0, .high = 1});
  const auto all = [&](Dtype dtype) {
    const Tensor x = variable(astype(random::normal({rows, width}), dtype)), t = astype(terms, dtype);
    const Tensor turned = variable(transpose(x.detach()));
    std::vector<Tensor> result;
    result.push_back(gradients(sum(take(x, indices, 0) * t), {x})[0]);
    result.push_back(gradients(sum(take(turned, indices, 1) * transpose(t)), {turned})[0]);
    result.push_back(gradients(sum(embedding(indices, x) * t), {x})[0]);
    result.push_back(gradients(sum(embedding(indices, x, {.padding_idx = 7}) * t), {x})[0]);
    const Tensor each = broadcast_to(reshape(indices, {n, 1}), {n, width});
    result.push_back(scatter_add(zeros({rows, width}, {.dtype = dtype}), each, t, 0));
    result.push_back(scatter_add(ones({width, rows}, {.dtype = dtype}), transpose(each), transpose(t), 1));
    return result;
  };
  const std::vector<Tensor> exact = all(float64), low = all(float32);
  for (std::size_t k = 0; k < low.size(); ++k) {
    CAPTURE(k);
    CHECK(allclose(astype(low[k], float64), exact[k], 2e-6, 1e-6));
  }
  CHECK(at(low[3], 7 * width) == 0);
  const std::size_t before = num_threads();
  for (const std::size_t threads : {1u, 2u, 5u}) {
    set_num_threads(threads);
    const std::vector<Tensor> again = all(float32);
    for (std::size_t k = 0; k < low.size(); ++k)
      CHECK(std::equal(again[k].value().span<float>().begin(), again[k].value().span<float>().end(), low[k].value().span<float>().begin()));
  }
  set_num_threads(before);
}

TEST_CASE("overlapping windows with many terms keep their digits") {
  const Tensor x = variable(full({1, 1, 1, 9000}, 0.1));
  const auto slope = [&](const Tensor& y) { return gradients(sum(y), {x}, {.differentiable = true})[0]; };
  // In the middle each element is in 4096 windows.
  CHECK(at(slope(unfold(x, {1, 4096}, {}) * 0.1), 4500) == Approx(4096 * 0.1).epsilon(1e-6));
  CHECK(at(slope(avg_pool2d(x, {1, 4096}, {.stride = 1}) * 0.1), 4500) == Approx(0.1).epsilon(1e-6));
  CHECK(at(avg_pool2d(x, {1, 4096}, {.stride = 1}), 0) == Approx(0.1).epsilon(1e-6));
  Array peak = Array::zeros({1, 1, 1, 9000}, float32);
  peak.mutable_data<float>()[4500] = 1;
  const Tensor top = variable(Tensor(peak));
  CHECK(at(gradients(sum(max_pool2d(top, {1, 4096}, {.stride = 1}) * 0.1), {top})[0], 4500) == Approx(4096 * 0.1).epsilon(1e-6));
  const Tensor one = variable(ones({1, 1, 2, 2}));
  const Tensor grown = interpolate(one, {.size = {2, 300000}});
  CHECK(at(gradients(sum(grown * 0.1), {one})[0], 0) == Approx(150000 * 0.1).epsilon(1e-6));
}
