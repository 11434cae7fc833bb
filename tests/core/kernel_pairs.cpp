// Every public kernel is called with every array: it gives a result or an Error, and with AddressSanitizer nothing is read outside.
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>
#include <reel/core/error.hpp>
#include <reel/core/kernels/simd/map.hpp>

#include "kernel_table.hpp"

using namespace reel;
using namespace reel::test;
namespace k = reel::kernels;

namespace {

std::vector<Array> all_arrays() {
  std::vector<Array> arrays;
  for (const Shape& shape : {Shape{}, Shape{0}, Shape{1}, Shape{3}, Shape{2, 3}, Shape{3, 3}, Shape{2, 0}, Shape{0, 3}, Shape{2, 3, 3},
                             Shape{1, 2, 6, 6}, Shape{1, 1, 2, 1, 3, 1, 1, 2}})
    for (const Dtype dtype : {float32, float64, int64, boolean}) arrays.push_back(numbers(shape, dtype));
  return arrays;
}

struct Outcomes {
  std::size_t results = 0, refusals = 0;

  template <class F>
  void count(const F& f) {
    try {
      static_cast<void>(f());
      ++results;
    } catch (const Error& e) {
      ++refusals;
      if (std::string_view(e.what()).empty()) FAIL("an Error without a text");
    }
  }
};

}  // namespace

TEST_CASE("kernels of one array: a result or an Error for every shape and dtype") {
  using One = Array (*)(const Array&);
  const One plain[] = {k::neg,         k::square,  k::exp,    k::log,   k::sqrt,     k::tanh,    k::sigmoid,  k::abs,
                       k::softplus,    k::relu,    k::isnan,  k::isinf, k::isfinite, k::inverse, k::cholesky, k::det,
                       k::logical_not, k::slogdet, k::logdet, k::trace, k::eigh,     k::svd,     k::qr};
  const One more[] = {
      [](const Array& x) { return k::clamp(x, -1, 1); },
      [](const Array& x) { return k::triangle(x, 0, true); },
      [](const Array& x) { return k::positions_of("mask", x); },
      [](const Array& x) { return k::one_hot(x, 3, float32); },
      [](const Array& x) {
        return k::take_rows(x, std::vector<std::int64_t>{0, 0});
      },
      [](const Array& x) { return k::slice(x, {0}); },
      [](const Array& x) {
        return k::slice(x, {{1, std::nullopt, -1}, ellipsis, newaxis});
      },
      [](const Array& x) {
        return k::slice_backward(x, {4, 3}, {{0, 2}});
      },
      [](const Array& x) {
        return k::broadcast_to(x, {2, 2, 3});
      },
      [](const Array& x) { return k::sum_to(x, {3}); },
      [](const Array& x) {
        return k::tile(x, {2, 2});
      },
      [](const Array& x) {
        return k::tile_backward(x, {1, 3}, {2, 1});
      },
      [](const Array& x) {
        return k::diagonal_backward(x, {3, 3}, 0, 0, -1);
      },
      [](const Array& x) {
        return k::add_at("add_at", x, {4, 3}, places({2}), 0);
      },
  };
  Outcomes outcomes;
  for (const Array& x : all_arrays()) {
    for (const One kernel : plain) outcomes.count([&] { return kernel(x); });
    for (const One kernel : more) outcomes.count([&] { return kernel(x); });
    for (const AlongAxis& kernel : along_axis())
      for (const std::ptrdiff_t axis : {-9, -8, -2, -1, 0, 1, 7, 8}) outcomes.count([&] { return kernel.call(x, axis); });
    for (const OverAxes& kernel : over_axes())
      for (const Ints& axes : {Ints{}, Ints{0}, Ints{-1}, Ints{0, 1}, Ints{-1, 0}, Ints{0, 2}, Ints{1, 1}, Ints{7, 0}})
        outcomes.count([&] { return kernel.call(x, axes); });
    for (const std::size_t spatial : {0U, 1U, 2U, 3U, 4U}) {
      outcomes.count([&] { return k::max_pool(k::max_pool_of("pool", spatial, x, 2, {}), x); });
      outcomes.count([&] { return k::avg_pool(k::avg_pool_of("pool", spatial, x, 2, {.stride = 1, .padding = 1}), x); });
      outcomes.count([&] { return k::avg_pool(k::adaptive_pool_of("pool", spatial, x, 2), x); });
    }
    outcomes.count([&] { return k::unfold(k::windows_of("unfold", x, 2, {}), x); });
    outcomes.count([&] { return k::fold(k::folded_windows_of("fold", x, 2, 1, {}), x); });
    outcomes.count([&] { return k::resample(k::interpolation_of("interpolate", x, {.size = 3}), x); });
    for (const Dtype dtype : {float32, float64, int64, boolean}) outcomes.count([&] { return x.astype(dtype); });
    for (const Ints& to : {Ints{-1}, Ints{3, -1}, Ints{}, Ints{0, -1}, Ints{-1, -1}, Ints{huge, 4}})
      outcomes.count([&] { return x.reshape(to); });
  }
  CHECK(outcomes.results > 3000);
  CHECK(outcomes.refusals > 3000);
}

