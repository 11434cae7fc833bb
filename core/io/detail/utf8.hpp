#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

namespace reel::io {

/// A character of a UTF-8 text, and its length in bytes.
struct Utf8Character {
  char32_t code;
  std::size_t bytes;
};

/// Returns the first character of a text that is not empty; nothing if its bytes are not UTF-8: wrong or missing continuation bytes, an
/// overlong form, a surrogate, a code beyond U+10FFFF (RFC 3629).
std::optional<Utf8Character> first_character(std::string_view text);

/// Whether a character is displayed as nothing or as space: control and format characters, line separators, and every space but U+0020.
bool is_invisible(char32_t code);

}  // namespace reel::io
