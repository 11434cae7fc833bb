#include <catch2/catch.hpp>
#include <reel/core/array.hpp>
#include <reel/core/error.hpp>
#include <reel/testing/catch.hpp>

using namespace reel;

TEST_CASE("an array's copies share their elements until one is written to") {
  const Array a = Array::full({2, 3}, 1.5);
  Array b = a;
  CHECK(a.raw() == b.raw());
  b.mutable_data<float>()[0] = 4;
  CHECK(a.at<float>({0, 0}) == 1.5f);
  CHECK(b.at<float>({0, 0}) == 4.0f);
  CHECK_FALSE(b.is_shared());
}
