#pragma once
#include <string>
#include <vector>

#include <reel/autograd/debug/terminal/command_context.hpp>

namespace reel::debug {

struct SessionOptions {
  bool colour = false;
  bool json = false;
};

/// The reply to a command.
struct Reply {
  bool ok = true;
  std::string text;  ///< lines, or with the option a JSON object in one line
};

/// A stepper's prompt without the terminal: commands in, text out.
class Session {
 public:
  explicit Session(Playback playback, SessionOptions options = {});

  /// Runs a line: a command, a comment (#), or an empty line, which repeats the last command. Never throws Error: the error's text is the
  /// reply.
  Reply run(const std::string& line);
  /// The possible completions of the last word of an unfinished line.
  std::vector<std::string> complete(const std::string& line) const;
  /// The reply to `where`, which is printed at the start.
  Reply where() { return run("where"); }

  bool finished() const { return context_.finished; }
  bool detached() const { return context_.detached; }
  /// Whether an assert failed.
  bool failed() const { return context_.failed; }
  CommandContext& context() { return context_; }

 private:
  Reply answer(const std::string& line);

  CommandContext context_;
  SessionOptions options_;
  std::string last_;
};

}  // namespace reel::debug
