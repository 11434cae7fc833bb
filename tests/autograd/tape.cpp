#include <thread>

#include <reel/autograd/tape.hpp>

#include "message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;

namespace {

/// Something with leaves of every kind, attributes, names and a number.
struct Sample {
  Tensor x = variable(doubles({{1, 2, 3}, {4, 5, 6}})).named("x");
  Parameter w{"w", full({3, 2}, 0.5, {.dtype = float64})};
  Tensor shift = doubles({1, 2});
  int line = 0;
  Tensor hidden, loss;

  Sample() {
    line = __LINE__ + 1;
    hidden = tanh(matmul(x, w) + shift).named("hidden");
    loss = mean(square(hidden - 0.25), {0, 1});
  }
};

std::string expected_listing(int line) {
  const auto at = [&](int offset) { return fmt::format("tape.cpp:{}\n", line + offset); };
  return "#0  variable                    (2, 3) float64  x\n"
         "#1  parameter                   (3, 2) float64  w\n"
         "#2  constant                    (2,) float64\n"
         "#3  matmul     #0 #1            (2, 2) float64          " +
         at(0) + "#4  add        #3 #2            (2, 2) float64          " + at(0) +
         "#5  tanh       #4               (2, 2) float64  hidden  " + at(0) + "#6  sub        #5 0.25          (2, 2) float64          " +
         at(1) + "#7  square     #6               (2, 2) float64          " + at(1) +
         "#8  mean       #7  axis=(0, 1)  () float64              " + at(1);
}

}  // namespace

TEST_CASE("A tape lists the history, oldest first") {
  const Sample s;
  const Tape tape(s.loss);
  CHECK(tape.to_string() == expected_listing(s.line));
  CHECK(fmt::format("{}", tape) == tape.to_string());
}

TEST_CASE("A tape is indexed, iterated and searched by name") {
  const Sample s;
  const Tape tape(s.loss);
  REQUIRE(tape.size() == 9);
  CHECK(tape[0].op() == "variable");
  CHECK(tape[1].op() == "parameter");
  CHECK(tape[2].op() == "constant");
  CHECK(tape[3].op() == "matmul");
  CHECK(tape[8].op() == "mean");
  CHECK(tape[8].attributes() == "axis=(0, 1)");
  CHECK(tape[3].attributes().empty());
  CHECK(is_same(tape[5].output(), s.hidden));
  CHECK(tape.find("x") == 0);
  CHECK(tape.find("hidden") == 5);
  std::size_t leaves = 0;
  for (const Entry& entry : tape) leaves += entry.is_leaf();
  CHECK(leaves == 3);
  CHECK(message_of<ShapeError>([&] { tape[9]; }) == "entry 9 of a tape of 9 entries");
  CHECK_THAT(message_of<Error>([&] { tape.find("nobody"); }),
             Catch::StartsWith("no entry of the tape is named nobody; there are: hidden, w, x (tape.cpp:"));
  CHECK_THAT(message_of<Error>([] { Tape(tensor({1.0})).find("a"); }),
             Catch::StartsWith("no entry of the tape is named a; there are: no names (tape.cpp:"));
}

TEST_CASE("Of entries that share a name, the newest is found") {
  const Tensor x = variable(1.0).named("t");
  const Tensor y = (x * 2.0).named("t"), z = exp(y);
  CHECK(Tape(z).find("t") == 1);
  CHECK(Tape(x).find("t") == 0);
}

TEST_CASE("Entries tell their inputs, place and rule; leaves have none") {
  const Sample s;
  const Tape tape(s.loss);
  const auto inputs = tape[6].inputs();
  REQUIRE(inputs.size() == 2);
  CHECK(is_same(inputs[0], s.hidden));
  CHECK(number(inputs[1]) == 0.25);
  CHECK(tape[6].location().line == s.line + 1);
  CHECK(tape[6].location().file_name() == "tape.cpp");
  CHECK(tape[0].location().line == 0);
  CHECK(tape[0].inputs().empty());
  CHECK(tape[0].rule().empty());
  CHECK(tape[3].rule() == "da = dy·bᵀ   db = aᵀ·dy");
  CHECK(tape[5].rule() == "dx = dy·(1 - y²)");
  for (const Entry& entry : tape) {
    CHECK(entry.rule().empty() == entry.is_leaf());
    CHECK(entry.module().empty());
  }
}

