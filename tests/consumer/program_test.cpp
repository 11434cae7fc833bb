// A user's own test suite on Catch2 (2 or 3, which Reel's header includes), with Reel's values in its messages.
#include <reel/reel.hpp>
#include <reel/testing/catch.hpp>

using namespace reel;

TEST_CASE("the derivative of a square is twice its root") {
  const Tensor x = variable(tensor({1.0, -2.0}, {.dtype = float64}));
  const Tensor dx = gradients(sum(square(x)), {x})[0];
  CHECK(dx.at<double>({0}) == 2.0);
  CHECK(dx.at<double>({1}) == -4.0);
  CHECK_THROWS_AS(matmul(x, ones({5}, {.dtype = float64})), ShapeError);
}
