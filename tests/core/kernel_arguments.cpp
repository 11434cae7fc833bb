// Every public kernel is called with arguments that do not fit: it throws an Error that names it, and reads nothing outside.
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <reel/core/error.hpp>
#include <reel/core/kernels/simd/map.hpp>
#include <reel/core/memory.hpp>
#include <reel/core/random.hpp>

#include "kernel_table.hpp"

using namespace reel;
using namespace reel::test;
namespace k = reel::kernels;
using Catch::Contains;
using Catch::StartsWith;

namespace {

template <class F>
void refuses(const std::string& name, const F& f) {
  INFO(name);
  CHECK_THROWS_MATCHES(f(), Error, Catch::Matchers::Predicate<Error>([&](const Error& e) {
                         const std::string text = e.what();
                         if (text.starts_with(name + ":")) return true;
                         UNSCOPED_INFO(text);
                         return false;
                       }));
}

}  // namespace

TEST_CASE("kernels along one axis take negative ones, and refuse all others by their name") {
  const Array x = numbers({2, 2, 2});
  for (const AlongAxis& kernel : along_axis()) {
    INFO(kernel.name);
    for (std::ptrdiff_t axis = 0; axis < 3; ++axis) CHECK(identical(kernel.call(x, axis), kernel.call(x, axis - 3)));
    for (const std::ptrdiff_t axis : {std::ptrdiff_t{-4}, std::ptrdiff_t{3}, std::ptrdiff_t{7}, std::ptrdiff_t{100}, huge, -huge}) {
      INFO(axis);
      CHECK_THROWS_AS(kernel.call(x, axis), ShapeError);
      refuses(kernel.name, [&] { kernel.call(x, axis); });
    }
    for (const std::ptrdiff_t axis : {-1, 0, 1}) refuses(kernel.name, [&] { kernel.call(numbers({}), axis); });
  }
}

TEST_CASE("kernels over several axes take negative ones, and refuse those out of range or named twice") {
  const Array x = numbers({2, 3, 4});
  for (const OverAxes& kernel : over_axes()) {
    INFO(kernel.name);
    CHECK(identical(kernel.call(x, {-1}), kernel.call(x, {2})));
    CHECK(identical(kernel.call(x, {0, -1}), kernel.call(x, {0, 2})));
    CHECK(identical(kernel.call(x, {-3, -2, -1}), kernel.call(x, {0, 1, 2})));
    if (std::string(kernel.name) != "permute") CHECK(identical(kernel.call(x, {-1, -3}), kernel.call(x, {0, 2})));
    for (const Ints& axes : {Ints{3}, Ints{-4}, Ints{7}, Ints{100}, Ints{huge}, Ints{0, 3}, Ints{0, 0}, Ints{1, -2}, Ints{0, 1, 2, 0}}) {
      INFO(to_string(axes));
      CHECK_THROWS_AS(kernel.call(x, axes), ShapeError);
      refuses(kernel.name, [&] { kernel.call(x, axes); });
    }
    refuses(kernel.name, [&] { kernel.call(numbers({}), {0}); });
    refuses(kernel.name, [&] { kernel.call(numbers({}), {-1}); });
  }
}

TEST_CASE("no axes stand for all of them in a reduction") {
  const Array x = numbers({2, 3});
  CHECK(identical(k::sum(x, {}, false), k::sum(x, {0, 1}, false)));
  CHECK(identical(k::max(x, {}, true), k::max(x, {0, 1}, true)));
  CHECK(identical(k::var(x, {}, false, 1), k::var(x, {0, 1}, false, 1)));
  CHECK(identical(k::norm(x, 2, {}, false), k::norm(x, 2, {0, 1}, false)));
  CHECK(k::sum(numbers({}), {}, false).shape() == Shape{});
}

