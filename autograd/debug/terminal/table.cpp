#include <algorithm>

#include <fmt/format.h>
#include <reel/autograd/debug/terminal/command_text.hpp>
#include <reel/autograd/debug/terminal/commands.hpp>

namespace reel::debug {

namespace {

constexpr const char* moving = "Moving";
constexpr const char* looking = "Looking";
constexpr const char* why = "Why";
constexpr const char* changing = "What if";
constexpr const char* other = "Other";

constexpr const char* break_examples =
    "break train.cpp:31        at ops of this line          break op log       at this op\n"
    "break loss                at an entry of this name     break name log     at this name, whatever ops there are\n"
    "break module encoder      at ops of this module        break #7, F7, B7   at this entry, or event\n"
    "break nan, break inf      where one is born            break nonfinite    where one is made or passed on\n"
    "break gnorm > 1e3         by a gradient's norm         break ratio < 0.1  norm made / norm taken\n"
    "break shape (8, *)        by shape                     break end          at the end of the forward pass\n"
    "break op mul && backward && !(gnorm < 1 || nan)\n"
    "break                     at the line of the selected entry";

constexpr Command table[] = {
    {moving, "step", "[N]", "on to the next event, or N further", "step\nstep 10", command::step},
    {moving, "back", "[N]", "back to the event before, or N before", "back\nback 10", command::back},
    {moving, "continue", "", "on to the next breakpoint, or the end", "break nan\ncontinue", command::go_on},
    {moving, "reverse-continue", "", "back to the last breakpoint, or the beginning", "break op exp\nreverse-continue",
     command::reverse_continue},
    {moving, "seek", "EVENT", "to an event, start, end, or a name",
     "seek F3     where entry 3 is computed\nseek B3     where its rule is applied\nseek end\nseek loss", command::seek},
    {moving, "break", "[CONDITION]", "stop where a condition holds", break_examples, command::add_break},
    {moving, "tbreak", "[CONDITION]", "the same, once", "tbreak nan", command::add_tbreak},
    {moving, "delete", "[N]", "delete breakpoint N, or all", "delete 1\ndelete", command::delete_breaks},
    {looking, "where", "", "the event at the cursor", "where", command::where},
    {looking, "up", "[K]", "select the producer: input K",
     "up        then print, rule, list, ... are about it; moving selects the cursor's entry again\nup 1", command::up},
    {looking, "down", "[K]", "select a consumer: the Kth op that takes it", "down\ndown 1", command::down},
    {looking, "list", "[LINES]", "the source around the op", "list\nlist 10", command::list},
    {looking, "info", "ops|breakpoints|alerts|tape", "the entries, what looks wrong, ...",
     "info ops\ninfo ops matmul         by op, name, module or file\ninfo ops /^enc.*norm/   by regular expression\ninfo alerts",
     command::info},
    {looking, "print", "[WHAT]", "numbers", "print\nprint W1[0, :]\nprint #3[..., -1]\nprint in0\nprint W1.grad[0, 1:3]", command::print},
    {looking, "grad", "[WHAT]", "the gradient, as far as it has arrived", "grad\ngrad W1[0, :]", command::grad},
    {looking, "stats", "[WHAT]", "min, max, mean, norm, zeros, NaN", "stats\nstats W1.grad", command::stats},
    {looking, "heat", "[WHAT]", "numbers as blocks of colour", "heat W1\nheat W1.grad[:, 0:8]", command::heat},
    {looking, "rule", "[WHAT]", "the op's derivative in words", "rule\nrule #7", command::rule},
    {why, "explain", "[WHAT]", "one element: the rule with its numbers in it",
     "explain W1[0, 3]      its gradient once it has arrived, else its value\nexplain               the element that stands out",
     command::explain},
    {why, "ledger", "[WHAT]", "who contributed what to the gradient", "ledger h1", command::ledger},
    {why, "whence", "[WHAT]", "where a NaN, zero or huge gradient was born",
     "whence W1[0, 3]       in the forward pass: where a value's NaN was born\nwhence W1.grad[0, 3]", command::whence},
    {why, "jacobian", "[WHAT] [K]", "d(output)/d(input K) of this op", "jacobian\njacobian 1\njacobian y 0", command::jacobian},
    {why, "check", "[WHAT]", "gradient check of this op at these numbers", "check\ncheck #7", command::check},
    {changing, "set", "WHAT = X", "change numbers; also +=, -= and *=", "set W1[0, 3] += 1e-3\nset x = 0\nreplay", command::set},
    {changing, "replay", "", "compute what follows from the changes", "set x[0] = 1\nreplay\ndiff\nreset", command::replay},
    {changing, "reset", "", "back to the run before replay", "reset", command::reset},
    {changing, "what-if", "WHAT += X", "the loss that the gradient promises, and the true one",
     "what-if W1[0, 3] += 1e-3\nwhat-if x[0] = 2", command::what_if},
    {changing, "diff", "[FILE]", "compare with the run before replay, or with a saved tape", "diff\ndiff yesterday.tape", command::diff},
    {other, "export", "html|dot|json [FILE]", "the tape as a page, a graph or data",
     "export html tape.html   both passes, to be stepped through in a browser\nexport dot tape.dot\nexport json tape.json",
     command::export_as},
    {other, "tutor", "on|off", "a plain sentence at every step", "tutor on\nstep", command::tutor},
    {other, "assert", "no-alerts", "fail, with exit status 1, if something looks wrong", "assert no-alerts", command::assert_that},
    {other, "help", "[COMMAND]", "this, or one command with examples", "help break", command::help},
    {other, "detach", "", "leave, and stop at no later backward()", "detach", command::detach},
    {other, "quit", "", "leave; the program goes on", "quit", command::quit},
};

/// Short forms and other names of commands, from gdb and rr.
constexpr std::pair<const char*, const char*> aliases[] = {{"s", "step"},
                                                           {"n", "step"},
                                                           {"next", "step"},
                                                           {"c", "continue"},
                                                           {"rc", "reverse-continue"},
                                                           {"rs", "back"},
                                                           {"rn", "back"},
                                                           {"b", "break"},
                                                           {"p", "print"},
                                                           {"l", "list"},
                                                           {"i", "info"},
                                                           {"d", "delete"},
                                                           {"bt", "where"},
                                                           {"h", "help"},
                                                           {"q", "quit"},
                                                           {"exit", "quit"},
                                                           {"reverse-step", "back"},
                                                           {"reverse-next", "back"},
                                                           {"whatif", "what-if"},
                                                           {"r", "rule"},
                                                           {"e", "explain"},
                                                           {"?", "help"},
                                                           {"w", "where"},
                                                           {"x", "print"}};

}  // namespace

std::span<const Command> commands() { return table; }

const Command& find_command(const std::string& word) {
  std::string name = word;
  for (const auto& [alias, meant] : aliases)
    if (word == alias) name = meant;
  const Command* found = nullptr;
  std::string several;
  std::vector<std::string> names;
  for (const Command& c : table) {
    names.push_back(c.name);
    if (name == c.name) return c;
    if (!std::string_view(c.name).starts_with(name)) continue;
    found = &c;
    several += (several.empty() ? "" : ", ") + std::string(c.name);
  }
  if (several.find(',') != std::string::npos) throw Error(fmt::format("{} may mean {}", word, several));
  if (found) return *found;
  const std::string like = nearest(word, names);
  throw Error(fmt::format("there is no command {}{}", word, like.empty() ? "; `help` lists them" : "; did you mean " + like + "?"));
}

}  // namespace reel::debug
