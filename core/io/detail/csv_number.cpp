#include <reel/core/io/detail/csv_number.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace reel::io {

namespace {

/// std::from_chars knows no plus sign.
template <class T>
std::errc parse(std::string_view text, T& value) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return stop == end ? error : std::errc::invalid_argument;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether a number beyond a double's range is so by being small: the power of ten of its first digit other than 0 is negative.
bool is_tiny(std::string_view number) {
  std::int64_t power = 0;
  bool in_fraction = false, has_begun = false;
  std::size_t i = number[0] == '+' || number[0] == '-' ? 1 : 0;
  for (; i < number.size() && (is_digit(number[i]) || number[i] == '.'); ++i) {
    if (number[i] == '.') in_fraction = true;
    else if (has_begun) power += in_fraction ? 0 : 1;
    else {
      has_begun = number[i] != '0';
      power -= in_fraction ? 1 : 0;
    }
  }
  if (i == number.size()) return power < 0;
  const std::string_view exponent_text = number.substr(i + 1);
  std::int64_t exponent = 0;
  if (parse(exponent_text, exponent) != std::errc{}) return exponent_text.starts_with('-');  // it has more than 18 digits
  return power < -exponent;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::errc parse_number(std::string_view text, char decimal, double& value) {
  std::string copy;
  if (decimal != '.') {
    if (text.find('.') != text.npos) return std::errc::invalid_argument;
    if (const std::size_t at = text.find(decimal); at != text.npos) {
      copy = text;
      copy[at] = '.';
      text = copy;
    }
  }
  const std::errc error = parse(text, value);
  if (error == std::errc::result_out_of_range) {
    value = is_tiny(text) ? 0.0 : std::numeric_limits<double>::infinity();
    if (text[0] == '-') value = -value;
  }
  return error;
}

bool is_not_finite(std::string_view text) {
  // Most cells are numbers: only a letter in front can begin one of these.
  const std::size_t sign = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
  if (text.size() <= sign || std::strchr("nNiI", text[sign]) == nullptr) return false;
  double number = 0;
  return parse(text, number) == std::errc{} && !std::isfinite(number);
}

template <class T>
const char* convert(std::string_view text, char decimal, T& value) {
  double number = 0;
  if constexpr (std::is_same_v<T, bool>) {
    if (equals_ignoring_case(text, "true") || equals_ignoring_case(text, "false")) {
      value = text.size() == 4;
      return nullptr;
    }
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    if (parse(text, value) == std::errc{}) return nullptr;
  }
  const std::errc error = parse_number(text, decimal, number);
  if (error == std::errc::result_out_of_range && number != 0) return "which is out of float64's range";
  if (error != std::errc{} && error != std::errc::result_out_of_range) return not_a_number.data();
  const bool is_too_small = error == std::errc::result_out_of_range;
  if constexpr (std::is_same_v<T, bool>) {
    if (is_too_small || (number != 0 && number != 1)) return "which is not 0, 1, false or true";
    value = number != 0;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    constexpr double exact = 9007199254740992;  // 2^53: beyond, a double does not say which integer was meant
    if (std::abs(number) > exact) return "which does not fit into int64 exactly";
    if (is_too_small || number != std::trunc(number)) return "which is not a whole number";
    value = static_cast<std::int64_t>(number);
  } else {
    constexpr double largest = std::numeric_limits<T>::max();
    if (std::abs(number) > largest) return "which is out of float32's range";
    value = static_cast<T>(number);
  }
  return nullptr;
}

template const char* convert(std::string_view, char, float&);
template const char* convert(std::string_view, char, double&);
template const char* convert(std::string_view, char, std::int64_t&);
template const char* convert(std::string_view, char, bool&);

}  // namespace reel::io
