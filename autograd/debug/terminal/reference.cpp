#include <algorithm>
#include <charconv>
#include <system_error>

#include <fmt/format.h>
#include <reel/autograd/debug/terminal/command_context.hpp>
#include <reel/autograd/debug/terminal/command_text.hpp>
#include <reel/core/shape.hpp>

namespace reel::debug {

namespace {

[[noreturn]] void bad_slices(const std::string& text) {
  throw Error(fmt::format("{} is no slice; examples: [2], [0, :], [1:3, -1], [..., 0]", text));
}

std::optional<std::ptrdiff_t> parse_end(const std::string& text, const std::string& all) {
  if (text.empty()) return std::nullopt;
  std::ptrdiff_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [behind, problem] = std::from_chars(text.data(), end, value);
  if (problem == std::errc::result_out_of_range) throw Error(fmt::format("{}: {} is too large a number", all, text));
  if (behind != end) bad_slices(all);
  return value;
}

Slice parse_slice(const std::string& text, const std::string& all) {
  if (text == "...") return ellipsis;
  std::vector<std::string> parts;
  for (std::size_t at = 0;;) {
    const auto colon = text.find(':', at);
    parts.push_back(trimmed(std::string_view(text).substr(at, colon - at)));
    if (colon == std::string::npos) break;
    at = colon + 1;
  }
  if (parts.size() > 3) bad_slices(all);
  const auto start = parse_end(parts[0], all);
  if (parts.size() == 1) {
    if (!start) bad_slices(all);
    return Slice(*start);
  }
  return {start, parse_end(parts[1], all), parts.size() == 3 ? parse_end(parts[2], all).value_or(1) : 1};
}

/// The number of the entry that a text names, or npos.
std::size_t entry_of(const CommandContext& context, const std::string& name) {
  const Run& run = context.run();
  if (name.empty() || name == ".") return context.selected;
  for (std::size_t i = run.size(); i-- > 0;)
    if (run.entry(i).name() == name) return i;
  const bool is_input = name.starts_with("in");
  const std::string digits = name.substr(name[0] == '#' ? 1 : is_input ? 2 : 0);
  std::size_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [behind, problem] = std::from_chars(digits.data(), end, number);
  if (digits.empty() || behind != end) return npos;
  if (problem == std::errc::result_out_of_range) throw Error(fmt::format("{} is too large a number for an entry", name));
  if (!is_input) {
    if (number >= run.size()) throw Error(fmt::format("entry {} of a tape of {} entries", number, run.size()));
    return number;
  }
  if (number >= run.inputs(context.selected))
    throw Error(fmt::format("{} has {} inputs, from in0 on", run.title(context.selected), run.inputs(context.selected)));
  const std::size_t from = run.input(context.selected, number);
  if (from == npos) {
    const Array& constant = run.node(context.selected)->inputs[number].value();
    throw Error(fmt::format("{} of {} is the constant {}", name, run.title(context.selected), debug::number(constant.as_double(0))));
  }
  return from;
}

std::vector<std::string> names_of(const Run& run) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < run.size(); ++i)
    if (!run.entry(i).name().empty()) names.push_back(run.entry(i).name());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

Slices parse_slices(const std::string& text) {
  const std::string all = trimmed(text);
  if (all.size() < 2 || all.front() != '[' || all.back() != ']') bad_slices(all);
  Slices slices = Slices::whole(0);
  std::vector<Slice> list;
  const std::string inside = trimmed(std::string_view(all).substr(1, all.size() - 2));
  for (std::size_t at = 0; !inside.empty();) {
    const auto comma = inside.find(',', at);
    list.push_back(parse_slice(trimmed(std::string_view(inside).substr(at, comma - at)), all));
    if (comma == std::string::npos) break;
    at = comma + 1;
  }
  if (list.size() > Slices::max_size) bad_slices(all);
  slices = Slices::whole(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) slices[i] = list[i];
  return slices;
}

Ints Reference::index() const {
  Ints index;
  for (std::size_t i = 0; slices && i < slices->size(); ++i) {
    if (!(*slices)[i].is_index())
      throw Error(fmt::format("{} is more than one element; an element is meant here", reel::to_string(*slices)));
    index.push_back(*(*slices)[i].start());
  }
  return index;
}

Reference parse_reference(const CommandContext& context, const std::string& text) {
  Reference reference;
  std::string name = trimmed(text);
  const auto bracket = name.find('[');
  if (bracket != std::string::npos) {
    reference.slices = parse_slices(name.substr(bracket));
    name = trimmed(std::string_view(name).substr(0, bracket));
  }
  reference.entry = entry_of(context, name);
  if (reference.entry == npos && (name == "grad" || name.ends_with(".grad"))) {
    reference.is_gradient = true;
    name = name == "grad" ? "" : name.substr(0, name.size() - 5);
    reference.entry = entry_of(context, name);
  }
  if (reference.entry != npos) return reference;
  const std::vector<std::string> names = names_of(context.run());
  const std::string like = nearest(name, names);
  std::string known;
  for (const std::string& n : names)
    if (known.size() < 200) known += (known.empty() ? "" : ", ") + n;
  throw Error(fmt::format("no entry of the tape is named {}{}; there are: {}; or use its number, #0 to #{}", name,
                          like.empty() ? "" : ", but " + like + " is", known.empty() ? "no names" : known, context.run().size() - 1));
}

Array numbers_of(CommandContext& context, const Reference& reference) {
  const std::size_t i = reference.entry;
  const auto whole = reference.is_gradient ? context.stepper().gradient(i).value() : context.stepper().value(i).value();
  if (const auto* left_out = context.playback.left_out(i))
    throw Error(fmt::format("the numbers of {} {} were left out of the file, which has a size budget; {}", context.run().title(i),
                            left_out->shape, reference.is_gradient ? left_out->gradient : left_out->value));
  return reference.slices ? kernels::slice(whole, *reference.slices) : whole;
}

std::string label_of(const CommandContext& context, const Reference& reference) {
  std::string text = (reference.is_gradient ? "dL/d" : "") + context.run().label(reference.entry);
  return reference.slices ? text + reel::to_string(*reference.slices) : text;
}

void CommandContext::need_program(const char* command) const {
  if (!playback.is_live())
    throw Error(fmt::format(
        "{} runs ops again, and a saved tape cannot: it needs the program itself, with debug::repl(loss) or REEL_DEBUG=step", command));
}

}  // namespace reel::debug
