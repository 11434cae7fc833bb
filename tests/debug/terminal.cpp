// The prompt's commands, as text.
#include <filesystem>
#include <fstream>

#include <reel/autograd/debug/terminal/session.hpp>

#include "../autograd/message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;
using Catch::Equals;
using Catch::StartsWith;
using debug::Playback;
using debug::Session;

namespace {

/// x, y = x² + 1, z = log(y), loss = sum(z).
struct Sample {
  Tensor x = variable(doubles({2, 3})).named("x");
  int line = 0;
  Tensor loss;

  Sample() {
    line = __LINE__ + 1;
    loss = sum(log((square(x) + 1.0).named("y")).named("z")).named("loss");
  }
  Session session(debug::SessionOptions options = {}) const { return Session(Playback(debug::Stepper(loss)), options); }
};

std::string say(Session& session, const std::string& line) { return session.run(line).text; }

/// What a command that cannot be run says.
std::string refusal(Session& session, const std::string& line) {
  const debug::Reply reply = session.run(line);
  return reply.ok ? "it was run: " + reply.text : reply.text;
}

}  // namespace

TEST_CASE("At a prompt one steps forward and back, over both passes") {
  const Sample s;
  Session session = s.session();
  CHECK(session.where().text == "F0  variable #0 'x'\n    x = [2, 3]\n    event 1 of 10, in the forward pass\n");
  CHECK(say(session, "back") == "The beginning of the tape.\n");
  CHECK(say(session, "step 3") == fmt::format("F3  log #3 'z' (terminal.cpp:{})\n    z = [1.60944, 2.30259]\n", s.line));
  CHECK(say(session, "s") == fmt::format("F4  sum #4 'loss' (terminal.cpp:{})\n    loss = 3.91202\n", s.line));
  say(session, "step");
  CHECK(say(session, "step") ==
        fmt::format("B3  log #3 'z' (terminal.cpp:{})\n    dL/dz = [1, 1]\n    gives dL/dy = [0.2, 0.1]\n", s.line));
  CHECK_THAT(say(session, "back 100"), Contains("F0  variable"));
  CHECK_THAT(say(session, "seek end"), Contains("B0  variable #0 'x'\n    dL/dx = [0.8, 0.6]"));
  CHECK(say(session, "step") == "The end of the tape.\n");
  CHECK_THAT(say(session, "seek y"), Contains("F2  add #2 'y'"));
  CHECK_THAT(refusal(session, "seek F9"), Contains("F9 is no event; they are F0 to F4 and B4 to B0"));
  CHECK_THAT(refusal(session, "step x"), Contains("step needs a whole number, not \"x\""));
}

TEST_CASE("An empty line repeats the last command, a comment does nothing") {
  const Sample s;
  Session session = s.session();
  CHECK(say(session, "").empty());
  say(session, "step");
  CHECK_THAT(say(session, "# a remark"), Equals(""));
  CHECK_THAT(say(session, ""), Contains("F2"));
  CHECK_THAT(say(session, "  \t"), Contains("F3"));
}

TEST_CASE("Commands may be shortened; another word is answered with the nearest") {
  const Sample s;
  Session session = s.session();
  CHECK_THAT(say(session, "wher"), Contains("event 1 of 10"));
  CHECK(refusal(session, "re") == "re may mean reverse-continue, replay, reset\n");
  CHECK(refusal(session, "contineu") == "there is no command contineu; did you mean continue?\n");
  CHECK(refusal(session, "brk nan") == "there is no command brk; did you mean break?\n");
  CHECK(refusal(session, "frobnicate") == "there is no command frobnicate; `help` lists them\n");
}

TEST_CASE("Breakpoints stop in both directions, once or always") {
  const Sample s;
  Session session = s.session();
  CHECK(say(session, "break op log") == "Breakpoint 1: op log\n");
  CHECK(say(session, "tbreak y") == "Temporary breakpoint 2: y\n");
  CHECK_THAT(say(session, "continue"), StartsWith("Temporary breakpoint 2: y\nF2"));
  CHECK_THAT(say(session, "c"), StartsWith("Breakpoint 1: op log\nF3"));
  CHECK_THAT(say(session, ""), StartsWith("Breakpoint 1: op log\nB3"));
  CHECK_THAT(say(session, "rc"), StartsWith("Breakpoint 1: op log\nF3"));
  CHECK_THAT(say(session, "rc"), StartsWith("The beginning of the tape.\nF0"));
  CHECK(say(session, "info breakpoints") == "  1   op log  hit 3 times\n");
  CHECK(say(session, "delete 1") == "Deleted breakpoint 1.\n");
  CHECK_THAT(refusal(session, "delete 1"), Contains("there is no breakpoint 1"));
  CHECK_THAT(say(session, "c"), StartsWith("The end of the tape.\nB0"));
  CHECK(say(session, "info b") == "No breakpoints.\n");
}

