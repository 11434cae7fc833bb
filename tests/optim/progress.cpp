#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <limits>

#include <catch2/catch.hpp>
#include <reel/core/io/file.hpp>

#include "../core/temporary_folder.hpp"
#include "problem.hpp"

using namespace reel;
using Catch::Contains;

namespace {

/// Standard error goes to this descriptor while it lives.
class Redirect {
 public:
  explicit Redirect(int descriptor) : before_(dup(STDERR_FILENO)) {
    std::fflush(stderr);
    dup2(descriptor, STDERR_FILENO);
  }
  ~Redirect() {
    std::fflush(stderr);
    dup2(before_, STDERR_FILENO);
    close(before_);
  }
  Redirect(const Redirect&) = delete;
  Redirect& operator=(const Redirect&) = delete;

 private:
  int before_;
};

/// Trains with `options`; what comes out on standard error, which is a file.
std::string output_to_file(const optim::FitOptions& options) {
  const TemporaryFolder folder;
  const int file = open(folder.path("log").c_str(), O_CREAT | O_WRONLY, 0600);
  REQUIRE(file >= 0);
  nn::Sequential model = line_model();
  const data::Dataset set = line_problem(20);
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.01}), {.metrics = {bias}});
  {
    const Redirect redirect(file);
    trainer.fit(set, options);
  }
  close(file);
  return io::read_file(folder.path("log"));
}

/// What `action` writes to standard error, which is a terminal.
template <class Action>
std::string output_to_terminal(const Action& action) {
  int terminal = -1, program = -1;
  REQUIRE(openpty(&terminal, &program, nullptr, nullptr, nullptr) == 0);
  {
    const Redirect redirect(program);
    action();
  }
  fcntl(terminal, F_SETFL, O_NONBLOCK);
  std::string text;
  char buffer[512];
  for (ssize_t n = read(terminal, buffer, sizeof buffer); n > 0; n = read(terminal, buffer, sizeof buffer))
    text.append(buffer, static_cast<std::size_t>(n));
  close(program);
  close(terminal);
  return text;
}

std::size_t lines(const std::string& text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

}  // namespace

TEST_CASE("progress in a file is about ten plain lines, however long the training") {
  const data::Dataset validation = line_problem(5, 9);
  const std::string log = output_to_file({.epochs = 100, .batch_size = 5, .validation = &validation, .progress = true});
  CHECK(lines(log) >= 10);
  CHECK(lines(log) <= 12);
  CHECK(log.find_first_of("\r\x1b") == std::string::npos);
  CHECK(log.starts_with("epoch   1/100  loss "));
  CHECK_THAT(log, Contains("\nepoch  50/100  loss ") && Contains("\nepoch 100/100  loss ") && Contains(", bias ") &&
                      Contains("  |  validation: loss "));
  for (const std::size_t epochs : {1u, 2u, 9u, 10u, 11u, 15u, 99u, 101u, 250u}) {
    const std::string text = output_to_file({.epochs = epochs, .progress = true});
    INFO(epochs << " epochs");
    CHECK(lines(text) <= 12);
    CHECK(lines(text) >= std::min<std::size_t>(epochs, 6));
    CHECK_THAT(text, Contains("\nepoch " + std::to_string(epochs) + "/" + std::to_string(epochs)) || Catch::StartsWith("epoch 1/1 "));
  }
}

TEST_CASE("without progress, nothing is printed") { CHECK(output_to_file({.epochs = 5}).empty()); }

TEST_CASE("progress on a terminal is redrawn in place, and one line an epoch stays") {
  nn::Sequential model = line_model();
  const data::Dataset set = line_problem(20);
  optim::Trainer trainer(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.01}));
  const std::string text = output_to_terminal([&] { trainer.fit(set, {.epochs = 3, .batch_size = 5, .progress = true}); });
  CHECK(lines(text) == 3);
  CHECK(text.starts_with("\r\x1b[Kepoch 1/3  [======..................] 1/4  loss "));
  CHECK_THAT(text, Contains("\r\x1b[Kepoch 1/3  loss ") && Contains("\r\x1b[Kepoch 3/3  loss "));
  CHECK(text.ends_with("\r\n"));
}

TEST_CASE("an error during a training begins on a line of its own") {
  nn::Sequential model = line_model();
  const data::Dataset set = line_problem(20);
  int calls = 0;
  const auto broken = [&calls](const Tensor& p, const Tensor&) {
    return mean(p) * (++calls == 2 ? std::numeric_limits<double>::quiet_NaN() : 1.0);
  };
  optim::Trainer trainer(model, broken, optim::SGD(model.parameters(), {.lr = 0.01}));
  const std::string text =
      output_to_terminal([&] { CHECK_THROWS_AS(trainer.fit(set, {.epochs = 3, .batch_size = 5, .progress = true}), GradientError); });
  CHECK_THAT(text, Contains("1/4  loss "));
  CHECK(text.ends_with("\n"));
}
