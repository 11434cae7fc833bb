#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace reel::io {

/// Returns the text without the spaces and tabs around it.
std::string_view trim(std::string_view text);

/// Parses a text that is one number with the decimal mark `decimal`. Returns invalid_argument for a text that is not a number, and
/// result_out_of_range for a number that is too large, with the value infinity, or too small, with the value 0, as strtod does.
std::errc parse_number(std::string_view text, char decimal, double& value);

/// Whether a text is NaN or an infinity, in any usual spelling.
bool is_not_finite(std::string_view text);

/// Stores the value of a text, for which is_not_finite() is false, as a T (float, double, int64 or bool) and returns nullptr, or returns
/// the reason why the text is not such a value.
template <class T>
const char* convert(std::string_view text, char decimal, T& value);

/// The reason that convert() gives for a text that is not a number at all.
inline constexpr std::string_view not_a_number = "which is not a number";

}  // namespace reel::io