TEST_CASE("Conditions are written in words and combined") {
  const Sample s;
  Session session = s.session();
  const auto stops = [&](const std::string& condition) {
    std::string events;
    say(session, "delete");
    say(session, "seek start");
    const debug::Reply set = session.run("break " + condition);
    if (!set.ok) return set.text;
    while (say(session, "continue").starts_with("Breakpoint")) events += (events.empty() ? "" : " ") + session.context().stepper().event();
    return events;
  };
  CHECK(stops("op log && backward") == "B3");
  CHECK(stops("log || name y") == "F2 F3 B3 B2");
  CHECK(stops("!(forward || op log)") == "B4 B2 B1 B0");
  CHECK(stops(fmt::format("terminal.cpp:{} && forward", s.line)) == "F1 F2 F3 F4");
  CHECK(stops("shape ()") == "F4 B4");
  CHECK(stops("shape (*) && backward") == "B3 B2 B1 B0");
  CHECK(stops("gnorm > 1.2") == "B3");
  CHECK(stops("gnorm<0.5") == "B2 B1");
  CHECK(stops("ratio < 0.5 && forward") == "F3");
  CHECK(stops("#2") == "F2 B2");
  CHECK(stops("B2") == "B2");
  CHECK(stops("end") == "F4");
  CHECK(stops("nan || inf || nonfinite").empty());
  CHECK_THAT(stops("op"), Contains("op needs a word behind it"));
  CHECK_THAT(stops("lgo"), Contains("did you mean log?"));
  CHECK_THAT(stops("(op log"), Contains("a ) is missing"));
  CHECK_THAT(stops("op log op exp"), Contains("\"op exp\" is left over"));
  CHECK_THAT(stops("gnorm 3"), Contains("gnorm needs > or <"));
  CHECK_THAT(stops("gnorm > x"), Contains("gnorm needs a number, not \"x\""));
  CHECK_THAT(stops("shape (2"), Contains("a ) is missing"));
  CHECK_THAT(stops(std::string(10000, '(')), Contains("too many parentheses"));
  CHECK_THAT(stops("#7"), Contains("there is no entry 7"));
}

TEST_CASE("Numbers are printed by name, number and slice, as of the cursor") {
  const Sample s;
  Session session = s.session();
  CHECK(say(session, "print") == "x  (2,) float64\n[2. 3.]\n");
  CHECK_THAT(refusal(session, "print z"), Contains("has no value yet at F0"));
  say(session, "seek end");
  CHECK(say(session, "print z[-1]") == "z[-1] = 2.302585092994046\n");
  CHECK(say(session, "p #2[::-1]") == "y[::-1]  (2,) float64\n[10.  5.]\n");
  CHECK(say(session, "p[1]") == "x[1] = 3.0\n");
  CHECK(say(session, "grad y") == "dL/dy  (2,) float64\n[0.2 0.1]\n");
  CHECK(say(session, "print y.grad[0]") == "dL/dy[0] = 0.2\n");
  CHECK_THAT(say(session, "stats y"), Contains("y  (2,) float64\n  min 5  max 10  mean 7.5") && Contains("dL/dy  (2,) float64\n  min 0.1"));
  CHECK(say(session, "heat y") == "y  (2,)\n   +5 +9\n  . is 0; a sign and a digit are tenths of 10, rounded down\n");
  CHECK(say(session, "rule z") == fmt::format("log #3 'z' (terminal.cpp:{})\n  dx = dy/x\n", s.line));
  CHECK_THAT(refusal(session, "print yy"), Contains("no entry of the tape is named yy, but y is; there are: loss, x, y, z"));
  CHECK_THAT(refusal(session, "print y[1:"), Contains("[1: is no slice; examples: [2], [0, :]"));
  CHECK_THAT(refusal(session, "print y[5]"), Contains("5"));
  CHECK_THAT(refusal(session, "print #77"), Contains("entry 77 of a tape of 5 entries"));
}