TEST_CASE("kernels of two or three arrays: a result or an Error for every pair of shapes and dtypes") {
  using Two = Array (*)(const Array&, const Array&);
  const Two plain[] = {k::add,       k::sub,  k::mul,        k::div,     k::pow,           k::maximum,     k::minimum,    k::equal,
                       k::not_equal, k::less, k::less_equal, k::greater, k::greater_equal, k::logical_and, k::logical_or, k::logical_xor};
  const Two more[] = {
      [](const Array& a, const Array& b) { return k::matmul(a, b); },
      [](const Array& a, const Array& b) {
        return k::matmul(a, b, {true, true});
      },
      [](const Array& a, const Array& b) {
        return k::matmul_to(a, b, {2}, {false, true});
      },
      [](const Array& a, const Array& b) { return k::linear(a, b, nullptr); },
      [](const Array& a, const Array& b) { return k::linear(a, b, &a); },
      [](const Array& a, const Array& b) {
        return k::linear_backward(a, a, b, {true, true, true}).weight;
      },
      [](const Array& a, const Array& b) { return k::solve(a, b, false); },
      [](const Array& a, const Array& b) { return k::solve(a, b, true); },
      [](const Array& a, const Array& b) { return k::solve_triangular(a, b, true, false); },
      [](const Array& a, const Array& b) { return Array::scalar(k::condition(a, b)); },
      [](const Array& a, const Array& b) { return k::where(a, b, b); },
      [](const Array& a, const Array& b) { return k::where(b, a, b); },
      [](const Array& a, const Array& b) { return k::softmax_backward(a, b, -1); },
      [](const Array& a, const Array& b) { return k::log_softmax_backward(a, b, 0); },
      [](const Array& a, const Array& b) { return k::amax_backward(a, b, b, -1); },
      [](const Array& a, const Array& b) { return k::amax_backward(a, b, a, {}); },
      [](const Array& a, const Array& b) { return k::linear_recurrence(a, b, -1); },
      [](const Array& a, const Array& b) { return k::take("take", a, b, 0); },
      [](const Array& a, const Array& b) { return k::gather("gather", a, b, -1); },
      [](const Array& a, const Array& b) { return k::scatter_add("scatter_add", a, b, a, 0); },
      [](const Array& a, const Array& b) { return k::scatter_add("scatter_add", b, places(b.shape()), a, 0); },
      [](const Array& a, const Array& b) { return k::add_at("add_at", a, b.shape(), places({3}), 0); },
      [](const Array& a, const Array& b) {
        const Array* const both[] = {&a, &b};
        return k::concatenate(both, -1);
      },
      [](const Array& a, const Array& b) {
        const Array* const both[] = {&a, &b};
        return k::flat_positions("index", both, {3, 3});
      },
      [](const Array& a, const Array& b) { return k::broadcast_to(a, b.shape()); },
      [](const Array& a, const Array& b) { return k::sum_to(a, b.shape()); },
      [](const Array& a, const Array& b) {
        Array sum = a;
        k::accumulate(sum, b);
        return sum;
      },
      [](const Array& a, const Array& b) {
        return k::map_to(
            a.shape(), a.dtype(), [](auto x, auto y) { return x * y; }, a, b);
      },
      [](const Array& a, const Array& b) {
        return k::map_over(
            a, [](auto x, auto y) { return x * y; }, b);
      },
      [](const Array& a, const Array& b) { return Array::scalar(max_difference(a, b)); },
  };
  const std::vector<Array> arrays = all_arrays();
  Outcomes outcomes;
  for (const Array& a : arrays)
    for (const Array& b : arrays) {
      for (const Two kernel : plain) outcomes.count([&] { return kernel(a, b); });
      for (const Two kernel : more) outcomes.count([&] { return kernel(a, b); });
      for (const std::size_t spatial : {1U, 2U}) {
        outcomes.count([&] { return k::conv(k::conv_of("conv", spatial, a, b, nullptr, {}), a, b); });
        outcomes.count([&] { return k::conv_transpose(k::conv_transpose_of("conv", spatial, a, b, nullptr, {}), a, b); });
        outcomes.count([&] { return k::conv(k::conv_of("conv", spatial, a, a, &b, {}), a, a, &b); });
      }
    }
  CHECK(outcomes.results > 2000);
  CHECK(outcomes.refusals > 20'000);
}
