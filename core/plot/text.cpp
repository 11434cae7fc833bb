#include <reel/core/plot/text.hpp>

#include <cstddef>

#include <fmt/format.h>

namespace reel::plot::detail {

namespace {

constexpr char32_t replacement = 0xFFFD;

/// Takes the first code point off `rest`. An ill-formed sequence gives U+FFFD for each byte that starts no character
/// (The Unicode Standard, table 3-7: overlong forms and surrogates are ill-formed).
char32_t take(std::string_view& rest) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  char32_t code = length == 1 ? lead : length == 0 ? replacement : char32_t{lead} & (0x7Fu >> length);
  bool valid = length != 0 && length <= rest.size();
  for (std::size_t i = 1; valid && i < length; ++i) {
    valid = (byte(i) & 0xC0) == 0x80;
    code = (code << 6) | (byte(i) & 0x3F);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  valid = valid && code >= smallest[length] && code <= 0x10FFFF && !(code >= 0xD800 && code < 0xE000);
  rest.remove_prefix(valid ? length : 1);
  return valid ? code : replacement;
}

void append(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6)), put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12)), put(0x80 | ((code >> 6) & 0x3F)), put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18)), put(0x80 | ((code >> 12) & 0x3F)), put(0x80 | ((code >> 6) & 0x3F)), put(0x80 | (code & 0x3F));
  }
}

bool between(char32_t code, char32_t first, char32_t last) { return code >= first && code <= last; }

/// What XML 1.0 forbids (section 2.2) and the C1 controls, which it discourages.
bool forbidden(char32_t code) { return code < 0x20 || between(code, 0x7F, 0x9F) || (code & 0xFFFE) == 0xFFFE; }

/// Advance width in units of the font's size, between Helvetica's and DejaVu Sans's.
double advance(char32_t code) {
  if (between(code, 0x300, 0x36F) || between(code, 0x200B, 0x200F) || between(code, 0xFE00, 0xFE0F)) return 0;  // combining, joiners
  if (between(code, 0x1100, 0x115F) || between(code, 0x2E80, 0xA4CF) || between(code, 0xAC00, 0xD7A3) || between(code, 0xF900, 0xFAFF) ||
      between(code, 0xFE30, 0xFE4F) || between(code, 0xFF00, 0xFF60) || between(code, 0x1F300, 0x1FAFF) || between(code, 0x20000, 0x3FFFD))
    return 1;  // East Asian wide, emoji
  if (between(code, 0x2070, 0x209F) || code == 0xB2 || code == 0xB3 || code == 0xB9) return 0.42;
  if (code >= 0x80) return 0.64;
  const std::string_view narrow = "iIjl.,:;'|!", slim = "frt()[]{}-/\\ \"*", wide = "mwMW%@";
  const char c = static_cast<char>(code);
  if (narrow.find(c) != std::string_view::npos) return 0.32;
  if (slim.find(c) != std::string_view::npos) return 0.4;
  if (wide.find(c) != std::string_view::npos) return 0.95;
  return between(code, 'A', 'Z') ? 0.7 : 0.62;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char32_t code = take(text);
    switch (code) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      case '\t':
      case '\r':
      case '\n': out += ' '; break;
      default: append(out, forbidden(code) ? replacement : code);
    }
  }
  return out;
}

double text_width(std::string_view text, double size) {
  double width = 0;
  while (!text.empty()) width += advance(take(text));
  return width * size;
}

FittedText fit(std::string_view text, double size, double smallest, double available) {
  const double width = text_width(text, size);
  if (width <= available) return {std::string(text), size};
  if (width * smallest <= available * size) return {std::string(text), available / width * size};
  const std::string_view ellipsis = "\u2026";
  double room = available - text_width(ellipsis, smallest);
  std::string kept;
  for (std::string_view rest = text; !rest.empty();) {
    const char32_t code = take(rest);
    room -= advance(code) * smallest;
    if (room < 0) break;
    append(kept, code);
  }
  return {kept + std::string(ellipsis), smallest};
}

std::string pixels(double value) {
  std::string text = fmt::format("{:.2f}", value);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

}  // namespace reel::plot::detail
