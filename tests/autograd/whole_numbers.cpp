// abs, sign, clamp, pow and fmod of int64, as NumPy and PyTorch have them.
#include <limits>

#include "message.hpp"

#include <catch2/catch.hpp>
#include <reel/reel.hpp>
#include <reel/testing/catch.hpp>

using namespace reel;
using namespace reel::test;

namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min(), most = std::numeric_limits<std::int64_t>::max();

std::vector<std::int64_t> numbers(const Tensor& t) {
  REQUIRE(t.dtype() == int64);
  const Array array = t.value();
  const auto all = array.span<std::int64_t>();
  return {all.begin(), all.end()};
}
using Numbers = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("abs, sign and clamp of int64 give int64, exactly") {
  const Tensor x = tensor({-3, 0, 5});
  CHECK(numbers(abs(x)) == Numbers{3, 0, 5});
  CHECK(numbers(sign(x)) == Numbers{-1, 0, 1});
  CHECK(numbers(clamp(x, -1, 2)) == Numbers{-1, 0, 2});
  CHECK(numbers(clamp(x, {.min = 0})) == Numbers{0, 0, 5});
  CHECK(numbers(clamp(x, {.max = 1e30})) == Numbers{-3, 0, 5});
  CHECK(numbers(abs(tensor({most, least + 1}))) == Numbers{most, most});
  CHECK(numbers(abs(tensor({least}))) == Numbers{least});
  CHECK(numbers(clamp(tensor({least, most}), {.min = -1e300, .max = 1e300})) == Numbers{least, most});
  CHECK(numbers(abs(zeros({0}, {.dtype = int64}))).empty());
  CHECK_THROWS_AS(clamp(x, 0.5, 2), DtypeError);
  CHECK_THROWS_AS(abs(tensor({true})), DtypeError);
}

TEST_CASE("pow of int64 gives int64, and refuses negative exponents") {
  CHECK(numbers(pow(tensor({-2, 3, 10, 0}), 3)) == Numbers{-8, 27, 1000, 0});
  CHECK(numbers(pow(tensor({2, -1, 7, 0}), tensor({62, 63, 0, 0}))) == Numbers{std::int64_t{1} << 62, -1, 1, 1});
  CHECK(numbers(pow(2, tensor({0, 1, 5}))) == Numbers{1, 2, 32});
  CHECK(numbers(pow(tensor({{1}, {2}}), tensor({1, 2, 3}))) == Numbers{1, 1, 1, 2, 4, 8});
  CHECK(numbers(pow(tensor({9007199254740993}), 1)) == Numbers{9007199254740993});
  CHECK(numbers(pow(tensor({-5}), 2)) == Numbers{25});
  CHECK_THROWS_WITH(pow(tensor({2, 3}), tensor({1, -1})), Catch::Contains("pow: the exponent at position 1 is -1"));
}

TEST_CASE("fmod of int64 has the sign of the first, and refuses 0") {
  CHECK(numbers(fmod(tensor({7, -7, 7, -7}), tensor({3, 3, -3, -3}))) == Numbers{1, -1, 1, -1});
  CHECK(numbers(fmod(tensor({7, -8}), 2)) == Numbers{1, 0});
  CHECK(numbers(fmod(10, tensor({3, 4}))) == Numbers{1, 2});
  CHECK(numbers(fmod(tensor({least}), -1)) == Numbers{0});
  CHECK_THROWS_WITH(fmod(tensor({1}), tensor({0})), Catch::Contains("fmod: b at position 0 is 0"));
}
