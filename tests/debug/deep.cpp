#include <chrono>

#include "../autograd/message.hpp"

using namespace reel;
using namespace reel::test;

namespace {

struct NoWarning {
  std::size_t before = history_warning();
  NoWarning() { set_history_warning(0); }
  ~NoWarning() { set_history_warning(before); }
};

Tensor chain(const Tensor& x, std::size_t depth) {
  Tensor h = x;
  for (std::size_t i = 0; i < depth; ++i) h = i % 2 == 0 ? h * 1.0001 : h - 0.0001;
  return sum(h).named("loss");
}

}  // namespace

TEST_CASE("A history of 100,000 entries is stepped through, both ways, within a budget") {
  const NoWarning quiet;
  const Tensor x = variable(ones({16}, {.dtype = float64})).named("x");
  const std::size_t depth = 100'000;
  const Tensor loss = chain(x, depth);
  const Tensor expected = gradients(loss, {x})[0];
  for (const std::size_t budget : {std::size_t{200'000}, std::size_t{1} << 30}) {
    debug::Stepper step(loss, {.budget = budget});
    CHECK(step.size() == 2 * (depth + 2));
    step.run_to_end();
    CHECK(is_same(step.gradient("x"), expected));
    for (int i = 0; i < 1000; ++i) step.back();
    CHECK_FALSE(step.has_gradient("x"));
    const Tensor before = step.gradient();
    step.seek("B77777");
    const Tensor there = step.gradient();
    step.seek(0);
    step.seek("B77777");
    CHECK(is_same(step.gradient(), there));
    step.seek("B1000");
    step.seek("B77777");
    CHECK(is_same(step.gradient(), there));
    step.run_to_end();
    CHECK(is_same(step.gradient("x"), expected));
  }
}

TEST_CASE("Alerts, diff and whence work at depth 100,000") {
  const NoWarning quiet;
  const Tensor x = variable(ones({4}, {.dtype = float64})).named("x");
  const Tensor loss = chain(log(x - 2.0).named("bad"), 100'000);
  const auto found = debug::alerts(loss);
  REQUIRE(!found.empty());
  CHECK(found[0].entry().name() == "bad");
  CHECK(debug::Stepper(loss).whence_value("loss").born().name() == "bad");
  CHECK(debug::diff(loss, chain(log(x - 2.0), 100'000), {.gradients = false}).aligned() >= 100'002);
}

TEST_CASE("A tape that is too long for a file or a page is refused before its numbers are looked at") {
  const NoWarning quiet;
  const Tensor x = variable(doubles({1, 2})).named("x");
  const Tensor loss = chain(x, 500'000);
  CHECK(message_of<IoError>([&] { debug::write_tape(loss, "/nowhere/deep.tape"); }) ==
        "/nowhere/deep.tape: a tape of 500002 entries is too long for a file");
  CHECK(message_of<Error>([&] { debug::write_html(loss, "/nowhere/deep.html"); }) ==
        "write_html: the page of 500002 entries takes at least 20500082 bytes, and its budget is 3000000");
}
