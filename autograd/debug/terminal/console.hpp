#pragma once
#include <reel/autograd/debug/terminal/line_reader.hpp>
#include <reel/autograd/debug/terminal/session.hpp>

namespace reel::debug {

/// Whether to use colours: on a terminal, and without NO_COLOR (https://no-color.org).
bool wants_colour();

struct ConsoleOptions {
  bool greet = true;    ///< print the cursor before the first command
  bool echo = false;    ///< also print the commands
  bool strict = false;  ///< stop at the first command that cannot be run
};

/// Runs the lines of a reader until its end or `quit`, and prints the answers. Returns 1 if an assert failed or, with `strict`, a command
/// could not be run; else 0.
int run_console(Session& session, LineReader& lines, const ConsoleOptions& options);

}  // namespace reel::debug