TEST_CASE("sums and positions of bool are those of its int64, without a copy of it") {
  Array x({700, 3}, boolean);
  bool* const to = x.mutable_data<bool>();
  for (std::size_t i = 0; i < x.size(); ++i) to[i] = i % 7 == 3;
  const Array wide = x.astype(int64);
  for (const Ints& axes : {Ints{0}, Ints{1}, Ints{0, 1}}) {
    CHECK(identical(k::sum(x, axes, false), k::sum(wide, axes, false)));
    CHECK(identical(k::prod(x, axes, true), k::prod(wide, axes, true)));
    CHECK(identical(k::max(x, axes, false), k::max(wide, axes, false)));
    CHECK(identical(k::any(x, axes, false), k::any(wide, axes, false)));
    CHECK(identical(k::all(x, axes, false), k::all(wide, axes, false)));
  }
  for (const std::ptrdiff_t axis : {0, 1}) {
    CHECK(identical(k::argmax(x, axis, false), k::argmax(wide, axis, false)));
    CHECK(identical(k::argmin(x, axis, false), k::argmin(wide, axis, false)));
  }
  const Array many = Array::full({1 << 20}, 1, boolean);
  CHECK(k::sum(many, 0, false).item<std::int64_t>() == 1 << 20);
  CHECK(k::argmax(k::logical_not(many), 0, false).item<std::int64_t>() == 0);
  memory::release_cached();
  memory::reset_peak();
  const std::ptrdiff_t before = memory::bytes_in_use();
  static_cast<void>(k::sum(many, 0, false));
  static_cast<void>(k::argmax(many, 0, false));
  CHECK(memory::peak_bytes() - before < 1 << 16);
  // A test of float elements makes no array of bool, either.
  CHECK(k::any(Array::full({3}, std::numeric_limits<double>::quiet_NaN()), 0, false).item<bool>());
  CHECK_FALSE(k::any(Array::full({2, 3}, -0.0), {0, 1}, false).item<bool>());
}

