#include <reel/autograd/tape.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <reel/autograd/detail/sweep.hpp>
#include <reel/core/format.hpp>

namespace reel {

namespace {

constexpr std::size_t npos = ~std::size_t{0};

struct Line {
  std::string number, op, inputs, shape, name, place;
};

/// The number of terminal columns of UTF-8 text: continuation bytes take none.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void append_column(std::string& line, const std::string& text, std::size_t width) {
  line += text;
  line.append(width - width_of(text) + 2, ' ');
}

}  // namespace

std::string Entry::op() const {
  switch (output_.node()->kind) {
    case detail::Kind::constant: return "constant";
    case detail::Kind::variable: return "variable";
    case detail::Kind::parameter: return "parameter";
    case detail::Kind::op: break;
  }
  return output_.node()->op;
}

std::string Entry::rule() const { return output_.node()->rule_text; }
std::string Entry::attributes() const {
  const detail::Node* const node = output_.node();
  if (node->cut) return std::string("of ") + node->op;
  return node->describe ? (*node->describe)() : std::string();
}
std::string Entry::module() const { return output_.node()->module; }
SourceLocation Entry::location() const { return output_.node()->location; }
bool Entry::is_leaf() const { return output_.node()->kind != detail::Kind::op; }

std::vector<Tensor> Entry::inputs() const {
  const auto& inputs = output_.node()->inputs;
  return {inputs.begin(), inputs.end()};
}

Array Entry::run(const std::vector<Array>& inputs) const {
  if (is_leaf()) throw Error(fmt::format("{} {} is a leaf; only ops can be computed again", op(), name()));
  if (output_.node()->released)
    throw Error(fmt::format("{} (recorded at {}) was released by an earlier backward(); pass {{.retain = true}} to that one to keep it",
                            op(), reel::to_string(location())));
  const std::size_t count = output_.node()->inputs.size();
  if (inputs.size() != count) throw Error(fmt::format("{} has {} inputs; {} were given", op(), count, inputs.size()));
  const std::vector<Tensor> tensors(inputs.begin(), inputs.end());
  return detail::run_forward(output_.node(), Inputs(tensors));
}

Tape::Tape(const Tensor& result, SourceLocation at) {
  if (!result.defined()) detail::throw_undefined("Tape", at);
  const detail::History history = detail::History::of(result.node(), true);
  const std::size_t n = history.items.size();
  entries_.reserve(n);
  first_edges_.reserve(n);
  edges_.reserve(history.edges.size());
  for (std::size_t i = n; i-- > 0;) {
    const auto& item = history.items[i];
    entries_.emplace_back(Tensor::share(item.node));
    first_edges_.push_back(edges_.size());
    for (std::size_t k = 0; k < item.node->inputs.size(); ++k) {
      const std::uint32_t from = history.edges[item.first_edge + k];
      edges_.push_back(from == detail::History::no_edge ? npos : n - 1 - from);
    }
  }
}

const Entry& Tape::operator[](std::size_t i) const& {
  if (i >= size()) throw ShapeError(fmt::format("entry {} of a tape of {} entries", i, size()));
  return entries_[i];
}

std::size_t Tape::find(const std::string& name, SourceLocation at) const {
  std::string names;
  for (std::size_t i = size(); i-- > 0;) {
    if (entries_[i].name() == name) return i;
    if (!entries_[i].name().empty() && names.size() < 200) names += (names.empty() ? "" : ", ") + entries_[i].name();
  }
  detail::placed(
      at, [&] { throw Error(fmt::format("no entry of the tape is named {}; there are: {}", name, names.empty() ? "no names" : names)); });
  return size();
}

