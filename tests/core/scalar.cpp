// Numbers that a program writes down meet int64: exactly, or an Error.
#include <cmath>
#include <limits>

#include <catch2/catch.hpp>
#include <reel/reel.hpp>
#include <reel/testing/catch.hpp>

using namespace reel;

namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max(), smallest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t beyond_double = 9007199254740993;  // 2^53 + 1, which no double holds

std::int64_t whole(const Tensor& t) { return t.item<std::int64_t>(); }

template <class F>
std::string text_of(const F& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no Error";
}

}  // namespace

TEST_CASE("Integers beside int64 tensors are exact") {
  const Tensor seven = tensor({7}), no = tensor({false});
  CHECK(whole(where(no, seven, largest)) == largest);
  CHECK(whole(where(no, seven, smallest)) == smallest);
  CHECK(whole(min(where(tensor({true, false}), tensor({5, 1}), largest))) == 5);
  CHECK(whole(tensor({0}) + beyond_double) == beyond_double);
  CHECK(whole(beyond_double - tensor({0})) == beyond_double);
  CHECK(whole(tensor({1}) * beyond_double) == beyond_double);
  CHECK(whole(maximum(tensor({0}), beyond_double)) == beyond_double);
  CHECK((tensor({beyond_double}) == beyond_double).item<bool>());
  CHECK_FALSE((tensor({beyond_double}) == beyond_double - 1).item<bool>());
  CHECK((tensor({beyond_double}) > beyond_double - 1).item<bool>());
  CHECK(whole(tensor({{beyond_double}})) == beyond_double);
  CHECK(whole(full({1}, largest, {.dtype = int64})) == largest);
  CHECK(whole(masked_fill(tensor({1}), tensor({true}), beyond_double)) == beyond_double);
  CHECK(whole(pad(tensor({1}), {1}, {0}, {.value = beyond_double})[{0}]) == beyond_double);
  CHECK(Array::scalar(beyond_double, int64).item<std::int64_t>() == beyond_double);
  // Two numbers that are near each other are two constants.
  CHECK(whole(tensor({0}) + (beyond_double - 1)) == beyond_double - 1);
}

TEST_CASE("What int64 cannot hold is an Error where a program writes it down") {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  for (const double x : {nan, infinity, -infinity, 1e30, -1e30, 9223372036854775808.0}) {
    CAPTURE(x);
    CHECK_THAT(text_of([&] { full({2}, x, {.dtype = int64}); }),
               Catch::Contains("full: ") && Catch::Contains("not in the range of int64 (scalar.cpp:"));
    CHECK_THAT(text_of([&] { tensor({x, 1.0}, {.dtype = int64}); }), Catch::Contains("tensor: ") && Catch::Contains("(scalar.cpp:"));
    CHECK_THAT(text_of([&] { masked_fill(tensor({1}), tensor({true}), x); }),
               Catch::Contains("masked_fill: ") && Catch::Contains("(scalar.cpp:"));
    CHECK_THROWS_AS(pad(tensor({1}), {1}, {0}, {.value = x}), Error);
    CHECK_THROWS_AS(Array::full({2}, x, int64), Error);
  }
  const std::uint64_t beyond = std::numeric_limits<std::uint64_t>::max();
  CHECK_THAT(text_of([&] { tensor({1}) + beyond; }),
             Catch::Contains("add: 1.8446744073709552e+19 is not in the range of int64 (scalar.cpp:"));
  CHECK_THROWS_AS(full({1}, beyond, {.dtype = int64}), Error);
  CHECK((tensor({1.5}) + beyond).item<float>() == Approx(1.8446744e19));
  CHECK(whole(full({1}, -9223372036854775808.0, {.dtype = int64})) == smallest);
  CHECK(whole(full({1}, 2.75, {.dtype = int64})) == 2);
  CHECK(std::isnan(full({1}, nan).item<float>()));
}

TEST_CASE("Beside an int64 tensor a real number or a float32 tensor gives float32") {
  const Tensor i = tensor({1, 2, 3});
  CHECK((i * 0.5).dtype() == float32);
  CHECK((i * 2.0).dtype() == float32);  // no matter which number it is
  CHECK((i * 2).dtype() == int64);
  CHECK((i + tensor({0.5})).dtype() == float32);
  CHECK((i + tensor({0.5}, {.dtype = float64})).dtype() == float64);
  CHECK((i / 2).dtype() == float32);
  CHECK((i / i).dtype() == float32);
  CHECK(where(i > 1, i, 0.5).dtype() == float32);
  CHECK((tensor({true}) + i).dtype() == int64);
  CHECK((tensor({true}) * 0.5).dtype() == float32);
  CHECK((arange(0, 3) * 0.1).dtype() == float32);
  CHECK(kernels::add(i.value(), Array::zeros({3})).dtype() == float32);
  for (const Dtype a : {float32, float64, int64, boolean})
    for (const Dtype b : {float32, float64, int64, boolean}) CHECK(promote(a, b) == promote(b, a));
}
