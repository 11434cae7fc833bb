#include <algorithm>

#include <fmt/format.h>
#include <reel/autograd/debug/terminal/command_text.hpp>
#include <reel/autograd/debug/terminal/commands.hpp>

namespace reel::debug::command {

namespace {

std::size_t count_of(const std::string& text, const char* what) { return text.empty() ? 1 : parse_count(text, what); }

Answer arrived(CommandContext& context, const std::string& before = {}) {
  context.arrive();
  return {before + event_text(context)};
}

/// Moves on to the next breakpoint, or back to the previous one; counts and names the breakpoints whose condition is true.
Answer run(CommandContext& context, bool forward) {
  Stepper& stepper = context.stepper();
  std::vector<std::size_t> held;
  const auto stop = when([&](const Moment& m) {
    for (Breakpoint& b : context.breakpoints)
      if (b.condition(m)) held.push_back(b.number);
    return !held.empty();
  });
  if (context.breakpoints.empty()) {
    forward ? stepper.run_to_end() : stepper.run_to_start();
  } else {
    forward ? stepper.run_until(stop) : stepper.reverse_until(stop);
  }
  if (held.empty()) return arrived(context, forward ? "The end of the tape.\n" : "The beginning of the tape.\n");
  std::string text;
  for (Breakpoint& b : context.breakpoints) {
    if (std::find(held.begin(), held.end(), b.number) == held.end()) continue;
    ++b.hits;
    text += fmt::format("{} {}: {}\n", b.once ? "Temporary breakpoint" : "Breakpoint", b.number, b.text);
  }
  std::erase_if(context.breakpoints, [](const Breakpoint& b) { return b.once && b.hits > 0; });
  return arrived(context, text);
}

Answer add(CommandContext& context, const std::string& arguments, bool once) {
  std::string text = arguments;
  if (text.empty()) {  // at the cursor, as in gdb
    const SourceLocation at = context.run().entry(context.selected).location();
    text = at.line == 0 ? fmt::format("#{}", context.selected) : reel::to_string(at);
  }
  context.breakpoints.push_back({context.next_breakpoint, text, parse_condition(context, text), once});
  return {fmt::format("{} {}: {}\n", once ? "Temporary breakpoint" : "Breakpoint", context.next_breakpoint++, text)};
}

Answer selected(const CommandContext& context) {
  const std::size_t i = context.selected;
  const auto* left_out = context.playback.left_out(i);
  return {fmt::format("#{:<3}{}  {} {}\n", i, context.run().title(i), left_out ? left_out->shape : context.run().value(i).shape(),
                      name_of(context.run().value(i).dtype()))};
}

std::string list_of(const CommandContext& context, const std::vector<std::size_t>& entries) {
  std::string text;
  for (std::size_t k = 0; k < entries.size(); ++k) text += fmt::format("  {}  {}\n", k, context.run().title(entries[k]));
  return text;
}

Answer select(CommandContext& context, const std::vector<std::size_t>& choices, const std::string& arguments, const char* what) {
  const std::size_t k = arguments.empty() ? 0 : parse_count(arguments, what);
  if (choices.empty())
    throw Error(fmt::format("{} has nothing {} it", context.run().title(context.selected), what == std::string("up") ? "above" : "below"));
  if (k >= choices.size())
    throw Error(fmt::format("{}: there are {} to choose from:\n{}", what, choices.size(), list_of(context, choices)));
  const std::string others =
      choices.size() > 1 && arguments.empty()
          ? fmt::format("({} 0 of {}: `{} 1` is another)\n", what[0] == 'u' ? "input" : "consumer", choices.size(), what)
          : "";
  context.selected = choices[k];
  Answer answer = selected(context);
  answer.text += others;
  return answer;
}

}  // namespace

Answer step(CommandContext& context, const std::string& arguments) {
  std::size_t moved = 0;
  for (std::size_t n = count_of(arguments, "step"); moved < n && context.stepper().next();) ++moved;
  if (moved == 0) return {"The end of the tape.\n"};
  return arrived(context);
}

Answer back(CommandContext& context, const std::string& arguments) {
  std::size_t moved = 0;
  for (std::size_t n = count_of(arguments, "back"); moved < n && context.stepper().back();) ++moved;
  if (moved == 0) return {"The beginning of the tape.\n"};
  return arrived(context);
}

Answer go_on(CommandContext& context, const std::string&) { return run(context, true); }
Answer reverse_continue(CommandContext& context, const std::string&) { return run(context, false); }

Answer seek(CommandContext& context, const std::string& arguments) {
  if (arguments.empty()) throw Error("seek needs an event: F3, B7, start, end, or the name of an entry, for its forward event");
  if (arguments == "start" || arguments == "first") {
    context.stepper().run_to_start();
  } else if (arguments == "end" || arguments == "last") {
    context.stepper().run_to_end();
  } else if (arguments.find_first_not_of("0123456789'", 1) == std::string::npos &&
             std::string_view("FBfb").find(arguments[0]) != std::string::npos && arguments.size() > 1) {
    context.stepper().seek(arguments);
  } else {
    context.stepper().seek(parse_reference(context, arguments).entry);
  }
  return arrived(context);
}

Answer add_break(CommandContext& context, const std::string& arguments) { return add(context, arguments, false); }
Answer add_tbreak(CommandContext& context, const std::string& arguments) { return add(context, arguments, true); }

Answer delete_breaks(CommandContext& context, const std::string& arguments) {
  if (arguments.empty()) {
    const std::size_t n = context.breakpoints.size();
    context.breakpoints.clear();
    return {fmt::format("Deleted {} breakpoint{}.\n", n, n == 1 ? "" : "s")};
  }
  const std::size_t number = parse_count(arguments, "delete");
  if (std::erase_if(context.breakpoints, [&](const Breakpoint& b) { return b.number == number; }) == 0)
    throw Error(fmt::format("there is no breakpoint {}; `info breakpoints` lists them", number));
  return {fmt::format("Deleted breakpoint {}.\n", number)};
}

Answer where(CommandContext& context, const std::string&) {
  const Stepper& s = context.stepper();
  std::string text = event_text(context);
  text +=
      fmt::format("    event {} of {}, in the {} pass\n", s.position() + 1, s.size(), s.phase() == Phase::forward ? "forward" : "backward");
  if (context.selected != s.number()) text += "selected " + selected(context).text;
  return {text};
}

Answer up(CommandContext& context, const std::string& arguments) {
  std::vector<std::size_t> producers;
  for (std::size_t k = 0; k < context.run().inputs(context.selected); ++k)
    if (context.run().input(context.selected, k) != npos) producers.push_back(context.run().input(context.selected, k));
  return select(context, producers, arguments, "up");
}

Answer down(CommandContext& context, const std::string& arguments) {
  const auto users = context.run().users(context.selected);
  return select(context, {users.rbegin(), users.rend()}, arguments, "down");
}

}  // namespace reel::debug::command
