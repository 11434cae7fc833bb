#include <cmath>
#include <limits>

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
