#include <reel/core/io/detail/names.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <reel/core/io/detail/utf8.hpp>

namespace reel::io {

namespace {

constexpr std::size_t longest_shown = 40;
constexpr std::size_t longest_compared = 64;
constexpr std::size_t most_listed = 12;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t exchanged = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({exchanged, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

/// Returns at most `longest` bytes, without a UTF-8 character that would be cut in two.
std::string_view shorten(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return text;
  while (longest > 0 && (static_cast<unsigned char>(text[longest]) & 0xC0U) == 0x80U) --longest;
  return text.substr(0, longest);
}

}  // namespace

std::string in_quotes(std::string_view text) {
  const std::string_view start = shorten(text, longest_shown);
  std::string shown = "'";
  for (std::string_view left = start; !left.empty();) {
    const std::optional<Utf8Character> character = first_character(left);
    const std::size_t bytes = character ? character->bytes : 1;
    if (left[0] == '\n') shown += "\\n";
    else if (left[0] == '\t') shown += "\\t";
    else if (!character || character->code == 0x7F || character->code < 0x20) shown += fmt::format("\\x{:02x}", left[0] & 0xFF);
    else if (is_invisible(character->code)) shown += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(character->code));
    else shown += left.substr(0, bytes);
    left.remove_prefix(bytes);
  }
  return shown + (start.size() < text.size() ? "...'" : "'");
}

std::string closest(std::string_view wrong, std::span<const std::string> names) {
  if (wrong.size() > longest_compared) return {};
  std::size_t nearest = std::max<std::size_t>(1, wrong.size() / 3) + 1;
  std::string result;
  for (const std::string& name : names) {
    if (name.size() > longest_compared || name.empty()) continue;
    const std::size_t d = distance(wrong, name);
    // A name that shares no letter at its place is no suggestion.
    if (d >= nearest || d >= std::max(wrong.size(), name.size())) continue;
    nearest = d;
    result = name;
  }
  return result;
}

std::string list_of(std::span<const std::string> names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most_listed); ++i) {
    const std::string shown = in_quotes(names[i]);
    if (i > 0) text += ", ";
    text += names[i].empty() ? shown : shown.substr(1, shown.size() - 2);
  }
  return names.size() > most_listed ? text + fmt::format(", ... ({} in all)", names.size()) : text;
}

}  // namespace reel::io
