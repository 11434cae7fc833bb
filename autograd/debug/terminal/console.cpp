#include <reel/autograd/debug/terminal/console.hpp>

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/unwatched.hpp>
#include <reel/autograd/debug/terminal/command_text.hpp>
#include <reel/core/error.hpp>

namespace reel::debug {

namespace {

/// Throws IoError if the text cannot be written, as on a full disk.
void put(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) == EOF || std::fflush(stdout) != 0)
    throw IoError(fmt::format("cannot write to the standard output: {}", std::generic_category().message(errno)));
}

}  // namespace

bool wants_colour() {
  const char* const unwanted = std::getenv("NO_COLOR");
  return (!unwanted || !*unwanted) && isatty(STDOUT_FILENO);
}

int run_console(Session& session, LineReader& lines, const ConsoleOptions& options) {
  if (options.greet) put(session.where().text);
  while (!session.finished()) {
    const std::optional<std::string> line = lines.next();
    if (!line) break;
    if (options.echo) put("(reel) " + trimmed(*line) + "\n");
    const Reply reply = session.run(*line);
    put(reply.text);
    if (options.strict && !reply.ok) return 1;
  }
  return session.failed() ? 1 : 0;
}

}  // namespace reel::debug
