#pragma once
#include <span>
#include <string>
#include <string_view>

namespace reel::io {

/// Text from a file as a message shows it: in single quotes and cut after 40 bytes. What a reader of the message could not see is escaped:
/// control characters and bytes that are no UTF-8 as \x1b, no-break spaces and other invisible characters as \u00a0.
std::string in_quotes(std::string_view text);

/// The name that `wrong` was most likely meant to be: case aside, at most a third of its letters (and at least one) inserted, deleted
/// or exchanged. Empty when none is that close. O(length²) a name, by Levenshtein's distance.
std::string closest(std::string_view wrong, std::span<const std::string> names);

/// "a, b, c", and after twelve names how many there are in all.
std::string list_of(std::span<const std::string> names);

}  // namespace reel::io
