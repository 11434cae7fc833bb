#include <thread>

#include "../autograd/message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;

TEST_CASE("Live breakpoints are hit while the program runs, in both passes") {
  std::vector<std::string> hits;
  const Tensor x = variable(doubles({4, 0})).named("x");
  debug::Live live;
  live.on(debug::nan_born(), [&](const debug::Hit& hit) { hits.push_back(hit.message); });
  const Tensor bad = log(x - 1.0);
  REQUIRE(hits.size() == 1);
  CHECK_THAT(hits[0], Contains("log: nan at [1] of -1; log needs x > 0 (live.cpp:14)"));
  const Tensor more = bad * 2.0 + sqrt(bad);
  CHECK(hits.size() == 1);
  gradients(sum(where(x > 0.0, sqrt(x), 0.0)), {x});
  REQUIRE(hits.size() == 2);
  CHECK_THAT(hits[1], Contains("the rule of sqrt: nan at [1]") && Contains("(live.cpp:19)"));
  CHECK(live.hits() == 2);
}

TEST_CASE("Ops without history are looked at, too; those within rules and callbacks are not") {
  debug::Live live;
  int hits = 0;
  live.on(debug::op("mul"), [&](const debug::Hit& hit) {
    hits += hit.phase() == debug::Phase::forward;
    (void)(doubles(2) * 3.0);
  });
  const Tensor y = doubles({1, 2}) * 3.0;
  CHECK(hits == 1);
  const Tensor x = variable(doubles({1, 2}));
  const Tensor loss = sum(square(x * 2.0));
  CHECK(hits == 2);
  gradients(loss, {x}, {.differentiable = true});
  CHECK(hits == 2);
}

TEST_CASE("stop_at() throws out of the op, with its place") {
  debug::Live live;
  live.stop_at(debug::nonfinite());
  const Tensor x = variable(doubles({1, 0})).named("x");
  CHECK(message_of<Error>([&] { log(x); }) == "nonfinite(): log: -inf at [1] of 0; log needs x > 0 (live.cpp:45)");
  CHECK_THAT(message_of<Error>([&] { gradients(sum(sqrt(x)), {x}); }), Contains("nonfinite(): the rule of sqrt: inf at [1]"));
  CHECK(debug::Stepper(sum(x * 2.0)).size() == 6);
}

TEST_CASE("When a Live ends, so do its breakpoints, and another thread never has them") {
  int hits = 0;
  {
    debug::Live live;
    live.on(debug::op("exp"), [&](const debug::Hit&) { ++hits; });
    exp(doubles(1));
    std::thread([] { exp(doubles(1)); }).join();
    CHECK(hits == 1);
    {
      debug::Live inner;
      inner.on(debug::op("exp"), [&](const debug::Hit&) { hits += 10; });
      exp(doubles(1));
      CHECK(hits == 12);
    }
    exp(doubles(1));
    CHECK(hits == 13);
  }
  exp(doubles(1));
  CHECK(hits == 13);
  CHECK_FALSE(reel::detail::is_watched());
}

TEST_CASE("What the debugger itself computes is not looked at") {
  const Tensor x = variable(doubles({4, 0})).named("x");
  const Tensor loss = sum(sqrt(x));
  debug::Live live;
  live.stop_at(debug::nonfinite());
  debug::Stepper step(loss);
  step.run_to_end();
  CHECK(step.whence("x", {1}).born().op() == "sqrt");
  CHECK(debug::alerts(loss, {.check_rules = true}).size() == 1);
  CHECK(live.hits() == 0);
}
