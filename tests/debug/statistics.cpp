#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "../autograd/message.hpp"

using namespace reel;
using namespace reel::test;

TEST_CASE("Statistics count what is not finite, and leave it out") {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  const debug::Statistics s = debug::statistics(doubles({3, nan, -4, 0, inf, -inf}).value());
  CHECK(s.size == 6);
  CHECK(s.nans == 1);
  CHECK(s.infinities == 2);
  CHECK(s.zeros == 1);
  CHECK(s.min == -4);
  CHECK(s.max == 3);
  CHECK(s.mean == Approx(-1.0 / 3));
  CHECK(s.norm == 5);
  CHECK_FALSE(s.finite());
  CHECK(debug::to_string(s) == "min -4  max 3  mean -0.3333  norm 5  zeros 1 of 6  NaN 1 of 6  infinite 2 of 6");
}

TEST_CASE("Norms neither overflow nor vanish, and nothing has none") {
  CHECK(debug::statistics(doubles({3e200, 4e200}).value()).norm == Approx(5e200));
  CHECK(debug::statistics(doubles({3e-200, 4e-200}).value()).norm == Approx(5e-200));
  const debug::Statistics empty = debug::statistics(Array::zeros({0}));
  CHECK(empty.norm == 0);
  CHECK(empty.rms() == 0);
  CHECK(debug::statistics(tensor({true, false, true}).value()).mean == Approx(2.0 / 3));
  CHECK(debug::statistics(tensor({3, 4}).value()).norm == 5);
}

TEST_CASE("Statistics of long arrays are those of their elements") {
  for (const std::size_t size : {15UL, 16UL, 37UL, 1000UL}) {
    std::vector<float> x(size);
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < size; ++i) {
      x[i] = static_cast<float>(i * 37 % 101) - 50.0F;
      sum += x[i];
      squares += x[i] * x[i];
    }
    const debug::Statistics s = debug::statistics(Array::of<float>({size}, x));
    CHECK(s.finite());
    CHECK(s.min == *std::min_element(x.begin(), x.end()));
    CHECK(s.max == *std::max_element(x.begin(), x.end()));
    CHECK(s.zeros == static_cast<std::size_t>(std::count(x.begin(), x.end(), 0.0F)));
    CHECK(s.mean == Approx(sum / static_cast<double>(size)));
    CHECK(s.norm == Approx(std::sqrt(squares)));
    for (const std::size_t at : {std::size_t{0}, size / 2, size - 1}) {  // wherever in the array it is
      std::vector<float> y = x;
      y[at] = std::numeric_limits<float>::infinity();
      const debug::Statistics t = debug::statistics(Array::of<float>({size}, y));
      CHECK(t.infinities == 1);
      CHECK(t.norm == Approx(std::sqrt(squares - x[at] * x[at])));
    }
  }
}
