#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace reel::io {

/// The text without the spaces and tabs around it.
std::string_view trim(std::string_view text);

/// The number that a whole text stands for, with `decimal` between its whole and its fractional part. Returns invalid_argument for what is
/// no number, and result_out_of_range, as strtod does, with an infinity where it is too large and 0 where it is too small.
std::errc parse_number(std::string_view text, char decimal, double& value);

/// Whether a text is NaN or an infinity, in any spelling that stands for one.
bool is_not_finite(std::string_view text);

/// Why a text, none that is_not_finite(), is no value of type T (float, double, int64 or bool); nullptr where it is one, and then it is
/// stored.
template <class T>
const char* convert(std::string_view text, char decimal, T& value);

/// What the texts of convert() say of something that is no number at all.
inline constexpr std::string_view not_a_number = "which is not a number";

}  // namespace reel::io
