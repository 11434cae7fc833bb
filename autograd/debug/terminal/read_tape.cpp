#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <reel/autograd/debug/terminal/playback.hpp>
#include <reel/autograd/hooks.hpp>
#include <reel/core/format.hpp>
#include <reel/core/io/safetensors.hpp>

namespace reel::debug {

namespace {

using nlohmann::json;
using reel::detail::Kind;
using reel::detail::Node;

/// A file's text without control characters, so that it cannot affect the terminal.
std::string clean(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 32 || c == 127) c = '?';
  return text;
}

class Reader {
 public:
  Reader(const std::string& path, io::Safetensors file) : path_(path), file_(std::move(file)) {}

  Playback read() {
    if (file_.metadata["format"] != "reel-tape") fail("it is no tape that was saved with debug::write_tape()");
    if (file_.metadata["version"] != "1") fail(fmt::format("version {} of tapes is not known", clean(file_.metadata["version"])));
    try {
      const json tape = json::parse(file_.metadata["tape"]);
      for (const json& text : tape.at("alerts")) saved_->alerts.push_back(clean(text.get<std::string>()));
      const json& entries = tape.at("entries");
      if (!entries.is_array() || entries.empty()) fail("its tape has no entries");
      saved_->lines.resize(entries.size());  // entries refer to them: they stay where they are
      for (std::size_t i = 0; i < entries.size(); ++i) add(i, entries[i]);
    } catch (const json::exception& e) {
      fail(clean(e.what()));
    }
    return playback();
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw IoError(fmt::format("{}: {}", path_, what)); }
  [[noreturn]] void fail(std::size_t i, const std::string& what) const { fail(fmt::format("entry {}: {}", i, what)); }

  const Array& array(const std::string& name) const {
    const auto found = file_.tensors.find(name);
    if (found == file_.tensors.end()) fail(fmt::format("there is no array {}", name));
    return found->second;
  }

  void add(std::size_t i, const json& from) {
    SavedTape::Line& line = saved_->lines[i];
    line.op = clean(from.at("op").get<std::string>());
    line.rule = clean(from.at("rule").get<std::string>());
    line.attributes = clean(from.at("attributes").get<std::string>());
    line.module = clean(from.at("module").get<std::string>());
    line.file = clean(from.at("file").get<std::string>());
    Node* const node = Node::make(value(i, from, line));
    entries_.push_back(Tensor::adopt(node));
    const std::string name = clean(from.at("name").get<std::string>());
    if (!name.empty()) node->name = std::make_unique<std::string>(name);
    node->location = {line.file.c_str(), from.at("line").get<int>()};
    node->module = line.module.c_str();
    node->rule_text = line.rule.c_str();
    node->tracked = from.at("tracked").get<bool>();
    if (from.contains("inputs")) {
      make_op(node, i, from, line);
    } else {
      node->kind = line.op == "parameter" ? Kind::parameter : line.op == "variable" ? Kind::variable : Kind::constant;
      node->cut = node->kind == Kind::constant && line.attributes.starts_with("of ");
      if (node->cut) node->op = line.attributes.c_str() + 3;  // the op without a gradient that the constant comes from
    }
    const auto gradient = file_.tensors.find(fmt::format("g{}", i));
    if (gradient != file_.tensors.end() && node->tracked)
      on_gradient(entries_[i], [g = Tensor(gradient->second)](const Tensor&) { return g; }).keep();
  }

  Array value(std::size_t i, const json& from, SavedTape::Line& line) {
    if (!from.contains("left_out")) return array(fmt::format("v{}", i));
    const json& left_out = from.at("left_out");
    line.left_out.emplace();
    const auto lengths = left_out.at("shape").get<std::vector<std::size_t>>();
    if (lengths.size() > max_rank) fail(i, fmt::format("its shape has more than {} axes", max_rank));
    line.left_out->shape = Shape(lengths);
    line.left_out->value = clean(left_out.at("value").get<std::string>());
    line.left_out->gradient = clean(left_out.at("gradient").get<std::string>());
    const std::string dtype = left_out.at("dtype").get<std::string>();
    for (const Dtype d : {float32, float64, int64, boolean})
      if (dtype == name_of(d)) return Array({0}, d);
    fail(i, "its dtype is not known");
  }

  void make_op(Node* node, std::size_t i, const json& from, SavedTape::Line& line) {
    node->kind = Kind::op;
    node->op = line.op.c_str();
    const json& inputs = from.at("inputs");
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      if (inputs[k].is_null()) {
        node->inputs.push_back(Tensor(array(fmt::format("k{}.{}", i, k))));
        if (node->inputs[k].rank() > 0) fail(i, "an input that is no entry has to be a scalar");
        continue;
      }
      const auto number = inputs[k].get<std::uint64_t>();
      if (!inputs[k].is_number_unsigned() || number >= i) fail(i, "its inputs have to come before it");
      node->inputs.push_back(entries_[number]);
    }
    line.contributions.resize(inputs.size());
    for (const json& gives : from.at("gives")) {
      const auto k = gives.get<std::uint64_t>();
      if (!gives.is_number_unsigned() || k >= inputs.size() || inputs[k].is_null())
        fail(i, "it gives a gradient to an input that is not there");
      line.contributions[k] = contribution(i, k, inputs[k].get<std::size_t>());
    }
    node->forward.set([](const Inputs&) -> Array { throw Error("a saved tape cannot run an op again"); });
    node->rule.set([own = &line](const Pullback&) {
      Gradients given;
      for (const Tensor& c : own->contributions) given.push_back(c);
      return given;
    });
    if (!line.attributes.empty()) node->new_description().set([own = &line] { return own->attributes; });
  }

  Tensor contribution(std::size_t i, std::size_t k, std::size_t to) {
    const Array& input = entries_[to].value();
    if (saved_->lines[to].left_out) return Tensor(input);
    const Array& given = array(fmt::format("c{}.{}", i, k));
    if (given.shape() != input.shape() || given.dtype() != input.dtype())
      fail(i, fmt::format("what it gives to input {} is {} {}, and the input {} {}", k, given.shape(), given.dtype(), input.shape(),
                          input.dtype()));
    return Tensor(given);
  }

  Playback playback() {
    try {
      Stepper stepper(entries_.back(), {.seed = Tensor(array("seed"))}, {});
      if (stepper.entries() != entries_.size()) fail("not all of its entries belong to one result");
      return {saved_, std::move(stepper)};
    } catch (const IoError&) {
      throw;
    } catch (const Error& e) {
      fail(e.what());
    }
  }

  std::string path_;
  io::Safetensors file_;
  std::shared_ptr<SavedTape> saved_ = std::make_shared<SavedTape>();
  std::vector<Tensor> entries_;
};

}  // namespace

Playback read_tape(const std::string& path) { return Reader(path, io::read_safetensors(path, {})).read(); }
Playback parse_tape(std::string_view bytes, const std::string& name) { return Reader(name, io::parse_safetensors(bytes, name, {})).read(); }

}  // namespace reel::debug
