// Tapes that were saved: the same at every event as the program's own, and harmless whatever is in the file.
#include <filesystem>
#include <fstream>
#include <random>

#include <reel/autograd/debug/terminal/session.hpp>
#include <reel/core/io/safetensors.hpp>

#include "../autograd/message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;
using debug::Session;
using debug::Stepper;

namespace {

struct TemporaryFile {
  std::string path = (std::filesystem::temp_directory_path() / fmt::format("reel_tape_test_{}.tape", std::random_device()())).string();
  ~TemporaryFile() { std::filesystem::remove(path); }
};

/// A small network with a shared input, a repeated one, a scalar constant, an integer and a bool in its tape.
Tensor sample() {
  const Tensor x = variable(doubles({{1, -2, 3}, {4, 5, -6}})).named("x"),
               w = variable(doubles({{0.5, -1}, {2, 0.25}, {-0.75, 1.5}})).named("w");
  const ModuleScope scope("net.0");
  const Tensor h = matmul(x, w).named("h");
  const Tensor r = where(h > 0.0, h * h, 0.5 * h);
  return (sum(gather(r, tensor({{1}, {0}}), 1)) + mean(tanh(x)) + sum(h * 0.1)).named("loss");
}

void check_same(Stepper& live, Stepper& saved) {
  REQUIRE(live.size() == saved.size());
  const debug::Run &a = live.state().run, &b = saved.state().run;
  for (std::size_t t = 0; t < live.size(); ++t) {
    live.seek(t), saved.seek(t);
    REQUIRE(live.event() == saved.event());
    CHECK(a.title(live.number()) == b.title(saved.number()));
    CHECK(live.entry().rule() == saved.entry().rule());
    CHECK(live.entry().attributes() == saved.entry().attributes());
    for (std::size_t i = 0; i < live.entries(); ++i) {
      CHECK(identical(a.value(i), b.value(i)));
      REQUIRE(live.has_gradient(i) == saved.has_gradient(i));
      if (live.has_gradient(i)) CHECK(is_same(live.gradient(i), saved.gradient(i)));
    }
  }
}

std::string read_error(const std::string& path) {
  return message_of<IoError>([&] { debug::read_tape(path); });
}

}  // namespace

TEST_CASE("A saved tape is the same as the program's at every event") {
  const TemporaryFile file;
  const Tensor loss = sample();
  debug::write_tape(loss, file.path);
  debug::Playback film = debug::read_tape(file.path);
  Stepper live(loss);
  check_same(live, film.stepper);
  CHECK(film.stepper.ledger("h").to_string() == live.ledger("h").to_string());
  CHECK(film.stepper.entry("h").module() == "net.0");
  CHECK(debug::diff(live, film.stepper).empty());
}

TEST_CASE("A saved tape keeps seeds, and gradients that hooks changed") {
  const TemporaryFile file;
  const Tensor x = variable(doubles({2, 3})).named("x"), y = square(x).named("y");
  on_gradient(y, [](const Tensor& g) { return g * 3.0; }).keep();
  const Tensor z = exp(y * 0.1), seed = doubles({1, -2});
  debug::write_tape(z, file.path, {.seed = seed});
  debug::Playback film = debug::read_tape(file.path);
  Stepper live(z, {.seed = seed});
  live.run_to_end(), film.stepper.run_to_end();
  for (std::size_t i = 0; i < live.entries(); ++i)
    if (live.has_gradient(i)) CHECK(is_same(live.gradient(i), film.stepper.gradient(i)));
}

TEST_CASE("A saved tape keeps alerts, and says plainly what needs the program") {
  const TemporaryFile file;
  debug::write_tape(sum(log(variable(doubles({1, -1})).named("v"))), file.path);
  Session session(debug::read_tape(file.path));
  CHECK_THAT(session.run("info alerts").text, Contains("NaN born: log"));
  CHECK_FALSE(session.run("assert no-alerts").ok);
  CHECK_THAT(session.run("break nan").text, Contains("Breakpoint 1"));
  CHECK_THAT(session.run("continue").text, Contains("F1  log"));
  for (const std::string command : {"whence v", "check", "jacobian", "what-if v[0] += 1", "set v[0] = 1", "replay"}) {
    const debug::Reply reply = session.run(command);
    CHECK_FALSE(reply.ok);
    CHECK_THAT(reply.text, Contains("a saved tape cannot: it needs the program itself"));
  }
  session.run("seek end");
  CHECK_THAT(session.run("explain v[0]").text, Contains("dL/dv[0] = 1: 1 from log #1") && Contains("where dL/d#1[0] = 1"));
}