TEST_CASE("what a kernel takes besides its array is checked against it") {
  const Array x = numbers({2, 3}), wide = numbers({2, 3}, float64), i = places({2, 3});
  // shapes of gradients and results
  refuses("softmax", [&] { k::softmax_backward(x, numbers({3, 2}), 1); });
  refuses("softmax", [&] { k::softmax_backward(x, wide, 1); });
  refuses("log_softmax", [&] { k::log_softmax_backward(x, numbers({2}), 0); });
  refuses("amax_backward", [&] { k::amax_backward(x, numbers({2}), numbers({2}), 1); });
  refuses("amax_backward", [&] { k::amax_backward(x, numbers({2, 1}), numbers({2, 1}, float64), 1); });
  refuses("amax_backward", [&] { k::amax_backward(i, i, i, 1); });
  refuses("linear_recurrence", [&] { k::linear_recurrence(x, numbers({3, 2}), 0); });
  refuses("linear_recurrence", [&] { k::linear_recurrence(x, wide, 0); });
  refuses("linear_recurrence", [&] { k::linear_recurrence(i, i, 0); });
  refuses("linear", [&] { k::linear_backward(numbers({2, 5}), x, numbers({4, 3}), {true, true, true}); });
  refuses("linear", [&] { k::linear_backward(numbers({2, 4}), x, numbers({4, 2}), {true, true, true}); });
  refuses("linear", [&] { k::linear_backward(numbers({2, 4}, float64), x, numbers({4, 3}), {true, true, true}); });
  refuses("linear", [&] { k::linear_backward(numbers({}), numbers({}), numbers({4, 3}), {true, true, true}); });
  CHECK(identical(k::linear_backward(numbers({4}), numbers({3}), numbers({4, 3}), {true, true, true}).bias, numbers({4})));
  refuses("matmul_to", [&] { k::matmul_to(numbers({2, 3}), numbers({3}), {}, {}); });
  refuses("matmul_to", [&] { k::matmul_to(numbers({4, 2, 3}), numbers({4, 3, 2}), {3}, {}); });
  refuses("matmul", [&] { k::matmul(x, x); });
  refuses("matmul", [&] { k::matmul(i, i); });
  refuses("condition", [&] { k::condition(numbers({3, 3}), numbers({2, 2})); });
  refuses("condition", [&] { k::condition(x, x); });
  refuses("accumulate", [&] {
    Array sum = i;
    k::accumulate(sum, i);
  });
  refuses("accumulate", [&] {
    Array sum = x;
    k::accumulate(sum, wide);
  });
  // indices
  refuses("take", [&] { k::take("take", x, numbers({2}), 0); });
  refuses("take", [&] { k::take("take", x, Array::full({1}, 3, int64), 1); });
  refuses("add_at", [&] { k::add_at("add_at", x, {2, 3}, places({4}), 1); });
  refuses("add_at", [&] { k::add_at("add_at", x, {}, places({4}), 0); });
  refuses("add_at", [&] { k::add_at("add_at", numbers({2, 4}, boolean), {2, 3}, places({4}), 1); });
  refuses("gather", [&] { k::gather("gather", x, places({3, 3}), 1); });
  refuses("gather", [&] { k::gather("gather", x, places({2}), 0); });
  refuses("scatter_add", [&] { k::scatter_add("scatter_add", x, i, numbers({2, 2}), 1); });
  refuses("scatter_add", [&] { k::scatter_add("scatter_add", x, i, wide, 1); });
  refuses("scatter_add", [&] { k::scatter_add("scatter_add", x, places({4, 3}), numbers({4, 3}), 1); });
  refuses("index", [&] { k::flat_positions("index", {}, {2}); });
  refuses("index", [&] {
    const Array* const two[] = {&i, &i};
    k::flat_positions("index", two, {2});
  });
  refuses("mask", [&] { k::positions_of("mask", x); });
  refuses("one_hot", [&] { k::one_hot(x, 3, float32); });
  refuses("one_hot", [&] { k::one_hot(i, -1, float32); });
  CHECK_THROWS_AS(k::one_hot(i, huge, float32), Error);
  refuses("topk", [&] { k::topk_positions(x, 4, 1, true); });
  refuses("topk", [&] { k::topk_positions(x, -1, 1, true); });
  refuses("topk", [&] { k::topk_positions(x, huge, 1, true); });
  // movement
  refuses("permute", [&] { k::permute(x, {0}); });
  refuses("permute", [&] { k::permute(x, {}); });
  refuses("broadcast_to", [&] { k::broadcast_to(x, {3}); });
  refuses("broadcast_to", [&] { k::broadcast_to(x, {}); });
  refuses("concatenate", [&] { k::concatenate({}, 0); });
  for (const Array& other : {wide, numbers({3, 3}), numbers({2}), numbers({})})
    refuses("concatenate", [&] {
      const Array* const both[] = {&x, &other};
      k::concatenate(both, 1);
    });
  refuses("tile", [&] { k::tile(x, {2}); });
  refuses("tile", [&] { k::tile(x, {2, 2, 2}); });
  refuses("tile", [&] { k::tile(x, {1, -1}); });
  refuses("tile", [&] { k::tile(numbers({4}), {(std::ptrdiff_t{1} << 62) + 1}); });  // 2^64 + 4 elements
  refuses("tile_backward", [&] { k::tile_backward(x, {2, 3}, {2, 1}); });
  refuses("tile_backward", [&] { k::tile_backward(x, {2, 3}, {1}); });
  refuses("tile_backward", [&] { k::tile_backward(x, {2, 3}, {-1, 1}); });
  refuses("roll", [&] { k::roll(x, {1, 1}, {0}); });
  refuses("roll", [&] { k::roll(x, {}, {0}); });
  refuses("diagonal", [&] { k::diagonal(x, 0, 1, 1); });
  refuses("diagonal", [&] { k::diagonal(x, 0, 1, -1); });
  refuses("diagonal_backward", [&] { k::diagonal_backward(numbers({3}), {2, 3}, 0, 0, 1); });
  refuses("diagonal_backward", [&] { k::diagonal_backward(numbers({2}), {2}, 0, 0, 1); });
  refuses("triangle", [&] { k::triangle(numbers({3}), 0, true); });
  refuses("triangle", [&] { k::triangle(numbers({}), 0, false); });
  refuses("take_rows", [&] { k::take_rows(x, std::vector<std::int64_t>{2}); });
  refuses("take_rows", [&] { k::take_rows(numbers({}), std::vector<std::int64_t>{0}); });
  refuses("slice", [&] { k::slice(numbers({}), {0}); });
  refuses("slice_backward", [&] { k::slice_backward(x, {4, 4}, {{0, 3}}); });
  refuses("slice_backward", [&] { k::slice_backward(numbers({5}), {4}, {{0, 3}}); });
  CHECK_THROWS_AS(Slices::whole(100), ShapeError);
  refuses("sum_to", [&] { k::sum_to(x, {2}); });
  refuses("sum_to", [&] { k::sum_to(x, {1, 2, 3}); });
  refuses("sum_to", [&] { k::sum_to(numbers({}), {3}); });
  refuses("reshape", [&] { numbers({0}).reshape({huge, 4}); });  // 2^64 elements
  // formulas
  const auto twice = [](auto a, auto b) { return a + b; };
  CHECK_THROWS_AS(k::map_to({2, 3}, float32, twice, x, wide), DtypeError);
  CHECK_THROWS_AS(k::map_over(numbers({2, 3}), twice, wide), DtypeError);
  refuses("elementwise", [&] { k::map_to({2, 3}, int64, twice, i, i); });
  refuses("elementwise", [&] { k::map_to({2, 3}, float32, twice, x, numbers({3, 2})); });
  refuses("elementwise", [&] { k::map_to({3}, float32, twice, x, x); });
  refuses("elementwise", [&] { k::map_over(numbers({3}), twice, x); });
}

