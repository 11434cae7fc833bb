#include <reel/autograd/debug/terminal/console.hpp>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include <reel/autograd/debug/terminal/words.hpp>
#include <reel/autograd/debug/unwatched.hpp>

namespace reel::debug {

namespace {

void put(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
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