TEST_CASE("up selects a producer, down a consumer, and moving the cursor's own entry again") {
  const Sample s;
  Session session = s.session();
  say(session, "seek F2");
  CHECK(say(session, "up") == fmt::format("#1  square #1 (terminal.cpp:{})  (2,) float64\n", s.line));
  CHECK_THAT(say(session, "print"), Contains("[4. 9.]"));
  CHECK(say(session, "print in0") == "x  (2,) float64\n[2. 3.]\n");
  CHECK_THAT(say(session, "down"), StartsWith("#2  add"));
  CHECK_THAT(refusal(session, "print in1"), Contains("in1 of add #2 'y'") && Contains("is the constant 1"));
  CHECK_THAT(say(session, "up"), StartsWith("#1"));
  CHECK_THAT(say(session, "where"), Contains("selected #1  square"));
  CHECK_THAT(refusal(session, "down 3"), Contains("down: there are 1 to choose from:\n  0  add #2 'y'"));
  say(session, "step");
  CHECK_THAT(say(session, "print"), Contains("z  (2,)"));
}

TEST_CASE("list shows the source around the op") {
  const Sample s;
  Session session = s.session();
  say(session, "seek z");
  CHECK_THAT(say(session, "list 1"),
             Contains(fmt::format("->{:>6}      loss = sum(log((square(x)", s.line)) && Contains("line = __LINE__ + 1;"));
}

TEST_CASE("The reasons: explain, ledger, whence, jacobian, check") {
  const Sample s;
  Session session = s.session();
  say(session, "seek end");
  CHECK_THAT(say(session, "explain y[1]"), Contains("dL/dy[1] = 0.1, from log #3") && Contains("rule dx = dy/x"));
  CHECK_THAT(say(session, "ledger y"), Contains("the gradient of y is [0.2 0.1], from\n  100.0 %  log #3"));
  CHECK(say(session, "jacobian z") == "dz/d(input 0)  (2, 2)\n[[0.2 0. ]\n [0.  0.1]]\n");
  CHECK_THAT(say(session, "check z"), Contains("agree with numeric ones"));
  CHECK_THAT(refusal(session, "check x"), Contains("is no op"));
  CHECK_THAT(refusal(session, "explain y[:]"), Contains("is more than one element"));

  const Tensor bad = variable(doubles({1, -1})).named("v");
  Session broken(Playback(debug::Stepper(sum(log(bad)).named("loss"))));
  CHECK_THAT(say(broken, "whence loss"), Contains("log"));
  CHECK_THAT(say(broken, "info alerts"), Contains("NaN born: log"));
}

TEST_CASE("set and replay, what-if, diff and reset") {
  const Sample s;
  Session session = s.session();
  CHECK_THAT(refusal(session, "replay"), Contains("nothing was changed"));
  CHECK_THAT(say(session, "what-if x[1] += 0.001"), Contains("the loss goes from 3.91202 to 3.91262") && Contains("the gap is"));
  CHECK(say(session, "set x[1] = 4") == "x[1] will be 4; `replay` computes what follows from it.\n");
  CHECK_THAT(say(session, "replay"), Contains("before: loss = 3.91202\nnow:    loss = 4.44265\n"));
  CHECK_THAT(say(session, "diff"), Contains("#0 #0 variable 'x': values differ by up to 1"));
  say(session, "set x[0] *= 2");
  say(session, "set x[0] -= 1");
  CHECK_THAT(say(session, "replay"), Contains("before: loss = 4.44265\nnow:    loss = 5.1358"));
  CHECK(say(session, "reset") == "Back to loss = 3.91202.\n");
  CHECK(say(session, "reset") == "Nothing was replayed.\n");
  say(session, "set y = 1");  // an op's value, and all of it
  CHECK_THAT(say(session, "replay"), Contains("now:    loss = 0"));
  CHECK_THAT(refusal(session, "set x[0]"), Contains("set needs an assignment"));
  CHECK_THAT(refusal(session, "set x.grad = 1"), Contains("set changes values"));
  CHECK_THAT(refusal(session, "set x = one"), Contains("set needs a number, not \"one\""));
}

