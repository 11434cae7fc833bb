#pragma once
// Parsing and writing of text.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reel::debug {

std::string trimmed(std::string_view text);
/// The first word, and the rest.
std::pair<std::string, std::string> split_word(std::string_view text);
/// The most similar of the words; empty if none is similar.
std::string nearest(const std::string& word, const std::vector<std::string>& words);
/// Parse an unsigned integer up to `most`, or a number. Throw Error with what was expected, and in which command: "step: ... is no number".
std::size_t parse_count(const std::string& text, const char* what, std::size_t most = PTRDIFF_MAX);
double parse_number(const std::string& text, const char* what);
/// JSON without line breaks.
std::string json_in_one_line(const std::string& json);
/// The text as a JSON string, in quotes.
std::string json_text(std::string_view text);

}  // namespace reel::debug
