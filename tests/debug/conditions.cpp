#include <cmath>

#include "../autograd/message.hpp"

using namespace reel;
using namespace reel::test;

namespace {

std::vector<std::string> events(const Tensor& loss, const debug::Condition& condition) {
  debug::Stepper step(loss);
  std::vector<std::string> found;
  while (step.run_until(condition)) found.push_back(step.event());
  return found;
}

using Events = std::vector<std::string>;

}  // namespace

TEST_CASE("Conditions on names, ops, lines, modules and shapes hold in both passes") {
  const Tensor x = variable(doubles({{1, 2}, {3, 4}})).named("x");
  Tensor y;
  {
    const ModuleScope scope("encoder.0");
    y = exp(x).named("y");
  }
  const int line = __LINE__ + 1;
  const Tensor loss = sum(square(y));
  CHECK(events(loss, debug::named("y")) == Events{"F1", "B1"});
  CHECK(events(loss, debug::op("square")) == Events{"F2", "B2"});
  CHECK(events(loss, debug::op("variable")) == Events{"B0"});  // the cursor stands at F0 at the beginning
  CHECK(events(loss, debug::module("encoder")) == Events{"F1", "B1"});
  CHECK(events(loss, debug::module("encoder.0")) == Events{"F1", "B1"});
  CHECK(events(loss, debug::module("enc")).empty());
  CHECK(events(loss, debug::at_line("conditions.cpp", line)) == Events{"F2", "F3", "B3", "B2"});
  CHECK(events(loss, debug::at_line("debug/conditions.cpp", line)).size() == 4);
  CHECK(events(loss, debug::at_line("ditions.cpp", line)).empty());
  CHECK(events(loss, debug::shape({})) == Events{"F3", "B3"});
  CHECK(events(loss, debug::shape({2, -1})) == Events{"F1", "F2", "B2", "B1", "B0"});
  CHECK(events(loss, debug::end_of_forward()) == Events{"F3"});
}

TEST_CASE("Conditions combine, and say how they were written") {
  const Tensor x = variable(doubles({1, 2})).named("x");
  const Tensor loss = sum(square(exp(x)));
  const debug::Condition both = debug::op("exp") && !debug::when([](const debug::Moment& m) { return m.phase() == debug::Phase::forward; });
  CHECK(events(loss, both) == Events{"B1"});
  CHECK(events(loss, debug::op("exp") || debug::op("sum")) == Events{"F1", "F3", "B3", "B1"});
  CHECK(both.text() == "op(\"exp\") && !when(...)");
  CHECK((!(debug::named("a") || debug::nan_born()) && debug::at_line("a.cpp", 3)).text() ==
        "!(named(\"a\") || nan_born()) && at_line(\"a.cpp\", 3)");
}

TEST_CASE("A NaN is born once, and seen until the end") {
  const Tensor x = variable(doubles({-1, 1}));
  const Tensor loss = sum(square(sqrt(x)));
  CHECK(events(loss, debug::nan_born()) == Events{"F1"});
  CHECK(events(loss, debug::nonfinite()) == Events{"F1", "F2", "F3", "B2", "B1", "B0"});
  const Tensor zero = variable(doubles({4, 0}));
  const Tensor root = sqrt(zero);
  CHECK(events(sum(where(zero > 0.0, root, 0.0)), debug::nan_born()) == Events{"B1"});
  CHECK(events(sum(sqrt(zero)), debug::infinity_born()) == Events{"B1"});
}

TEST_CASE("Norms of gradients, and ratios of norms") {
  const Tensor x = variable(doubles({1})).named("x");
  const Tensor loss = sum(x * 100.0 * 0.001);
  CHECK(events(loss, debug::gradient_norm_above(0.5)) == Events{"B3", "B2"});
  CHECK(events(loss, debug::gradient_norm_below(0.01)) == Events{"B1"});
  CHECK(events(loss, debug::norm_ratio_above(50)) == Events{"B1"});
  CHECK(events(sum(exp(x * 10.0)), debug::norm_ratio_above(100)) == Events{"F2", "B2"});
  CHECK(events(loss, debug::norm_ratio_below(0.01)) == Events{"F2", "B2"});
}
