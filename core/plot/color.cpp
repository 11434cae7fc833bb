#include <reel/core/plot/color.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace reel::plot::detail {

namespace {

struct Named {
  std::string_view name;
  std::string_view value;
};

// Shades that are clear on white; red and blue, green and purple also differ in lightness, for readers who confuse the hues.
constexpr Named colors[] = {
    {"black", "#000000"},  {"blue", "#0b62c4"},  {"brown", "#8c564b"},   {"cyan", "#0fa3b1"},       {"gray", "#7f7f7f"},
    {"green", "#00894f"},  {"grey", "#7f7f7f"},  {"magenta", "#c2188f"}, {"navy", "#1b2a6b"},       {"olive", "#7d7c00"},
    {"orange", "#e68a00"}, {"pink", "#e377c2"},  {"purple", "#7b3fb5"},  {"red", "#d92b2b"},        {"skyblue", "#56b4e9"},
    {"teal", "#007c80"},   {"white", "#ffffff"}, {"yellow", "#e3c000"},  {"vermillion", "#d55e00"},
};
constexpr Named letters[] = {{"b", "blue"},    {"c", "cyan"}, {"g", "green"}, {"k", "black"},
                             {"m", "magenta"}, {"r", "red"},  {"w", "white"}, {"y", "yellow"}};
constexpr std::string_view okabe_ito[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_hex(std::string_view digits) { return digits.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

}  // namespace

std::string parse_color(std::string_view text) {
  std::string key(text);
  std::transform(key.begin(), key.end(), key.begin(), lower);
  if (!key.empty() && key[0] == '#') {
    if (!is_hex(std::string_view(key).substr(1))) return {};
    if (key.size() == 4) return {'#', key[1], key[1], key[2], key[2], key[3], key[3]};
    return key.size() == 7 ? key : std::string();
  }
  for (const Named& letter : letters)
    if (key == letter.name) key = letter.value;
  for (const Named& color : colors)
    if (key == color.name) return std::string(color.value);
  return {};
}

std::string color_help() {
  std::string names;
  for (const Named& color : colors) names += fmt::format("{}{}", names.empty() ? "" : ", ", color.name);
  return fmt::format("a color is #rrggbb, #rgb or one of {}", names);
}

std::string_view cycle_color(std::size_t index) { return okabe_ito[index % std::size(okabe_ito)]; }
std::size_t cycle_length() { return std::size(okabe_ito); }

std::string class_color(std::size_t index, std::size_t count) {
  if (count <= std::size(okabe_ito)) return std::string(cycle_color(index));
  // Neighbours differ in lightness as well as in hue.
  constexpr std::string_view ten[] = {"#1f4e9c", "#e69f00", "#009e73", "#d55e00", "#cc79a7",
                                      "#56b4e9", "#7a4b1f", "#b3a900", "#7b3fb5", "#4d4d4d"};
  if (count <= std::size(ten)) return std::string(ten[index]);
  const double hue = 360.0 * static_cast<double>(index) / static_cast<double>(count), lightness = index % 2 == 0 ? 0.36 : 0.58;
  const auto channel = [&](double shift) {  // HSL to RGB at a saturation of 0.7
    const double k = std::fmod(shift + hue / 30, 12), a = 0.7 * std::min(lightness, 1 - lightness);
    return static_cast<int>(std::lround(255 * (lightness - a * std::max(-1.0, std::min({k - 3, 9 - k, 1.0})))));
  };
  return fmt::format("#{:02x}{:02x}{:02x}", channel(0), channel(8), channel(4));
}

}  // namespace reel::plot::detail
