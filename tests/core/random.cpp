#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include <Random123/philox.h>
#include <catch2/catch.hpp>
#include <reel/core/error.hpp>
#include <reel/core/parallel.hpp>
#include <reel/core/random.hpp>
#include <reel/testing/catch.hpp>

using namespace reel;
using kernels::Draw;

namespace {

using Block = std::array<std::uint32_t, 4>;

Block philox(const Block& counter, std::uint32_t key0, std::uint32_t key1) {
  const r123array4x32 r =
      philox4x32_R(10, r123array4x32({{counter[0], counter[1], counter[2], counter[3]}}), r123array2x32({{key0, key1}}));
  return {r.v[0], r.v[1], r.v[2], r.v[3]};
}

struct Moments {
  double mean, variance, skewness, kurtosis;
};

Moments moments(const Array& a) {
  const auto n = static_cast<double>(a.size());
  double mean = 0, m2 = 0, m3 = 0, m4 = 0;
  for (std::size_t i = 0; i < a.size(); ++i) mean += a.as_double(i) / n;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = a.as_double(i) - mean;
    m2 += d * d / n;
    m3 += d * d * d / n;
    m4 += d * d * d * d / n;
  }
  return {mean, m2, m3 / std::pow(m2, 1.5), m4 / (m2 * m2)};
}

/// The largest distance between the distribution of `a` and `cdf`, times the root of the count; above 1.95 once in 1000 (Kolmogorov).
template <class F>
double kolmogorov(const Array& a, F cdf) {
  std::vector<double> x(a.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = a.as_double(i);
  std::sort(x.begin(), x.end());
  const auto n = static_cast<double>(x.size());
  double distance = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double f = cdf(x[i]), rank = static_cast<double>(i);
    distance = std::max({distance, f - rank / n, (rank + 1) / n - f});
  }
  return distance * std::sqrt(n);
}

/// The first `n` elements in row-major order.
bool is_prefix(const Array& whole, const Array& part) {
  for (std::size_t i = 0; i < part.size(); ++i)
    if (whole.as_double(i) != part.as_double(i)) return false;
  return true;
}

}  // namespace

