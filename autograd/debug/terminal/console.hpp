#pragma once
// Internal; not installed.
#include <reel/autograd/debug/terminal/line_reader.hpp>
#include <reel/autograd/debug/terminal/session.hpp>

namespace reel::debug {

/// Whether colours are welcome: on a terminal, and without NO_COLOR (https://no-color.org).
bool wants_colour();

struct ConsoleOptions {
  bool greet = true;    ///< say where the cursor is before the first command
  bool echo = false;    ///< print commands, too
  bool strict = false;  ///< stop at the first command that cannot be run
};

/// Runs what a reader gives until its end or `quit`; prints the answers. Returns 1 if an assert failed or strict was not kept, else 0.
int run_console(Session& session, LineReader& lines, const ConsoleOptions& options);

}  // namespace reel::debug
