#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/op_jacobian.hpp>
#include <reel/autograd/debug/diff.hpp>
#include <reel/autograd/debug/terminal/command_text.hpp>
#include <reel/autograd/debug/terminal/commands.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/slicing.hpp>

namespace reel::debug::command {

namespace {

/// "W1[0, 3] += 1e-3"
struct Assignment {
  Reference to;
  char sign;  // of +=, -=, *=; '=' for a plain one
  double number;
};

Assignment parse(const CommandContext& context, const std::string& text, const char* what) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Error(fmt::format("{} needs an assignment: {} x[0, 3] += 1e-3, with =, +=, -= or *=", what, what));
  const char before = text[equals - 1];
  const bool is_plain = before != '+' && before != '-' && before != '*';
  Assignment a{parse_reference(context, text.substr(0, is_plain ? equals : equals - 1)), is_plain ? '=' : before,
               parse_number(trimmed(std::string_view(text).substr(equals + 1)), what)};
  if (a.to.is_gradient) throw Error(fmt::format("{} changes values; gradients follow from them", what));
  return a;
}

double changed(const Assignment& a, double x) {
  switch (a.sign) {
    case '+': return x + a.number;
    case '-': return x - a.number;
    case '*': return x * a.number;
    default: return a.number;
  }
}

/// The array with the elements that the reference selects changed.
Array apply(const Assignment& a, Array array) {
  std::vector<std::size_t> positions;
  if (a.to.slices) {
    const Array all = Array::range(0, static_cast<std::int64_t>(array.size())).with_shape(array.shape());
    const Array meant = kernels::slice(all, *a.to.slices);
    for (std::size_t i = 0; i < meant.size(); ++i) positions.push_back(static_cast<std::size_t>(meant.as_double(i)));
  } else {
    for (std::size_t i = 0; i < array.size(); ++i) positions.push_back(i);
  }
  visit(array.dtype(), [&](auto t) {
    using T = decltype(t);
    T* const to = array.mutable_data<T>();
    for (const std::size_t p : positions) to[p] = static_cast<T>(changed(a, static_cast<double>(to[p])));
  });
  return array;
}

std::string result_text(const CommandContext& context, const Stepper& stepper) {
  return fmt::format("{} = {}", context.run().label(context.run().size() - 1), brief(stepper.result().value()));
}

}  // namespace

Answer set(CommandContext& context, const std::string& arguments) {
  context.need_program("set");
  const Assignment a = parse(context, arguments, "set");
  const std::size_t i = a.to.entry;
  const auto found = context.changes.find(i);
  Array array = apply(a, found == context.changes.end() ? context.run().value(i) : found->second);
  const std::string now = brief(a.to.slices ? kernels::slice(array, *a.to.slices) : array);
  context.changes.insert_or_assign(i, std::move(array));
  return {fmt::format("{} will be {}; `replay` computes what follows from it.\n", label_of(context, a.to), now)};
}

Answer replay(CommandContext& context, const std::string&) {
  context.need_program("replay");
  if (context.changes.empty()) throw Error("nothing was changed; `set x[0] = 1` does");
  const std::size_t position = context.stepper().position();
  // Oldest first: a later replacement stays in effect.
  std::optional<Stepper> now;
  for (const auto& [i, array] : context.changes) now = (now ? *now : context.stepper()).with_value(i, Tensor(array));
  std::string text = fmt::format("before: {}\n", result_text(context, context.stepper()));
  if (!context.original) context.original.emplace(std::move(context.playback.stepper));
  context.playback.stepper = std::move(*now);
  context.playback.stepper.seek(std::min(position, context.playback.stepper.size() - 1));
  context.changes.clear();
  context.known_alerts.reset();
  context.arrive();
  text += fmt::format("now:    {}\n", result_text(context, context.stepper()));
  return {text + "`diff` compares the two runs, `reset` goes back to the first.\n"};
}

Answer reset(CommandContext& context, const std::string&) {
  context.changes.clear();
  if (!context.original) return {"Nothing was replayed.\n"};
  const std::size_t position = context.stepper().position();
  context.playback.stepper = std::move(*context.original);
  context.original.reset();
  context.playback.stepper.seek(std::min(position, context.playback.stepper.size() - 1));
  context.known_alerts.reset();
  context.arrive();
  return {fmt::format("Back to {}.\n", result_text(context, context.stepper()))};
}

Answer what_if(CommandContext& context, const std::string& arguments) {
  context.need_program("what-if");
  const Assignment a = parse(context, arguments, "what-if");
  const WhatIf found = context.stepper().what_if(a.to.entry, Tensor(apply(a, context.run().value(a.to.entry))));
  const auto text = [](double x) { return std::isfinite(x) ? fmt::format("{:.17g}", x) : json_text(number(x)); };
  return {found.to_string() + "\n", fmt::format(R"({{"before":{},"predicted":{},"actual":{},"gap":{}}})", text(found.before),
                                                text(found.predicted), text(found.actual), text(found.gap()))};
}

Answer diff(CommandContext& context, const std::string& arguments) {
  std::optional<Playback> other;
  if (arguments.empty() && !context.original) throw Error("diff compares with the run before `replay`, or with a saved tape: diff FILE");
  if (!arguments.empty()) other.emplace(read_tape(arguments));
  const Stepper& first = other ? other->stepper : *context.original;
  const Diff found = debug::diff(first, context.stepper());
  // Arrays that a file does not have cannot be compared.
  std::vector<Difference> kept;
  std::size_t not_compared = 0;
  for (const Difference& d : found) {
    const bool both = d.first != Difference::none && d.second != Difference::none;
    const bool missing = both && ((other && other->left_out(d.first)) || context.playback.left_out(d.second));
    missing ? void(++not_compared) : kept.push_back(d);
  }
  std::string text = Diff(kept, found.aligned()).to_string();
  if (not_compared > 0) text += fmt::format("  {} left out of a file and not compared\n", not_compared);
  return {text, fmt::format(R"({{"differences":{},"aligned":{}}})", kept.size(), found.aligned())};
}

}  // namespace reel::debug::command
