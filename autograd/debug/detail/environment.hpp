#pragma once
// What the environment variable REEL_DEBUG turns on in an unchanged program that links reel::debug.
#include <memory>
#include <string>

#include <reel/autograd/debug/condition.hpp>

namespace reel::debug {

/// A mode of debugging a whole program, in all of its threads.
class Mode {
 public:
  virtual ~Mode();
  /// An op was recorded, or a rule applied.
  virtual void event(const Moment&) {}
  /// backward() or gradients() is about to begin; the history is still there.
  virtual void backward(const Tensor& /*result*/, const Tensor& /*seed*/) {}
};

/// The mode for REEL_DEBUG's text; null for an unknown text. Each mode is one line here and a class in a file of its own.
std::unique_ptr<Mode> make_mode(const std::string& text);

/// REEL_DEBUG=nan: an Error that names op, line and element when a NaN is born.
std::unique_ptr<Mode> make_nan_mode();
/// REEL_DEBUG=html=FILE: the page of the first backward() or gradients().
std::unique_ptr<Mode> make_html_mode(const std::string& file);
/// REEL_DEBUG=step: a prompt at every backward() and gradients(), as debug::repl() opens.
std::unique_ptr<Mode> make_step_mode();

/// The mode that REEL_DEBUG asks for, or null; never freed, since threads may outlive main().
extern Mode* mode;
/// From now on the library reports every op to the debugger.
void begin_to_watch();

/// The description of an event, such as "log #3 (train.cpp:54): ...".
std::string describe(const Moment& moment);

}  // namespace reel::debug
