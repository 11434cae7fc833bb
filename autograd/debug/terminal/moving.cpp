#include <algorithm>

#include <fmt/format.h>
#include <reel/autograd/debug/terminal/commands.hpp>
#include <reel/autograd/debug/terminal/words.hpp>

namespace reel::debug::command {

namespace {

std::size_t count_of(const std::string& text, const char* what) { return text.empty() ? 1 : parse_count(text, what); }

Answer arrived(Desk& desk, const std::string& before = {}) {
  desk.arrive();
  return {before + event_text(desk)};
}

/// On to the next breakpoint, or back to the last; those that held are counted, and named.
Answer run(Desk& desk, bool forward) {
  Stepper& stepper = desk.stepper();
  std::vector<std::size_t> held;
  const auto stop = when([&](const Moment& m) {
    for (Breakpoint& b : desk.breakpoints)
      if (b.condition(m)) held.push_back(b.number);
    return !held.empty();
  });
  if (desk.breakpoints.empty()) {
    forward ? stepper.run_to_end() : stepper.run_to_start();
  } else {
    forward ? stepper.run_until(stop) : stepper.reverse_until(stop);
  }
  if (held.empty()) return arrived(desk, forward ? "The end of the tape.\n" : "The beginning of the tape.\n");
  std::string text;
  for (Breakpoint& b : desk.breakpoints) {
    if (std::find(held.begin(), held.end(), b.number) == held.end()) continue;
    ++b.hits;
    text += fmt::format("{} {}: {}\n", b.once ? "Temporary breakpoint" : "Breakpoint", b.number, b.text);
  }
  std::erase_if(desk.breakpoints, [](const Breakpoint& b) { return b.once && b.hits > 0; });
  return arrived(desk, text);
}

Answer add(Desk& desk, const std::string& arguments, bool once) {
  std::string text = arguments;
  if (text.empty()) {  // here, as gdb does
    const SourceLocation at = desk.run().entry(desk.selected).location();
    text = at.line == 0 ? fmt::format("#{}", desk.selected) : reel::to_string(at);
  }
  desk.breakpoints.push_back({desk.next_breakpoint, text, parse_condition(desk, text), once});
  return {fmt::format("{} {}: {}\n", once ? "Temporary breakpoint" : "Breakpoint", desk.next_breakpoint++, text)};
}

Answer selected(const Desk& desk) {
  const std::size_t i = desk.selected;
  const auto* left_out = desk.film.left_out(i);
  return {fmt::format("#{:<3}{}  {} {}\n", i, desk.run().title(i), left_out ? left_out->shape : desk.run().value(i).shape(),
                      name_of(desk.run().value(i).dtype()))};
}

std::string list_of(const Desk& desk, const std::vector<std::size_t>& entries) {
  std::string text;
  for (std::size_t k = 0; k < entries.size(); ++k) text += fmt::format("  {}  {}\n", k, desk.run().title(entries[k]));
  return text;
}

Answer select(Desk& desk, const std::vector<std::size_t>& choices, const std::string& arguments, const char* what) {
  const std::size_t k = arguments.empty() ? 0 : parse_count(arguments, what);
  if (choices.empty())
    throw Error(fmt::format("{} has nothing {} it", desk.run().title(desk.selected), what == std::string("up") ? "above" : "below"));
  if (k >= choices.size()) throw Error(fmt::format("{}: there are {} to choose from:\n{}", what, choices.size(), list_of(desk, choices)));
  const std::string others =
      choices.size() > 1 && arguments.empty()
          ? fmt::format("({} 0 of {}: `{} 1` is another)\n", what[0] == 'u' ? "input" : "consumer", choices.size(), what)
          : "";
  desk.selected = choices[k];
  Answer answer = selected(desk);
  answer.text += others;
  return answer;
}

}  // namespace

Answer step(Desk& desk, const std::string& arguments) {
  std::size_t moved = 0;
  for (std::size_t n = count_of(arguments, "step"); moved < n && desk.stepper().next();) ++moved;
  if (moved == 0) return {"The end of the tape.\n"};
  return arrived(desk);
}

Answer back(Desk& desk, const std::string& arguments) {
  std::size_t moved = 0;
  for (std::size_t n = count_of(arguments, "back"); moved < n && desk.stepper().back();) ++moved;
  if (moved == 0) return {"The beginning of the tape.\n"};
  return arrived(desk);
}

Answer go_on(Desk& desk, const std::string&) { return run(desk, true); }
Answer reverse_continue(Desk& desk, const std::string&) { return run(desk, false); }

Answer seek(Desk& desk, const std::string& arguments) {
  if (arguments.empty()) throw Error("seek needs an event: F3, B7, start, end, or the name of an entry, for its forward event");
  if (arguments == "start" || arguments == "first") {
    desk.stepper().run_to_start();
  } else if (arguments == "end" || arguments == "last") {
    desk.stepper().run_to_end();
  } else if (arguments.find_first_not_of("0123456789'", 1) == std::string::npos &&
             std::string_view("FBfb").find(arguments[0]) != std::string::npos && arguments.size() > 1) {
    desk.stepper().seek(arguments);
  } else {
    desk.stepper().seek(parse_reference(desk, arguments).entry);
  }
  return arrived(desk);
}

Answer add_break(Desk& desk, const std::string& arguments) { return add(desk, arguments, false); }
Answer add_tbreak(Desk& desk, const std::string& arguments) { return add(desk, arguments, true); }

Answer delete_breaks(Desk& desk, const std::string& arguments) {
  if (arguments.empty()) {
    const std::size_t n = desk.breakpoints.size();
    desk.breakpoints.clear();
    return {fmt::format("Deleted {} breakpoint{}.\n", n, n == 1 ? "" : "s")};
  }
  const std::size_t number = parse_count(arguments, "delete");
  if (std::erase_if(desk.breakpoints, [&](const Breakpoint& b) { return b.number == number; }) == 0)
    throw Error(fmt::format("there is no breakpoint {}; `info breakpoints` lists them", number));
  return {fmt::format("Deleted breakpoint {}.\n", number)};
}

Answer where(Desk& desk, const std::string&) {
  const Stepper& s = desk.stepper();
  std::string text = event_text(desk);
  text +=
      fmt::format("    event {} of {}, in the {} pass\n", s.position() + 1, s.size(), s.phase() == Phase::forward ? "forward" : "backward");
  if (desk.selected != s.number()) text += "selected " + selected(desk).text;
  return {text};
}

Answer up(Desk& desk, const std::string& arguments) {
  std::vector<std::size_t> producers;
  for (std::size_t k = 0; k < desk.run().inputs(desk.selected); ++k)
    if (desk.run().input(desk.selected, k) != npos) producers.push_back(desk.run().input(desk.selected, k));
  return select(desk, producers, arguments, "up");
}

Answer down(Desk& desk, const std::string& arguments) {
  const auto users = desk.run().users(desk.selected);
  return select(desk, {users.rbegin(), users.rend()}, arguments, "down");
}

}  // namespace reel::debug::command
