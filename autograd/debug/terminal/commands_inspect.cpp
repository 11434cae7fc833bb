#include <algorithm>
#include <regex>

#include <fmt/format.h>
#include <reel/autograd/debug/alerts.hpp>
#include <reel/autograd/debug/terminal/command_text.hpp>
#include <reel/autograd/debug/terminal/commands.hpp>
#include <reel/core/format.hpp>

namespace reel::debug {

const std::vector<std::string>& CommandContext::alerts() {
  if (!known_alerts) {
    known_alerts.emplace();
    if (playback.saved) *known_alerts = playback.saved->alerts;
    if (!playback.saved)
      for (const Finding& f : debug::alerts(stepper().result(), {.seed = stepper().state().reversals[0].seed()}))
        known_alerts->push_back(f.message());
  }
  return *known_alerts;
}

namespace command {

namespace {

std::string op_line(const CommandContext& context, std::size_t i) {
  const Run& run = context.run();
  const auto* left_out = context.playback.left_out(i);
  std::string inputs;
  for (std::size_t k = 0; k < run.inputs(i); ++k) {
    const std::size_t from = run.input(i, k);
    inputs += (k == 0 ? "" : ", ") + (from == npos ? number(run.node(i)->inputs[k].value().as_double(0)) : run.label(from));
  }
  const Entry e = run.entry(i);
  return fmt::format("{}#{:<4}{}{}  {}{}{}\n", i == context.stepper().number() ? "=>" : "  ", i, e.op(),
                     e.is_leaf() ? "" : "(" + inputs + ")", left_out ? left_out->shape : run.value(i).shape(),
                     e.name().empty() ? "" : "  '" + e.name() + "'", place_in_brackets(e).empty() ? "" : "  " + place_in_brackets(e));
}

/// Whether a word or a /regular expression/ matches an op, name, module or line.
bool matches(const Run& run, std::size_t i, const std::string& word, const std::optional<std::regex>& expression) {
  const Entry e = run.entry(i);
  const std::string texts[] = {e.op(), e.name(), e.module(), reel::to_string(e.location())};
  return std::any_of(std::begin(texts), std::end(texts), [&](const std::string& t) {
    if (expression) return t.size() < 1000 && std::regex_search(t, *expression);
    return t == word || t.starts_with(word + ".") || t.starts_with(word + ":");
  });
}

std::string ops(const CommandContext& context, const std::string& word) {
  std::optional<std::regex> expression;
  if (word.size() > 2 && word.front() == '/' && word.back() == '/') {
    try {
      expression.emplace(word.substr(1, word.size() - 2));
    } catch (const std::regex_error&) {
      throw Error(fmt::format("{} is no regular expression", word));
    }
  }
  std::string text;
  std::size_t shown = 0, found = 0;
  for (std::size_t i = 0; i < context.run().size(); ++i) {
    if (!word.empty() && !matches(context.run(), i, word, expression)) continue;
    if (++found > 200) continue;
    ++shown;
    text += op_line(context, i);
  }
  if (found > shown) text += fmt::format("  ... {} more; `info ops WORD` or /REGEX/ shows some of them\n", found - shown);
  return text.empty() ? fmt::format("No entry has the op, name, module or file {}.\n", word) : text;
}

std::string breakpoints(const CommandContext& context) {
  std::string text;
  for (const Breakpoint& b : context.breakpoints)
    text += fmt::format("  {:<3} {}{}  hit {} time{}\n", b.number, b.text, b.once ? "  (temporary)" : "", b.hits, b.hits == 1 ? "" : "s");
  return text.empty() ? "No breakpoints.\n" : text;
}

Answer alert_list(CommandContext& context) {
  const auto& found = context.alerts();
  Answer answer{found.empty() ? "No alerts.\n" : "", "["};
  for (const std::string& text : found) {
    answer.text += "  " + text + "\n";
    answer.data += (answer.data.size() > 1 ? "," : "") + json_text(text);
  }
  answer.data += "]";
  return answer;
}

std::string memory_of(const CommandContext& context) {
  std::size_t values = 0, ops = 0;
  for (std::size_t i = 0; i < context.run().size(); ++i) {
    values += context.run().value(i).bytes();
    ops += context.run().is_op(i);
  }
  return fmt::format("  {} entries, {} of them ops; {} events; {} bytes of values{}\n", context.run().size(), ops,
                     context.playback.stepper.size(), values, context.playback.is_live() ? "" : "; read from a file");
}

Answer whole(CommandContext& context, const Reference& reference) {
  const Array array = numbers_of(context, reference);
  if (array.rank() == 0) return {fmt::format("{} = {}\n", label_of(context, reference), reel::to_string(array)), json_of(array)};
  return {fmt::format("{}  {} {}\n{}\n", label_of(context, reference), array.shape(), name_of(array.dtype()), reel::to_string(array)),
          json_of(array)};
}

}  // namespace

Answer info(CommandContext& context, const std::string& arguments) {
  const auto [what, rest] = split_word(arguments);
  const std::vector<std::string> known = {"ops", "breakpoints", "alerts", "tape"};
  for (const std::string& k : known) {
    if (what.empty() || !k.starts_with(what)) continue;
    if (k == "ops") return {ops(context, rest)};
    if (k == "breakpoints") return {breakpoints(context)};
    if (k == "alerts") return alert_list(context);
    return {memory_of(context)};
  }
  const std::string like = nearest(what, known);
  throw Error(
      fmt::format("info knows: ops [WORD or /REGEX/], breakpoints, alerts, tape{}", like.empty() ? "" : "; did you mean " + like + "?"));
}

Answer list(CommandContext& context, const std::string& arguments) {
  const int lines = arguments.empty() ? 4 : static_cast<int>(std::min<std::size_t>(1000, parse_count(arguments, "list")));
  const SourceLocation at = context.run().place(context.selected);
  if (at.line == 0) throw Error(fmt::format("{} has no line: no op takes it", context.run().title(context.selected)));
  return {source_around(at, lines)};
}

Answer print(CommandContext& context, const std::string& arguments) { return whole(context, parse_reference(context, arguments)); }

Answer grad(CommandContext& context, const std::string& arguments) {
  Reference reference = parse_reference(context, arguments);
  reference.is_gradient = true;
  return whole(context, reference);
}

Answer stats(CommandContext& context, const std::string& arguments) {
  const Reference reference = parse_reference(context, arguments);
  const std::size_t i = reference.entry;
  std::string text;
  if (const auto* left_out = context.playback.left_out(i)) {
    text = fmt::format("{}  {}\n  {}\n", context.run().label(i), left_out->shape, left_out->value);
    if (!left_out->gradient.empty()) text += fmt::format("dL/d{}\n  {}\n", context.run().label(i), left_out->gradient);
    return {text, json_text(text)};
  }
  const auto add = [&](const Reference& r) {
    const Array array = numbers_of(context, r);
    text += fmt::format("{}  {} {}\n  {}\n", label_of(context, r), array.shape(), name_of(array.dtype()), to_string(statistics(array)));
  };
  add(reference);
  Reference gradient = reference;
  gradient.is_gradient = true;
  if (!reference.is_gradient && context.stepper().has_gradient(i)) add(gradient);
  const Statistics s = statistics(numbers_of(context, reference));
  return {text, fmt::format(R"({{"size":{},"min":{},"max":{},"mean":{},"zeros":{},"nans":{},"infinities":{}}})", s.size, s.min, s.max,
                            s.mean, s.zeros, s.nans, s.infinities)};
}

Answer heat(CommandContext& context, const std::string& arguments) {
  const Reference reference = parse_reference(context, arguments);
  const Array array = numbers_of(context, reference);
  return {fmt::format("{}  {}\n{}", label_of(context, reference), array.shape(), heat_map(array, context.colour)), json_of(array)};
}

Answer rule(CommandContext& context, const std::string& arguments) {
  const std::size_t i = parse_reference(context, arguments).entry;
  const Entry e = context.run().entry(i);
  if (e.is_leaf()) return {fmt::format("{} is a leaf: it has no rule.\n", context.run().title(i))};
  const std::string attributes = e.attributes();
  return {fmt::format("{}{}\n  {}\n", context.run().title(i), attributes.empty() ? "" : "  " + attributes,
                      e.rule().empty() ? "its rule has no words" : e.rule()),
          json_text(e.rule())};
}

}  // namespace command

}  // namespace reel::debug
