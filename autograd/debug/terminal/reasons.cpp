#include <fmt/format.h>
#include <reel/autograd/debug/terminal/command_text.hpp>
#include <reel/autograd/debug/terminal/commands.hpp>
#include <reel/core/format.hpp>

namespace reel::debug::command {

namespace {

/// A saved tape's data on one element of a gradient: which op contributed how much, and by which rule.
std::string explain_saved_gradient(CommandContext& context, std::size_t i, std::size_t position) {
  const Run& run = context.run();
  BackwardReplay& reversal = context.stepper().state().reversals[0];
  std::string text = fmt::format("dL/d{} = {}", run.element(i, position), number(reversal.gradient(i).value().as_double(position)));
  if (i + 1 == run.size()) return text + ": it is where the backward pass begins.";
  const char* before = ": ";
  for (const std::uint32_t user : run.users(i)) {
    const Tensor part = reversal.contribution(user, i);
    if (!part.defined()) continue;
    const Entry e = run.entry(user);
    const std::string at = place_in_brackets(e);
    text += fmt::format("{}{} from {} #{}{}{}", before, number(part.value().as_double(position)), e.op(), user, at.empty() ? "" : " " + at,
                        e.rule().empty() ? "" : ", rule " + e.rule());
    const Tensor dy = reversal.gradient(user);
    if (dy.defined() && dy.shape() == part.shape())
      text += fmt::format(", where dL/d{} = {}", run.element(user, position), number(dy.value().as_double(position)));
    before = "; ";
  }
  return text + ".";
}

std::string explain_saved(CommandContext& context, std::size_t i, const Ints& index) {
  const Run& run = context.run();
  if (context.playback.left_out(i)) numbers_of(context, {.entry = i, .is_gradient = false, .slices = {}});  // says what is missing
  const Stepper::State& s = context.stepper().state();
  const Tensor gradient = s.is_forward() ? Tensor() : context.stepper().state().reversals[0].gradient(i);
  if (gradient.defined()) return explain_saved_gradient(context, i, position_of(gradient.value(), index, run.label(i)));
  const std::size_t position = position_of(run.value(i), index, run.label(i));
  std::string text = fmt::format("{} = {}, by {}", run.element(i, position), number(run.value(i).as_double(position)), run.title(i));
  const char* before = " of ";
  for (std::size_t k = 0; k < run.inputs(i); ++k) {
    const Array& x = run.node(i)->inputs[k].value();
    const std::size_t from = run.input(i, k);
    if (from != npos && context.playback.left_out(from)) continue;
    if (x.size() != 1 && x.shape() != run.value(i).shape()) continue;
    const std::size_t p = x.size() == 1 ? 0 : position;
    text += before + (from == npos ? number(x.as_double(p)) : fmt::format("{} = {}", run.element(from, p), number(x.as_double(p))));
    before = ", ";
  }
  return text + ".";
}

}  // namespace

Answer explain(CommandContext& context, const std::string& arguments) {
  const Reference reference = parse_reference(context, arguments);
  const Ints index = reference.index();
  if (!context.playback.is_live()) {
    const std::string text = explain_saved(context, reference.entry, index);
    return {text + "\n(A saved tape knows who gave what; the terms within an op need the program.)\n", json_text(text)};
  }
  const std::string text = context.stepper().explain(reference.entry, index);
  return {text + "\n", json_text(text)};
}

Answer ledger(CommandContext& context, const std::string& arguments) {
  const Reference reference = parse_reference(context, arguments);
  if (context.playback.left_out(reference.entry)) numbers_of(context, reference);
  // The contributions at the cursor; in the forward pass, where nothing has arrived yet, all of them.
  const bool is_forward = context.stepper().phase() == Phase::forward;
  const Ledger found = is_forward ? context.stepper().ledger(reference.entry) : context.stepper().ledger_so_far(reference.entry);
  std::string data = fmt::format(R"({{"cancellation":{:.6g},"parts":[)", found.cancellation());
  for (std::size_t k = 0; k < found.size(); ++k)
    data += fmt::format(R"({}{{"number":{},"op":{},"share":{:.6g},"gradient":{}}})", k == 0 ? "" : ",", found[k].number,
                        json_text(found[k].entry.op()), found[k].share, json_of(found[k].gradient.value()));
  return {found.to_string(), data + "]}"};
}

Answer whence(CommandContext& context, const std::string& arguments) {
  context.need_program("whence");
  const Reference reference = parse_reference(context, arguments);
  const bool is_value = !reference.is_gradient && context.stepper().phase() == Phase::forward;
  const Origin origin = is_value ? context.stepper().whence_value(reference.entry, reference.index())
                                 : context.stepper().whence(reference.entry, reference.index());
  std::string text = origin.message();
  if (!text.ends_with('\n')) text += "\n";
  const Link& born = origin.born_link();
  return {text, fmt::format(R"({{"op":{},"number":{},"phase":"{}","message":{}}})", json_text(born.entry.op()), born.number,
                            born.phase == Phase::forward ? "forward" : "backward", json_text(origin.message()))};
}

Answer jacobian(CommandContext& context, const std::string& arguments) {
  context.need_program("jacobian");
  const auto [which, input] = split_word(arguments);
  const bool only_input = input.empty() && !which.empty() && which.find_first_not_of("0123456789") == std::string::npos;
  const std::size_t k = only_input ? parse_count(which, "jacobian") : input.empty() ? 0 : parse_count(input, "jacobian");
  const std::size_t i = parse_reference(context, only_input ? "" : which).entry;
  const Tensor found = context.stepper().local_jacobian(i, k);
  return {fmt::format("d{}/d(input {})  {}\n{}\n", context.run().label(i), k, found.shape(), reel::to_string(found.value())),
          json_of(found.value())};
}

Answer check(CommandContext& context, const std::string& arguments) {
  context.need_program("check");
  const GradcheckReport report = context.stepper().check(parse_reference(context, arguments).entry);
  std::string text = report.message();
  if (!text.ends_with('\n')) text += "\n";
  return {text, json_in_one_line(report.json())};
}

}  // namespace reel::debug::command
