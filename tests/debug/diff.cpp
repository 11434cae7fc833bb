#include "../autograd/message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;
using Kind = debug::Difference::Kind;

namespace {

Tensor network(const Tensor& x, bool extra, double scale) {
  Tensor h = tanh(x * scale);
  if (extra) h = h + 0.5;
  return sum(square(h));
}

Tensor input() { return variable(doubles({1, 2})).named("x"); }

}  // namespace

TEST_CASE("Two runs of the same program are the same") {
  const debug::Diff d = debug::diff(network(input(), false, 1), network(input(), false, 1));
  CHECK(d.empty());
  CHECK(d.aligned() == 5);
  CHECK(d.to_string() == "the same in all 5 entries\n");
  CHECK(message_of<Error>([&] { d.first_changed(); }) == "diff: the two runs are the same in all 5 entries");
}

TEST_CASE("A diff begins where two runs part") {
  const debug::Stepper a(network(input(), false, 1));
  const debug::Diff d = debug::diff(a, a.with_element("x", {1}, 3.0));
  CHECK(d.first_changed().name() == "x");
  CHECK(d[0].largest == 1.0);
  CHECK(d[d.size() - 1].kind == Kind::gradient);
  CHECK_THAT(d.to_string(), Contains("#0 #0 variable 'x': values differ by up to 1\n"));
}

TEST_CASE("An op that was put in is reported, and the others are still compared") {
  const debug::Diff d = debug::diff(network(input(), false, 1), network(input(), true, 1));
  REQUIRE(d.size() > 2);
  CHECK(d.aligned() == 5);
  CHECK(d[0].kind == Kind::only_in_second);
  CHECK(d[0].entry.op() == "add");
  CHECK(d[0].second == 3);
  CHECK(d[1].entry.op() == "square");
  const debug::Diff other_way = debug::diff(network(input(), true, 1), network(input(), false, 1));
  CHECK(other_way[0].kind == Kind::only_in_first);
  CHECK(other_way.first_changed().op() == "add");
}

TEST_CASE("Loops of different lengths are aligned") {
  const auto loop = [](int n) {
    Tensor h = input();
    for (int i = 0; i < n; ++i) h = tanh(h) * 1.0;
    return sum(h);
  };
  const debug::Diff d = debug::diff(loop(10), loop(12));
  CHECK(d.aligned() == 22);
  int added = 0;
  for (const debug::Difference& difference : d) added += difference.kind == Kind::only_in_second;
  CHECK(added == 4);
}

TEST_CASE("Differences within the tolerance are none") {
  const debug::Stepper a(network(input(), false, 1)), b = a.with_element("x", {1}, 2.0 + 1e-12);
  CHECK_FALSE(debug::diff(a, b).empty());
  CHECK(debug::diff(a, b, {.rtol = 1e-9}).empty());
  CHECK(debug::diff(a, b, {.gradients = false}).size() == 5);
}

TEST_CASE("Shapes that differ are told from values") {
  const auto of = [](int n) { return sum(square(variable(ones({n}, {.dtype = float64})))); };
  const debug::Diff d = debug::diff(of(2), of(3), {.gradients = false});
  CHECK(d[0].kind == Kind::only_in_first);
  CHECK(d[1].kind == Kind::only_in_second);
  CHECK(d[2].kind == Kind::shape);
  CHECK(d[3].kind == Kind::value);
}