TEST_CASE("The tape of a leaf and of a constant") {
  CHECK(Tape(variable(2.0)).to_string() == "#0  variable    () float32\n");
  CHECK(Tape(tensor({1.0, 2.0})).to_string() == "#0  constant    (2,) float32\n");
}

TEST_CASE("Leaves are listed in the order in which they were made, however many and in whichever thread") {
  std::vector<Tensor> parts{variable(doubles({0}))};
  for (int i = 1; i < 1000; ++i) parts.push_back(doubles({0}).named(fmt::format("c{}", i)));
  std::thread([&] {
    for (int i = 1000; i < 2000; ++i) parts.push_back(doubles({0}).named(fmt::format("c{}", i)));
  }).join();
  const Tape tape(concatenate(parts, 0));
  REQUIRE(tape.size() == parts.size() + 1);
  std::vector<std::string> names, first_thread, second_thread;
  for (const Entry& entry : tape) names.push_back(entry.name());
  CHECK(tape[parts.size()].op() == "concatenate");
  for (const std::string& name : names)
    if (!name.empty()) (std::stoi(name.substr(1)) < 1000 ? first_thread : second_thread).push_back(name);
  const auto made = [&](std::size_t begin, std::size_t end) {
    std::vector<std::string> result;
    for (std::size_t i = begin; i < end; ++i) result.push_back(parts[i].name());
    return result;
  };
  CHECK(first_thread == made(1, 1000));
  CHECK(second_thread == made(1000, 2000));
}

TEST_CASE("Scalar constants are shown where they are used, unless they have a name") {
  const Tensor x = variable(doubles({1, 2}));
  const Tensor factor = tensor(3.0, {.dtype = float64}).named("factor");
  const Tape tape(where(x > 1.5, x * factor, -1e-7));
  REQUIRE(tape.size() == 5);
  CHECK_THAT(tape.to_string(), Contains("factor"));
  CHECK_THAT(tape.to_string(), Contains("constant  of greater"));
  CHECK_THAT(tape.to_string(), Contains(" -1e-07 "));
}

TEST_CASE("An entry tells the module whose call recorded it") {
  const Tensor x = variable(1.0);
  Tensor y;
  const int line = __LINE__ + 3;
  {
    const ModuleScope outer("1"), inner("1.gate");
    y = exp(x);
  }
  const Tape tape(y * 2.0);
  CHECK(tape[1].module() == "1.gate");
  CHECK(tape[2].module().empty());
  CHECK_THAT(tape.to_string(), Contains(fmt::format("#1  exp       #0      () float32  tape.cpp:{}  in 1.gate\n", line)));
}

TEST_CASE("Renaming is seen by every handle and by tapes that exist") {
  const Tensor x = variable(1.0);
  const Tensor y = x * 2.0, same = y;
  const Tape tape(exp(y));
  y.named("first").named("second");
  CHECK(same.name() == "second");
  CHECK(tape[1].name() == "second");
  CHECK(x.name().empty());
}

TEST_CASE("A parameter that is renamed is listed by its new name") {
  Parameter w("w", doubles({1}));
  const Tensor y = w * 2.0;
  w.set_name("layer.weight");
  CHECK(w.name() == "layer.weight");
  CHECK(Tape(y).find("layer.weight") == 0);
}

TEST_CASE("A long tape is printed with its middle left out") {
  Tensor y = variable(1.0);
  for (int i = 0; i < 150; ++i) y = y + 1.0;
  const Tape tape(y);
  const auto lines_of = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  const std::string text = tape.to_string();
  CHECK(lines_of(text) == 41);
  CHECK_THAT(text, Contains(" #19  add       #18 1.0   () float32  tape.cpp:") && Contains("\n... 111 entries more ...\n#131  add "));
  CHECK(lines_of(tape.to_string({.threshold = 151})) == 151);
  CHECK(lines_of(tape.to_string({.threshold = 150, .edge_items = 1})) == 3);
  CHECK(lines_of(tape.to_string({.threshold = 10, .edge_items = 100})) == 151);
  CHECK(tape.to_string({.threshold = 0, .edge_items = 0}) == "... 151 entries ...\n");
}