TEST_CASE("The tutor says a plain sentence at every step") {
  const Sample s;
  Session session = s.session();
  CHECK(say(session, "tutor on") ==
        "The tutor says a sentence at every step.\n    x is a variable: the backward pass will say how the loss depends on it.\n");
  say(session, "seek B4");
  CHECK_THAT(say(session, "where"), Contains("The backward pass begins"));
  CHECK_THAT(say(session, "step"), Contains("    Through log the loss rises by 0.2 for each unit of y[0] = 5, by the rule dx = dy/x.\n"));
  CHECK_THAT(say(session, "seek end"), Contains("The gradient of x is complete: the loss rises by 0.8 for each unit of x[0] = 2.\n"));
  say(session, "tutor off");
  CHECK_THAT(say(session, "back"), !Contains("Through"));
  CHECK_THAT(refusal(session, "tutor maybe"), Contains("on or off"));
}

TEST_CASE("Every command has help with examples") {
  const Sample s;
  Session session = s.session();
  const std::string overview = say(session, "help");
  for (const char* name : {"step", "reverse-continue", "tbreak", "whence", "what-if", "assert", "export", "tutor", "detach"}) {
    CHECK_THAT(overview, Contains(fmt::format("  {} ", name)));
    CHECK_THAT(say(session, std::string("help ") + name), StartsWith(name) && Contains("\n  "));
  }
}

TEST_CASE("Words are completed: commands, names, ops") {
  const Sample s;
  const Session session = s.session();
  using Words = std::vector<std::string>;
  CHECK(session.complete("rev") == Words{"reverse-continue"});
  CHECK(session.complete("print l") == Words{"log", "loss"});
  CHECK(session.complete("break non") == Words{"nonfinite"});
  CHECK(session.complete("info a") == Words{"add", "alerts"});
  CHECK(session.complete("zzz").empty());
}

TEST_CASE("assert no-alerts fails where there are some") {
  const Sample s;
  Session fine = s.session();
  CHECK(fine.run("assert no-alerts").ok);
  CHECK_FALSE(fine.failed());
  const Tensor v = variable(doubles({1, -1}));
  Session broken(Playback(debug::Stepper(sum(log(v)))));
  const debug::Reply reply = broken.run("assert no-alerts");
  CHECK_FALSE(reply.ok);
  CHECK(broken.failed());
  CHECK_THAT(reply.text, StartsWith("assert no-alerts failed: 1 alert\n  NaN born: log"));
  CHECK_THAT(refusal(broken, "assert peace"), Contains("assert no-alerts"));
}

TEST_CASE("Answers as JSON are a line each") {
  const Sample s;
  Session session = s.session({.json = true});
  const std::string text = say(session, "seek y");
  CHECK_THAT(text, StartsWith(R"({"command":"seek y","ok":true,"event":"F2","position":2,"of":10,"number":2,"op":"add","name":"y")"));
  CHECK(text.find('\n') == text.size() - 1);
  CHECK_THAT(say(session, "print"), Contains(R"("data":{"dtype":"float64","shape":[2],"values":[5.0,10.0]})"));
  CHECK_THAT(say(session, "nothing"), Contains(R"("ok":false)"));
  CHECK_THAT(say(session, "info alerts"), Contains(R"("data":[])"));
}

TEST_CASE("Every answer as JSON is one line, that of check too") {
  const Sample s;
  Session session = s.session({.json = true});
  for (const char* command : {"where",
                              "step",
                              "back",
                              "seek end",
                              "print x",
                              "info ops",
                              "info alerts",
                              "info tape",
                              "info breakpoints",
                              "explain y[1]",
                              "ledger y",
                              "jacobian z",
                              "check z",
                              "rule",
                              "list",
                              "heat",
                              "export json",
                              "help",
                              "tutor on",
                              "set x[0] = 1",
                              "replay",
                              "diff",
                              "reset",
                              "what-if x[0] += 1",
                              "assert no-alerts",
                              "nothing"}) {
    const std::string text = say(session, command);
    CAPTURE(command, text);
    CHECK(text.find('\n') == text.size() - 1);
    CHECK_THAT(text, StartsWith("{") && Catch::EndsWith("}\n"));
  }
  CHECK_THAT(say(session, "check z"), Contains(R"("ok":true)") && Contains("agree with numeric ones"));
}

