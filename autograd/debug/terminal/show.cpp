// How a session shows what it is about.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <reel/autograd/debug/terminal/desk.hpp>
#include <reel/autograd/debug/terminal/words.hpp>
#include <reel/core/format.hpp>

namespace reel::debug {

namespace {

/// "y = [5. 10.]"
std::string value_text(const Desk& desk, std::size_t i) {
  if (const auto* left_out = desk.film.left_out(i)) return fmt::format("{}, {}", left_out->shape, left_out->value);
  return brief(desk.run().value(i));
}

std::string gradient_text(const Desk& desk, std::size_t i, const Tensor& gradient) {
  if (const auto* left_out = desk.film.left_out(i)) return fmt::format("{}, {}", left_out->shape, left_out->gradient);
  return brief(gradient.value());
}

Reversal& reversal_at(Desk& desk) {
  Stepper::State& s = desk.stepper().state();
  return s.reversals[s.is_forward() ? 0 : s.pass()];
}

/// The inputs that got something from the rule at the cursor.
std::vector<std::pair<std::size_t, Tensor>> given_at(Desk& desk) {
  const std::size_t i = desk.stepper().number();
  const std::vector<Tensor>& parts = reversal_at(desk).contributions(i);
  std::vector<std::pair<std::size_t, Tensor>> given;
  for (std::size_t k = 0; k < parts.size(); ++k)
    if (parts[k].defined()) given.emplace_back(desk.run().input(i, k), parts[k]);
  return given;
}

std::string backward_text(Desk& desk) {
  const Run& run = desk.run();
  const std::size_t i = desk.stepper().number();
  const Tensor gradient = reversal_at(desk).gradient(i);
  if (!gradient.defined()) return run.is_tracked(i) ? "no gradient reaches it" : "a constant, which has no gradient";
  std::string text = fmt::format("dL/d{} = {}", run.label(i), gradient_text(desk, i, gradient));
  const char* before = "\n    gives ";
  for (const auto& [input, part] : given_at(desk)) {
    text +=
        fmt::format("{}dL/d{} {}= {}", before, run.label(input), run.users(input).size() > 1 ? "+" : "", gradient_text(desk, input, part));
    before = "\n    and   ";
  }
  return text;
}

/// "rises by 0.2"
std::string moves(double by) { return fmt::format("{} by {}", by < 0 ? "falls" : "rises", number(std::abs(by))); }

std::string element_with_number(const Run& run, std::size_t i, std::size_t position) {
  return fmt::format("{} = {}", run.element(i, position), number(run.value(i).as_double(position)));
}

std::string forward_sentence(Desk& desk) {
  const Run& run = desk.run();
  const std::size_t i = desk.stepper().number();
  const Entry e = run.entry(i);
  if (e.is_leaf())
    return fmt::format("{} is a {}: {}.", run.label(i), e.op(),
                       run.is_tracked(i) ? "the backward pass will say how the loss depends on it" : "given, and not asked for a gradient");
  if (desk.film.is_live() && run.value(i).size() > 0) return desk.stepper().explain_value(i);
  std::string from;
  for (std::size_t k = 0; k < run.inputs(i); ++k)
    if (run.input(i, k) != npos) from += (from.empty() ? "" : " and ") + run.label(run.input(i, k));
  return fmt::format("{} is computed by {} from {}.", run.label(i), e.op(), from);
}

std::string backward_sentence(Desk& desk) {
  const Run& run = desk.run();
  const std::size_t i = desk.stepper().number();
  const Tensor gradient = reversal_at(desk).gradient(i);
  if (!gradient.defined()) return fmt::format("The loss does not depend on {} in a way that a gradient sees.", run.label(i));
  if (i + 1 == run.size()) return "The backward pass begins: the loss rises by 1 for each unit of itself.";
  if (desk.film.left_out(i) || gradient.size() == 0) return {};
  const auto rate = [&](std::size_t entry, const Array& g) {
    const std::size_t p = position_of(g, {}, run.label(entry));
    return fmt::format("the loss {} for each unit of {}", moves(g.as_double(p)), element_with_number(run, entry, p));
  };
  if (!run.is_op(i)) return fmt::format("The gradient of {} is complete: {}.", run.label(i), rate(i, gradient.value()));
  std::string text;
  for (const auto& [input, part] : given_at(desk)) {
    if (desk.film.left_out(input) || part.size() == 0) continue;
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

std::string event_text(Desk& desk) {
  const Run& run = desk.run();
  const std::size_t i = desk.stepper().number();
  std::string text = fmt::format("{:<4}{}\n    ", desk.stepper().event(), run.title(i));
  if (desk.stepper().phase() == Phase::backward) {
    text += backward_text(desk);
  } else {
    text += fmt::format("{} = {}", run.label(i), value_text(desk, i));
  }
  text += "\n";
  if (desk.tutor) {
    const std::string sentence = tutor_text(desk);
    if (!sentence.empty()) text += "    " + sentence + "\n";
  }
  return text;
}

std::string tutor_text(Desk& desk) { return desk.stepper().phase() == Phase::forward ? forward_sentence(desk) : backward_sentence(desk); }

std::string json_of_cursor(Desk& desk) {
  const Stepper& s = desk.stepper();
  const Entry e = s.entry();
  return fmt::format(R"("event":{},"position":{},"of":{},"number":{},"op":{},"name":{},"module":{},"file":{},"line":{})",
                     json_text(s.event()), s.position(), s.size(), s.number(), json_text(e.op()), json_text(e.name()),
                     json_text(e.module()), json_text(e.location().file), e.location().line);
}

}  // namespace reel::debug
