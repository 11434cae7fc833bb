#include <algorithm>
#include <regex>

#include <fmt/format.h>
#include <reel/autograd/debug/alerts.hpp>
#include <reel/autograd/debug/terminal/commands.hpp>
#include <reel/autograd/debug/terminal/words.hpp>
#include <reel/core/format.hpp>

namespace reel::debug {

const std::vector<std::string>& Desk::alerts() {
  if (!known_alerts) {
    known_alerts.emplace();
    if (film.saved) *known_alerts = film.saved->alerts;
    if (!film.saved)
      for (const Finding& f : debug::alerts(stepper().result(), {.seed = stepper().state().reversals[0].seed()}))
        known_alerts->push_back(f.message());
  }
  return *known_alerts;
}

namespace command {

namespace {

std::string op_line(const Desk& desk, std::size_t i) {
  const Run& run = desk.run();
  const auto* left_out = desk.film.left_out(i);
  std::string inputs;
  for (std::size_t k = 0; k < run.inputs(i); ++k) {
    const std::size_t from = run.input(i, k);
    inputs += (k == 0 ? "" : ", ") + (from == npos ? number(run.node(i)->inputs[k].value().as_double(0)) : run.label(from));
  }
  const Entry e = run.entry(i);
  return fmt::format("{}#{:<4}{}{}  {}{}{}\n", i == desk.stepper().number() ? "=>" : "  ", i, e.op(), e.is_leaf() ? "" : "(" + inputs + ")",
                     left_out ? left_out->shape : run.value(i).shape(), e.name().empty() ? "" : "  '" + e.name() + "'",
                     place_in_brackets(e).empty() ? "" : "  " + place_in_brackets(e));
}

/// Whether an op, name, module or line is meant by a word or a /regular expression/.
bool matches(const Run& run, std::size_t i, const std::string& word, const std::optional<std::regex>& expression) {
  const Entry e = run.entry(i);
  const std::string texts[] = {e.op(), e.name(), e.module(), reel::to_string(e.location())};
  return std::any_of(std::begin(texts), std::end(texts), [&](const std::string& t) {
    if (expression) return t.size() < 1000 && std::regex_search(t, *expression);
    return t == word || t.starts_with(word + ".") || t.starts_with(word + ":");
  });
}

std::string ops(const Desk& desk, const std::string& word) {
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
  for (std::size_t i = 0; i < desk.run().size(); ++i) {
    if (!word.empty() && !matches(desk.run(), i, word, expression)) continue;
    if (++found > 200) continue;
    ++shown;
    text += op_line(desk, i);
  }
  if (found > shown) text += fmt::format("  ... {} more; `info ops WORD` or /REGEX/ shows some of them\n", found - shown);
  return text.empty() ? fmt::format("No entry has the op, name, module or file {}.\n", word) : text;
}

std::string breakpoints(const Desk& desk) {
  std::string text;
  for (const Breakpoint& b : desk.breakpoints)
    text += fmt::format("  {:<3} {}{}  hit {} time{}\n", b.number, b.text, b.once ? "  (temporary)" : "", b.hits, b.hits == 1 ? "" : "s");
  return text.empty() ? "No breakpoints.\n" : text;
}

Answer alert_list(Desk& desk) {
  const auto& found = desk.alerts();
  Answer answer{found.empty() ? "No alerts.\n" : "", "["};
  for (const std::string& text : found) {
    answer.text += "  " + text + "\n";
    answer.data += (answer.data.size() > 1 ? "," : "") + json_text(text);
  }
  answer.data += "]";
  return answer;
}

std::string memory_of(const Desk& desk) {
  std::size_t values = 0, ops = 0;
  for (std::size_t i = 0; i < desk.run().size(); ++i) {
    values += desk.run().value(i).bytes();
    ops += desk.run().is_op(i);
  }
  return fmt::format("  {} entries, {} of them ops; {} events; {} bytes of values{}\n", desk.run().size(), ops, desk.film.stepper.size(),
                     values, desk.film.is_live() ? "" : "; read from a file");
}

Answer whole(Desk& desk, const Reference& reference) {
  const Array array = numbers_of(desk, reference);
  if (array.rank() == 0) return {fmt::format("{} = {}\n", label_of(desk, reference), reel::to_string(array)), json_of(array)};
  return {fmt::format("{}  {} {}\n{}\n", label_of(desk, reference), array.shape(), name_of(array.dtype()), reel::to_string(array)),
          json_of(array)};
}

}  // namespace

Answer info(Desk& desk, const std::string& arguments) {
  const auto [what, rest] = split_word(arguments);
  const std::vector<std::string> known = {"ops", "breakpoints", "alerts", "tape"};
  for (const std::string& k : known) {
    if (what.empty() || !k.starts_with(what)) continue;
    if (k == "ops") return {ops(desk, rest)};
    if (k == "breakpoints") return {breakpoints(desk)};
    if (k == "alerts") return alert_list(desk);
    return {memory_of(desk)};
  }
  const std::string like = nearest(what, known);
  throw Error(
      fmt::format("info knows: ops [WORD or /REGEX/], breakpoints, alerts, tape{}", like.empty() ? "" : "; did you mean " + like + "?"));
}

Answer list(Desk& desk, const std::string& arguments) {
  const int lines = arguments.empty() ? 4 : static_cast<int>(std::min<std::size_t>(1000, parse_count(arguments, "list")));
  const SourceLocation at = desk.run().place(desk.selected);
  if (at.line == 0) throw Error(fmt::format("{} has no line: no op takes it", desk.run().title(desk.selected)));
  return {source_around(at, lines)};
}

Answer print(Desk& desk, const std::string& arguments) { return whole(desk, parse_reference(desk, arguments)); }

Answer grad(Desk& desk, const std::string& arguments) {
  Reference reference = parse_reference(desk, arguments);
  reference.is_gradient = true;
  return whole(desk, reference);
}

Answer stats(Desk& desk, const std::string& arguments) {
  const Reference reference = parse_reference(desk, arguments);
  const std::size_t i = reference.entry;
  std::string text;
  if (const auto* left_out = desk.film.left_out(i)) {
    text = fmt::format("{}  {}\n  {}\n", desk.run().label(i), left_out->shape, left_out->value);
    if (!left_out->gradient.empty()) text += fmt::format("dL/d{}\n  {}\n", desk.run().label(i), left_out->gradient);
    return {text, json_text(text)};
  }
  const auto add = [&](const Reference& r) {
    const Array array = numbers_of(desk, r);
    text += fmt::format("{}  {} {}\n  {}\n", label_of(desk, r), array.shape(), name_of(array.dtype()), to_string(statistics(array)));
  };
  add(reference);
  Reference gradient = reference;
  gradient.is_gradient = true;
  if (!reference.is_gradient && desk.stepper().has_gradient(i)) add(gradient);
  const Statistics s = statistics(numbers_of(desk, reference));
  return {text, fmt::format(R"({{"size":{},"min":{},"max":{},"mean":{},"zeros":{},"nans":{},"infinities":{}}})", s.size, s.min, s.max,
                            s.mean, s.zeros, s.nans, s.infinities)};
}

Answer heat(Desk& desk, const std::string& arguments) {
  const Reference reference = parse_reference(desk, arguments);
  const Array array = numbers_of(desk, reference);
  return {fmt::format("{}  {}\n{}", label_of(desk, reference), array.shape(), heat_map(array, desk.colour)), json_of(array)};
}

Answer rule(Desk& desk, const std::string& arguments) {
  const std::size_t i = parse_reference(desk, arguments).entry;
  const Entry e = desk.run().entry(i);
  if (e.is_leaf()) return {fmt::format("{} is a leaf: it has no rule.\n", desk.run().title(i))};
  const std::string attributes = e.attributes();
  return {fmt::format("{}{}\n  {}\n", desk.run().title(i), attributes.empty() ? "" : "  " + attributes,
                      e.rule().empty() ? "its rule has no words" : e.rule()),
          json_text(e.rule())};
}

}  // namespace command

}  // namespace reel::debug