std::vector<Array> Tape::rerun(const std::vector<std::pair<std::size_t, Array>>& replaced) const {
  std::vector<Array> values(size());
  std::vector<const Array*> replacements(size(), nullptr);
  for (const auto& [i, value] : replaced) {
    const Array& before = (*this)[i].value();
    if (value.shape() != before.shape())
      throw ShapeError(fmt::format("rerun: entry {} has shape {} and its replacement {}", i, before.shape(), value.shape()));
    if (value.dtype() != before.dtype())
      throw DtypeError(fmt::format("rerun: entry {} is {} and its replacement {}", i, name_of(before.dtype()), name_of(value.dtype())));
    replacements[i] = &value;
  }
  for (std::size_t i = 0; i < size(); ++i) {
    const detail::Node* const node = entries_[i].output().node();
    if (replacements[i] || entries_[i].is_leaf()) {
      values[i] = replacements[i] ? *replacements[i] : node->value;
      continue;
    }
    if (node->released)
      throw Error(fmt::format(
          "rerun: the history of {} (recorded at {}) was released by an earlier backward(); pass {{.retain = true}} to that one to keep it",
          node->op, reel::to_string(node->location)));
    SmallVector<Tensor, 4> inputs;
    for (std::size_t k = 0; k < node->inputs.size(); ++k) {
      const detail::Node* const input = node->inputs[k].node();
      if (input->cut && !replaced.empty())
        throw Error(
            fmt::format("rerun: input {} of {} (recorded at {}) is a constant that {} (recorded at {}) computed: what has no gradient "
                        "keeps no history, so "
                        "it cannot follow the replaced values; record the tape while a debug::Live watches it",
                        k, node->op, reel::to_string(node->location), input->op, reel::to_string(input->location)));
      const std::size_t from = edges_[first_edges_[i] + k];
      inputs.push_back(from == npos ? node->inputs[k] : Tensor(values[from]));
    }
    values[i] = detail::run_forward(node, Inputs({inputs.begin(), inputs.size()}));
  }
  return values;
}

std::string Tape::to_string(const TapePrintOptions& options) const {
  const bool elided = size() > options.threshold && size() > 2 * options.edge_items;
  std::vector<Line> lines;
  for (std::size_t i = 0; i < size(); ++i) {
    if (elided && i == options.edge_items) i = size() - options.edge_items;
    if (i == size()) break;
    const Entry& entry = entries_[i];
    const detail::Node* const node = entry.output().node();
    Line line{fmt::format("#{}", i), entry.op(), {}, fmt::format("{} {}", entry.output().shape(), name_of(entry.output().dtype())),
              entry.name(),          {}};
    for (std::size_t k = 0; k < node->inputs.size(); ++k) {
      const std::size_t from = edges_[first_edges_[i] + k];
      if (k > 0) line.inputs += ' ';
      line.inputs += from == npos ? reel::to_string(node->inputs[k].value()) : fmt::format("#{}", from);
    }
    if (node->released) line.inputs += "(released)";
    if (const std::string attributes = entry.attributes(); !attributes.empty())
      line.inputs += (line.inputs.empty() ? "" : "  ") + attributes;
    line.place = reel::to_string(entry.location());
    if (const std::string module = entry.module(); !module.empty()) line.place += (line.place.empty() ? "in " : "  in ") + module;
    lines.push_back(std::move(line));
  }
  std::size_t widths[5] = {};
  for (const Line& l : lines) {
    const std::string* const columns[] = {&l.number, &l.op, &l.inputs, &l.shape, &l.name};
    for (std::size_t c = 0; c < 5; ++c) widths[c] = std::max(widths[c], width_of(*columns[c]));
  }
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Line& l = lines[i];
    if (elided && i == options.edge_items) text += fmt::format("... {} entries more ...\n", size() - 2 * options.edge_items);
    std::string line(widths[0] - l.number.size(), ' ');
    append_column(line, l.number, l.number.size());
    append_column(line, l.op, widths[1]);
    append_column(line, l.inputs, widths[2]);
    append_column(line, l.shape, widths[3]);
    if (widths[4] > 0) append_column(line, l.name, widths[4]);
    line += l.place;
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  if (elided && options.edge_items == 0) text = fmt::format("... {} entries ...\n", size());
  return text;
}

}  // namespace reel

std::ostream& reel::operator<<(std::ostream& out, const Tape& tape) { return detail::write(out, tape.to_string()); }

fmt::format_context::iterator fmt::formatter<reel::Tape>::format(const reel::Tape& tape, fmt::format_context& context) const {
  return fmt::formatter<fmt::string_view>::format(tape.to_string(), context);
}
