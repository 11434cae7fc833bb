// What ops say of themselves: where they have no value, and where they bend.
#include "../autograd/message.hpp"

#include <reel/autograd/elementwise.hpp>

using namespace reel;
using namespace reel::test;
using Catch::Contains;
using Catch::EndsWith;

namespace {

constexpr OpNotes entropy_notes{.domain = "entropy needs p >= 0"};

Tensor entropy(Operand p) {
  return elementwise("entropy", {"dp = -dy·(log p + 1)", entropy_notes}, [](auto v) { return -v * log(v); })(p);
}

/// x where it is above a threshold, else 0.
Tensor shrink(Operand x, double threshold) {
  static constexpr OpNotes notes{.kink = "shrink bends at the threshold, where its slope is taken as 0",
                                 .at_kink = [](std::span<const double> v) { return v[0] == v[1]; }};
  return record_broadcasting(
      "shrink", {"dx = dy where x > t", notes}, {x, threshold},
      [](const Inputs& in) {
        Array y(in[0].shape(), in[0].dtype());
        for (std::size_t i = 0; i < y.size(); ++i)
          y.mutable_data<double>()[i] = in[0].as_double(i) > in[1].as_double(0) ? in[0].as_double(i) : 0;
        return y;
      },
      [](const Pullback& p) {
        return Gradients{where(p.input(0) > p.input(1), p.dy(), 0.0), none};
      });
}

std::string explain(const Tensor& loss, const char* name, const Ints& index) {
  debug::Stepper step(loss);
  step.run_to_end();
  return step.explain(name, index);
}

}  // namespace

TEST_CASE("An op of one's own says what it needs to have a value, wherever a NaN of it is shown") {
  const Tensor p = variable(doubles({0.5, -0.25})).named("p");
  const Tensor loss = sum(entropy(p));
  const auto alerts = debug::alerts(loss);
  REQUIRE_FALSE(alerts.empty());
  CHECK_THAT(alerts[0].message(), Contains("entropy") && Contains("; entropy needs p >= 0"));
  CHECK_THAT(debug::whence(loss, "p", {1}).message(), Contains("entropy needs p >= 0"));

  debug::Live live;
  std::string message;
  live.on(debug::nan_born(), [&](const debug::Hit& hit) {
    message = hit.message;
    CHECK(hit.condition == "nan_born()");
  });
  entropy(p);
  CHECK_THAT(message, Contains("entropy: nan at [1] of -0.25; entropy needs p >= 0"));
}

TEST_CASE("A gradient at a kink says so, and elsewhere does not") {
  const Tensor x = variable(doubles({0.0, 1.0, 0.5})).named("x");
  const Tensor loss = sum(shrink(x, 0.5)).named("loss");
  CHECK_THAT(explain(loss, "x", {2}), EndsWith("at x[2] = 0.5; shrink bends at the threshold, where its slope is taken as 0."));
  CHECK_THAT(explain(loss, "x", {1}), Contains("dL/dx[1] = 1") && !Contains("bends"));
  CHECK_THAT(debug::whence(loss, "x", {2}).message(), Contains("the slope at x[2] = 0.5 is 0; shrink bends at the threshold"));

  CHECK_THAT(explain(sum(relu(x)), "x", {0}), EndsWith("relu bends at 0, where its slope is taken as 0."));
  CHECK_THAT(explain(sum(abs(x)), "x", {0}), EndsWith("abs bends at 0, where its slope is taken as 0."));
  CHECK_THAT(explain(sum(maximum(x, 0.5)), "x", {2}), EndsWith("maximum bends where a = b, and either takes half of the slope."));
  CHECK_THAT(explain(sum(maximum(x, 0.5)), "x", {1}), !Contains("bends"));
  // Of inputs that are broadcast, the elements that belong together.
  const Tensor m = variable(doubles({{1.0, 2.0}, {3.0, 4.0}})).named("m");
  CHECK_THAT(explain(sum(maximum(m, tensor({{0.0}, {4.0}}, {.dtype = float64}))), "m", {1, 1}), Contains("bends where a = b"));
  CHECK_THAT(explain(sum(maximum(m, tensor({{0.0}, {4.0}}, {.dtype = float64}))), "m", {1, 0}), !Contains("bends"));
}

TEST_CASE("Notes go with an op where it is computed again with other numbers") {
  const Tensor p = variable(doubles({0.5, -0.25})).named("p");
  const debug::Stepper step(sum(entropy(p)));
  CHECK_THAT(step.with_element("p", {0}, -1).whence_value(1, {0}).message(), Contains("entropy needs p >= 0"));
}
