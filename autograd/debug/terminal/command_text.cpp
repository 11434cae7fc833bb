#include <reel/autograd/debug/terminal/command_text.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <reel/core/error.hpp>

namespace reel::debug {

namespace {

constexpr std::string_view blanks = " \t\r\n";

/// The edit distance in which swapping two neighbouring letters is one edit (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.size()];
}

/// Whether a word is another word with letters omitted, but not the first: "brk".
bool is_short_for(std::string_view word, std::string_view whole) {
  if (whole.empty() || word[0] != whole[0]) return false;
  std::size_t at = 0;
  for (const char c : whole)
    if (at < word.size() && c == word[at]) ++at;
  return at == word.size();
}

}  // namespace

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
}

std::pair<std::string, std::string> split_word(std::string_view text) {
  const std::string all = trimmed(text);
  const auto end = all.find_first_of(blanks);
  if (end == std::string::npos) return {all, {}};
  return {all.substr(0, end), trimmed(std::string_view(all).substr(end))};
}

std::string nearest(const std::string& word, const std::vector<std::string>& words) {
  std::string found;
  std::size_t best = 3;
  if (word.empty() || word.size() > 40) return found;
  for (const std::string& w : words) {
    const std::size_t d = word.size() > 2 && is_short_for(word, w) ? 1 : distance(word, w);
    // Two edits are much for a short word: then the first letters must agree.
    const bool alike = d <= 1 || word.size() > 5 || w.starts_with(word[0]);
    if (d >= best || d >= word.size() || !alike) continue;
    best = d;
    found = w;
  }
  return found;
}

std::size_t parse_count(const std::string& text, const char* what, std::size_t most) {
  std::size_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [behind, problem] = std::from_chars(text.data(), end, value);
  if (text.empty() || behind != end) throw Error(fmt::format("{} needs a whole number, not \"{}\"", what, text));
  if (problem == std::errc::result_out_of_range || value > most) throw Error(fmt::format("{}: {} is too large a number", what, text));
  return value;
}

double parse_number(const std::string& text, const char* what) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') throw Error(fmt::format("{} needs a number, not \"{}\"", what, text));
  return value;
}

std::string json_in_one_line(const std::string& json) { return nlohmann::json::parse(json).dump(); }

std::string json_text(std::string_view text) { return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

}  // namespace reel::debug
