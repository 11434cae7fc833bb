#pragma once
// Internal; not installed. Text of commands.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reel::debug {

std::string trimmed(std::string_view text);
/// The first word, and what comes behind it.
std::pair<std::string, std::string> split_word(std::string_view text);
/// The word that is most like this one; empty where none is.
std::string nearest(const std::string& word, const std::vector<std::string>& words);
/// A whole number without sign up to `most`, or a number. Throw Error saying what was expected, and where: "step: ... is no number".
std::size_t parse_count(const std::string& text, const char* what, std::size_t most = PTRDIFF_MAX);
double parse_number(const std::string& text, const char* what);
/// JSON that stands on several lines, on one.
std::string json_in_one_line(const std::string& json);
/// As a JSON string, in quotes.
std::string json_text(std::string_view text);

}  // namespace reel::debug
