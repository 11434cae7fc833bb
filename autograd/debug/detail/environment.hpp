#pragma once
// Internal; not installed. What the environment variable REEL_DEBUG turns on in an unchanged program.
#include <memory>
#include <string>

#include <reel/autograd/debug/condition.hpp>

namespace reel::debug {

/// A way to debug a whole program, all of its threads.
class Mode {
 public:
  virtual ~Mode();
  /// An op was recorded, or a rule applied.
  virtual void event(const Moment&) {}
  /// backward() or gradients() is about to begin; the history is still there.
  virtual void backward(const Tensor& /*result*/, const Tensor& /*seed*/) {}
};

/// Of REEL_DEBUG's text; null for one that is not known. Each mode is one line here and a class in a file of its own.
std::unique_ptr<Mode> make_mode(const std::string& text);

/// REEL_DEBUG=nan: an Error that names op, line and element when a NaN is born.
std::unique_ptr<Mode> make_nan_mode();
/// REEL_DEBUG=html=FILE: the page of the first backward() or gradients().
std::unique_ptr<Mode> make_html_mode(const std::string& file);
/// REEL_DEBUG=step: a prompt whenever backward() or gradients() begins, as debug::repl() gives.
std::unique_ptr<Mode> make_step_mode();

/// The mode that REEL_DEBUG asks for, or null; never freed, since threads may outlive main().
extern Mode* mode;
/// Lets the library tell the debugger of every op from here on.
void begin_to_watch();

/// "log #3 (train.cpp:54): ..." for an event that has something to say about it.
std::string describe(const Moment& moment);

}  // namespace reel::debug
