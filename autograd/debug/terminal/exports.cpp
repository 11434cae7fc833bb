#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <reel/autograd/debug/terminal/command_context.hpp>

namespace reel::debug {

namespace {

using nlohmann::json;

/// A text in quotes, with DOT's escapes.
std::string dot_text(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result + "\"";
}

Shape shape_of(const CommandContext& context, std::size_t i) {
  const auto* left_out = context.playback.left_out(i);
  return left_out ? left_out->shape : context.run().value(i).shape();
}

json values_of(const Array& array) {
  json list = json::array();
  for (std::size_t i = 0; i < array.size(); ++i) {
    const double x = array.as_double(i);
    std::isfinite(x) ? list.push_back(x) : list.push_back(number(x));
  }
  return list;
}

json numbers(const Array& array) {
  const Statistics s = statistics(array);
  json result = {{"min", s.min},
                 {"max", s.max},
                 {"mean", s.mean},
                 {"norm", s.norm},
                 {"zeros", s.zeros},
                 {"nans", s.nans},
                 {"infinities", s.infinities}};
  if (array.size() <= 1000) result["values"] = values_of(array);
  return result;
}

json entry_of(CommandContext& context, std::size_t i) {
  const Run& run = context.run();
  const Entry e = run.entry(i);
  const Shape shape = shape_of(context, i);
  json entry = {{"number", i},
                {"op", e.op()},
                {"rule", e.rule()},
                {"attributes", e.attributes()},
                {"name", e.name()},
                {"module", e.module()},
                {"file", e.location().file},
                {"line", e.location().line},
                {"shape", std::vector<std::size_t>(shape.begin(), shape.end())},
                {"dtype", name_of(run.value(i).dtype())},
                {"inputs", json::array()}};
  for (std::size_t k = 0; k < run.inputs(i); ++k) {
    const std::size_t from = run.input(i, k);
    from == npos ? entry["inputs"].push_back(nullptr) : entry["inputs"].push_back(from);
  }
  if (context.playback.left_out(i)) return entry;
  entry["value"] = numbers(run.value(i));
  const Tensor gradient = context.stepper().state().reversals[0].gradient(i);
  if (gradient.defined()) entry["gradient"] = numbers(gradient.value());
  return entry;
}

}  // namespace

std::string to_dot(CommandContext& context) {
  const Run& run = context.run();
  std::string text = "digraph tape {\n  rankdir=TB;\n  node [fontname=\"sans-serif\", shape=box, style=rounded];\n";
  for (std::size_t i = 0; i < run.size(); ++i) {
    const Entry e = run.entry(i);
    std::string label = fmt::format("{} #{}", e.op(), i);
    if (!e.name().empty()) label += "\n" + e.name();
    if (!e.module().empty()) label += "\nin " + e.module();
    label += fmt::format("\n{}", shape_of(context, i));
    const std::string place = reel::to_string(e.location());
    if (!place.empty()) label += "\n" + place;
    text += fmt::format("  n{} [label={}{}{}];\n", i, dot_text(label), e.is_leaf() ? ", shape=ellipse" : "",
                        i == context.stepper().number() ? ", penwidth=3" : "");
  }
  for (std::size_t i = 0; i < run.size(); ++i)
    for (std::size_t k = 0; k < run.inputs(i); ++k)
      if (run.input(i, k) != npos) text += fmt::format("  n{} -> n{};\n", run.input(i, k), i);
  return text + "}\n";
}

std::string to_json(CommandContext& context) {
  const auto dump = [](const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); };
  std::string text = "{\"format\":\"reel-tape-json\",\"version\":1,\"alerts\":" + dump(context.alerts()) + ",\"entries\":[\n";
  for (std::size_t i = 0; i < context.run().size(); ++i) text += (i == 0 ? "" : ",\n") + dump(entry_of(context, i));
  return text + "\n]}\n";
}

}  // namespace reel::debug
