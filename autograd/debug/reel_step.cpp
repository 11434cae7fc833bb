// reel-step: steps through a tape that was saved with debug::write_tape().
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>
#include <reel/autograd/debug/terminal/console.hpp>

using namespace reel;
using namespace reel::debug;

namespace {

constexpr const char* usage =
    "usage: reel-step FILE [-x SCRIPT] [-ex COMMAND]... [--echo] [--json]\n"
    "  FILE         a tape saved with reel::debug::write_tape(loss, FILE)\n"
    "  -x SCRIPT    run the commands of a file and leave; stops at one that cannot be run\n"
    "  -ex COMMAND  run a command and leave; may be given several times, before or after -x\n"
    "  --echo       print commands before their answers\n"
    "  --json       a line of JSON an answer\n"
    "Without -x and -ex, commands come from the standard input; `help` lists them.\n"
    "Exit status: 0; 1 if an assert failed or a script's command could not be run; 2 for a wrong call, a file that is no tape or an output "
    "that\n"
    "cannot be written.\n";

struct Call {
  std::string file;
  std::vector<std::string> lines;
  bool batch = false, echo = false, json = false;
};

/// Throws Error for a wrong call.
Call parse(const std::vector<std::string>& arguments) {
  Call call;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& a = arguments[i];
    const auto value = [&]() -> const std::string& {
      if (i + 1 == arguments.size()) throw Error(a + " needs a value");
      return arguments[++i];
    };
    if (a == "--echo") {
      call.echo = true;
    } else if (a == "--json") {
      call.json = true;
    } else if (a == "-ex") {
      call.batch = true;
      call.lines.push_back(value());
    } else if (a == "-x") {
      call.batch = true;
      const auto script = read_script(value());
      while (const auto line = script->next()) call.lines.push_back(*line);
    } else if (a.size() > 1 && a[0] == '-') {
      throw Error(fmt::format("what is \"{}\"?\n{}", a, usage));
    } else if (!call.file.empty()) {
      throw Error(fmt::format("one tape at a time, not also {}; `diff FILE` compares two", a));
    } else {
      call.file = a;
    }
  }
  if (call.file.empty()) throw Error(usage);
  return call;
}

int run(const Call& call) {
  Session session(read_tape(call.file), {.colour = wants_colour(), .json = call.json});
  const auto lines = call.batch ? read_lines(call.lines) : read_standard_input(session);
  const bool greet = !call.json && (call.echo || (!call.batch && isatty(STDIN_FILENO)));
  return run_console(session, *lines, {.greet = greet, .echo = call.echo, .strict = call.batch});
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  for (const std::string& w : words) {
    if (w != "-h" && w != "--help") continue;
    return std::fputs(usage, stdout) == EOF || std::fflush(stdout) != 0 ? 2 : 0;
  }
  try {
    return run(parse(words));
  } catch (const Error& e) {
    std::fprintf(stderr, "reel-step: %s\n", e.what());
    return 2;
  }
}
