// How a session shows values, gradients and events.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <reel/autograd/debug/terminal/command_context.hpp>
#include <reel/autograd/debug/terminal/command_text.hpp>
#include <reel/core/format.hpp>

namespace reel::debug {

namespace {

/// "y = [5. 10.]"
std::string value_text(const CommandContext& context, std::size_t i) {
  if (const auto* left_out = context.playback.left_out(i)) return fmt::format("{}, {}", left_out->shape, left_out->value);
  return brief(context.run().value(i));
}

std::string gradient_text(const CommandContext& context, std::size_t i, const Tensor& gradient) {
  if (const auto* left_out = context.playback.left_out(i)) return fmt::format("{}, {}", left_out->shape, left_out->gradient);
  return brief(gradient.value());
}

BackwardReplay& reversal_at(CommandContext& context) {
  Stepper::State& s = context.stepper().state();
  return s.reversals[s.is_forward() ? 0 : s.pass()];
}

/// The inputs to which the rule at the cursor contributed.
std::vector<std::pair<std::size_t, Tensor>> given_at(CommandContext& context) {
  const std::size_t i = context.stepper().number();
  const std::vector<Tensor>& parts = reversal_at(context).contributions(i);
  std::vector<std::pair<std::size_t, Tensor>> given;
  for (std::size_t k = 0; k < parts.size(); ++k)
    if (parts[k].defined()) given.emplace_back(context.run().input(i, k), parts[k]);
  return given;
}

std::string backward_text(CommandContext& context) {
  const Run& run = context.run();
  const std::size_t i = context.stepper().number();
  const Tensor gradient = reversal_at(context).gradient(i);
  if (!gradient.defined()) return run.is_tracked(i) ? "no gradient reaches it" : "a constant, which has no gradient";
  std::string text = fmt::format("dL/d{} = {}", run.label(i), gradient_text(context, i, gradient));
  const char* before = "\n    gives ";
  for (const auto& [input, part] : given_at(context)) {
    text += fmt::format("{}dL/d{} {}= {}", before, run.label(input), run.users(input).size() > 1 ? "+" : "",
                        gradient_text(context, input, part));
    before = "\n    and   ";
  }
  return text;
}

/// "rises by 0.2"
std::string moves(double by) { return fmt::format("{} by {}", by < 0 ? "falls" : "rises", number(std::abs(by))); }

std::string element_with_number(const Run& run, std::size_t i, std::size_t position) {
  return fmt::format("{} = {}", run.element(i, position), number(run.value(i).as_double(position)));
}

std::string forward_sentence(CommandContext& context) {
  const Run& run = context.run();
  const std::size_t i = context.stepper().number();
  const Entry e = run.entry(i);
  if (e.is_leaf())
    return fmt::format("{} is a {}: {}.", run.label(i), e.op(),
                       run.is_tracked(i) ? "the backward pass will say how the loss depends on it" : "given, and not asked for a gradient");
  if (context.playback.is_live() && run.value(i).size() > 0) return context.stepper().explain_value(i);
  std::string from;
  for (std::size_t k = 0; k < run.inputs(i); ++k)
    if (run.input(i, k) != npos) from += (from.empty() ? "" : " and ") + run.label(run.input(i, k));
  return fmt::format("{} is computed by {} from {}.", run.label(i), e.op(), from);
}

std::string backward_sentence(CommandContext& context) {
  const Run& run = context.run();
  const std::size_t i = context.stepper().number();
  const Tensor gradient = reversal_at(context).gradient(i);
  if (!gradient.defined()) return fmt::format("The loss does not depend on {} in a way that a gradient sees.", run.label(i));
  if (i + 1 == run.size()) return "The backward pass begins: the loss rises by 1 for each unit of itself.";
  if (context.playback.left_out(i) || gradient.size() == 0) return {};
  const auto rate = [&](std::size_t entry, const Array& g) {
    const std::size_t p = position_of(g, {}, run.label(entry));
    return fmt::format("the loss {} for each unit of {}", moves(g.as_double(p)), element_with_number(run, entry, p));
  };
  if (!run.is_op(i)) return fmt::format("The gradient of {} is complete: {}.", run.label(i), rate(i, gradient.value()));
  std::string text;
  for (const auto& [input, part] : given_at(context)) {
    if (context.playback.left_out(input) || part.size() == 0) continue;
    text += (text.empty() ? fmt::format("Through {} ", run.entry(i).op()) : "; and ") + rate(input, part.value());
  }
  if (text.empty()) return {};
  const std::string rule = run.entry(i).rule();
  return text + (rule.empty() ? "." : fmt::format(", by the rule {}.", rule));
}

}  // namespace

std::string brief(const Array& array) {
  if (array.rank() == 0) return number(array.as_double(0));
  if (array.size() > 0 && array.size() <= 6) {
    std::string text = array.rank() > 1 ? fmt::format("{} ", array.shape()) : "";
    for (std::size_t i = 0; i < array.size(); ++i) text += (i == 0 ? "[" : ", ") + number(array.as_double(i));
    return text + "]";
  }
  return fmt::format("{} {}, {}", array.shape(), name_of(array.dtype()), to_string(statistics(array)));
}

std::string json_of(const Array& array) {
  nlohmann::json json = {{"shape", std::vector<std::size_t>(array.shape().begin(), array.shape().end())},
                         {"dtype", name_of(array.dtype())}};
  if (array.size() <= 1000) {
    json["values"] = nlohmann::json::array();
    for (std::size_t i = 0; i < array.size(); ++i) {
      const double x = array.as_double(i);  // JSON has no NaN and no infinities: they stand as texts
      std::isfinite(x) ? json["values"].push_back(x) : json["values"].push_back(number(x));
    }
  }
  return json.dump();
}

std::string event_text(CommandContext& context) {
  const Run& run = context.run();
  const std::size_t i = context.stepper().number();
  std::string text = fmt::format("{:<4}{}\n    ", context.stepper().event(), run.title(i));
  if (context.stepper().phase() == Phase::backward) {
    text += backward_text(context);
  } else {
    text += fmt::format("{} = {}", run.label(i), value_text(context, i));
  }
  text += "\n";
  if (context.tutor) {
    const std::string sentence = tutor_text(context);
    if (!sentence.empty()) text += "    " + sentence + "\n";
  }
  return text;
}

std::string tutor_text(CommandContext& context) {
  return context.stepper().phase() == Phase::forward ? forward_sentence(context) : backward_sentence(context);
}

std::string json_of_cursor(CommandContext& context) {
  const Stepper& s = context.stepper();
  const Entry e = s.entry();
  return fmt::format(R"("event":{},"position":{},"of":{},"number":{},"op":{},"name":{},"module":{},"file":{},"line":{})",
                     json_text(s.event()), s.position(), s.size(), s.number(), json_text(e.op()), json_text(e.name()),
                     json_text(e.module()), json_text(e.location().file), e.location().line);
}

}  // namespace reel::debug
