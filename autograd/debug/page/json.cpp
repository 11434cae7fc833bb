#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <reel/autograd/debug/page/data.hpp>
#include <reel/core/format.hpp>

namespace reel::debug {

namespace {

using nlohmann::json;

/// JSON has no NaN and no infinities; the page's script reads these texts as numbers.
json number_in_json(double x, int digits = 6) {
  if (std::isnan(x)) return "NaN";
  if (std::isinf(x)) return x > 0 ? "Infinity" : "-Infinity";
  return std::stod(fmt::format("{:.{}g}", x, digits));
}

json numbers_in_json(const std::vector<double>& numbers, int digits = 6) {
  json list = json::array();
  for (const double x : numbers) list.push_back(number_in_json(x, digits));
  return list;
}

std::string base64(const std::vector<unsigned char>& bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = static_cast<unsigned>(bytes[i]) << 16;
    if (i + 1 < bytes.size()) group |= static_cast<unsigned>(bytes[i + 1]) << 8;
    if (i + 2 < bytes.size()) group |= bytes[i + 2];
    for (std::size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : digits[group >> (18 - 6 * k) & 63];
  }
  return text;
}

/// A cell is a byte: 1 to 255 for -largest to largest, 0 for NaN and infinities.
json thumbnail(const Picture& picture) {
  double largest = 0;
  for (const double x : picture.cells)
    if (std::isfinite(x)) largest = std::max(largest, std::abs(x));
  std::vector<unsigned char> bytes;
  for (const double x : picture.cells) {
    const double part = largest == 0 ? 0 : x / largest;
    bytes.push_back(std::isfinite(x) ? static_cast<unsigned char>(std::lround(128 + 127 * part)) : 0);
  }
  return {{"rows", picture.rows}, {"columns", picture.columns}, {"largest", number_in_json(largest)}, {"data", base64(bytes)}};
}

class Writer {
 public:
  Writer(const PageData& data, const Detail& detail, std::size_t budget)
      : data_(data), run_(*data.run), detail_(detail), budget_(budget), paths_(source_paths(run_)) {}

  json whole() {
    json entries = json::array();
    for (std::size_t i = 0; i < run_.size(); ++i) entries.push_back(entry(i));
    add_sentences(entries);
    return {{"title", data_.title},
            {"position", data_.position},
            {"budget", budget_},
            {"detail", {{"numbers", detail_.numbers}, {"edge", detail_.edge}, {"most", &detail_ == levels}}},
            {"entries", std::move(entries)},
            {"alerts", alerts()},
            {"files", files()},
            {"texts", std::move(texts_)}};
  }

 private:
  /// Text that many entries share is written once.
  std::size_t text(const std::string& s) {
    const auto [at, is_new] = text_numbers_.emplace(s, texts_.size());
    if (is_new) texts_.push_back(s);
    return at->second;
  }

  json picture(const Picture& whole, const Shape& shape) const {
    const Picture p = shrunk(whole, shape, detail_.numbers, detail_.edge);
    json out = json::object();
    const Statistics& s = p.statistics;
    if (!p.numbers.empty()) out["numbers"] = numbers_in_json(p.numbers);
    if (!p.cells.empty()) out["thumbnail"] = thumbnail(p);
    if (s.size > 1 && detail_.statistics)
      out["statistics"] = {s.zeros,
                           s.nans,
                           s.infinities,
                           number_in_json(s.min, 5),
                           number_in_json(s.max, 5),
                           number_in_json(s.mean, 5),
                           number_in_json(s.norm, 5)};
    return out;
  }

  json gradients(const EntryData& own, const Shape& shape) const {
    double sum = 0;
    for (const GradientSoFar& g : own.gradients) sum += g.magnitude;
    json list = json::array();
    for (const GradientSoFar& g : own.gradients) {
      json one = picture(g.sum, shape);
      one["by"] = g.user;
      if (sum > 0) one["share"] = number_in_json(g.magnitude / sum, 3);
      list.push_back(std::move(one));
    }
    return list;
  }

  json entry(std::size_t i) {
    const Entry own = run_.entry(i);
    const EntryData& data = data_.entries[i];
    const Shape& shape = run_.value(i).shape();
    json lengths = json::array(), inputs = json::array();
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) lengths.push_back(shape[axis]);
    for (std::size_t k = 0; k < run_.inputs(i); ++k) {
      const std::size_t from = run_.input(i, k);
      if (from != npos) inputs.push_back(from);
      if (from == npos) inputs.push_back(number(own.inputs()[k].value().as_double(0)));
    }
    json out = {{"op", text(own.op())}, {"shape", std::move(lengths)}, {"dtype", text(std::string(name_of(run_.value(i).dtype())))}};
    if (!inputs.empty()) out["inputs"] = std::move(inputs);
    const auto set = [&](const char* key, const std::string& s) {
      if (!s.empty()) out[key] = text(s);
    };
    set("rule", own.rule());
    set("attributes", own.attributes());
    set("name", own.name());
    set("module", own.module());
    if (own.is_leaf()) out["leaf"] = true;
    if (!run_.is_tracked(i)) out["constant"] = true;
    const SourceLocation at = run_.place(i);
    const auto path = std::lower_bound(paths_.begin(), paths_.end(), at.file);
    if (at.line > 0) out["at"] = {path - paths_.begin(), at.line};
    out["value"] = picture(data.value, shape);
    if (!data.gradients.empty()) out["gradients"] = gradients(data, shape);
    return out;
  }

  void add_sentences(json& entries) const {
    double left = detail_.sentences * static_cast<double>(budget_);
    for (const Sentence& s : data_.sentences) {
      left -= static_cast<double>(s.text.size() + 10);
      if (left < 0) return;
      entries[s.entry][s.is_gradient ? "why_gradient" : "why_value"][std::to_string(s.position)] = s.text;
    }
  }

  json alerts() const {
    json list = json::array();
    for (const Finding& f : data_.alerts) {
      json index = json::array();
      for (const std::ptrdiff_t k : f.index()) index.push_back(k);
      list.push_back({{"problem", name_of(f.problem())},
                      {"entry", f.number()},
                      {"phase", f.phase() == Phase::forward ? "F" : "B"},
                      {"index", std::move(index)},
                      {"message", f.message()}});
    }
    return list;
  }

  json files() const {
    json list = json::array();
    for (const SourceFile& file : read_sources(run_, detail_.context)) {
      json parts = json::array();
      for (const SourceFile::Part& part : file.parts) parts.push_back({{"first", part.first}, {"lines", part.lines}});
      list.push_back({{"name", file.name}, {"parts", std::move(parts)}});
    }
    return list;
  }

  const PageData& data_;
  const Run& run_;
  const Detail& detail_;
  std::size_t budget_;
  std::vector<std::string> paths_;  // sorted
  std::map<std::string, std::size_t> text_numbers_;
  json texts_ = json::array();
};

}  // namespace

std::string to_json(const PageData& data, const Detail& detail, std::size_t budget) {
  // Invalid UTF-8, which a source file may contain, becomes U+FFFD.
  const std::string text = Writer(data, detail, budget).whole().dump(-1, ' ', false, json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {  // escapes what could end the script element or begin a comment
    if (c == '<') safe += "\\u003c";
    if (c != '<') safe += c;
  }
  return safe;
}

}  // namespace reel::debug