TEST_CASE("Numbers that do not fit are refused, not taken for others") {
  const Sample s;
  Session session = s.session();
  const std::string huge = "99999999999999999999";
  CHECK_THAT(refusal(session, "print #" + huge), Contains("#" + huge + " is too large a number for an entry"));
  CHECK_THAT(refusal(session, "print in" + huge), Contains("is too large a number"));
  CHECK_THAT(refusal(session, "print x[" + huge + "]"), Contains("[" + huge + "]: " + huge + " is too large a number"));
  CHECK_THAT(refusal(session, "print x[0:" + huge + "]"), Contains("is too large a number"));
  CHECK_THAT(refusal(session, "seek F" + huge), Contains("is no event"));
  CHECK_THAT(refusal(session, "step " + huge), Contains("is too large a number"));
  CHECK_THAT(refusal(session, "break f.cpp:4294967300"), Contains("a line: 4294967300 is too large a number"));
  CHECK_THAT(refusal(session, "break #" + huge), Contains("is too large a number"));
  CHECK_THAT(refusal(session, "break shape (" + huge + ")"), Contains("is too large a number"));
  CHECK_THAT(refusal(session, "jacobian z " + huge), Contains("is too large a number"));
  CHECK_THROWS_WITH(debug::Stepper(s.loss).find("#" + huge), Contains("no entry of the tape is named"));
  CHECK_THROWS_WITH(debug::Stepper(s.loss).find("#3x"), Contains("no entry of the tape is named"));
}

TEST_CASE("A condition may have many tests, and only so many parentheses") {
  const Sample s;
  Session session = s.session();
  std::string tests = "op exp";
  for (int i = 0; i < 500; ++i) tests += " || op exp";
  CHECK(session.run("break " + tests + " || op log").ok);
  CHECK_THAT(say(session, "continue"), Contains("log #3"));
  CHECK_THAT(refusal(session, "break " + std::string(300, '(') + "op log" + std::string(300, ')')), Contains("too many parentheses"));
  for (int i = 0; i < 2000; ++i) tests += " || op exp";
  CHECK_THAT(refusal(session, "break " + tests), Contains("at most 2000 tests"));
}

TEST_CASE("Heat maps: signs and digits, or colours; big arrays in blocks; what is not finite stands out") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(debug::heat_map(Array(doubles({{1.0, -0.5}, {0.0, nan}}).value()), false) ==
        "   +9 -5\n    . ??\n  . is 0; a sign and a digit are tenths of 1, rounded down\n");
  CHECK_THAT(debug::heat_map(doubles({1.0, -1.0}).value(), true), Contains("\x1b[48;5;202m") && Contains("\x1b[48;5;21m"));
  CHECK_THAT(debug::heat_map(Array::full({100, 100}, 1, float32), false), Contains("a block is the largest of 5 x 3 elements"));
  CHECK(debug::heat_map(Array::zeros({0, 3}), false) == "(0, 3) has no elements\n");
}

TEST_CASE("Export: a graph for dot, and JSON") {
  const Sample s;
  Session session = s.session();
  CHECK_THAT(say(session, "export dot"), StartsWith("digraph tape {") && Contains("n2 -> n3;") && Contains("log #3\\nz\\n(2,)"));
  CHECK_THAT(say(session, "export json"), Contains("\"rule\":\"dx = dy/x\""));
  const std::string path = (std::filesystem::temp_directory_path() / "reel_terminal_test.dot").string();
  CHECK_THAT(say(session, "export dot " + path), Contains("bytes in"));
  CHECK(std::filesystem::file_size(path) > 100);
  std::filesystem::remove(path);
  CHECK_THAT(say(session, "export html " + path), Contains("bytes in"));
  std::ifstream page(path);
  CHECK_THAT(std::string(std::istreambuf_iterator<char>(page), {}),
             StartsWith("<!DOCTYPE html>") && Contains("dx = dy/x") && Contains("</html>"));
  std::filesystem::remove(path);
  CHECK_THAT(refusal(session, "export html"), Contains("export html tape.html"));
  CHECK_THAT(refusal(session, "export html /no/such/folder/x.html"), Contains("/no/such/folder"));
  CHECK_THAT(refusal(session, "export png"), Contains("export knows"));
  CHECK_THAT(refusal(session, "export dot /no/such/folder/x.dot"), Contains("/no/such/folder"));
}