TEST_CASE("convolutions, poolings and resamplings take the arrays that they were made for, and no others") {
  const Array x = numbers({2, 2, 6, 6}), w = numbers({4, 2, 3, 3}), wide = numbers({2, 2, 6, 6}, float64), small = numbers({2, 2, 5, 6});
  const k::Conv c = k::conv_of("conv2d", 2, x, w, nullptr, {});
  const Array y = k::conv(c, x, w), bias = numbers({3});
  for (const Array& bad : {small, wide, numbers({}), numbers({2, 2, 6}), places({2, 2, 6, 6}), numbers({0, 2, 6, 6})}) {
    refuses("conv", [&] { k::conv(c, bad, w); });
    refuses("conv_transpose", [&] { k::conv_transpose(c, bad, w); });
    refuses("conv_weight_backward", [&] { k::conv_weight_backward(c, bad, y); });
  }
  refuses("conv", [&] { k::conv(c, x, numbers({4, 2, 3, 2})); });
  refuses("conv", [&] { k::conv(c, x, w, &bias); });
  refuses("conv_transpose", [&] { k::conv_transpose(c, y, numbers({4, 1, 3, 3})); });
  refuses("conv_transpose", [&] { k::conv_transpose(c, y, w, &bias); });
  refuses("conv_weight_backward", [&] { k::conv_weight_backward(c, x, x); });
  refuses("conv", [&] { k::conv(k::Conv{}, x, w); });
  k::Conv beyond = c;
  beyond.out[2] = 7;
  refuses("conv", [&] { k::conv(beyond, x, w); });
  beyond = c;
  beyond.groups = 0;
  refuses("conv_weight_backward", [&] { k::conv_weight_backward(beyond, x, y); });
  for (const std::size_t spatial : {0U, 4U, 100U}) {
    refuses("op", [&] { k::conv_of("op", spatial, x, w, nullptr, {}); });
    refuses("op", [&] { k::conv_transpose_of("op", spatial, x, w, nullptr, {}); });
    refuses("op", [&] { k::max_pool_of("op", spatial, x, 2, {}); });
    refuses("op", [&] { k::avg_pool_of("op", spatial, x, 2, {}); });
    refuses("op", [&] { k::adaptive_pool_of("op", spatial, x, 2); });
    std::size_t to[3];
    refuses("op", [&] { k::read_per_axis("op", "stride", 1, spatial, 1, to); });
  }
  for (const std::ptrdiff_t n : {std::ptrdiff_t{-1}, huge, std::ptrdiff_t{1} << 31}) {
    INFO(n);
    refuses("op", [&] { k::conv_of("op", 2, x, w, nullptr, {.stride = n}); });
    refuses("op", [&] { k::conv_of("op", 2, x, w, nullptr, {.padding = n}); });
    refuses("op", [&] { k::conv_of("op", 2, x, w, nullptr, {.dilation = n}); });
    refuses("op", [&] { k::conv_of("op", 2, x, w, nullptr, {.groups = n}); });
    refuses("op", [&] { k::conv_transpose_of("op", 2, y, w, nullptr, {.padding = n}); });
    refuses("op", [&] { k::conv_transpose_of("op", 2, y, w, nullptr, {.output_padding = n}); });
    refuses("op", [&] { k::conv_transpose_of("op", 2, y, w, nullptr, {.dilation = n}); });
    refuses("op", [&] { k::max_pool_of("op", 2, x, n, {}); });
    refuses("op", [&] { k::max_pool_of("op", 2, x, 2, {.padding = n}); });
    refuses("op", [&] { k::max_pool_of("op", 2, x, 2, {.dilation = n}); });
    refuses("op", [&] { k::avg_pool_of("op", 2, x, 2, {.stride = n}); });
    refuses("op", [&] { k::adaptive_pool_of("op", 2, x, n); });
    refuses("op", [&] { k::windows_of("op", x, n, {}); });
    refuses("op", [&] { k::windows_of("op", x, 2, {.padding = n}); });
    refuses("op", [&] { k::interpolation_of("op", x, {.size = n}); });
  }
  const k::Pool pool = k::max_pool_of("max_pool2d", 2, x, 3, {.stride = 2}), halves = k::max_pool_of("max_pool2d", 2, x, 2, {});
  const Array largest = k::max_pool(pool, x), at = k::max_pool_indices(pool, x, largest);
  for (const Array& bad : {small, wide, numbers({}), numbers({6, 6}), places({2, 2, 6, 6}), numbers({0, 2, 6, 6})}) {
    for (const k::Pool& p : {pool, halves}) {
      if (bad.dtype() != float64) {
        refuses("max_pool", [&] { k::max_pool(p, bad); });
        refuses("avg_pool", [&] { k::avg_pool(p, bad); });
        refuses("gather_pooled", [&] { k::gather_pooled(p, bad, at); });
      }
      refuses("avg_pool", [&] { k::avg_pool_backward(p, bad); });
      refuses("max_pool", [&] { k::max_pool_indices(p, x, bad); });
      refuses("max_pool", [&] { k::max_pool_backward(p, x, bad, largest); });
      refuses("max_pool", [&] { k::max_pool_backward(p, x, k::max_pool(p, x), bad); });
    }
    refuses("max_unpool", [&] { k::max_unpool(pool, bad, at); });
    refuses("gather_pooled", [&] { k::gather_pooled(pool, x, bad); });
    refuses("max_unpool", [&] { k::max_unpool(pool, largest, bad); });
  }
  for (const std::int64_t index : {std::int64_t{-1}, std::int64_t{36}, std::int64_t{huge}}) {
    Array wrong = at;
    wrong.mutable_data<std::int64_t>()[3] = index;
    refuses("gather_pooled", [&] { k::gather_pooled(pool, x, wrong); });
    refuses("max_unpool", [&] { k::max_unpool(pool, largest, wrong); });
  }
  // A y that is not the pooling's result gives some gradient, inside the plane.
  CHECK(k::max_pool_backward(pool, x, Array::full(largest.shape(), 99), largest).shape() == x.shape());
  refuses("max_pool", [&] { k::max_pool(k::Pool{}, numbers({})); });
  k::Pool wrong = pool;
  wrong.out[2] = 9;
  refuses("max_pool", [&] { k::max_pool(wrong, x); });

  const k::Resampling map = k::interpolation_of("interpolate", x, {.size = 4});
  for (const Array& bad : {small, numbers({}), numbers({6, 6}), places({2, 2, 6, 6})}) {
    refuses("resample", [&] { k::resample(map, bad); });
    refuses("resample_backward", [&] { k::resample_backward(map, bad); });
  }
  k::Resampling other = map;
  other.axes[2].out = 5;
  refuses("resample", [&] { k::resample(other, x); });
  other = map;
  other.x = {2, 2, 6};
  refuses("resample", [&] { k::resample(other, numbers({2, 2, 6})); });

  const k::Conv windows = k::windows_of("unfold", x, 3, {});
  for (const Array& bad : {small, numbers({}), places({2, 2, 6, 6})}) {
    refuses("unfold", [&] { k::unfold(windows, bad); });
    refuses("fold", [&] { k::fold(windows, bad); });
  }
  refuses("op", [&] { k::folded_windows_of("op", numbers({18, 15}), {6, 6}, 3, {}); });
  refuses("op", [&] { k::folded_windows_of("op", numbers({17, 16}), {6, 6}, 3, {}); });
}