TEST_CASE("Philox4x32-10 gives Random123's known answers") {
  CHECK(philox({0, 0, 0, 0}, 0, 0) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  const std::uint32_t ones = 0xffffffff;
  CHECK(philox({ones, ones, ones, ones}, ones, ones) == Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0) ==
        Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("uniform numbers are the words of the seed's blocks, in order") {
  const Array zero = kernels::uniform({4}, float32, 0, 1, {0, 0});
  const Block known{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  for (std::size_t k = 0; k < 4; ++k) CHECK(zero.as_double(k) == std::ldexp(known[k] >> 8, -24));

  const Draw draw{0x123456789abcdef0, 0xffffffff};  // the low half of the counter overflows
  const Array single = kernels::uniform({1000}, float32, 0, 1, draw), wide = kernels::uniform({500}, float64, 0, 1, draw);
  for (std::size_t b = 0; b < 250; ++b) {
    const std::uint64_t counter = draw.first + b;
    const Block words =
        philox({static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), 0, 0}, 0x9abcdef0, 0x12345678);
    for (std::size_t k = 0; k < 4; ++k) REQUIRE(single.as_double(4 * b + k) == std::ldexp(words[k] >> 8, -24));
    for (std::size_t k = 0; k < 2; ++k) {
      const std::uint64_t bits = words[2 * k] | std::uint64_t{words[2 * k + 1]} << 32;
      REQUIRE(wide.as_double(2 * b + k) == std::ldexp(static_cast<double>(bits >> 11), -53));
    }
  }
}

TEST_CASE("a draw has the same bits for any number of threads, and a shorter one is its beginning") {
  const std::size_t before = num_threads();
  const Draw draw{42, 17};
  const auto all = [&](std::size_t n) {
    return std::vector<Array>{kernels::uniform({n}, float32, -1, 2, draw), kernels::uniform({n}, float64, -1, 2, draw),
                              kernels::normal({n}, float32, 3, 2, draw),   kernels::normal({n}, float64, 3, 2, draw),
                              kernels::bernoulli({n}, 0.3, boolean, draw), kernels::bernoulli({n}, 0.3, float32, draw)};
  };
  set_num_threads(1);
  const std::vector<Array> serial = all(200'003);
  for (const std::size_t threads : {2U, 3U}) {
    set_num_threads(threads);
    const std::vector<Array> parallel = all(200'003);
    for (std::size_t i = 0; i < serial.size(); ++i) CHECK(identical(serial[i], parallel[i]));
  }
  for (const std::size_t n : {0U, 1U, 2U, 3U, 5U, 127U, 128U, 129U, 255U, 256U, 257U, 20'000U}) {
    const std::vector<Array> part = all(n);
    for (std::size_t i = 0; i < serial.size(); ++i) CHECK(is_prefix(serial[i], part[i]));
  }
  set_num_threads(before);
}

TEST_CASE("uniform numbers are even over their interval and never reach its end") {
  for (const Dtype dtype : {float32, float64}) {
    const Array a = kernels::uniform({100, 1000}, dtype, -2, 6, {1, 0});
    CHECK(a.shape() == Shape{100, 1000});
    CHECK(a.dtype() == dtype);
    CHECK(kolmogorov(a, [](double x) { return (x + 2) / 8; }) < 1.95);
    CHECK(moments(a).mean == Approx(2).margin(0.03));
  }
  // Intervals whose ends are no float32, or so narrow that nearly every element rounds to an end.
  for (const auto& [low, high] : {std::pair{0.7, 0.9}, {1.0, 1.0 + 0x1p-22}, {16777215.0, 16777217.0}, {-1e-3, 1e-45}, {0.3, 0.30000002}}) {
    const Array a = kernels::uniform({20000}, float32, low, high, {3, 0});
    std::size_t outside = 0;
    for (std::size_t i = 0; i < a.size(); ++i) outside += a.as_double(i) < low || a.as_double(i) >= high;
    CHECK(outside == 0);
  }
  CHECK(identical(kernels::uniform({3}, float32, 2, 2, {}), Array::full({3}, 2)));
  CHECK(kernels::uniform({}, float64, 0, 1, {}).rank() == 0);
}

TEST_CASE("normal numbers are Gaussian") {
  const auto gauss = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  for (const Dtype dtype : {float32, float64}) {
    const Array a = kernels::normal({200'000}, dtype, 0, 1, {7, 0});
    CHECK(kolmogorov(a, gauss) < 1.95);
    const Moments m = moments(a);
    CHECK(m.mean == Approx(0).margin(0.01));
    CHECK(m.variance == Approx(1).margin(0.02));
    CHECK(m.skewness == Approx(0).margin(0.03));
    CHECK(m.kurtosis == Approx(3).margin(0.06));
    double lag = 0;
    for (std::size_t i = 1; i < a.size(); ++i) lag += a.as_double(i) * a.as_double(i - 1) / static_cast<double>(a.size());
    CHECK(lag == Approx(0).margin(0.01));
    const Array scaled = kernels::normal({200'000}, dtype, 5, 0.25, {7, 0});
    CHECK(scaled.as_double(3) == Approx(5 + 0.25 * a.as_double(3)));
    CHECK(identical(kernels::normal({5}, dtype, 1.5, 0, {}), Array::full({5}, 1.5, dtype)));
  }
}

TEST_CASE("bernoulli gives 1 with probability p") {
  const Draw draw{11, 0};
  for (const Dtype dtype : {float32, float64, int64, boolean}) {
    CHECK(identical(kernels::bernoulli({1000}, 0, dtype, draw), Array::full({1000}, 0, dtype)));
    CHECK(identical(kernels::bernoulli({1000}, 1, dtype, draw), Array::full({1000}, 1, dtype)));
    const Array a = kernels::bernoulli({100'000}, 0.2, dtype, draw);
    CHECK(moments(a).mean == Approx(0.2).margin(0.006));
    CHECK(moments(a).variance == Approx(0.16).margin(0.006));
  }
}

TEST_CASE("a permutation holds every number once") {
  CHECK(kernels::permutation(0, {}).shape() == Shape{0});
  CHECK(identical(kernels::permutation(1, {}), Array::range(0, 1)));
  const Array p = kernels::permutation(1000, {5, 0});
  CHECK(p.dtype() == int64);
  const auto values = p.span<std::int64_t>();
  CHECK(std::set<std::int64_t>(values.begin(), values.end()).size() == 1000);
  CHECK(*std::min_element(values.begin(), values.end()) == 0);
  CHECK(*std::max_element(values.begin(), values.end()) == 999);
  CHECK(identical(p, kernels::permutation(1000, {5, 0})));
  CHECK_FALSE(identical(p, kernels::permutation(1000, {6, 0})));
}

TEST_CASE("all 24 orders of four come up equally often") {
  std::map<std::vector<std::int64_t>, int> counts;
  Generator generator(2024);
  for (int i = 0; i < 24'000; ++i) {
    const Array p = kernels::permutation(4, generator.reserve(4));
    const auto values = p.span<std::int64_t>();
    ++counts[{values.begin(), values.end()}];
  }
  CHECK(counts.size() == 24);
  double chi_square = 0;
  for (const auto& [order, count] : counts) chi_square += (count - 1000.0) * (count - 1000.0) / 1000.0;
  CHECK(chi_square < 49.7);  // 23 degrees of freedom: exceeded once in 1000
  CHECK(chi_square > 7.5);   // and an evenness that is too good as rarely
}

TEST_CASE("bounded integers are even, also where half of all words are turned down") {
  const std::uint64_t bound = (std::uint64_t{1} << 63) + 1;
  double mean = 0;
  std::size_t low_half = 0;
  for (std::size_t i = 0; i < 20'000; ++i) {
    const std::uint64_t x = kernels::bounded(bound, {8, 0}, i);
    REQUIRE(x < bound);
    mean += static_cast<double>(x) / 0x1p63 / 20'000;
    low_half += x < bound / 2;
  }
  CHECK(mean == Approx(0.5).margin(0.01));
  CHECK(std::abs(static_cast<double>(low_half) - 10'000) < 300);
  CHECK(kernels::bounded(1, {8, 0}, 3) == 0);
  CHECK(kernels::bounded(10, {8, 0}, 3) == kernels::bounded(10, {8, 1}, 1));
  CHECK_THROWS_WITH(kernels::bounded(0, {}, 0), "bounded: bound is 0; there is no integer below it");
}

TEST_CASE("a generator reserves without overlap, and a copy repeats it") {
  Generator generator(9);
  Generator copy = generator;
  const Draw first = generator.reserve(5), second = generator.reserve(1), third = generator.reserve(0), fourth = generator.reserve(2);
  CHECK(first.first == 0);
  CHECK(second.first == 3);
  CHECK(third.first == 4);
  CHECK(fourth.first == 4);
  CHECK(generator.position() == 5);
  CHECK(copy.reserve(5).first == first.first);
  Generator child = copy.split(), other = copy.split(), again = Generator(9, 3).split();
  CHECK(child == again);
  CHECK_FALSE(child == other);
  CHECK(child.seed() != copy.seed());
  CHECK(copy.position() == 5);
}

TEST_CASE("the default generator restarts with manual_seed and returns after a SeedScope") {
  const Generator before = default_generator();
  manual_seed(3);
  const Draw a = kernels::reserve(10), b = kernels::reserve(10);
  CHECK(a.seed == 3);
  CHECK(a.first == 0);
  CHECK(b.first == 5);
  {
    const SeedScope scope(77);
    CHECK(kernels::reserve(1).seed == 77);
  }
  CHECK(default_generator() == Generator(3, 10));
  set_default_generator(before);
  CHECK(default_generator() == before);
}

TEST_CASE("draws of several threads share no block, also while the seed changes") {
  const Generator before = default_generator();
  manual_seed(0);
  std::vector<std::vector<Draw>> draws(4);
  std::vector<std::thread> threads;
  for (std::vector<Draw>& own : draws)
    threads.emplace_back([&own] {
      for (int i = 0; i < 5000; ++i) own.push_back(kernels::reserve(2));
    });
  for (std::uint64_t seed = 1; seed < 100; ++seed) manual_seed(seed);
  for (std::thread& thread : threads) thread.join();
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  for (const auto& own : draws)
    for (const Draw& d : own) seen.emplace(d.seed, d.first);
  CHECK(seen.size() == 20'000);
  set_default_generator(before);
}

TEST_CASE("random functions name what is wrong") {
  CHECK_THROWS_AS(kernels::uniform({2}, int64, 0, 1, {}), DtypeError);
  CHECK_THROWS_WITH(kernels::uniform({2}, int64, 0, 1, {}), "uniform: dtype is int64; it must be float32 or float64");
  CHECK_THROWS_WITH(kernels::normal({2}, boolean, 0, 1, {}), "normal: dtype is bool; it must be float32 or float64");
  CHECK_THROWS_WITH(kernels::uniform({2}, float32, 2, 1, {}),
                    "uniform: low is 2 and high is 1; low must not be above high, and high - low must be finite in float32");
  CHECK_THROWS_AS(kernels::uniform({2}, float64, -1.7e308, 1.7e308, {}), Error);
  CHECK_THROWS_AS(kernels::uniform({2}, float32, 0, 1e39, {}), Error);
  CHECK_THROWS_AS(kernels::normal({2}, float32, 1e39, 1, {}), Error);
  CHECK_THROWS_AS(kernels::uniform({2}, float64, std::nan(""), 1, {}), Error);
  CHECK_THROWS_WITH(kernels::normal({2}, float32, 0, -1, {}),
                    "normal: mean is 0 and std is -1; both must be finite in float32 and std not negative");
  for (const double p : {-0.1, 1.1, std::nan("")}) CHECK_THROWS_AS(kernels::bernoulli({2}, p, float32, {}), Error);
  CHECK_THROWS_WITH(kernels::bernoulli({2}, 1.5, float32, {}), "bernoulli: p is 1.5; a probability lies in [0, 1]");
}
