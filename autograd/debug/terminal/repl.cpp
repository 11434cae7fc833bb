#include <unistd.h>

#include <mutex>

#include <reel/autograd/debug/detail/environment.hpp>
#include <reel/autograd/debug/detail/unwatched.hpp>
#include <reel/autograd/debug/terminal/console.hpp>

namespace reel::debug {

namespace {

struct Outcome {
  int status;
  bool detached;
};

Outcome run(const Tensor& result, const ReplOptions& options, SourceLocation at) {
  Session session(Playback(Stepper(result, {.seed = options.seed}, at)), {.colour = wants_colour(), .json = options.json});
  const bool is_script = !options.script.empty();
  const std::unique_ptr<LineReader> lines = is_script ? read_script(options.script) : read_standard_input(session);
  const bool greet = options.echo || (!is_script && isatty(STDIN_FILENO));
  const int status = run_console(session, *lines, {.greet = greet && !options.json, .echo = options.echo, .strict = is_script});
  return {status, session.detached()};
}

/// REEL_DEBUG=step: a prompt at every backward() and gradients().
class StepMode final : public Mode {
 public:
  void backward(const Tensor& result, const Tensor& seed) override {
    const std::lock_guard lock(mutex_);  // one terminal for all threads
    if (detached_) return;
    const Unwatched quiet;
    const Outcome outcome = run(result, {.seed = seed}, SourceLocation());
    detached_ = outcome.detached;
    if (outcome.status != 0) throw Error("REEL_DEBUG=step: an assert failed");
  }

 private:
  std::mutex mutex_;
  bool detached_ = false;
};

}  // namespace

int repl(const Tensor& result, const ReplOptions& options, SourceLocation at) { return run(result, options, at).status; }

std::unique_ptr<Mode> make_step_mode() { return std::make_unique<StepMode>(); }

}  // namespace reel::debug
