#pragma once
#include <span>
#include <string>
#include <string_view>

namespace reel::io {

/// Returns a text from a file as error messages show it: in single quotes and cut after 40 bytes. Characters that a reader could not see
/// are escaped: control characters and bytes that are not UTF-8 as \x1b, no-break spaces and other invisible characters as \u00a0.
std::string in_quotes(std::string_view text);

/// Returns the name that `wrong` was most likely meant to be: the closest one by Levenshtein distance, ignoring case, with at most a third
/// of its letters (but at least one) inserted, deleted or exchanged. Empty when none is that close. O(length²) per name.
std::string closest(std::string_view wrong, std::span<const std::string> names);

/// Returns "a, b, c"; after twelve names, the total number.
std::string list_of(std::span<const std::string> names);

}  // namespace reel::io