TEST_CASE("counts that are negative or far too large are an Error") {
  refuses("permutation", [] { k::permutation(-1, {}); });
  refuses("permutation", [] { k::permutation(std::size_t(-1), {}); });
  CHECK_THROWS_AS(k::permutation(huge, {}), Error);
  CHECK_THROWS_AS(k::uniform({huge}, float32, 0, 1, {}), Error);
  CHECK_THROWS_AS(k::normal({huge, huge}, float64, 0, 1, {}), Error);
  CHECK_THROWS_AS(k::bernoulli({huge}, 0.5, boolean, {}), Error);
  refuses("bounded", [] { k::bounded(0, {}, 0); });
  CHECK_THROWS_AS(Array::range(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()), Error);
  CHECK(Array::range(3, -3).shape() == Shape{0});
}

TEST_CASE("memory that the machine refuses is a MemoryError that says for which array") {
  const Shape terabytes{std::ptrdiff_t{1} << 45};
  CHECK_THROWS_AS(Array(terabytes, float32), MemoryError);
  CHECK_THROWS_WITH(Array(terabytes, float32), "cannot allocate 140737488355328 bytes for an array of shape (35184372088832,) float32");
  CHECK_THROWS_WITH(Array::zeros(terabytes, boolean), "cannot allocate 35184372088832 bytes for an array of shape (35184372088832,) bool");
  CHECK_THROWS_WITH(k::broadcast_to(numbers({1}), terabytes), Contains("an array of shape (35184372088832,) float32"));
  CHECK_THROWS_WITH(k::permutation(std::ptrdiff_t{1} << 45, {}), Contains("an array of shape (35184372088832,) int64"));
  try {
    detail::placed({"folder/train.cpp", 54}, [&] { return Array(terabytes, float64); });
  } catch (const MemoryError& e) {
    CHECK_THAT(e.what(), StartsWith("cannot allocate") && Contains("(35184372088832,) float64 (train.cpp:54)"));
  }
}
