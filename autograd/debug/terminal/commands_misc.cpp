#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <reel/autograd/debug/page.hpp>
#include <reel/autograd/debug/terminal/command_text.hpp>
#include <reel/autograd/debug/terminal/commands.hpp>
#include <reel/core/io/file.hpp>

namespace reel::debug::command {

namespace {

std::string indented(const char* lines) {
  std::string text = "  ";
  for (const char* c = lines; *c; ++c) {
    text += *c;
    if (*c == '\n') text += "  ";
  }
  return text + "\n";
}

std::string overview() {
  std::string text, group;
  for (const Command& c : commands()) {
    if (group != c.group) text += fmt::format("{}{}\n", text.empty() ? "" : "\n", group = c.group);
    text += fmt::format("  {:<33} {}\n", fmt::format("{} {}", c.name, c.arguments), c.what);
  }
  return text +
         "\nWHAT is a name, #3, in0 (an input) or nothing (where you are), with .grad and [slices] behind it: W1.grad[0, 1:3].\n"
         "Commands may be shortened; an empty line repeats the last. `help COMMAND` shows examples.\n";
}

void save(const std::string& path, const std::string& text) {
  io::AtomicFile file(path);
  file.write(text.data(), text.size());
  file.commit();
}

/// The page opens at the cursor's event. It is not meant to be read at a prompt, and goes into a file.
Answer export_page(CommandContext& context, const std::string& path) {
  context.need_program("export html");
  if (path.empty()) throw Error("export html needs a file: export html tape.html");
  write_html(context.stepper(), path);
  return {fmt::format("{} bytes in {}\n", std::filesystem::file_size(path), path)};
}

}  // namespace

Answer export_as(CommandContext& context, const std::string& arguments) {
  const auto [kind, path] = split_word(arguments);
  if (kind == "html") return export_page(context, path);
  if (kind != "dot" && kind != "json") throw Error("export knows: export html FILE, export dot [FILE], export json [FILE]");
  const std::string text = kind == "dot" ? to_dot(context) : to_json(context);
  if (path.empty()) return {text};
  save(path, text);
  return {fmt::format("{} bytes in {}\n", text.size(), path)};
}

Answer tutor(CommandContext& context, const std::string& arguments) {
  if (arguments != "on" && arguments != "off" && !arguments.empty()) throw Error("tutor is on or off: tutor on");
  context.tutor = arguments.empty() ? !context.tutor : arguments == "on";
  if (!context.tutor) return {"The tutor is off.\n"};
  const std::string sentence = tutor_text(context);
  return {"The tutor says a sentence at every step.\n" + (sentence.empty() ? "" : "    " + sentence + "\n")};
}

Answer assert_that(CommandContext& context, const std::string& arguments) {
  if (arguments != "no-alerts") throw Error("assert knows: assert no-alerts");
  const auto& found = context.alerts();
  if (found.empty()) return {"No alerts.\n", "[]"};
  context.failed = true;
  Answer answer = info(context, "alerts");
  answer.text = fmt::format("assert no-alerts failed: {} alert{}\n", found.size(), found.size() == 1 ? "" : "s") + answer.text;
  return answer;
}

Answer help(CommandContext&, const std::string& arguments) {
  if (arguments.empty()) return {overview()};
  const Command& c = find_command(split_word(arguments).first);
  return {fmt::format("{} {}: {}\n{}", c.name, c.arguments, c.what, indented(c.examples))};
}

Answer detach(CommandContext& context, const std::string&) {
  context.finished = context.detached = true;
  return {};
}

Answer quit(CommandContext& context, const std::string&) {
  context.finished = true;
  return {};
}

}  // namespace reel::debug::command