TEST_CASE("Under a budget the largest arrays are left out but for their statistics") {
  const TemporaryFile file;
  const Tensor big = variable(Tensor(Array::full({100, 100}, 2, float64))).named("big");
  const Tensor small = mean(square(big), 0).named("small");
  debug::write_tape(sum(small), file.path, {.budget = 10'000});
  CHECK(std::filesystem::file_size(file.path) < 10'000);
  debug::Playback film = debug::read_tape(file.path);
  CHECK(film.left_out(0));
  CHECK_FALSE(film.left_out(2));
  Session session(std::move(film));
  CHECK_THAT(session.run("seek end").text, Contains("dL/dbig = (100, 100), min 0.04  max 0.04"));
  CHECK_THAT(session.run("print big").text, Contains("the numbers of variable #0 'big'") && Contains("were left out of the file"));
  CHECK_THAT(session.run("stats big").text, Contains("big  (100, 100)\n  min 2  max 2"));
  CHECK_THAT(session.run("print small[0]").text, Contains("small[0] = 4.0"));
  CHECK_FALSE(session.run("explain big").ok);
  for (const char* command :
       {"where", "info ops", "export dot", "export json", "ledger small", "tutor on", "seek start", "continue", "heat small"})
    CHECK(session.run(command).ok);

  const TemporaryFile whole;
  debug::write_tape(sum(small), whole.path);
  const std::string text = session.run("diff " + whole.path).text;
  CHECK_THAT(text, Contains("left out of a file and not compared"));
}

TEST_CASE("A tape that cannot be written leaves the old file") {
  const Tensor loss = sample();
  CHECK_THAT(message_of<IoError>([&] { debug::write_tape(loss, "/no/such/folder/x.tape"); }), Contains("/no/such/folder"));
  CHECK_THAT(message_of<GradientError>([&] { debug::write_tape(doubles({1}), "x.tape"); }), Contains("no history"));
}

TEST_CASE("Files that are no tape are refused by name") {
  const TemporaryFile file;
  CHECK_THAT(read_error("/no/such.tape"), Contains("/no/such.tape"));
  std::ofstream(file.path) << "not a tape";
  CHECK_THAT(read_error(file.path), Contains(file.path));
  io::write_safetensors(file.path, {{"w", Array::zeros({2})}});
  CHECK_THAT(read_error(file.path), Contains("it is no tape that was saved with debug::write_tape()"));

  debug::write_tape(sample(), file.path);
  const io::Safetensors good = io::read_safetensors(file.path);
  const auto with = [&](const std::string& before, const std::string& after) {
    io::Safetensors bad = good;
    std::string& tape = bad.metadata["tape"];
    const auto at = tape.find(before);
    REQUIRE(at != std::string::npos);
    tape.replace(at, before.size(), after);
    io::write_safetensors(file.path, bad.tensors, bad.metadata);
    return read_error(file.path);
  };
  CHECK_THAT(with("\"inputs\":[", "\"inputs\":[99,"), Contains("its inputs have to come before it"));
  CHECK_THAT(with("\"inputs\":[", "\"inputs\":[-1,"), Contains(file.path));
  CHECK_THAT(with("\"gives\":[", "\"gives\":[7,"), Contains("an input that is not there"));
  CHECK_THAT(with("\"entries\":[", "\"entries\":[{}, "), Contains(file.path));
  CHECK_THAT(with("\"op\":", "\"po\":"), Contains("op"));
  CHECK_THAT(with("}", "}}"), Contains("parse error"));
  io::Safetensors bad = good;
  bad.tensors.erase("v0");
  io::write_safetensors(file.path, bad.tensors, bad.metadata);
  CHECK_THAT(read_error(file.path), Contains("there is no array v0"));
  bad = good;
  bad.metadata["version"] = "2";
  io::write_safetensors(file.path, bad.tensors, bad.metadata);
  CHECK_THAT(read_error(file.path), Contains("version 2 of tapes is not known"));
  bad = good;
  for (auto& [name, array] : bad.tensors)
    if (name[0] == 'c') array = Array::zeros({1, 1, 1}, float64);
  io::write_safetensors(file.path, bad.tensors, bad.metadata);
  CHECK_THAT(read_error(file.path), Contains("what it gives to input"));
}

TEST_CASE("Text of a file cannot move a terminal's cursor") {
  const TemporaryFile file;
  debug::write_tape(sum(variable(doubles({1})).named("\x1b[2Jx\r")), file.path);
  Session session(debug::read_tape(file.path));
  CHECK_THAT(session.run("where").text, Contains("'?[2Jx?'"));
}

TEST_CASE("Whatever is in a file, it is read or refused, and commands answer") {
  const TemporaryFile file;
  debug::write_tape(sample(), file.path);
  const io::Safetensors good = io::read_safetensors(file.path);
  std::mt19937 random(1);
  const std::string alphabet = "0123456789-[]{}\",:nulltrue.e";
  std::size_t read = 0;
  for (int i = 0; i < 150; ++i) {
    io::Safetensors bad = good;
    std::string& tape = bad.metadata["tape"];
    for (int k = 0; k < 1 + i % 3; ++k) {
      char& c = tape[random() % tape.size()];
      if (static_cast<unsigned char>(c) < 128) c = alphabet[random() % alphabet.size()];  // the rules' UTF-8 stays whole
    }
    io::write_safetensors(file.path, bad.tensors, bad.metadata);
    try {
      Session session(debug::read_tape(file.path));
      ++read;
      for (const char* command : {"info ops", "seek end", "ledger h", "explain", "export json", "seek start", "break nan", "continue"})
        session.run(command);
    } catch (const IoError&) {}
  }
  CHECK(read > 5);
}
