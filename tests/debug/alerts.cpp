#include <cmath>

#include "../autograd/message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;
using debug::Problem;

TEST_CASE("Alerts come in the order in which they should be looked at") {
  const Tensor x = variable(doubles({-1, 2, 3, 4})).named("x");
  const Tensor logarithms = sum(log(x));
  const Tensor loss = logarithms + sum(relu(x - 100.0));
  const auto found = debug::alerts(loss);
  REQUIRE(found.size() >= 2);
  CHECK(found[0].problem() == Problem::nan_born);
  CHECK(found[0].entry().op() == "log");
  CHECK(found[0].index()[0] == 0);
  CHECK(found[0].phase() == debug::Phase::forward);
  CHECK(found[1].problem() == Problem::dead_units);
  CHECK_THAT(found[1].message(), Contains("dead units: the rule of relu #4 (alerts.cpp:13): all elements pass no gradient on"));
}

TEST_CASE("A masked infinity is told with its mask") {
  const Tensor x = variable(doubles({4, 0})).named("x");
  const Tensor is_positive = x > 0.0;
  const auto found = debug::alerts(sum(where(is_positive, log(x), 0.0)));
  REQUIRE(!found.empty());
  CHECK(found[0].problem() == Problem::masked);
  CHECK_THAT(found[0].message(), Contains("masked: log #2") && Contains("left out by where #3"));
}

TEST_CASE("Each birth is told once, oldest first") {
  const Tensor x = variable(doubles({-1, 0})).named("x");
  const Tensor roots = sum(sqrt(x) * 2.0);
  const auto found = debug::alerts(roots + sum(log(x)));
  std::vector<std::string> births;
  for (const auto& f : found)
    if (f.problem() == Problem::nan_born || f.problem() == Problem::infinity_born) births.push_back(f.entry().op());
  CHECK(births == std::vector<std::string>{"sqrt", "log"});
}

TEST_CASE("The first that is not finite is found in either pass, and none is none") {
  const Tensor x = variable(doubles({-1, 4})).named("x");
  const int line = __LINE__ + 1;
  const auto forward = debug::find_first_nonfinite(sum(log(x * 2.0) + 1.0));
  REQUIRE(forward);
  CHECK(forward->entry().op() == "log");
  CHECK_THAT(forward->message(),
             Contains(fmt::format("NaN born: log #2 (alerts.cpp:{}): #2[0] = nan of #1[0] = -2; log needs x > 0", line)));
  const Tensor r = variable(doubles({0})).named("r");
  const auto backward = debug::find_first_nonfinite(sum(sqrt(r)));
  REQUIRE(backward);
  CHECK(backward->phase() == debug::Phase::backward);
  CHECK_FALSE(debug::find_first_nonfinite(sum(square(x))));
  CHECK(debug::find_first_nonfinite(log(x)));                 // without a single number, the values
  CHECK_FALSE(debug::find_first_nonfinite(doubles({1, 2})));  // nor a history
}

TEST_CASE("Saturation is told where units are flat, though not dead") {
  const Tensor x = variable(doubles({9, 10, -10, 11})).named("x");
  const auto found = debug::alerts(sum(sigmoid(x)));
  REQUIRE(!found.empty());
  CHECK(found[0].problem() == Problem::saturated);
  CHECK_THAT(found[0].message(), Contains("4 of 4 elements are where it is flat"));
  CHECK(debug::alerts(sum(sigmoid(x * 0.1))).empty());
}

TEST_CASE("Terms that cancel in the forward pass are told with the digits that are lost") {
  const Tensor x = variable(tensor({1e6, 1e6})).named("x");
  const auto found = debug::alerts(sum((x + 0.5) - x));
  REQUIRE(!found.empty());
  CHECK(found[0].problem() == Problem::cancellation);
  CHECK_THAT(found[0].message(), Contains("cancellation: sub") && Contains("6 digits are lost"));
}

TEST_CASE("A parameter that is frozen or not used is named") {
  Parameter used("used", doubles(1)), idle("idle", doubles(1)), frozen("frozen", doubles(1));
  frozen.set_requires_grad(false);
  const int line = __LINE__ + 1;
  const auto found = debug::alerts(square(used) * frozen, {.parameters = {used, idle}});
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0].message(),
             Contains(fmt::format("no gradient: parameter idle: the result does not depend on it (alerts.cpp:{})", line)));
}

TEST_CASE("Every problem has a name") {
  for (int i = 0; i <= static_cast<int>(Problem::unused_output); ++i) CHECK(debug::name_of(static_cast<Problem>(i)) != "?");
}

TEST_CASE("Results of an op of several that nobody uses are no alert") {
  const Tensor x = variable(doubles({{1, 2}, {3, 5}})).named("x");
  for (const auto& alert : debug::alerts(sum(qr(x).r))) FAIL_CHECK(alert.message());
}