TEST_CASE("Running a tape again gives the same bits") {
  const Sample s;
  const Tape tape(s.loss);
  const std::vector<Array> values = tape.rerun();
  REQUIRE(values.size() == tape.size());
  for (std::size_t i = 0; i < tape.size(); ++i) CHECK(identical(values[i], tape[i].value()));
}

TEST_CASE("A tape with a replaced leaf gives what computing afresh gives") {
  const Sample s;
  const Tape tape(s.loss);
  const Tensor x = doubles({{-1, 0.5, 2}, {0, 3, 1}});
  const Tensor fresh = mean(square(tanh(matmul(x, s.w) + s.shift) - 0.25), {0, 1});
  CHECK(identical(tape.rerun({{tape.find("x"), x.value()}}).back(), fresh.value()));
  CHECK(number(s.loss) != number(fresh));
}

TEST_CASE("A replaced op is not computed, and what follows is computed from it") {
  const Sample s;
  const Tape tape(s.loss);
  const Tensor hidden = doubles({{1, 2}, {3, 4}});
  const std::vector<Array> values = tape.rerun({{tape.find("hidden"), hidden.value()}});
  CHECK(identical(values[5], hidden.value()));
  CHECK(identical(values[4], tape[4].value()));
  CHECK(identical(values[8], mean(square(hidden - 0.25), {0, 1}).value()));
}

TEST_CASE("A replacement has to fit") {
  const Sample s;
  const Tape tape(s.loss);
  CHECK(message_of<ShapeError>([&] {
          tape.rerun({{0, Array::zeros({3, 2}, float64)}});
        }) == "rerun: entry 0 has shape (2, 3) and its replacement (3, 2)");
  CHECK(message_of<DtypeError>([&] {
          tape.rerun({{0, Array::zeros({2, 3}, float32)}});
        }) == "rerun: entry 0 is float64 and its replacement float32");
  CHECK(message_of<ShapeError>([&] { tape.rerun({{9, Array::zeros({})}}); }) == "entry 9 of a tape of 9 entries");
}

TEST_CASE("Dropout draws the same elements when it is run again") {
  const Tensor x = variable(ones({200}));
  const Tensor y = dropout(x, 0.5);
  const Tape tape(sum(y));
  const Tensor other = dropout(x, 0.5);
  CHECK(identical(tape.rerun()[1], y.value()));
  CHECK_FALSE(is_same(other, y));
  const Array doubled = tape.rerun({{0, Array::full({200}, 2)}})[1];
  CHECK(identical(doubled, (y * 2.0).value()));
}

TEST_CASE("One entry can be run with other inputs") {
  const Sample s;
  const Tape tape(s.loss);
  const Array two = Array::full({2}, 2, float64), three = Array::full({2}, 3, float64);
  CHECK(identical(tape[4].run({two, three}), Array::full({2}, 5, float64)));
  CHECK(message_of<Error>([&] { tape[4].run({two}); }) == "add has 2 inputs; 1 were given");
  CHECK(message_of<Error>([&] { tape[0].run({}); }) == "variable x is a leaf; only ops can be computed again");
}

TEST_CASE("After backward() let the history go, a tape says so") {
  Sample s;
  const Tape before(s.loss);
  s.loss.backward();
  const std::string place = fmt::format(
      "(recorded at tape.cpp:{}) was released by an earlier backward(); pass {{.retain = true}} to that one to keep it", s.line);
  CHECK(message_of<Error>([&] { before.rerun(); }) == "rerun: the history of matmul " + place);
  CHECK(message_of<Error>([&] { before[3].run({s.x.value(), s.w.value()}); }) == "matmul " + place);
  CHECK(before[3].inputs().empty());
  CHECK(before.size() == 9);
  CHECK_THAT(before.to_string(), Contains("#3  matmul     (released)               (2, 2) float64"));
  CHECK(Tape(s.loss).size() == 1);
}

TEST_CASE("A tape keeps its entries alive") {
  const Tape tape = [] {
    const Sample s;
    return Tape(s.loss);
  }();
  CHECK(tape[1].name() == "w");
  CHECK(identical(tape.rerun().back(), tape[8].value()));
}
