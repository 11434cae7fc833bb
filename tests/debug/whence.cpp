#include <cmath>

#include <reel/autograd/debug/live.hpp>
#include "../autograd/message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;
using debug::Phase;
using debug::Role;

TEST_CASE("A NaN of the backward pass is followed to the rule that bore it, and the mask is named") {
  const Tensor r = variable(doubles({4, 0})).named("r");
  const int line = __LINE__ + 1;
  const Tensor root = sqrt(r);
  const Tensor loss = sum(exp(where(r > 0.0, root, 0.0) * 2.0));
  const debug::Origin origin = debug::whence(loss, "r", {1});
  CHECK(origin.born().op() == "sqrt");
  CHECK(origin.born_link().phase == Phase::backward);
  CHECK_THAT(origin.message(),
             Contains(fmt::format("dL/dr[1] = nan: born in the rule of sqrt #1 (whence.cpp:{})", line)) && Contains("0 times infinity"));
  CHECK(origin.links().back().role == Role::masks);
  CHECK(origin.links().back().entry.op() == "where");
}

TEST_CASE("A NaN of the forward pass is followed through both passes to the op that made it") {
  const Tensor x = variable(doubles({1, 3})).named("x");
  const debug::Origin origin = debug::whence(sum(sqrt(sqrt(x - 2.0).named("inner"))), "x", {0});
  CHECK(origin.born().name() == "inner");
  CHECK(origin.born_link().phase == Phase::forward);
  CHECK_THAT(origin.born_link().text, Contains("= -1; sqrt needs x >= 0"));
}

TEST_CASE("A NaN in the data is found in the data") {
  const Tensor data = doubles({{1, 2}, {std::nan(""), 4}}).named("data");
  const Tensor w = variable(doubles({{1, 2}, {3, 4}})).named("w");
  const debug::Origin origin = debug::whence(mean(matmul(data, w)), "w", {0, 1});
  CHECK(origin.born().name() == "data");
  CHECK_THAT(origin.message(), Contains("data[1,0] = nan came in: it is a constant"));
}

TEST_CASE("Through a matrix product the element that spread is found") {
  Array many = Array::full({20, 30}, 1, float64);
  many.mutable_data<double>()[7 * 30 + 11] = -1;
  const Tensor x = variable(Tensor(many)).named("x");
  const Tensor y = matmul(log(x), ones({30, 4}, {.dtype = float64})).named("y");
  const debug::Stepper step(sum(y));
  const debug::Origin origin = step.whence_value("y", {7, 2});
  CHECK(origin.born().op() == "log");
  CHECK(origin.born_link().index[0] == 7);
  CHECK(origin.born_link().index[1] == 11);
  CHECK_THAT(message_of<Error>([&] { step.whence_value("y", {6, 2}); }), Contains("y[6,2] = 0 is finite"));
}

TEST_CASE("A zero is followed to the op that lets nothing through") {
  const Tensor x = variable(doubles({-1, 2})).named("x");
  const debug::Origin dead = debug::whence(sum(square(relu(x * 3.0))), "x", {0});
  CHECK(dead.born().op() == "square");  // relu's value is 0, where square is flat
  const debug::Origin masked = debug::whence(sum(relu(x * 3.0)), "x", {0});
  CHECK(masked.born().op() == "relu");
  CHECK_THAT(masked.message(), Contains("the slope at #1[0] = -3 is 0"));
  const debug::Origin unused = debug::whence(sum(slice(x, {{1, 2}})), "x", {0});
  CHECK(unused.born().op() == "slice");
  CHECK_THAT(unused.message(), Contains("nothing that it computes depends on x[0]"));
}

TEST_CASE("A huge number is followed to where it grew most") {
  const Tensor x = variable(doubles({1, 2})).named("x");
  const debug::Origin origin = debug::whence(sum(tanh((x * 2.0) * 1e9 * 1e-9)), "x");
  CHECK(origin.born().op() == "mul");
  CHECK_THAT(origin.born_link().text, Contains("1e+09 times"));
}

TEST_CASE("A NaN that infinities make is followed to the infinities, unless they came in with the data") {
  const Tensor x = variable(doubles({0})).named("x");
  const Tensor root = sqrt(x), other = sqrt(x);
  CHECK(debug::whence(sum(root - other), "x").born().op() == "sqrt");
  const Tensor big = variable(doubles({1000})).named("big");
  const Tensor overflow = exp(big);
  CHECK(debug::Stepper(sum((overflow - overflow).named("difference"))).whence_value("difference").born().op() == "exp");
  const Tensor masked = big + doubles({-INFINITY});
  const debug::Stepper step(sum((masked - masked).named("difference")));
  CHECK(step.whence_value("difference").born().name() == "difference");
}

TEST_CASE("What no rule passes a gradient to begins at itself") {
  const debug::Live watching;  // without which a comparison is a constant to the tape
  const Tensor x = variable(doubles({1, 2})).named("x"), w = variable(doubles({1, 2})).named("w");
  const debug::Origin origin = debug::whence(sum(where(w > 1.5, x, 0.0)), "w", {0});
  CHECK(origin.born().name() == "w");
  CHECK_THAT(origin.message(), Contains("no rule passes a gradient to it"));
}

TEST_CASE("Arrays without elements are followed as far as there is something") {
  const Tensor x = variable(ones({1, 3}, {.dtype = float64})).named("x");
  const Tensor loss = sum(x * ones({0, 3}, {.dtype = float64}));
  CHECK(debug::whence(loss, "x", {0, 0}).born().op() == "mul");
  CHECK(debug::alerts(loss).empty());
}
