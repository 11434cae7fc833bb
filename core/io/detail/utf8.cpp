#include <reel/core/io/detail/utf8.hpp>

#include <algorithm>
#include <array>

namespace reel::io {

std::optional<Utf8Character> first_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return Utf8Character{first, 1};
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  if (first < 0xC0 || first > 0xF7 || text.size() < bytes) return {};
  char32_t code = first & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80) return {};
    code = code << 6U | (next & 0x3FU);
  }
  if (code < least[bytes] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return Utf8Character{code, bytes};
}

bool is_invisible(char32_t code) {
  struct Range {
    char32_t first, last;
  };
  // Unicode's categories Cc, Cf, Zl, Zp and Zs without U+0020, and what is drawn as nothing (fillers, variation selectors).
  constexpr std::array ranges{Range{0x00, 0x1F},      Range{0x7F, 0xA0},     Range{0xAD, 0xAD},     Range{0x034F, 0x034F},
                              Range{0x061C, 0x061C},  Range{0x115F, 0x1160}, Range{0x1680, 0x1680}, Range{0x17B4, 0x17B5},
                              Range{0x180B, 0x180E},  Range{0x2000, 0x200F}, Range{0x2028, 0x202F}, Range{0x205F, 0x206F},
                              Range{0x2800, 0x2800},  Range{0x3000, 0x3000}, Range{0x3164, 0x3164}, Range{0xFE00, 0xFE0F},
                              Range{0xFEFF, 0xFEFF},  Range{0xFFA0, 0xFFA0}, Range{0xFFF0, 0xFFFB}, Range{0x1D173, 0x1D17A},
                              Range{0xE0000, 0xE0FFF}};
  return std::any_of(ranges.begin(), ranges.end(), [code](const Range& r) { return code >= r.first && code <= r.last; });
}

}  // namespace reel::io
